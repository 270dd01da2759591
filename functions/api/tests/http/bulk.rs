//! Jobs over many executions.

use super::*;
use api::types;
use document::id::WorkflowId;
use engine::{
    bulk::begin::{JobRequest, begin},
    port::{Action, ExecutionFilter},
};
use stepwell_core::execution::Status;

/// An execution that fails where its input says so.
fn brittle() -> Value {
    json!({"id": "brittle", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "check", "type": "branch", "config": {"rules": [{"when": "input.breaks", "port": "yes"}], "default": "fine"}},
        {"id": "no", "type": "fail", "config": {"message": "it breaks"}},
        {"id": "fine", "type": "succeed"}
    ], "edges": [{"from": "start", "to": "check"}, {"from": "check", "port": "yes", "to": "no"},
        {"from": "check", "port": "fine", "to": "fine"}]})
}

/// A world in which some executions failed, of the teams blue and red in turn, and as many completed.
async fn world_of(failed: usize) -> (World, Vec<String>) {
    let world = World::local();
    world.post("/v1/workflows", brittle()).await.of(201);
    let mut ids = Vec::new();
    for n in 0..2 * failed {
        let (breaks, team) = (n % 2 == 0, if n % 4 < 2 { "blue" } else { "red" });
        let body = json!({"input": {"breaks": breaks}, "metadata": {"team": team}});
        let started = world.post("/v1/workflows/brittle/executions", body).await.of(202);
        if breaks {
            ids.push(started["execution_id"].as_str().unwrap().to_owned());
        }
    }
    world.run().await;
    (world, ids)
}

async fn retried(world: &World, ids: &[String]) -> usize {
    let mut count = 0;
    for id in ids {
        count += world.host.state(&id.as_str().into()).unwrap().retried as usize;
    }
    count
}

#[tokio::test]
async fn what_failed_is_retried_and_nothing_else() {
    let (world, ids) = world_of(3).await;
    let body = json!({"action": "retry", "filter": {"workflow_id": "brittle"}, "reason": "it works again"});
    let shown = world.post("/v1/executions/bulk", body).await.of(202);
    let job: types::Job = shaped(&shown);
    assert_eq!((job.status.as_str(), job.matched, job.done, job.refused, job.failed), ("completed", 3, 3, 0, 0));
    assert_eq!(job.filter.status, ["failed"], "what completed is not met");
    assert_eq!((job.created_by.as_str(), job.reason.as_deref()), ("ann@example.com", Some("it works again")));
    assert_eq!(retried(&world, &ids).await, 3);
    // The journal of each says who asked and why.
    let history = world.get(&format!("/v1/executions/{}/history", ids[0])).await.text;
    assert!(history.contains("it works again") && history.contains("ann@example.com"), "{history}");
    // The job is found by its id and in the list.
    assert_eq!(world.get(&job.links.itself).await.of(200), shown);
    assert_eq!(world.get("/v1/jobs").await.of(200)["items"], json!([shown]));
    let problem = world.post(&format!("{}/cancel", job.links.itself), json!({})).await;
    assert_eq!(problem.problem(409, "invalid_status")["job_status"], "completed");
}

