//! Executions that were put on another document: whatever reads an execution reads it by the one in force.

use super::{ask, command, control, document, kept, start, started};
use engine::{
    past::RanBy,
    patch::{PatchRequest, patch},
    port::Host,
};
use futures::FutureExt;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    command::Control,
    evolve::fold,
    execution::{Execution, Status},
    id::ExecutionId,
    rollback::Rollback,
};

/// Checks every property.
pub async fn run(host: &dyn Host) {
    the_document_in_force_comes_with_the_state(host).await;
    a_rollback_to_before_a_patch_brings_its_document_back(host).await;
    the_new_timeout_counts(host).await;
}

async fn put_on(host: &dyn Host, id: &ExecutionId, operations: Value) -> Arc<Execution> {
    let asked = PatchRequest { operations, ..PatchRequest::default() };
    let checks = |_| async { Ok(()) }.boxed();
    let done = patch(host, id, asked, &checks, false).await.expect("the store works");
    done.expect("its past allows it").state
}

/// The state as the store has it is the fold of its journal.
async fn holds(host: &dyn Host, id: &ExecutionId) -> Arc<Execution> {
    let state = host.journal().load(id).await.unwrap().expect("it exists");
    let turns = host.journal().turns(id, 0, 1_000).await.unwrap();
    let ran_by = RanBy::of(host, &state.started, &turns).await.unwrap();
    assert_eq!(fold(ran_by.documents(), None, &turns).expect("it folds"), *state);
    state
}

fn more() -> Value {
    json!([
        {"op": "add", "path": "/nodes/-", "value": {"id": "more", "type": "transform", "config": {"expression": "1"}}},
        {"op": "add", "path": "/edges/-", "value": {"from": "ask", "to": "more", "port": "approved"}},
    ])
}

async fn the_document_in_force_comes_with_the_state(host: &dyn Host) {
    let workflow = kept(host, &document("patched")).await;
    let id = start(host, started(host, &workflow, "patcher", json!({}))).await.id().clone();
    ask(host, &id).await;
    let state = put_on(host, &id, more()).await;
    assert_ne!(state.workflow_hash(), workflow.hash);
    assert_eq!(holds(host, &id).await.workflow_hash(), state.workflow_hash());
    assert!(host.catalogue().workflow(state.workflow_hash()).await.unwrap().is_some());
    // It goes on, is listed, and is removed like any other.
    command(host, &id, control(Control::Cancel)).await;
    holds(host, &id).await;
    host.journal().delete(&id).await.expect("it has ended");
    assert_eq!(host.journal().load(&id).await.unwrap(), None);
}

async fn a_rollback_to_before_a_patch_brings_its_document_back(host: &dyn Host) {
    let workflow = kept(host, &document("patched-back")).await;
    let id = start(host, started(host, &workflow, "patcher", json!({}))).await.id().clone();
    let before = ask(host, &id).await.seq;
    put_on(host, &id, more()).await;
    let back = engine::rollback::roll_back(host, &id, Rollback::to(before), None, None).await.unwrap();
    assert_eq!(back.expect("it goes back").state.status(), Status::WaitingHuman);
    let state = holds(host, &id).await;
    assert_eq!(state.workflow_hash(), workflow.hash);
    assert_eq!(state.open_interactions().count(), 1);
    // Patched once more, it is on the same document as before.
    put_on(host, &id, more()).await;
    holds(host, &id).await;
    command(host, &id, control(Control::Cancel)).await;
}

async fn the_new_timeout_counts(host: &dyn Host) {
    let mut document = document("patched-time");
    document["settings"]["timeout_seconds"] = json!(3_600);
    let workflow = kept(host, &document).await;
    let id = start(host, started(host, &workflow, "patcher", json!({}))).await.id().clone();
    ask(host, &id).await;
    put_on(host, &id, json!([{"op": "replace", "path": "/settings/timeout_seconds", "value": 60}])).await;
    let at = host.now().after_seconds(120.0);
    assert!(host.agenda().timed_out(at, 1_000).await.unwrap().contains(&id));
    command(host, &id, control(Control::Cancel)).await;
}
