//! The built-in tool `patch_workflow`: an agent that changes the workflow which it runs in.

use super::world::{World, agent, calls, charges, says};
use engine::patch::{PatchRequest, Refused, patch};
use serde_json::{Value, json};
use stepwell_core::{
    event::{Event, Turn},
    execution::{CallStatus, Status},
    interaction::Answer,
    patch::Why,
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
    // Done twice, the change would be refused: there is a node of that name by then.
    let adds = json!([{"op": "add", "path": "/nodes/-", "value": {"id": "after", "type": "transform", "config": {"expression": "'thanked'"}}},
        {"op": "add", "path": "/edges/-", "value": {"from": "a", "to": "after"}}]);
    let is_patch = |turn: &Turn| turn.events.iter().any(|event| matches!(event, Event::WorkflowPatched(_)));
    // The process dies after the patch, before it records what came of the call.
    let script = move |number, _: &_| if number == 0 { patches(adds.clone()) } else { says("done") };
    let world = World::started_on(|host| host.cut_off_after(is_patch), &document(), script).await;
    world.host.handle_due().await;
    assert!(world.host.was_cut_off() && world.numbers() == [0], "the call was patched and not gathered");
    while let Some(at) = world.host.next_due() {
        world.host.advance(at);
        world.host.handle_due().await;
    }
    world.is(Status::Completed);
    let patched: Vec<u64> = world.turns().await.iter().filter(|turn| is_patch(turn)).map(|turn| turn.seq).collect();
    let [patched] = patched[..] else { panic!("{patched:?}") };
    let told: Value = serde_json::from_str(&world.told()[0]).unwrap();
    assert_eq!((&told["patched"], &told["checkpoint"]), (&json!(true), &json!(patched.to_string())), "{told}");
    assert_eq!(world.numbers(), [0, 1]);
    world.holds().await;
}

#[tokio::test]
async fn an_agent_within_another_execution_patches_nothing() {
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "https://model.example/v1"});
    let inner = json!({"id": "inner", "type": "agent",
        "config": {"model": model, "prompt": "Begin.", "built_in_tools": ["patch_workflow"]}});
    let body = json!({"nodes": [inner], "edges": []});
    let document = json!({"id": "each", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "a", "type": "map", "config": {"items": "[1]", "body": body}}],
        "edges": [{"from": "start", "to": "a"}]});
    let world = World::ran(&document, |number, _| match number {
        0 => patches(json!([{"op": "add", "path": "/name", "value": "Mine"}])),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    let told = world.told();
    assert!(told.len() == 1 && told[0].contains("this agent runs within another execution"), "{told:?}");
    for state in world.host.all() {
        let turns = engine::port::Journal::turns(&world.host, state.id(), 0, 1_000).await.unwrap();
        let patched = turns.iter().flat_map(|turn| &turn.events).any(|it| matches!(it, Event::WorkflowPatched(_)));
        assert!(!patched, "{} was patched", state.id());
    }
    world.holds().await;
}

#[tokio::test]
async fn a_tool_of_that_name_is_a_tool_and_changes_no_workflow() {
    let own = json!({"id": "patch_workflow", "type": "transform", "config": {"expression": "{'operations': args.operations}"}});
    let world = World::ran(&agent(json!({}), &[own]), |number, _| match number {
        0 => patches(json!([{"op": "replace", "path": "/nodes/1/config/system_prompt", "value": "You are frugal."}])),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    assert!(world.told()[0].contains("You are frugal."), "it gives what it was given: {:?}", world.told());
    assert_eq!(world.last_asked().0, "You pay.");
    let turns = world.turns().await;
    assert!(!turns.iter().flat_map(|turn| &turn.events).any(|event| matches!(event, Event::WorkflowPatched(_))));
}

#[tokio::test]
async fn a_patch_that_no_agent_was_given_is_a_call_of_what_is_not_there() {
    let world = World::ran(&agent(json!({}), &[charges("pay", json!({}))]), |number, _| match number {
        0 => patches(json!([{"op": "replace", "path": "/nodes/1/config/system_prompt", "value": "You are frugal."}])),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    assert!(world.told()[0].contains("there is no tool patch_workflow"), "{:?}", world.told());
    assert_eq!(world.last_asked().0, "You pay.");
}

/// Patches the execution from outside. Gives why it is refused, as far as it is by what has happened.
async fn from_outside(world: &World, operations: Value) -> Result<(), Vec<Why>> {
    let asked = PatchRequest { operations, description: None, by: None, request: None };
    match patch(&world.host, &world.id, asked, &|_| Box::pin(async { Ok(()) }), false).await.unwrap() {
        Ok(_) => Ok(()),
        Err(Refused::InTheWay(all)) => Err(all.into_iter().map(|one| one.why).collect()),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_people_are_asked_about_a_call_stays_until_they_have_answered() {
    let tools = [charges("pay", json!({"require_approval": true})), charges("look", json!({}))];
    let config = json!({"built_in_tools": ["ask_human"]});
    let world = World::ran(&agent(config, &tools), |number, _| match number {
        0 => calls(&[("pay", json!({"amount": 200}))]),
        1 => calls(&[("ask_human", json!({"question": "Enough?"}))]),
        _ => says("done"),
    })
    .await;
    world.is(Status::WaitingHuman);
    let removes = |node: u64, edge: u64| json!([{"op": "remove", "path": format!("/nodes/{node}")}, {"op": "remove", "path": format!("/edges/{edge}")}]);
    for changes in [
        removes(2, 1),
        json!([{"op": "remove", "path": "/nodes/2/tool/require_approval"}]),
        json!([{"op": "replace", "path": "/nodes/2/config/url", "value": "https://ledger.example/else"}]),
    ] {
        assert_eq!(from_outside(&world, changes).await, Err(vec![Why::QuestionChanged]));
    }
    // Nobody is asked about the others, and the model is told of them next.
    from_outside(&world, removes(3, 2)).await.unwrap();
    from_outside(&world, json!([{"op": "replace", "path": "/nodes/1/config/system_prompt", "value": "Save."}]))
        .await
        .unwrap();
    world.answers(Answer { approved: Some(true), ..Answer::default() }).await.unwrap();
    assert_eq!(world.entries(), ["/pay/200"]);
    world.is(Status::WaitingHuman);
    assert_eq!(world.last_asked().0, "Save.");
    // Its question was answered, and that of another is open.
    from_outside(&world, removes(2, 1)).await.unwrap();
    let silent = json!([{"op": "remove", "path": "/nodes/1/config/built_in_tools"}]);
    assert_eq!(from_outside(&world, silent).await, Err(vec![Why::QuestionChanged]));
    world.answers(Answer { text: Some("Yes.".into()), ..Answer::default() }).await.unwrap();
    world.is(Status::Completed);
    world.holds().await;
}
