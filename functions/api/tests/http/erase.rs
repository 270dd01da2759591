//! Erasing everything that is kept of an owner.

use super::*;
use api::types;

fn asks() -> Value {
    json!({"id": "asks", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay?"}}],
        "edges": [{"from": "start", "to": "ask"}]})
}

async fn erased(world: &World, body: Value) -> Answer {
    world.with_headers("DELETE", "/v1/owner", &[], body).await
}

#[tokio::test]
async fn an_owner_is_erased_once_its_name_was_given() {
    // Given a workflow, an execution that waits for a person, and a secret.
    let world = World::local();
    world.post("/v1/workflows", asks()).await.of(201);
    let started = world.post("/v1/workflows/asks/executions", json!({})).await.of(202);
    world.run().await;
    world.with_headers("PUT", "/v1/secrets/key", &[], json!({"value": "s3cret"})).await.of(200);
    // Then nothing happens by mistake,
    for body in [json!({"confirm": "acme "}), json!({"confirm": "rival"})] {
        erased(&world, body).await.problem(422, "not_confirmed");
    }
    erased(&world, json!({})).await.problem(422, "missing_field");
    let bulk = json!({"action": "erase", "filter": {"workflow_id": "asks"}});
    world.post("/v1/executions/bulk", bulk).await.problem(422, "invalid_field");
    world.get("/v1/workflows/asks").await.of(200);
    // and once it is confirmed a job does it, and says what it has removed.
    let shown = erased(&world, json!({"confirm": "acme", "reason": "the contract has ended"})).await.of(202);
    let job: types::Job = shaped(&shown);
    assert_eq!((job.action.as_str(), job.status.as_str(), job.matched), ("erase", "running", 1));
    let again = erased(&world, json!({"confirm": "acme"})).await.of(202);
    assert_eq!(again["job_id"], shown["job_id"], "the one that is running");
    engine::bulk::drive::drive(&*world.host, engine::port::Clock::now(&*world.host).after_seconds(60.0)).await.unwrap();
    let shown = world.get(&job.links.itself).await.of(200);
    let job: types::Job = shaped(&shown);
    assert_eq!((job.status.as_str(), job.done, job.failed), ("completed", 1, 0), "{shown}");
    assert_eq!((job.erased["workflow_versions"], job.erased["secrets"]), (1, 1), "{shown}");
    assert_eq!(job.reason.as_deref(), Some("the contract has ended"));
    world.get("/v1/workflows/asks").await.of(404);
    world.get(&format!("/v1/executions/{}", started["execution_id"].as_str().unwrap())).await.of(404);
    for list in ["/v1/executions", "/v1/interactions", "/v1/workflows", "/v1/secrets"] {
        assert_eq!(world.get(list).await.of(200)["items"], json!([]), "{list}");
    }
}
