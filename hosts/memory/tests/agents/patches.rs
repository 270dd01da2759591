//! The built-in tool `patch_workflow`: an agent that changes the workflow which it runs in.

use super::world::{World, agent, calls, charges, says};
use serde_json::{Value, json};
use stepwell_core::{
    event::Event,
    execution::{CallStatus, Status},
};

fn patches(operations: Value) -> Value {
    calls(&[("patch_workflow", json!({"description": "It is needed.", "operations": operations}))])
}

fn document() -> Value {
    agent(json!({"built_in_tools": ["patch_workflow"]}), &[charges("pay", json!({}))])
}

#[tokio::test]
async fn an_agent_changes_its_own_workflow_and_goes_on_by_the_change() {
    let world = World::ran(&document(), |number, _| match number {
        0 => patches(json!([{"op": "replace", "path": "/nodes/1/config/system_prompt", "value": "You are frugal."},
            {"op": "add", "path": "/nodes/-", "value": {"id": "after", "type": "transform", "config": {"expression": "'thanked'"}}},
            {"op": "add", "path": "/edges/-", "value": {"from": "a", "to": "after"}}])),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    assert!(world.told()[0].contains("\"patched\":true"), "{:?}", world.told());
    assert_eq!(world.last_asked().0, "You are frugal.");
    let state = world.state();
    assert_eq!(state.output.as_ref().unwrap().value(), Some(&json!("thanked")), "the node that it added has run");
    let patched: Vec<_> = world
        .turns()
        .await
        .into_iter()
        .filter(|turn| turn.events.iter().any(|event| matches!(event, Event::WorkflowPatched(_))))
        .collect();
    assert_eq!(patched.len(), 1);
    assert_eq!(patched[0].by.as_deref(), Some("agent:a"));
    world.holds().await;
}

#[tokio::test]
async fn what_cannot_be_proved_or_is_not_valid_is_told_and_changes_nothing() {
    let world = World::ran(&document(), |number, _| match number {
        // The trigger has run, so it cannot have been another one.
        0 => patches(json!([{"op": "replace", "path": "/nodes/0/id", "value": "begin"}, {"op": "replace", "path": "/edges/0/from", "value": "begin"}])),
        1 => patches(json!([{"op": "replace", "path": "/nodes/1/type", "value": "magic"}])),
        2 => patches(json!([{"op": "replace", "path": "/nodes/2/config/url", "value": "https://other.example/{{ secrets.KEY }}"}])),
        3 => patches(json!([{"op": "remove", "path": "/nodes/9"}])),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    let talk = world.talk();
    assert!(talk.turns[..4].iter().all(|said| said.ended[&0].status == CallStatus::Failed), "{:?}", world.told());
    let told = world.told();
    assert!(told[0].contains("stands in the way"), "{told:?}");
    assert!(told[1].contains("not valid") && told[1].contains("/nodes/1/type"), "{told:?}");
    assert!(told[2].contains("secret KEY"), "{told:?}");
    assert!(told[3].contains("cannot be applied"), "{told:?}");
    assert_eq!(world.last_asked().0, "You pay.");
    world.holds().await;
}

#[tokio::test]
async fn a_call_that_is_gathered_again_patches_once() {
    let world = World::started(&document(), |number, _| match number {
        0 => patches(json!([{"op": "replace", "path": "/nodes/1/config/system_prompt", "value": "You are frugal."}])),
        _ => says("done"),
    })
    .await;
    // Every message is handled twice, as by a queue that hands it out again before it was acknowledged.
    while let Some(delivery) = world.host.take() {
        for _ in 0..2 {
            engine::step::handle(&world.host, std::slice::from_ref(&delivery)).await;
        }
        world.host.ack(delivery.receipt);
    }
    world.is(Status::Completed);
    let patched = world
        .turns()
        .await
        .iter()
        .flat_map(|turn| &turn.events)
        .filter(|event| matches!(event, Event::WorkflowPatched(_)))
        .count();
    assert_eq!((patched, world.numbers()), (1, vec![0, 1]));
    world.holds().await;
}
