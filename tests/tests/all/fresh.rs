//! What is shown of an execution is never older than what was committed of it, however full the cache of states is.

use crate::world::World;
use futures::future::join_all;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

/// Inputs far larger together than what the cache may hold, of 1 MB and of 5 MB.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_execution_that_ended_is_never_shown_as_running() {
    let world = Arc::new(World::new("fresh").await);
    let document = json!({"id": "fresh", "input_schema": {"type": "object"},
        "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "size", "type": "transform", "config": {"set": {"size": "{{ size(input.text) }}"}}}],
        "edges": [{"from": "go", "to": "size"}]});
    world.save(&document).await;
    // Given somebody who looks at the list all the time.
    let done = Arc::new(AtomicBool::new(false));
    let looking = {
        let (world, done) = (world.clone(), done.clone());
        tokio::spawn(async move {
            while !done.load(Relaxed) {
                world.get("/v1/executions?limit=10").await;
            }
        })
    };
    // When executions with large inputs are started at once, and waited for.
    let mut ids = Vec::new();
    for (count, bytes) in [(40, 1_000_000), (6, 5_000_000)] {
        let body = json!({"input": {"text": "x".repeat(bytes)}});
        let start = async || {
            let path = "/v1/workflows/fresh/executions?wait=20";
            let (status, answer) = world.call("POST", path, Some(&body)).await;
            assert!(status.is_success(), "{status} {answer}");
            answer["execution_id"].as_str().unwrap().to_owned()
        };
        ids.extend(join_all((0..count).map(|_| start())).await);
    }
    done.store(true, Relaxed);
    looking.await.unwrap();
    // Then each is shown as it is in the database.
    for id in ids {
        world.ended(&id.as_str().into()).await;
        let shown = world.get(&format!("/v1/executions/{id}")).await;
        let turns = world.rows(&format!("turns JOIN executions USING (run) WHERE executions.id = '{id}'"));
        assert_eq!(shown["status"], "completed", "{id} after {turns} rows of turns: {}", shown["checkpoint"]);
        let (status, _) = world.call("DELETE", &format!("/v1/executions/{id}"), None::<&Value>).await;
        assert!(status.is_success(), "{status}");
    }
    Arc::into_inner(world).unwrap().end().await;
}
