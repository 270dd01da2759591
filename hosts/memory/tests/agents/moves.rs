//! How an agent moves: in parallel, paused, cancelled, back, elsewhere, and again.

use super::world::{World, agent, calls, charges, says};
use document::work::ModelCall;
use engine::{
    fork::{ForkRequest, preview, start_fork},
    patch::{PatchRequest, patch},
    step,
};
use futures::FutureExt;
use serde_json::{Value, json};
use stepwell_core::{
    command::Control,
    event::Event,
    execution::{CallStatus, Status},
    task::Failure,
};

/// A model that charges 1, then 2, then 3, each in an answer of its own.
fn three(number: usize, _: &ModelCall) -> Value {
    match number {
        0..3 => calls(&[("pay", json!({"amount": number + 1}))]),
        _ => says("paid"),
    }
}

fn pays() -> Value {
    agent(json!({}), &[charges("pay", json!({}))])
}

#[tokio::test]
async fn the_tools_of_one_answer_run_at_once_and_their_results_keep_its_order() {
    let document = agent(json!({"parallel_tools": 2}), &[charges("pay", json!({})), charges("tip", json!({}))]);
    let world = World::ran(&document, |number, _| match number {
        0 => calls(&[
            ("pay", json!({"amount": 1})),
            ("tip", json!({"amount": 2})),
            ("nothing", json!({})),
            ("pay", json!({"amount": 3})),
        ]),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    let paths: Vec<String> = world.told().iter().map(|text| text.chars().take(60).collect()).collect();
    assert!(paths[0].contains("/pay/1") && paths[1].contains("/tip/2") && paths[3].contains("/pay/3"), "{paths:?}");
    assert!(paths[2].contains("there is no tool nothing"), "{paths:?}");
    let started: Vec<u32> = world
        .turns()
        .await
        .iter()
        .flat_map(|turn| &turn.events)
        .filter_map(|event| match event {
            Event::ChildrenStarted { to, .. } => Some(*to),
            _ => None,
        })
        .collect();
    assert_eq!(started[0], 2, "two at once: {started:?}");
    assert_eq!(started.last(), Some(&3));
    assert_eq!(world.numbers(), [0, 1]);
    world.holds().await;
}

#[tokio::test]
async fn a_pause_stops_between_calls_and_nothing_is_asked_twice() {
    for answers in 1..=3 {
        let world = World::started(&pays(), three).await;
        world.until_answered(answers).await;
        world.control(Control::Pause).await;
        world.host.handle_due().await;
        world.is(Status::Paused);
        let (asked, booked) = (world.numbers().len(), world.entries().len());
        world.after(600.0).await;
        assert_eq!((world.numbers().len(), world.entries().len()), (asked, booked), "it stands still");
        world.control(Control::Resume).await;
        world.host.handle_due().await;
        world.is(Status::Completed);
        assert_eq!(world.numbers(), [0, 1, 2, 3]);
        assert_eq!(world.entries(), ["/pay/1", "/pay/2", "/pay/3"]);
        world.holds().await;
    }
}

#[tokio::test]
async fn a_cancel_during_a_call_of_the_model_records_no_answer() {
    let world = World::started(&pays(), three).await;
    world.until_answered(1).await;
    let late = world.until_it_asks().await;
    world.control(Control::Cancel).await;
    let before = world.numbers().len();
    step::handle(&world.host, std::slice::from_ref(&late)).await;
    world.host.ack(late.receipt);
    world.host.handle_due().await;
    world.is(Status::Cancelled);
    assert_eq!((world.numbers().len(), world.talk().turns.len()), (before, 1), "the call is dropped");
    world.holds().await;
}

#[tokio::test]
async fn a_cancel_cancels_the_tools_that_run() {
    let waits = json!({"id": "rest", "type": "wait", "config": {"seconds": "{{ args.seconds }}"}});
    let world = World::ran(&agent(json!({}), &[waits]), |_, _| {
        calls(&[("rest", json!({"seconds": 60})), ("rest", json!({"seconds": 90}))])
    })
    .await;
    world.is(Status::Waiting);
    world.control(Control::Cancel).await;
    world.host.handle_due().await;
    assert!(world.host.all().iter().all(|state| state.status() == Status::Cancelled));
    world.after(600.0).await;
    assert_eq!(world.numbers(), [0]);
    world.holds().await;
}

#[tokio::test]
async fn going_back_into_a_conversation_undoes_the_calls_after_it_and_asks_only_what_came_later() {
    let world = World::ran(&pays(), three).await;
    world.is(Status::Completed);
    let answered = world.answered_in().await;
    assert_eq!(answered.len(), 4);
    // To the turn of the second answer: its call has not run, and the first one stays.
    world.back(answered[1]).await;
    world.is(Status::Completed);
    assert_eq!(
        world.entries(),
        ["/pay/1", "/pay/2", "/pay/3", "/undo/pay/3", "/undo/pay/2", "/pay/2", "/pay/3"].map(String::from)
    );
    assert_eq!(world.numbers(), [0, 1, 2, 3, 2, 3], "the first two answers are not asked for again");
    assert_eq!(world.talk().turns.len(), 4);
    world.holds().await;
    // To before the agent: all of it again.
    world.back(1).await;
    world.is(Status::Completed);
    assert_eq!(world.entries()[7..10], ["/undo/pay/3", "/undo/pay/2", "/undo/pay/1"].map(String::from));
    assert_eq!(world.numbers()[6..], [0, 1, 2, 3]);
    world.holds().await;
}

#[tokio::test]
async fn a_fork_from_the_third_answer_shares_the_three() {
    let world = World::ran(&pays(), three).await;
    let (before, third) = (world.state(), world.answered_in().await[2]);
    let request = || ForkRequest { checkpoint: third, input: None, workflow: None, by: None, idempotency: None };
    let shown = preview(&world.host, &world.id, &request()).await.unwrap();
    assert!(shown.is_ok(), "{:?}", shown.err());
    assert_eq!((world.numbers().len(), world.entries().len()), (4, 3), "a preview asks nothing");
    let fork = start_fork(&world.host, &world.id, request()).await.unwrap().unwrap();
    world.host.handle_due().await;
    let fork = world.host.state(fork.id()).unwrap();
    assert_eq!(fork.status(), Status::Completed, "{:?}", fork.error);
    assert_eq!(world.numbers()[4..], [3], "three answers are shared, the last is its own");
    assert_eq!(world.entries()[3..], ["/pay/3"].map(String::from), "the call of the third answer is its own");
    assert_eq!(fork.output.as_ref().unwrap().value().unwrap()["text"], "paid");
    assert_eq!(world.state(), before);
    world.holds().await;
}

#[tokio::test]
async fn the_prompt_of_an_agent_that_waits_is_patched_and_heard_in_its_next_call() {
    let ask = json!({"id": "ask", "type": "human", "config": {"kind": "ask", "question": "{{ args.question }}",
        "timeout_seconds": 60}});
    let world = World::ran(&agent(json!({}), &[ask, charges("pay", json!({}))]), |number, _| match number {
        0 => calls(&[("pay", json!({"amount": 1}))]),
        1 => calls(&[("ask", json!({"question": "Sure?"}))]),
        _ => says("done"),
    })
    .await;
    world.is(Status::WaitingHuman);
    let operations = json!([{"op": "replace", "path": "/nodes/1/config/system_prompt", "value": "You are careful."}]);
    let request = PatchRequest { operations, by: None, ..PatchRequest::default() };
    let done = patch(&world.host, &world.id, request, &|_| async { Ok(()) }.boxed(), false).await.unwrap();
    assert!(done.is_ok(), "{:?}", done.err());
    world.host.handle_due().await;
    world.answers(stepwell_core::interaction::Answer { text: Some("yes".into()), ..Default::default() }).await.unwrap();
    world.is(Status::Completed);
    let (system, messages) = world.last_asked();
    assert_eq!(system, "You are careful.");
    assert_eq!(messages.len(), 5, "{messages:#?}");
    assert_eq!((world.numbers(), world.entries().len()), (vec![0, 1, 2], 1));
    world.holds().await;
}

#[tokio::test]
async fn a_failed_agent_goes_on_from_its_last_answer_when_it_is_retried() {
    let world = World::started(&pays(), three).await;
    world.until_answered(2).await;
    world.came.lock().unwrap().fails = Some(Failure::new("invalid_request", "no such model"));
    world.host.handle_due().await;
    world.is(Status::Failed);
    assert_eq!(world.state().error.as_ref().unwrap().code, "invalid_request");
    world.came.lock().unwrap().fails = None;
    world.control(Control::Retry).await;
    world.host.handle_due().await;
    world.is(Status::Completed);
    assert_eq!(world.numbers(), [0, 1, 2, 2, 3], "what was answered is not asked for again");
    assert_eq!(world.entries(), ["/pay/1", "/pay/2", "/pay/3"]);
    world.holds().await;
}

#[tokio::test]
async fn a_model_that_is_busy_is_asked_again_when_it_says_and_each_call_has_its_own_attempts() {
    let world = World::started(&pays(), three).await;
    for call in 1..=3 {
        let busy = Failure { retry_after_seconds: Some(30.0), ..Failure::new("rate_limited", "slow down").retryable() };
        world.came.lock().unwrap().fails = Some(busy);
        world.host.handle_due().await;
        world.is(Status::Waiting);
        world.came.lock().unwrap().fails = None;
        world.after(29.0).await;
        assert_eq!(world.numbers().len(), call * 2 - 1, "it is not asked before");
        world.host.advance(engine::port::Clock::now(&world.host).after_seconds(2.0));
        world.until_answered(call).await;
    }
    world.host.handle_due().await;
    world.is(Status::Completed);
    assert_eq!(world.entries(), ["/pay/1", "/pay/2", "/pay/3"]);
    // Twice in a row is one too many of two attempts.
    let world = World::started(&pays(), three).await;
    world.came.lock().unwrap().fails = Some(Failure::new("model_unavailable", "gone").retryable());
    world.host.handle_due().await;
    world.after(600.0).await;
    world.is(Status::Failed);
    assert_eq!(
        (world.numbers(), world.state().error.as_ref().unwrap().code.as_str()),
        (vec![0, 0], "model_unavailable")
    );
}

#[tokio::test]
async fn a_tool_that_fails_is_told_or_ends_the_agent_and_a_sub_agent_is_a_tool() {
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "https://model.example/v1"});
    let mut document = agent(json!({}), &[charges("pay", json!({}))]);
    let sub = json!({"id": "sub", "type": "agent",
        "config": {"model": model, "system_prompt": "You help.", "prompt": "{{ args.question }}"}});
    document["nodes"].as_array_mut().unwrap().extend([sub, charges("deep", json!({}))]);
    document["edges"].as_array_mut().unwrap().extend([
        json!({"from": "sub", "to": "a", "connection": "ai_agent"}),
        json!({"from": "deep", "to": "sub", "connection": "ai_tool"}),
    ]);
    let world = World::started(&document, |number, call| match (call.system.as_deref(), number) {
        (Some("You help."), 0) => calls(&[("deep", json!({"amount": 9}))]),
        (Some("You help."), _) => says("It helps."),
        (_, 0) => calls(&[("pay", json!({"amount": 1})), ("sub", json!({"question": "How?"}))]),
        _ => says("done"),
    })
    .await;
    world.came.lock().unwrap().refuses.push("/pay/1".into());
    world.host.handle_due().await;
    world.is(Status::Completed);
    let told = world.told();
    assert!(told[0].contains("The tool failed: refused: the ledger refuses"), "{told:?}");
    assert!(told[1].contains("It helps."), "{told:?}");
    assert_eq!(world.entries(), ["/deep/9"]);
    let statuses: Vec<CallStatus> = world.talk().turns[0].ended.values().map(|end| end.status).collect();
    assert_eq!(statuses, [CallStatus::Failed, CallStatus::Succeeded]);
    world.back(1).await;
    assert_eq!(world.entries()[1], "/undo/deep/9", "what a tool of a tool did is undone: {:?}", world.entries());
    world.holds().await;
}

#[tokio::test]
async fn code_of_a_tool_sees_its_arguments() {
    let code = json!({"id": "run", "type": "code", "config": {"code": "return args.x"}});
    let world = World::ran(&agent(json!({}), &[code]), |number, _| match number {
        0 => calls(&[("run", json!({"x": 7}))]),
        _ => says("done"),
    })
    .await;
    world.is(Status::Completed);
    assert_eq!(world.told(), [r#"{"saw":{"x":7}}"#]);
}
