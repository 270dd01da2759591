//! Jobs over many executions on the real functions: the request does the first slices, the supervisor the others.

use engine::{
    bulk::begin::{JobRequest, begin},
    port::{Action, ExecutionFilter},
};
use serde_json::{Value, json};
use std::time::Duration;
use stepwell_core::execution::Status;
use stepwell_tests::cloud::{Cloud, OWNER};

/// More than two slices have.
const EXECUTIONS: usize = 230;

fn brittle() -> Value {
    json!({"id": "brittle", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "no", "type": "fail", "config": {"message": "it breaks"}}], "edges": [{"from": "go", "to": "no"}]})
}

async fn ok(cloud: &mut Cloud, method: &str, path: &str, body: Value) -> Value {
    let body = Some(body).filter(|body| !body.is_null());
    let (status, answer) = cloud.request(method, path, body.as_ref()).await;
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    answer
}

/// How many executions are in a status, as a dry run counts them.
async fn counted(cloud: &mut Cloud, status: &str) -> u64 {
    let body = json!({"action": "cancel", "filter": {"status": status}, "dry_run": true});
    ok(cloud, "POST", "/v1/executions/bulk", body).await["matched"].as_u64().unwrap()
}

/// Comes as the schedule of the supervisor does, until a job has ended. Returns it.
async fn ended(cloud: &mut Cloud, path: &str) -> Value {
    for _ in 0..100 {
        let shown = ok(cloud, "GET", path, Value::Null).await;
        if shown["status"] != "running" {
            return shown;
        }
        cloud.supervise().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("it does not end");
}

/// Hands out messages until all executions have failed.
async fn all_fail(cloud: &mut Cloud) {
    for _ in 0..600 {
        while cloud.step().await > 0 {}
        if counted(cloud, "failed").await == EXECUTIONS as u64 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("some did not fail");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_done_by_the_request_and_by_the_supervisor() {
    let mut cloud = Cloud::new("bulk").await;
    ok(&mut cloud, "POST", "/v1/workflows", brittle()).await;
    for _ in 0..EXECUTIONS {
        ok(&mut cloud, "POST", "/v1/workflows/brittle/executions", json!({"input": {}})).await;
    }
    all_fail(&mut cloud).await;

    // The request itself goes through a part of the job in its five seconds, and the supervisor brings it to its end.
    let body = json!({"action": "retry", "filter": {"workflow_id": "brittle"}, "reason": "again"});
    let made = ok(&mut cloud, "POST", "/v1/executions/bulk", body).await;
    assert!(made["done"].as_u64().unwrap() > 0, "it does some itself: {made}");
    let path = made["links"]["self"].as_str().unwrap().to_owned();
    let shown = ended(&mut cloud, &path).await;
    let counts = ["matched", "done", "refused", "failed"].map(|name| shown[name].as_u64().unwrap());
    assert_eq!((&shown["status"], counts), (&json!("completed"), [230, 230, 0, 0]), "{shown}");
    all_fail(&mut cloud).await;

    // One whose request died before it did anything is the supervisor's alone, which dies itself at some moment.
    let host = cloud.world.host(false, 3);
    let filter = ExecutionFilter {
        owner: OWNER.into(),
        workflow_id: Some("brittle".into()),
        statuses: vec![Status::Failed],
        ..ExecutionFilter::default()
    };
    let by = "ada@example.com".to_owned();
    let request = JobRequest { action: Action::Retry, filter, reason: None, by, idempotency: None };
    let job = begin(&host, request).await.expect("it begins");
    cloud.supervise_and_die(Duration::from_millis(400)).await;
    let path = format!("/v1/jobs/{}", job.id);
    let shown = ended(&mut cloud, &path).await;
    let counts = ["matched", "done", "refused", "failed"].map(|name| shown[name].as_u64().unwrap());
    assert_eq!((&shown["status"], counts), (&json!("completed"), [230, 230, 0, 0]), "{shown}");
    all_fail(&mut cloud).await;
    let retried = ok(&mut cloud, "GET", "/v1/executions?limit=200", Value::Null).await;
    for row in retried["items"].as_array().unwrap() {
        let id = row["execution_id"].as_str().unwrap();
        let history = ok(&mut cloud, "GET", &format!("/v1/executions/{id}/history?limit=200"), Value::Null).await;
        let text = history.to_string();
        assert_eq!(text.matches("\"execution_retried\"").count(), 2, "{text}");
    }
    let listed = ok(&mut cloud, "GET", "/v1/jobs", Value::Null).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
}
