//! Hosts that cut a handler off: what takes long goes on in another message, or ends with an error that says why.

use document::{parse, time::Time};
use engine::{
    drive::submit,
    port::{Host, Verdict},
};
use memory::Memory;
use serde_json::json;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use stepwell_core::{
    command::{Command, Control},
    effect::Work,
    event::{Event, Started, Turn},
    execution::Status,
};

const NOW: Time = Time(1_000_000);
const ITEMS: u32 = 200;

/// An execution of a map of 200 items on a host with time for as many things as the counter says.
async fn mapping() -> (Memory, Arc<AtomicU32>) {
    mapping_of(ITEMS).await
}

/// The same, of so many items.
async fn mapping_of(items: u32) -> (Memory, Arc<AtomicU32>) {
    let left = Arc::new(AtomicU32::new(u32::MAX));
    let counted = left.clone();
    let time_left = move || {
        let before = counted.fetch_update(Relaxed, Relaxed, |left| Some(left.saturating_sub(1))).unwrap_or_default();
        Some(if before == 0 { Duration::ZERO } else { Duration::from_secs(60) })
    };
    let host = Memory::new(NOW).with_time_left(time_left);
    let body =
        json!({"nodes": [{"id": "twice", "type": "transform", "config": {"expression": "item * 2"}}], "edges": []});
    let document = json!({
        "id": "w",
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "all", "type": "map",
            "config": {"items": "input.items", "body": body, "max_concurrency": ITEMS}}],
        "edges": [{"from": "go", "to": "all"}],
    });
    let workflow = parse(&document).unwrap().workflow;
    host.catalogue().keep_workflow(&workflow).await.unwrap();
    let started = Started::new("e".into(), &workflow, json!({"items": (0..items).collect::<Vec<_>>()}), NOW);
    submit(&host, &"e".into(), Command::Start(Box::new(started))).await.unwrap();
    (host, left)
}

/// Handles messages one by one, up to one that asks for what `until` says, or to the end.
async fn run(host: &Memory, until: impl Fn(&Work) -> bool) -> bool {
    while let Some(due) = host.next_due() {
        host.advance(due);
        let Some(delivery) = host.take() else { continue };
        if until(&delivery.message.work) {
            host.nack(delivery.receipt, 0.0);
            return true;
        }
        settle(host, delivery.receipt, &engine::step::handle(host, &[delivery]).await[0]);
    }
    false
}

fn settle(host: &Memory, receipt: u64, verdict: &Verdict) {
    match verdict {
        Verdict::Acknowledge => drop(host.ack(receipt)),
        Verdict::Return { after_seconds, .. } => drop(host.nack(receipt, *after_seconds)),
    }
}

#[tokio::test]
async fn children_that_could_not_be_started_in_time_are_started_by_a_message_of_their_own() {
    let (host, left) = mapping().await;
    let starts = |work: &Work| matches!(work, Work::StartChildren { .. });
    assert!(run(&host, starts).await);
    let mut started = 0;
    while started < ITEMS {
        let delivery = host.take().unwrap();
        assert!(starts(&delivery.message.work), "{:?}", delivery.message);
        left.store(90, Relaxed);
        settle(&host, delivery.receipt, &engine::step::handle(&host, &[delivery]).await[0]);
        left.store(u32::MAX, Relaxed);
        let now = host.all().len() as u32 - 1;
        assert!(now - started <= 90, "{started} and {now}");
        started = now;
        assert_eq!(run(&host, starts).await, started < ITEMS);
    }
    let ended = host.journal().load(&"e".into()).await.unwrap().unwrap();
    assert_eq!(ended.status(), Status::Completed);
    assert_eq!(ended.output.as_ref().unwrap().value().unwrap()[199], 398);
}

#[tokio::test]
async fn children_that_cannot_be_read_in_time_fail_their_node_and_nothing_gets_stuck() {
    let (host, left) = mapping().await;
    let ended = |host: &Memory| host.all().iter().filter(|one| one.end.is_some()).count() == ITEMS as usize;
    // All but the last step, which reads what the children gave.
    while let Some(due) = host.next_due() {
        host.advance(due);
        let Some(delivery) = host.take() else { continue };
        let reads = ended(&host) && matches!(delivery.message.work, Work::Step { .. });
        left.store(if reads { 0 } else { u32::MAX }, Relaxed);
        let (receipt, count) = (delivery.receipt, delivery.deliveries);
        let verdict = engine::step::handle(&host, &[delivery]).await.remove(0);
        assert_eq!(reads && count == 1, verdict != Verdict::Acknowledge, "it is tried once more");
        settle(&host, receipt, &verdict);
    }
    let ended = host.journal().load(&"e".into()).await.unwrap().unwrap();
    assert_eq!((ended.status(), ended.error.as_ref().unwrap().code.as_str()), (Status::Failed, "too_many_items"));
}

/// A release that looked after no child that it found over would drop the message by which its parent is told, as this test
/// does. Whoever goes back to it can tell the parent by hand.
#[tokio::test]
async fn a_parent_that_nobody_told_of_a_child_that_was_over_at_once_is_told_when_it_is_paused() {
    let (host, _) = mapping_of(1).await;
    assert!(run(&host, |work| matches!(work, Work::StartChildren { .. })).await);
    let over = |turn: &Turn| turn.events.iter().any(|event| matches!(event, Event::ExecutionCompleted { .. }));
    let host = host.cut_off_after(over);
    let delivery = host.take().unwrap();
    let receipt = delivery.receipt;
    assert!(matches!(engine::step::handle(&host, &[delivery]).await[..], [Verdict::Return { .. }]));
    host.ack(receipt);
    let parent = async || host.journal().load(&"e".into()).await.unwrap().unwrap();
    run(&host, |_| false).await;
    assert_eq!((parent().await.status(), parent().await.children["all"].ended.len()), (Status::Waiting, 0));
    for control in [Control::Pause, Control::Resume] {
        submit(&host, &"e".into(), Command::Control { control, reason: None }).await.unwrap();
        run(&host, |_| false).await;
        assert_eq!(parent().await.children["all"].ended.len(), 1);
    }
    assert_eq!(parent().await.status(), Status::Completed);
}
