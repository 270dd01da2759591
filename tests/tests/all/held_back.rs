//! Which version's `max_concurrency` counts, on the embedded host: the latest, from the moment it is saved, for
//! executions of all versions.

use crate::world::{World, eventually};
use document::parse;
use engine::port::Host;
use serde_json::{Value, json};
use std::time::Duration;
use stepwell_core::{execution::Status, id::ExecutionId};

/// A workflow that waits until it is told to go on.
fn waiting(id: &str, settings: Value) -> Value {
    json!({"id": id, "settings": settings,
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "w", "type": "wait", "config": {"event": "on"}}],
        "edges": [{"from": "go", "to": "w"}]})
}

async fn started(world: &World, workflow: &str, count: usize) -> Vec<ExecutionId> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(world.start(workflow, json!({})).await);
    }
    ids
}

/// How many of these are held back.
async fn held(world: &World, ids: &[ExecutionId]) -> usize {
    let mut held = 0;
    for id in ids {
        held += usize::from(world.host.journal().load(id).await.unwrap().unwrap().held);
    }
    held
}

async fn soon(world: &World, ids: &[ExecutionId], what: &str, count: usize) {
    eventually(what, || async { held(world, ids).await == count }).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(held(world, ids).await, count, "{what}: no more follow");
}

async fn signal(world: &World, id: &ExecutionId) {
    let (status, body) =
        world.call("POST", &format!("/v1/executions/{id}/signals/on"), Some(&json!({"data": {}}))).await;
    assert!(status.is_success(), "{status} {body}");
    assert_eq!(world.ended(id).await.status(), Status::Completed);
}

/// Saves a version as a process does that dies right after it, before it has let anybody in.
async fn saved_alone(world: &World, document: &Value) {
    let (workflow, host) = (parse(document).unwrap().workflow, &world.host);
    host.catalogue().save("local", &workflow, None, document::time::Time(0)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_raised_or_removed_lets_in_at_once() {
    let world = World::new("raised").await;
    world.save(&waiting("one", json!({"max_concurrency": 1}))).await;
    let ids = started(&world, "one", 5).await;
    assert_eq!(held(&world, &ids).await, 4);
    world.save(&waiting("one", json!({"max_concurrency": 3}))).await;
    soon(&world, &ids, "three are under way", 2).await;
    assert!(held(&world, &ids[..3]).await == 0, "first come, first served");
    world.save(&waiting("one", json!({}))).await;
    soon(&world, &ids, "all are under way", 0).await;
    for id in &ids {
        signal(&world, id).await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_execution_lets_in_whom_the_latest_version_does_not_hold_back() {
    let world = World::new("removed-end").await;
    world.save(&waiting("one", json!({"max_concurrency": 1}))).await;
    let ids = started(&world, "one", 3).await;
    saved_alone(&world, &waiting("one", json!({}))).await;
    assert_eq!(held(&world, &ids).await, 2);
    signal(&world, &ids[0]).await;
    soon(&world, &ids[1..], "both go on", 0).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_of_the_host_lets_in_whom_the_process_before_it_forgot() {
    let world = World::new("removed-restart").await;
    world.save(&waiting("one", json!({"max_concurrency": 1}))).await;
    let ids = started(&world, "one", 3).await;
    saved_alone(&world, &waiting("one", json!({"max_concurrency": 2}))).await;
    let world = world.restarted("").await;
    soon(&world, &ids, "a second one is under way", 1).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_set_counts_executions_of_all_versions() {
    let world = World::new("set").await;
    world.save(&waiting("one", json!({}))).await;
    let before = started(&world, "one", 2).await;
    world.save(&waiting("one", json!({"max_concurrency": 2}))).await;
    // The first version is named, which has no limit of its own.
    let (status, body) = world.call("POST", "/v1/workflows/one/executions", Some(&json!({"version": 1}))).await;
    assert_eq!(status, 202, "{body}");
    let pinned = ExecutionId::from(body["execution_id"].as_str().unwrap());
    let ids = [pinned, world.start("one", json!({})).await];
    assert_eq!(held(&world, &ids).await, 2, "two of the version before are under way");
    // Their own document says nothing of a limit, and their ends make room all the same.
    signal(&world, &before[0]).await;
    soon(&world, &ids, "one goes on", 1).await;
    signal(&world, &before[1]).await;
    soon(&world, &ids, "the other goes on", 0).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_nobody_saved_has_the_limit_that_it_brings_along() {
    let world = World::new("inline-limit").await;
    let document = waiting("alone", json!({"max_concurrency": 1}));
    let ids = [world.start_inline(&document).await, world.start_inline(&document).await];
    assert_eq!(held(&world, &ids).await, 1);
    let world = world.restarted("").await;
    assert_eq!(held(&world, &ids).await, 1, "one is under way");
    signal(&world, &ids[0]).await;
    soon(&world, &ids, "the other goes on", 0).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_that_were_held_back_are_all_let_in() {
    let world = World::new("many-held").await;
    world.save(&waiting("one", json!({"max_concurrency": 1}))).await;
    // More than one transaction lets in.
    let ids = started(&world, "one", 2 * engine::limits::LET_IN_AT_ONCE as usize + 10).await;
    world.save(&waiting("one", json!({}))).await;
    eventually("all go on", || async { held(&world, &ids).await == 0 }).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_of_its_own_limit_lets_in_who_is_held_back() {
    let world = World::new("patched-limit").await;
    let document = waiting("alone", json!({"max_concurrency": 1}));
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(world.start_inline(&document).await);
    }
    assert_eq!(held(&world, &ids).await, 3);
    let patch = async |world: &World, id: &ExecutionId, operation: Value| {
        let path = format!("/v1/executions/{id}/patch");
        let (status, body) = world.call("POST", &path, Some(&json!({"operations": [operation]}))).await;
        assert_eq!((status.as_u16(), &body["warnings"]), (200, &json!([])), "{body}");
    };
    // Raised by the one that comes next: there is room for it alone, and who comes later stands behind its own limit.
    patch(&world, &ids[1], json!({"op": "replace", "path": "/settings/max_concurrency", "value": 2})).await;
    soon(&world, &ids[1..], "the next one goes on", 2).await;
    // What it was patched to counts after a restart as well.
    let world = world.restarted("").await;
    assert_eq!(held(&world, &ids).await, 2);
    patch(&world, &ids[2], json!({"op": "remove", "path": "/settings/max_concurrency"})).await;
    eventually("it goes on", || async { held(&world, &ids[2..3]).await == 0 }).await;
    for id in &ids[..3] {
        signal(&world, id).await;
    }
    soon(&world, &ids[3..], "the last one goes on", 0).await;
    world.end().await;
}
