//! Large trees of executions: they are started, told and removed in slices, and what is left of a cancelled one is
//! dropped.

use crate::world::{World, eventually};
use document::{Workflow, parse, time::Time};
use engine::{
    drive::submit,
    port::{Delivery, Host, Verdict},
};
use memory::Memory;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::Relaxed},
};
use stepwell_core::{
    command::{Asked, Command, Control},
    effect::Work,
    event::Started,
    execution::Status,
    limits::CHILDREN_IN_A_SLICE,
    task::{Outcome, Report},
};

const NOW: Time = Time(1_000_000);

fn map(id: &str, width: u32, body: &Value) -> Value {
    let items = if width > 100 { "input".to_owned() } else { json!(vec![0; width as usize]).to_string() };
    json!({"nodes": [{"id": id, "type": "map",
        "config": {"items": items, "body": body, "max_concurrency": width}}], "edges": []})
}

fn rooted(mut flow: Value) -> Value {
    let first = flow["nodes"][0]["id"].clone();
    flow["nodes"].as_array_mut().unwrap().push(json!({"id": "go", "type": "manual_trigger"}));
    flow["edges"] = json!([{"from": "go", "to": first}]);
    flow["id"] = json!("w");
    flow
}

fn one(node: &Value) -> Value {
    json!({"nodes": [node], "edges": []})
}

fn waiting() -> Value {
    one(&json!({"id": "wait", "type": "wait", "config": {"event": "go"}}))
}

async fn started(host: &Memory, document: &Value, input: Value) -> Arc<Workflow> {
    let workflow = parse(document).unwrap().workflow;
    host.catalogue().keep_workflow(&workflow).await.unwrap();
    let start = Started::new("root".into(), &workflow, input, NOW);
    submit(host, &"root".into(), Command::Start(Box::new(start))).await.unwrap();
    workflow
}

async fn handle(host: &Memory, delivery: Delivery) {
    let receipt = delivery.receipt;
    let verdict = engine::step::handle(host, &[delivery]).await.remove(0);
    assert_eq!(verdict, Verdict::Acknowledge);
    host.ack(receipt);
}

/// Handles what is due, but for messages to be held, which are returned.
async fn run(host: &Memory, held: impl Fn(&Work) -> bool) -> Vec<Delivery> {
    let mut kept = Vec::new();
    while let Some(delivery) = host.take() {
        if held(&delivery.message.work) { kept.push(delivery) } else { handle(host, delivery).await }
    }
    kept
}

async fn cancel(host: &Memory) {
    ask(host, Control::Cancel, None, None).await;
}

async fn ask(host: &Memory, control: Control, by: Option<&str>, reason: Option<&str>) {
    let command = Command::Control { control, reason: reason.map(str::to_owned) };
    let asked = Asked::by(command, by.map(str::to_owned));
    assert_eq!(submit(host, &"root".into(), asked).await.unwrap().unwrap().replies, [Ok(())]);
}

/// What the latest turn of each execution below the root says, who is said to have asked for it.
async fn told(host: &Memory) -> Vec<(String, Option<String>)> {
    let mut told = Vec::new();
    for one in host.all().iter().filter(|one| one.started.parent.is_some()) {
        let turn = host.journal().turns(one.id(), one.seq - 1, 1).await.unwrap().remove(0);
        told.push((stepwell_core::view::sentence(&turn), turn.by));
    }
    told
}

/// A root with one child, which has one of its own; both wait.
async fn three_deep(host: &Memory) {
    started(host, &rooted(map("outer", 1, &map("inner", 1, &waiting()))), json!({})).await;
    run(host, |_| false).await;
    assert_eq!(host.all().len(), 3);
}

#[tokio::test]
async fn the_history_of_every_descendant_says_who_asked_the_root_and_why() {
    let host = Memory::new(NOW);
    three_deep(&host).await;
    let asked = [
        (Control::Pause, "Paused"),
        (Control::Resume, "Resumed"),
        (Control::Cancel, "Cancelled"),
        (Control::Retry, "Retried"),
        (Control::Pause, "Paused"),
        (Control::Cancel, "Cancelled"),
    ];
    for (number, (control, said)) in asked.into_iter().enumerate() {
        let (by, why) = (format!("ada{number}@example.com"), format!("reason {number}"));
        ask(&host, control, Some(&by), Some(&why)).await;
        run(&host, |_| false).await;
        let expected = (format!("{said} by {by} with execution root: {why}."), Some(by));
        assert_eq!(told(&host).await, [expected.clone(), expected]);
    }
}

