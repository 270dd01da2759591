//! Pause, cancel, resume and signals.

use super::*;
use api::types;

#[tokio::test]
async fn pausing_and_cancelling_twice_is_no_error_and_an_end_is_one() {
    let world = World::local();
    let id = world.started(greet(), json!({"name": "Ada"})).await;
    let path = format!("/v1/executions/{id}");
    for _ in 0..2 {
        let paused: types::Execution =
            shaped(&world.post(&format!("{path}/pause"), json!({"reason": "x"})).await.of(200));
        assert_eq!(paused.status.as_str(), "paused");
    }
    for _ in 0..2 {
        let resumed = world.post(&format!("{path}/resume"), json!({})).await.of(200);
        assert_ne!(resumed["status"], "paused");
    }
    world.delete(&path).await.problem(409, "not_ended");
    world.run().await;
    // It completed of itself, so none of these was done.
    for action in ["pause", "resume", "cancel"] {
        let problem = world.post(&format!("{path}/{action}"), json!({})).await.problem(409, "invalid_status");
        assert_eq!(problem["execution_status"], "completed");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.ends_with("; it can be rolled back or forked"), "{action}: {detail}");
    }
    world.delete(&path).await.of(204);
    world.get(&path).await.problem(404, "not_found");

    let other = world.started(approval(), json!({"amount": 1})).await;
    for _ in 0..2 {
        assert_eq!(
            world.post(&format!("/v1/executions/{other}/cancel"), json!({})).await.of(200)["status"],
            "cancelled"
        );
    }
}

#[tokio::test]
async fn resume_answers_the_one_open_question_and_says_what_followed() {
    let world = World::local();
    let id = world.started(approval(), json!({"amount": 5})).await;
    world.run().await;
    let path = format!("/v1/executions/{id}/resume");
    world.post(&path, json!({})).await.problem(409, "waits_for_an_answer");
    let (answer, ()) = futures::join!(world.post(&path, json!({"approved": true, "comment": "fine"})), async {
        tokio::task::yield_now().await;
        world.run().await;
    });
    let resumed: types::Resumed = shaped(&answer.of(200));
    assert_eq!((resumed.status.as_str(), resumed.completed, resumed.paused_again), ("completed", true, false));
    assert!(resumed.remaining_nodes.is_empty());
    world.post(&path, json!({"approved": true})).await.problem(409, "no_open_interaction");
}

#[tokio::test]
async fn a_signal_is_kept_for_the_wait_that_comes_later() {
    let world = World::local();
    let document = json!({"id": "w", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "wait", "type": "wait", "config": {"event": "go", "timeout_seconds": 60}}],
        "edges": [{"from": "start", "to": "wait"}]});
    let id = world.started(document, json!({})).await;
    let path = format!("/v1/executions/{id}");
    let signalled = world.post(&format!("{path}/signals/go"), json!({"data": {"n": 1}})).await.of(200);
    let _: types::Execution = shaped(&signalled);
    world.run().await;
    assert_eq!(world.get(&path).await.of(200)["output"], json!({"n": 1}));
    world.post(&format!("{path}/signals/go"), json!({"n": 1})).await.problem(422, "unknown_field");
}

#[tokio::test]
async fn a_resume_that_ends_the_execution_is_no_refusal() {
    let world = World::local();
    let ends = json!({"id": "asks", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Well?", "timeout_seconds": 60}}],
        "edges": [{"from": "go", "to": "ask"}]});
    let id = world.started(ends, json!({})).await;
    world.run().await;
    let path = format!("/v1/executions/{id}");
    world.post(&format!("{path}/pause"), json!({})).await.of(200);
    let asked = world.get(&path).await.of(200)["pending_interactions"][0]["interaction_id"].clone();
    let respond = format!("/v1/interactions/{}/respond", asked.as_str().unwrap());
    world.post(&respond, json!({"approved": false})).await.of(200);
    world.run().await;
    world.post(&format!("{path}/cancel?dry_run=true"), json!({})).await.problem(422, "unknown_field");
    assert_eq!(world.post(&format!("{path}/resume"), json!({})).await.of(200)["status"], "completed");
    world.post(&format!("{path}/resume"), json!({})).await.problem(409, "invalid_status");
}
