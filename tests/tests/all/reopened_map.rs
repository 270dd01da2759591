//! A `map` of 200 children, some of which had ended when it was cancelled, that is retried.

use crate::{binary::SOON, reopened::control, world::World};
use engine::{drive::submit, port::Host};
use futures::future::join_all;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use stepwell_core::{
    command::{Command, Control},
    event::Event,
    execution::{Execution, Status},
    id::{Activation, ExecutionId, child_id},
    payload::Payload,
};

const ITEMS: u32 = 200;
/// Items from this one on wait for an event; those before it are done at once.
const WAITING: u32 = 100;

fn document() -> Value {
    let body = json!({
        "nodes": [{"id": "n", "type": "transform", "config": {"expression": "item"}},
            {"id": "w", "type": "wait", "config": {"event": "go"}},
            {"id": "late", "type": "transform", "config": {"expression": "item"}},
            {"id": "quick", "type": "transform", "config": {"expression": "item"}}],
        "edges": [{"from": "n", "to": "w", "condition": format!("item >= {WAITING}")},
            {"from": "n", "to": "quick", "condition": format!("item < {WAITING}")}, {"from": "w", "to": "late"}]});
    json!({"id": "wide", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "all", "type": "map", "config": {"items": "input.items", "max_concurrency": ITEMS, "body": body}}],
        "edges": [{"from": "start", "to": "all"}]})
}

fn child(id: &ExecutionId, index: u32) -> ExecutionId {
    child_id(id, &Activation { epoch: 0, node: "all".into(), visit: 1 }, 1, index)
}

fn ended(state: &Execution) -> u32 {
    state.children.get("all").map_or(0, |kids| kids.ended.len())
}

/// How often each of the children was retried, by index.
async fn retries(world: &World, id: &ExecutionId) -> Vec<usize> {
    let of = |index: u32| async move {
        let turns = world.host.journal().turns(&child(id, index), 0, 1_000).await.unwrap();
        let events = turns.iter().flat_map(|turn| &turn.events);
        events.filter(|event| matches!(event, Event::ExecutionRetried { .. })).count()
    };
    join_all((0..ITEMS).map(of)).await
}

async fn begun(name: &str) -> (World, ExecutionId) {
    let world = World::new(name).await;
    world.save(&document()).await;
    let items: Vec<u32> = (0..ITEMS).collect();
    let id = world.start("wide", json!({"items": items})).await;
    world.until(&id, "half done", |state| ended(state) == WAITING).await;
    for index in WAITING..ITEMS {
        world.until(&child(&id, index), "waiting", |state| state.status() == Status::Waiting).await;
    }
    (world, id)
}

fn waits(state: &Execution) -> bool {
    state.status() == Status::Waiting
}

async fn completes(world: &World, id: &ExecutionId) {
    let since = Instant::now();
    for index in WAITING..ITEMS {
        // A cancel may still be on its way down, and takes a child down for a moment.
        let child = child(id, index);
        while world.until(&child, "over", |state| state.end.is_some() || waits(state)).await.end
            != Some(Status::Completed)
        {
            assert!(since.elapsed() < SOON, "child {index} does not go on");
            let go = Command::Signal { name: "go".into(), data: Payload::new(json!(1)) };
            submit(&*world.host, &child, go).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    let state = world.ended(id).await;
    assert_eq!(state.status(), Status::Completed, "{:?}", state.error);
    let items: Vec<u32> = (0..ITEMS).collect();
    assert_eq!(state.output.as_ref().and_then(|output| output.value()), Some(&json!(items)));
    assert!(state.children["all"].failed.is_empty(), "no end of before counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn children_that_had_ended_stay_and_the_others_go_on() {
    // Given a map that was cancelled with all of its children that had not ended,
    let (world, id) = begun("retried-map").await;
    control(&*world.host, &id, Control::Cancel).await;
    for index in WAITING..ITEMS {
        assert_eq!(world.ended(&child(&id, index)).await.status(), Status::Cancelled);
    }
    // when it is retried before a restart,
    control(&*world.host, &id, Control::Retry).await;
    let world = world.restarted("").await;
    // then those that were cancelled go on, and the others are left alone.
    completes(&world, &id).await;
    let retried = retries(&world, &id).await;
    assert!(retried[..WAITING as usize].iter().all(|times| *times == 0), "{retried:?}");
    assert!(retried[WAITING as usize..].iter().all(|times| *times == 1), "{retried:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_that_overtakes_the_cancel_on_its_way_down_changes_no_result() {
    // Given a map that was cancelled and retried while its children were just being told.
    let (world, id) = begun("retried-map-at-once").await;
    for _ in 0..3 {
        control(&*world.host, &id, Control::Cancel).await;
        control(&*world.host, &id, Control::Retry).await;
    }
    completes(&world, &id).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_child_gave_stays_for_as_long_as_its_parent_can_be_retried() {
    // Given a map that was cancelled, of which some children had given their outputs.
    let (world, id) = begun("retried-map-child").await;
    control(&*world.host, &id, Control::Cancel).await;
    // Then none of these is deleted alone: a retry reads what it gave.
    let (status, refused) = world.call("DELETE", &format!("/v1/executions/{}", child(&id, 0)), None).await;
    assert_eq!((status.as_u16(), &refused["code"]), (409, &json!("parent_not_ended")), "{refused}");
    control(&*world.host, &id, Control::Retry).await;
    completes(&world, &id).await;
    let (status, _) = world.call("DELETE", &format!("/v1/executions/{}", child(&id, 0)), None).await;
    assert_eq!(status, 204, "its parent has what it gave");
    world.end().await;
}
