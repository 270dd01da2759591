//! `settings.overlap` and `settings.max_concurrency` on the embedded host.

use crate::world::World;
use document::time::Time;
use engine::port::Host;
use serde_json::{Value, json};
use std::time::Duration;
use stepwell_core::{event::Event, execution::Status, id::ExecutionId};

fn waiting(id: &str, settings: Value, seconds: f64) -> Value {
    json!({"id": id, "settings": settings,
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "w", "type": "wait", "config": {"seconds": seconds}}],
        "edges": [{"from": "go", "to": "w"}]})
}

/// From when to when it ran; none where its trigger never came.
async fn ran(world: &World, id: &ExecutionId) -> Option<(Time, Time)> {
    let end = world.ended(id).await.completed_at.unwrap();
    let turns = world.host.journal().turns(id, 0, 100).await.unwrap();
    let began = |event: &Event| matches!(event, Event::NodeTriggered { .. });
    let begun = turns.iter().find(|turn| turn.events.iter().any(began))?;
    Some((begun.at, end))
}

/// How many were under way at once at most.
fn most(spans: &[(Time, Time)]) -> usize {
    spans.iter().map(|(at, _)| spans.iter().filter(|(from, to)| from <= at && at < to).count()).max().unwrap()
}

/// Whether they began in their order, as far as two that find room at the same time have one.
fn in_order(spans: &[(Time, Time)]) -> bool {
    spans.windows(3).all(|three| three[0].0 <= three[2].0)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_than_max_concurrency_run_at_once_first_come_first_served() {
    let world = World::new("concurrency").await;
    // On a busy machine six starts take a while; the first must not end before the last has begun.
    world.save(&waiting("two", json!({"max_concurrency": 2}), 1.0)).await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(world.start("two", json!({})).await);
    }
    let page = world.get("/v1/executions?workflow_id=two&status=pending").await;
    assert_eq!(page["items"].as_array().unwrap().len(), 4, "the others are held back");
    let mut spans = Vec::new();
    for id in &ids {
        assert_eq!(world.ended(id).await.status(), Status::Completed);
        spans.push(ran(&world, id).await.unwrap());
    }
    assert_eq!(most(&spans), 2, "{spans:?}");
    assert!(in_order(&spans), "first come, first served: {spans:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_held_back_can_be_cancelled_and_keeps_nobody_waiting() {
    let world = World::new("cancel-held").await;
    world.save(&waiting("one", json!({"max_concurrency": 1}), 1.0)).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(world.start("one", json!({})).await);
    }
    let (status, body) = world.call("POST", &format!("/v1/executions/{}/cancel", ids[1]), Some(&json!({}))).await;
    assert_eq!((status.as_u16(), &body["status"]), (200, &json!("cancelled")));
    // Paused while held back: it takes its turn, and goes on when it is resumed.
    world.call("POST", &format!("/v1/executions/{}/pause", ids[2]), Some(&json!({}))).await;
    world.until(&ids[2], "admitted", |state| !state.held).await;
    world.call("POST", &format!("/v1/executions/{}/resume", ids[2]), Some(&json!({}))).await;
    let mut spans = Vec::new();
    for at in [0, 2, 3] {
        assert_eq!(world.ended(&ids[at]).await.status(), Status::Completed);
        spans.push(ran(&world, &ids[at]).await.unwrap());
    }
    assert_eq!((most(&spans), ran(&world, &ids[1]).await), (1, None));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_held_back_take_their_turns_after_a_restart_too() {
    let mut world = World::new("held-restart").await;
    world.save(&waiting("two", json!({"max_concurrency": 2}), 0.3)).await;
    let mut ids = Vec::new();
    for _ in 0..6 {
        ids.push(world.start("two", json!({})).await);
    }
    for _ in 0..3 {
        world = world.restarted("").await;
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    let mut spans = Vec::new();
    for id in &ids {
        assert_eq!(world.ended(id).await.status(), Status::Completed);
        spans.push(ran(&world, id).await.unwrap());
    }
    assert_eq!(most(&spans), 2, "{spans:?}");
    assert!(in_order(&spans), "{spans:?}");
    world.end().await;
}

/// An execution may end between a start's look at the others and the start itself.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_forgotten_where_ends_and_starts_race() {
    let world = World::new("held-race").await;
    let quick = json!({"id": "quick", "settings": {"max_concurrency": 1},
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "t", "type": "transform", "config": {"set": {}}}],
        "edges": [{"from": "go", "to": "t"}]});
    world.save(&quick).await;
    for _ in 0..60 {
        let (a, b) = tokio::join!(world.start("quick", json!({})), world.start("quick", json!({})));
        let c = world.start("quick", json!({})).await;
        for id in [a, b, c] {
            assert_eq!(world.ended(&id).await.status(), Status::Completed);
        }
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn overlap_skips_starts_beside_those_that_wait_for_a_person_or_are_alive() {
    let world = World::new("overlap").await;
    let asking = json!({"id": "ask", "settings": {"overlap": "skip_if_paused"},
        "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Well?", "timeout_seconds": 600}}],
        "edges": [{"from": "go", "to": "ok"}]});
    world.save(&asking).await;
    let first = world.start("ask", json!({})).await;
    world.until(&first, "asking", |state| state.status() == Status::WaitingHuman).await;
    let second = world.start("ask", json!({})).await;
    let skipped = world.get(&format!("/v1/executions/{second}")).await;
    assert_eq!(skipped["status"], "skipped", "{skipped}");
    assert!(ran(&world, &second).await.is_none(), "nothing of it ran");
    world.call("POST", &format!("/v1/executions/{first}/cancel"), Some(&json!({}))).await;
    let third = world.start("ask", json!({})).await;
    world.until(&third, "asking", |state| state.status() == Status::WaitingHuman).await;

    world.save(&waiting("alive", json!({"overlap": "skip_if_active"}), 0.5)).await;
    let (a, b) = tokio::join!(world.start("alive", json!({})), world.start("alive", json!({})));
    let mut ends = [world.ended(&a).await.status(), world.ended(&b).await.status()].map(|status| status.to_string());
    ends.sort();
    assert_eq!(ends, ["completed", "skipped"], "two at once: one runs");
    let after = world.start("alive", json!({})).await;
    assert_eq!(world.ended(&after).await.status(), Status::Completed);
    world.end().await;
}
