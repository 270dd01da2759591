//! `timeout_seconds` of nodes that wait, on the embedded host.

use crate::world::World;
use serde_json::{Value, json};
use stepwell_core::execution::Status;

fn document(id: &str, kind: &str, config: Value) -> Value {
    json!({"id": id, "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "it", "type": kind, "timeout_seconds": 0.3, "config": config}],
        "edges": [{"from": "go", "to": "it"}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_waits_too_long_fails_and_takes_what_it_waited_for_along() {
    let world = World::new("timeouts").await;
    let body = json!({"nodes": [{"id": "w", "type": "wait", "config": {"event": "never"}}], "edges": []});
    let cases = [
        document("event", "wait", json!({"event": "never"})),
        document("ask", "human", json!({"kind": "ask", "question": "?"})),
        document("all", "map", json!({"items": "[1, 2]", "body": body})),
        document("sub", "workflow", json!({"workflow_id": "event"})),
    ];
    let mut started = Vec::new();
    for case in &cases {
        world.save(case).await;
        started.push(world.start(case["id"].as_str().unwrap(), json!({})).await);
    }
    for id in &started {
        let ended = world.ended(id).await;
        assert_eq!(ended.status(), Status::Failed);
        let page = world.get(&format!("/v1/executions?parent={id}")).await;
        for child in page["items"].as_array().unwrap() {
            let id = child["execution_id"].as_str().unwrap().into();
            assert!(matches!(world.ended(&id).await.status(), Status::Cancelled | Status::Failed), "{child}");
        }
    }
    for id in [&started[0], &started[1], &started[2]] {
        assert_eq!(world.get(&format!("/v1/executions/{id}")).await["error"]["code"], "timeout");
    }
    let open = world.get("/v1/interactions?status=pending").await;
    assert_eq!(open["items"], json!([]), "nobody is asked any more");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_outlives_a_restart() {
    let world = World::new("timeout-restart").await;
    world.save(&document("event", "wait", json!({"event": "never"}))).await;
    let id = world.start("event", json!({})).await;
    world.until(&id, "waiting", |state| state.status() == Status::Waiting).await;
    let world = world.restarted("").await;
    let ended = world.ended(&id).await;
    assert_eq!(ended.error.as_ref().map(|error| error.code.as_str()), Some("timeout"));
    world.end().await;
}