#[tokio::test]
async fn without_a_reason_the_parent_is_the_reason() {
    let host = Memory::new(NOW);
    three_deep(&host).await;
    ask(&host, Control::Pause, Some("ada@example.com"), None).await;
    run(&host, |_| false).await;
    let expected = "Paused by ada@example.com with execution root: its parent was paused.".to_owned();
    let expected = (expected, Some("ada@example.com".to_owned()));
    assert_eq!(told(&host).await, [expected.clone(), expected]);
}

#[tokio::test]
async fn a_child_that_is_no_longer_needed_was_cancelled_by_nobody() {
    let host = Memory::new(NOW);
    let mut flow = rooted(map("outer", 1, &map("inner", 1, &waiting())));
    flow["nodes"][0]["timeout_seconds"] = json!(5);
    started(&host, &flow, json!({})).await;
    run(&host, |_| false).await;
    host.advance(NOW.after_seconds(6.0));
    run(&host, |_| false).await;
    let said: Vec<_> =
        told(&host).await.into_iter().map(|(said, by)| (by, said.contains("no longer needs it"))).collect();
    assert_eq!(said, [(None, true), (None, true)]);
}

fn all_cancelled(host: &Memory) -> bool {
    host.all().iter().all(|one| one.end == Some(Status::Cancelled))
}

#[tokio::test]
async fn a_thousand_children_are_started_and_cancelled_in_slices() {
    let host = Memory::new(NOW);
    started(&host, &rooted(map("all", 1_000, &waiting())), json!(vec![0; 1_000])).await;
    let slice = CHILDREN_IN_A_SLICE as usize;
    while let Some(delivery) = host.take() {
        let before = host.all().len();
        handle(&host, delivery).await;
        assert!(host.all().len() - before <= slice, "one message starts a slice at most");
    }
    assert_eq!(host.all().len(), 1_001);
    cancel(&host).await;
    let ended = || host.all().iter().filter(|one| one.end.is_some()).count();
    assert_eq!(ended(), 1, "the answer waits for no child");
    let first = host.take().unwrap();
    assert!(matches!(first.message.work, Work::TellChildren { .. }), "{:?}", first.message);
    assert_eq!(host.take().map(|next| next.message), None, "and the end is recorded with one message");
    handle(&host, first).await;
    run(&host, |_| false).await;
    assert!(all_cancelled(&host));
}

#[tokio::test]
async fn what_is_left_of_a_cancelled_tree_runs_nothing_new() {
    let ran = Arc::new(AtomicU32::new(0));
    let counted = ran.clone();
    let host = Memory::new(NOW).with_runner(move |_| {
        counted.fetch_add(1, Relaxed);
        Report { outcome: Outcome::Succeeded { port: "success".into(), output: json!(1) }, logs: Vec::new() }
    });
    let code = one(&json!({"id": "c", "type": "code", "config": {"code": "return 1"}}));
    started(&host, &rooted(map("outer", 3, &map("inner", 3, &code))), json!({})).await;
    let steps = run(&host, |work| matches!(work, Work::Step { io: true, .. })).await;
    assert_eq!((steps.len(), host.all().len()), (9, 13));
    ask(&host, Control::Cancel, Some("ada@example.com"), None).await;
    // The message that tells the children is late: those of grandchildren come before it.
    for step in steps {
        let id = step.message.execution.clone();
        handle(&host, step).await;
        let state = host.journal().load(&id).await.unwrap().unwrap();
        assert_eq!(state.end, Some(Status::Cancelled), "as its parent would do in a moment");
        let turn = host.journal().turns(&id, state.seq - 1, 1).await.unwrap().remove(0);
        assert_eq!(turn.by.as_deref(), Some("ada@example.com"), "in the name of whoever asked");
    }
    run(&host, |_| false).await;
    assert_eq!(ran.load(Relaxed), 0);
    assert!(all_cancelled(&host));
}

#[tokio::test]
async fn a_tree_of_many_is_cancelled_and_removed_whole_from_the_database() {
    let world = World::new("trees").await;
    let id = world.start_inline(&rooted(map("outer", 30, &map("inner", 30, &waiting())))).await;
    eventually("all run", async || world.rows("executions WHERE completed_at IS NULL") == 931).await;
    let (status, body) = world.call("POST", &format!("/v1/executions/{id}/cancel"), Some(&json!({}))).await;
    assert_eq!((status.as_u16(), body["status"].as_str()), (200, Some("cancelled")));
    eventually("all end", async || world.rows("executions WHERE completed_at IS NULL") == 0).await;
    assert_eq!(world.rows("executions WHERE status <> 'cancelled'"), 0);
    let (status, _) = world.call("DELETE", &format!("/v1/executions/{id}"), None).await;
    assert_eq!(status, 204);
    for table in ["executions", "turns", "timers", "document_uses", "blob_uses"] {
        assert_eq!(world.rows(table), 0, "{table}");
    }
    world.end().await;
}
