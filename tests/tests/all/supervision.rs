//! What time and accidents ask for, on the embedded host.

use crate::world::{World, eventually};
use async_trait::async_trait;
use engine::port::{Delivery, Host, StoreError, Verdict, Why};
use local::{Handler, Local};
use serde_json::json;
use std::sync::Arc;
use stepwell_core::{
    effect::{Message, Work},
    execution::Status,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_past_its_timeout_fails_promptly() {
    let world = World::new("timeout").await;
    let document = json!({"id": "slow", "settings": {"timeout_seconds": 1},
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "w", "type": "wait", "config": {"seconds": 600}}],
        "edges": [{"from": "go", "to": "w"}]});
    let id = world.start_inline(&document).await;
    let state = world.ended(&id).await;
    assert_eq!((state.status(), state.error.as_ref().unwrap().code.as_str()), (Status::Failed, "timeout"));
    let took = state.completed_at.unwrap().since(state.started_at).as_millis();
    assert!((1_000..1_700).contains(&took), "{took} ms");
    assert_eq!(world.rows("timers"), 0, "what it waited for is dropped");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_cannot_be_read_keeps_no_other_from_its_timeout() {
    let world = World::new("poisoned").await;
    let document = json!({"id": "slow", "settings": {"timeout_seconds": 2},
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "w", "type": "wait", "config": {"seconds": 600}}],
        "edges": [{"from": "go", "to": "w"}]});
    let (broken, sound) = (world.start_inline(&document).await, world.start_inline(&document).await);
    let of = format!("run = (SELECT run FROM executions WHERE id = '{broken}')");
    let sql = format!(
        "UPDATE turns SET body = '{{' WHERE {of}; DELETE FROM snapshots WHERE {of};
         UPDATE executions SET deadline = 1 WHERE id = '{broken}'"
    );
    let world = world.restarted(&sql).await;
    assert!(world.host.journal().load(&broken).await.is_err(), "it comes first, and cannot be read");
    assert_eq!(world.ended(&sound).await.error.as_ref().map(|error| error.code.as_str()), Some("timeout"));
    assert_eq!(
        engine::supervise::end_timed_out(&*world.host).await.map_err(|error| matches!(error, StoreError::Permanent(_))),
        Err(true)
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_cannot_be_removed_keeps_no_other() {
    let world = World::new("immovable").await;
    let document = json!({"id": "short", "settings": {"retention_days": 1},
        "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []});
    let (stuck, old) = (world.start_inline(&document).await, world.start_inline(&document).await);
    for id in [&stuck, &old] {
        assert_eq!(world.ended(id).await.status(), Status::Completed);
    }
    let sql = format!(
        "UPDATE executions SET expires_at = 2; UPDATE executions SET expires_at = 1 WHERE id = '{stuck}';
         CREATE TRIGGER immovable BEFORE DELETE ON executions WHEN OLD.id = '{stuck}'
         BEGIN SELECT RAISE(ABORT, 'no'); END"
    );
    let world = world.restarted(&sql).await;
    eventually("the other is gone", async || world.host.journal().load(&old).await.unwrap().is_none()).await;
    assert!(world.host.journal().load(&stuck).await.unwrap().is_some());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_execution_past_its_retention_goes_and_others_stay() {
    let world = World::new("retention").await;
    let document = |days: u64| {
        json!({"id": format!("d{days}"), "settings": {"retention_days": days},
            "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []})
    };
    let (short, ever) = (world.start_inline(&document(1)).await, world.start_inline(&document(0)).await);
    for id in [&short, &ever] {
        assert_eq!(world.ended(id).await.status(), Status::Completed);
    }
    let at_most = "executions WHERE expires_at - completed_at = 86400000";
    assert_eq!((world.rows(at_most), world.rows("executions WHERE expires_at IS NULL")), (1, 1));
    // A day passes.
    let world = world.restarted("UPDATE executions SET expires_at = expires_at - 86400001").await;
    eventually("one is gone", async || world.host.journal().load(&short).await.unwrap().is_none()).await;
    assert!(world.host.journal().load(&ever).await.unwrap().is_some());
    let tables = ["executions", "turns", "documents", "document_uses"];
    assert_eq!(tables.map(|table| world.rows(table)), [1; 4], "nothing of it is left, and all of the other");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_lives_as_long_as_an_execution_or_a_saved_workflow_has_it() {
    let world = World::new("documents").await;
    let document = |id: &str| json!({"id": id, "nodes": [{"id": "go", "type": "manual_trigger"}], "edges": []});
    let (first, second) = (world.start_inline(&document("a")).await, world.start_inline(&document("a")).await);
    let third = world.start_inline(&document("b")).await;
    world.save(&document("b")).await;
    for id in [&first, &second, &third] {
        world.ended(id).await;
    }
    world.host.journal().delete(&first).await.unwrap();
    assert_eq!(world.rows("documents"), 2, "the second uses it");
    world.host.journal().delete(&second).await.unwrap();
    world.host.journal().delete(&third).await.unwrap();
    assert_eq!(world.rows("documents"), 1, "the saved one");
    // The parsed document is still in memory; the start writes it again.
    let again = world.start_inline(&document("a")).await;
    world.ended(&again).await;
    let world = world.restarted("").await;
    assert_eq!(world.get(&format!("/v1/executions/{again}")).await["status"], "completed");
    world.end().await;
}

/// The step function, but for one node, whose messages always fail.
struct Failing(Arc<Local>);

#[async_trait]
impl Handler for Failing {
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict> {
        let is_bad = |one: &Delivery| matches!(&one.message.work, Work::Step { activation, .. } if activation.node.as_str() == "bad");
        if deliveries.iter().any(is_bad) {
            return vec![Verdict::Return { after_seconds: 0.0, why: Why::Failed("no luck".into()) }; deliveries.len()];
        }
        engine::step::handle(&*self.0, deliveries).await
    }

    async fn dead(&self, message: &Message, error: &str) -> Result<(), String> {
        engine::supervise::bury(&*self.0, message, error).await.map_err(|error| error.to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_fails_for_good_leaves_its_execution_stuck_and_others_alone() {
    let path = std::env::temp_dir().join(format!("stepwell-stuck-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    let world = World::open(&path);
    world.host.start(Arc::new(Failing(world.host.clone()))).await.unwrap();
    let document = |node: &str| {
        json!({"id": node, "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": node, "type": "transform", "config": {"set": {"a": 1}}}], "edges": [{"from": "go", "to": node}]})
    };
    let (bad, good) = (world.start_inline(&document("bad")).await, world.start_inline(&document("good")).await);
    assert_eq!(world.ended(&good).await.status(), Status::Completed);
    world.until(&bad, "stuck", |state| state.status() == Status::Stuck).await;
    let shown = world.get(&format!("/v1/executions/{bad}")).await;
    assert_eq!((&shown["status"], &shown["error"]["code"]), (&json!("stuck"), &json!("dead_letter")));
    let message = shown["error"]["message"].as_str().unwrap();
    assert!(message.contains("attempt 1 of node bad") && message.contains("no luck"), "{message}");
    eventually("the message is a dead letter", async || world.rows("dead_letters") == 1).await;
    assert_eq!(world.rows("queue"), 0);
    let (status, _) = world.call("POST", &format!("/v1/executions/{bad}/cancel"), Some(&json!({}))).await;
    assert_eq!((status.as_u16(), world.ended(&bad).await.status()), (200, Status::Cancelled));
    world.end().await;
}
