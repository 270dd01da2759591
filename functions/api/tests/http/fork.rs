//! Fork: a new execution from a checkpoint of another.

use super::{booking::world, *};
use api::types;

#[tokio::test]
async fn a_fork_shares_what_was_done_and_does_the_rest_itself() {
    // Given a booking that is done,
    let (world, service) = world().await;
    let path = world.booked().await;
    let before = world.get(&path).await.of(200);
    assert_eq!(before["status"], "completed");
    service.asked();
    let history = world.get(&format!("{path}/history")).await.of(200);
    let turns = history["history"].as_array().unwrap();
    let after_flight = turns.iter().find(|turn| turn["node"] == "flight").unwrap()["checkpoint"].clone();
    // when it is forked after its flight,
    let fork = format!("{path}/fork");
    let body = json!({"checkpoint_id": after_flight});
    let told = world.worked(&fork, Some("k"), body.clone()).await.of(202);
    let accepted: types::Accepted = shaped(&told);
    world.run().await;
    // then the flight is not booked again, and the other is as it was.
    assert_eq!(service.asked(), ["POST /hotel", "POST /card"]);
    let new = format!("/v1/executions/{}", accepted.execution_id);
    let shown = world.get(&new).await.of(200);
    assert_eq!((&shown["status"], &shown["input"]), (&json!("completed"), &before["input"]));
    assert_eq!(world.get(&path).await.of(200), before);
    let first = world.get(&format!("{new}/history")).await.of(200)["history"][0].clone();
    let from = json!({"execution_id": before["execution_id"], "checkpoint": after_flight});
    assert_eq!(first["events"][0]["forked"], from);
    let said = first["state_summary"].as_str().unwrap();
    assert!(said.starts_with("Forked from "), "{said}");
    // The same request again gives the same execution.
    assert_eq!(world.worked(&fork, Some("k"), body).await.of(202)["execution_id"], told["execution_id"]);
    let other = json!({"checkpoint_id": 1});
    assert_eq!(world.worked(&fork, Some("k"), other).await.of(422)["code"], "idempotency_key_reused");
}

#[tokio::test]
async fn nothing_begins_where_there_is_nothing_or_with_an_input_that_is_refused() {
    let world = World::local();
    let document = json!({"id": "sum", "input_schema": {"type": "object", "required": ["n"]},
        "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "human", "config": {"kind": "ask", "question": "How many?", "timeout_seconds": 60}}],
        "edges": [{"from": "start", "to": "ask"}]});
    let id = world.started(document, json!({"n": 1})).await;
    world.run().await;
    let fork = format!("/v1/executions/{id}/fork");
    for none in [json!(0), json!("none"), json!({})] {
        world.post(&fork, json!({"checkpoint_id": none})).await.problem(404, "not_found");
    }
    world.post(&fork, json!({"checkpoint_id": 99})).await.problem(422, "checkpoint_ahead");
    world.post(&fork, json!({"checkpoint_id": 1, "input": {}})).await.problem(422, "invalid_input");
    world.post(&fork, json!({})).await.problem(422, "missing_field");
    world.post(&fork, json!({"checkpoint_id": 1, "to": 1})).await.problem(422, "unknown_field");
    world.post("/v1/executions/none/fork", json!({"checkpoint_id": 1})).await.problem(404, "not_found");
    let told = world.worked(&fork, None, json!({"checkpoint_id": "1", "input": {"n": 2}})).await.of(202);
    world.run().await;
    let shown = world.get(&format!("/v1/executions/{}", told["execution_id"].as_str().unwrap())).await.of(200);
    assert_eq!((&shown["status"], &shown["input"]), (&json!("waiting_human"), &json!({"n": 2})));
}

#[tokio::test]
async fn a_fork_is_not_held_back_and_counts_for_those_that_start_after_it() {
    let world = World::local();
    for (id, settings) in [
        ("line", json!({"max_concurrency": 1})),
        ("queue", json!({"overlap": "queue"})),
        ("skips", json!({"overlap": "skip_if_active"})),
    ] {
        let document = json!({"id": id, "settings": settings, "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Well?"}}],
            "edges": [{"from": "start", "to": "ask"}]});
        world.post("/v1/workflows", document).await.of(201);
        let starts = format!("/v1/workflows/{id}/executions");
        let path = |answer: &Value| format!("/v1/executions/{}", answer["execution_id"].as_str().unwrap());
        let first = path(&world.post(&starts, json!({})).await.of(202));
        world.run().await;
        // Given one that waits, its fork begins beside it,
        let fork = path(&world.post(&format!("{first}/fork"), json!({"checkpoint_id": 1})).await.of(202));
        world.run().await;
        assert_eq!(world.get(&fork).await.of(200)["status"], "waiting_human");
        // and once only the fork is left, a start still finds one.
        world.post(&format!("{first}/cancel"), json!({})).await.of(200);
        world.run().await;
        let later = world.post(&starts, json!({})).await.json();
        let status = world.get(&path(&later)).await.of(200)["status"].clone();
        assert_eq!(status, if id == "skips" { "skipped" } else { "pending" }, "{later}");
        // What waits for its turn has it once the fork has ended.
        world.post(&format!("{fork}/cancel"), json!({})).await.of(200);
        world.run().await;
        let status = world.get(&path(&later)).await.of(200)["status"].clone();
        assert_eq!(status, if id == "skips" { "skipped" } else { "waiting_human" }, "{later}");
    }
}