#[tokio::test]
async fn a_job_has_more_than_one_slice_and_the_list_more_than_one_page() {
    let (world, ids) = world_of(150).await;
    let body = json!({"action": "retry", "filter": {"status": "failed,cancelled"}});
    let job: types::Job = shaped(&world.post("/v1/executions/bulk", body).await.of(202));
    assert_eq!((job.matched, job.done, job.status.as_str()), (150, 150, "completed"));
    assert_eq!(retried(&world, &ids).await, 150);
    world.run().await;
    // They failed again, and may be retried by another job.
    for _ in 0..2 {
        world.pass(Duration::from_secs(1));
        let body = json!({"action": "cancel", "filter": {"workflow_id": "brittle"}});
        assert_eq!(world.post("/v1/executions/bulk", body).await.of(202)["matched"], 0, "none is alive");
    }
    let first = world.get("/v1/jobs?limit=2").await.of(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = first["next_cursor"].as_str().unwrap();
    let rest = world.get(&format!("/v1/jobs?limit=2&cursor={next}")).await.of(200);
    assert_eq!((&rest["items"][0]["job_id"], &rest["next_cursor"]), (&json!(job.job_id), &Value::Null));
}

#[tokio::test]
async fn a_filter_chooses_and_a_refusal_is_counted_with_its_reason() {
    let (world, ids) = world_of(4).await;
    let body = json!({"action": "retry", "filter": {"metadata": {"team": "blue"}}});
    assert_eq!(world.post("/v1/executions/bulk", body).await.of(202)["done"], 2);
    assert_eq!(retried(&world, &ids).await, 2);
    let body = json!({"action": "retry", "filter": {"status": ["completed"], "since": "2026-01-31T09:00:00Z"}});
    let job: types::Job = shaped(&world.post("/v1/executions/bulk", body).await.of(202));
    assert_eq!((job.done, job.refused, job.failed), (0, 4, 0));
    assert_eq!((job.errors.len(), job.errors[0].code.as_str()), (4, "invalid_status"));
    assert!(job.errors[0].message.contains("completed"), "{}", job.errors[0].message);
    let body = json!({"action": "retry", "filter": {"until": "2026-01-31T09:00:00Z"}});
    assert_eq!(world.post("/v1/executions/bulk", body).await.of(202)["matched"], 0, "they started at that moment");
}

#[tokio::test]
async fn pauses_end_questions_are_closed_and_what_goes_on_is_left_alone() {
    let world = World::local();
    let first = world.started(approval(), json!({"amount": 1})).await;
    world.run().await;
    world.post(&format!("/v1/executions/{first}/pause"), json!({})).await.of(200);
    let second = world.post("/v1/workflows/pay/executions", json!({"input": {"amount": 2}})).await.of(202);
    world.run().await;
    let ask = async |action: &str, filter: Value| {
        world.post("/v1/executions/bulk", json!({"action": action, "filter": filter})).await.of(202)
    };
    let job = ask("resume", json!({"workflow_id": "pay"})).await;
    assert_eq!((&job["done"], &job["matched"]), (&json!(1), &json!(1)));
    assert_eq!(world.get(&format!("/v1/executions/{first}")).await.of(200)["status"], "waiting_human");
    // A resume never answers a question.
    let job = ask("resume", json!({"status": "waiting_human"})).await;
    assert_eq!((&job["refused"], &job["errors"][0]["code"]), (&json!(2), &json!("invalid_status")));
    let job = ask("redrive", json!({"workflow_id": "pay", "status": "waiting_human"})).await;
    assert_eq!(job["refused"], 2);
    let job = ask("cancel", json!({"workflow_id": "pay"})).await;
    assert_eq!(job["done"], 2);
    for id in [first.as_str(), second["execution_id"].as_str().unwrap()] {
        assert_eq!(world.get(&format!("/v1/executions/{id}")).await.of(200)["status"], "cancelled");
    }
    assert_eq!(world.get("/v1/interactions?status=pending").await.of(200)["items"], json!([]));
}

#[tokio::test]
async fn a_dry_run_tells_what_would_be_met_and_does_nothing() {
    let (world, ids) = world_of(30).await;
    let body = json!({"action": "retry", "filter": {"workflow_id": "brittle"}, "dry_run": true});
    let would: types::WouldMeet = shaped(&world.post("/v1/executions/bulk", body).await.of(200));
    assert_eq!((would.matched, would.matched_more, would.statuses["failed"]), (30, false, 30));
    let newest: Vec<&String> = ids.iter().rev().take(20).collect();
    assert_eq!(would.executions.iter().collect::<Vec<_>>(), newest);
    assert_eq!(retried(&world, &ids).await, 0);
    assert_eq!(world.get("/v1/jobs").await.of(200)["items"], json!([]));
}

#[tokio::test]
async fn the_same_key_gives_the_same_job() {
    let (world, ids) = world_of(2).await;
    let body = json!({"action": "retry", "filter": {"workflow_id": "brittle"}});
    let send = async |body: &Value| {
        world.with_headers("POST", "/v1/executions/bulk", &[("idempotency-key", "k")], body.clone()).await
    };
    let first = send(&body).await.of(202);
    world.run().await;
    assert_eq!(send(&body).await.of(202), first);
    assert_eq!(retried(&world, &ids).await, 2, "they failed again, and are not retried again");
    let other = json!({"action": "cancel", "filter": {"workflow_id": "brittle"}});
    send(&other).await.problem(422, "idempotency_key_reused");
    world.post("/v1/executions/bulk", body).await.of(202);
    assert_eq!(retried(&world, &ids).await, 4, "without the key it is another job");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let (world, ids) = world_of(1).await;
    let send = async |body: Value| world.post("/v1/executions/bulk", body).await;
    let filter = json!({"workflow_id": "brittle"});
    for (body, code) in [
        (json!({"action": "retry", "filter": {}}), "empty_filter"),
        (json!({"action": "retry"}), "missing_field"),
        (json!({"filter": filter}), "missing_field"),
        (json!({"action": "delete", "filter": filter}), "invalid_field"),
        (json!({"action": "retry", "filter": filter, "force": true}), "unknown_field"),
        (json!({"action": "retry", "filter": {"parent": "x"}}), "unknown_field"),
        (json!({"action": "retry", "filter": {"status": "broken"}}), "invalid_parameter"),
        (json!({"action": "retry", "filter": {"status": [1]}}), "invalid_field"),
        (json!({"action": "retry", "filter": {"since": "yesterday"}}), "invalid_parameter"),
    ] {
        send(body.clone()).await.problem(422, code);
    }
    world
        .post("/v1/executions/bulk?dry_run=true", json!({"action": "retry", "filter": filter}))
        .await
        .problem(422, "unknown_field");
    world.get("/v1/jobs/none").await.problem(404, "not_found");
    world.get("/v1/jobs?cursor=x").await.problem(422, "invalid_parameter");
    world.post("/v1/jobs/none/cancel", json!({})).await.problem(404, "not_found");
    assert_eq!(retried(&world, &ids).await, 0);
}

/// A job that was made and has not begun.
async fn made(world: &World, owner: &str) -> String {
    let filter = ExecutionFilter {
        owner: owner.into(),
        workflow_id: Some(WorkflowId::from("brittle")),
        statuses: vec![Status::Failed],
        ..ExecutionFilter::default()
    };
    let request =
        JobRequest { action: Action::Retry, filter, reason: None, by: "ann@example.com".into(), idempotency: None };
    begin(&*world.host, request).await.unwrap().id.to_string()
}

#[tokio::test]
async fn a_cancelled_job_goes_on_with_nothing() {
    let (world, ids) = world_of(2).await;
    let path = format!("/v1/jobs/{}", made(&world, "acme").await);
    assert_eq!(world.get(&path).await.of(200)["status"], "running");
    for _ in 0..2 {
        let job: types::Job = shaped(&world.post(&format!("{path}/cancel"), json!({})).await.of(200));
        assert_eq!((job.status.as_str(), job.cancelled_by.as_deref()), ("cancelled", Some("ann@example.com")));
    }
    world.post(&format!("{path}/cancel"), json!({"reason": "x"})).await.problem(422, "unknown_field");
    let until = world.host.now() + Duration::from_secs(60);
    assert_eq!(engine::bulk::drive::drive(&*world.host, until).await.unwrap(), 0);
    assert_eq!(retried(&world, &ids).await, 0);
}

#[tokio::test]
async fn an_owner_has_ten_running_jobs_at_most() {
    let (world, _) = world_of(1).await;
    let mut paths = Vec::new();
    for _ in 0..10 {
        paths.push(format!("/v1/jobs/{}/cancel", made(&world, "acme").await));
    }
    let body = json!({"action": "retry", "filter": {"workflow_id": "brittle"}});
    world.post("/v1/executions/bulk", body.clone()).await.problem(409, "too_many_jobs");
    world.post(&paths[3], json!({})).await.of(200);
    world.post("/v1/executions/bulk", body).await.of(202);
}

#[tokio::test]
async fn jobs_are_their_owners_and_need_admin() {
    let world = World::with(|app| app);
    for (name, owner, scopes) in [
        ("admin", "acme", &["read", "run", "respond", "admin"][..]),
        ("runner", "acme", &["read", "run", "respond"]),
        ("other", "rival", &["read", "run", "respond", "admin"]),
    ] {
        world.token(name, owner, scopes).await;
    }
    let as_ = async |token: &str, method: &str, path: &str, body: Value| {
        world.with_headers(method, path, &[("authorization", &format!("Bearer {token}"))], body).await
    };
    as_("admin", "POST", "/v1/workflows", brittle()).await.of(201);
    let start = "/v1/workflows/brittle/executions";
    let started = as_("admin", "POST", start, json!({"input": {"breaks": true}})).await.of(202);
    world.run().await;
    let body = json!({"action": "retry", "filter": {"workflow_id": "brittle"}});
    as_("runner", "POST", "/v1/executions/bulk", body.clone()).await.problem(403, "missing_scope");
    // Another owner's job meets none of these, and this owner's job is not theirs to see.
    assert_eq!(as_("other", "POST", "/v1/executions/bulk", body.clone()).await.of(202)["matched"], 0);
    let job = as_("admin", "POST", "/v1/executions/bulk", body).await.of(202);
    assert_eq!(job["done"], 1);
    let path = format!("/v1/jobs/{}", job["job_id"].as_str().unwrap());
    as_("runner", "GET", &path, Value::Null).await.of(200);
    as_("runner", "POST", &format!("{path}/cancel"), json!({})).await.problem(403, "missing_scope");
    as_("other", "GET", &path, Value::Null).await.problem(404, "not_found");
    as_("other", "POST", &format!("{path}/cancel"), json!({})).await.problem(404, "not_found");
    assert_eq!(as_("other", "GET", "/v1/jobs", Value::Null).await.of(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(world.host.state(&started["execution_id"].as_str().unwrap().into()).unwrap().retried, 1);
}

#[tokio::test]
async fn an_empty_id_is_no_workflow_whose_executions_are_meant() {
    let (world, _) = world_of(1).await;
    for filter in [json!({"workflow_id": ""}), json!({"workflow_id": "", "status": ["failed"]})] {
        let body = json!({"action": "retry", "filter": filter});
        let refused = world.post("/v1/executions/bulk", body).await.problem(422, "invalid_field");
        assert_eq!(refused["errors"][0]["path"], "/filter/workflow_id");
    }
    assert_eq!(world.get("/v1/jobs").await.of(200)["items"], json!([]), "no job was made");
}
