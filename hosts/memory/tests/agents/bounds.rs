//! The guards around a model: what it may spend, how often it is told, what it may call, and how what became of a call is
//! told from what a tool says.

use super::world::{World, agent, calls, charges, says};
use document::work::{Message, ModelCall};
use serde_json::{Value, json};
use stepwell_core::{
    execution::{CallStatus, Status},
    interaction::Answer,
};

/// A model that pays again and again.
fn pays(number: usize, _: &ModelCall) -> Value {
    calls(&[("pay", json!({"amount": number}))])
}

/// The code with which the execution failed.
#[track_caller]
fn code(world: &World) -> String {
    world.is(Status::Failed);
    world.state().error.as_ref().unwrap().code.clone()
}

fn statuses(world: &World) -> Vec<CallStatus> {
    world.talk().turns.iter().flat_map(|said| said.ended.values()).map(|end| end.status).collect()
}

#[tokio::test]
async fn a_budget_of_tokens_is_looked_at_before_each_call() {
    // Each answer reads ten tokens and writes one.
    for (tokens, answers) in [(11, 1), (12, 2), (22, 2), (23, 3)] {
        let config = json!({"budget": {"tokens": tokens}, "max_turns": 9});
        let world = World::ran(&agent(config, &[charges("pay", json!({}))]), pays).await;
        assert_eq!((code(&world).as_str(), world.numbers().len()), ("budget_exceeded", answers), "{tokens}");
    }
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_twice_again_and_no_more() {
    let schema = json!({"type": "object", "required": ["sum"], "properties": {"sum": {"type": "integer"}}});
    for (fits_after, asked) in [(2, Ok(3)), (3, Err(3))] {
        let world = World::ran(&agent(json!({"output_schema": schema}), &[]), move |_, call| {
            let told = call.messages.iter().filter(|one| matches!(one, Message::Assistant { .. })).count();
            says(if told >= fits_after { "{\"sum\": 1}" } else { "{\"sum\": \"much\"}" })
        })
        .await;
        let ended = match world.state().status() {
            Status::Completed => Ok(world.numbers().len()),
            _ if code(&world) == "invalid_output" => Err(world.numbers().len()),
            other => panic!("{other:?}"),
        };
        assert_eq!(ended, asked);
    }
}

#[tokio::test]
async fn a_tool_that_fails_is_told_or_fails_the_agent() {
    for (on_error, asked) in [("tell", 2), ("fail", 1)] {
        let tool = charges("pay", json!({ "on_error": on_error }));
        let world = World::started(&agent(json!({}), &[tool]), |number, _| match number {
            0 => calls(&[("pay", json!({"amount": 0}))]),
            _ => says("I could not pay."),
        })
        .await;
        world.came.lock().unwrap().refuses.push("/pay/0".into());
        world.host.handle_due().await;
        assert_eq!(world.numbers().len(), asked, "{on_error}");
        match on_error {
            "tell" => assert!(world.told()[0].contains("the ledger refuses"), "{:?}", world.told()),
            _ => assert_eq!(code(&world), "tool_failed"),
        }
    }
}

#[tokio::test]
async fn arguments_that_are_no_object_run_nothing_whatever_the_schema_takes() {
    let tool = charges("pay", json!({"parameters": {"properties": {"amount": {"type": "integer"}}}}));
    for arguments in [json!("{broken"), json!([5]), json!(null)] {
        let world = World::ran(&agent(json!({}), std::slice::from_ref(&tool)), move |number, _| match number {
            0 => calls(&[("pay", arguments.clone())]),
            _ => says("done"),
        })
        .await;
        world.is(Status::Completed);
        assert_eq!((statuses(&world), world.entries().len()), (vec![CallStatus::Refused], 0));
        assert!(world.told()[0].contains("no JSON object"), "{:?}", world.told());
    }
}

#[tokio::test]
async fn a_tool_is_called_as_often_as_it_may_be_over_all_answers() {
    use CallStatus::{Refused, Succeeded};
    let world = World::ran(&agent(json!({}), &[charges("pay", json!({"max_calls": 2}))]), |number, _| match number {
        0 => calls(&[("pay", json!({"amount": 1}))]),
        1 => calls(&[("pay", json!({"amount": 2})), ("pay", json!({"amount": 3}))]),
        2 => calls(&[("pay", json!({"amount": 4}))]),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    assert_eq!(
        (statuses(&world), world.entries()),
        (vec![Succeeded, Succeeded, Refused, Refused], vec!["/pay/1".into(), "/pay/2".into()])
    );
    assert!(world.told()[3].contains("as often as it may be"), "{:?}", world.told());
}

#[tokio::test]
async fn a_tool_that_fails_with_the_words_of_a_refusal_was_refused_by_nobody() {
    // Nobody is asked about the first one, whose node is called like the end of a refused call; the second one was approved.
    for (name, tool, amount) in [("tool_rejected", json!({}), 1), ("pay", json!({"require_approval": true}), 2)] {
        let world = World::started(&agent(json!({}), &[charges(name, tool)]), move |number, _| match number {
            0 => calls(&[(name, json!({ "amount": amount }))]),
            _ => says("done"),
        })
        .await;
        world.came.lock().unwrap().rejects.push(format!("/{name}/{amount}"));
        world.host.handle_due().await;
        if name == "pay" {
            world.answers(Answer { approved: Some(true), ..Answer::default() }).await.unwrap();
        }
        world.is(Status::Completed);
        assert_eq!(statuses(&world), [CallStatus::Failed], "{name}");
        assert_eq!(world.told(), ["The tool failed: rejected: no reason was given"]);
    }
}
