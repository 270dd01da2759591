//! Waits, signals, timeouts and retries, and messages that come late or twice.

use super::story::Story;
use crate::{
    command::{Command, Control},
    effect::{Effect, Purpose, Work},
    error::Rejection,
    event::Event,
    execution::Status,
    payload::Payload,
    task::{Failure, Outcome},
};
use document::time::Time;
use serde_json::json;

fn waiting(config: serde_json::Value) -> Story {
    let nodes = json!([{ "id": "wait", "type": "wait", "config": config }]);
    Story::given(nodes, json!([{ "from": "start", "to": "wait" }]), json!({}))
}

fn signal(name: &str, data: serde_json::Value) -> Command {
    Command::Signal { name: name.into(), data: Payload::new(data) }
}

#[test]
fn a_timer_that_fires_early_is_set_again_and_a_stale_one_does_nothing() {
    let mut story = waiting(json!({ "seconds": 5 }));
    story.open("wait");
    story.is(Status::Waiting);
    let fired = Command::Timer { activation: story.state.activation(&"wait".into()), purpose: Purpose::Wait };
    story.now = Time(4_999);
    story.when(fired.clone()).unwrap();
    assert!(matches!(&story.effects[..], [Effect::SetTimer { at: Time(5_000), .. }]));
    story.now = Time(5_000);
    story.when(fired.clone()).unwrap();
    story.is(Status::Completed);
    assert_eq!(story.output("wait"), json!({ "waited_seconds": 5.0 }));
    assert!(matches!(story.when(fired), Err(Rejection::Stale(_))));
}

#[test]
fn an_event_that_comes_early_is_kept_for_its_wait_and_taken_once() {
    let mut story = waiting(json!({ "event": "paid", "timeout_seconds": 60 }));
    story.when(signal("other", json!(1))).unwrap();
    story.when(signal("paid", json!({ "n": 1 }))).unwrap();
    story.when(signal("paid", json!({ "n": 2 }))).unwrap();
    story.open("wait");
    story.is(Status::Completed);
    assert_eq!(story.output("wait"), json!({ "n": 1 }));
    assert_eq!(story.state.signals.len(), 2, "what nobody took is kept");
}

#[test]
fn a_wait_for_an_event_times_out_by_its_port() {
    let mut story = waiting(json!({ "event": "paid", "timeout_seconds": 60 }));
    story.open("wait");
    story.now = Time(60_000);
    story.when(Command::Timer { activation: story.state.activation(&"wait".into()), purpose: Purpose::Wait }).unwrap();
    assert_eq!(story.state.node(&"wait".into()).and_then(|node| node.port.as_deref()), Some("timeout"));
}

#[test]
fn the_executions_own_timeout_ends_it_even_while_paused() {
    let mut story = waiting(json!({ "seconds": 5 }));
    story.open("wait");
    story.when(Command::Control { control: Control::Pause, reason: None }).unwrap();
    assert!(matches!(story.when(Command::Timeout), Err(Rejection::Stale(_))), "it has time left");
    story.now = story.state.started.deadline;
    story.when(Command::Timeout).unwrap();
    story.is(Status::Failed);
    assert!(story.effects.iter().any(|effect| matches!(effect, Effect::DropTimer { .. })));
}

#[test]
fn a_failed_attempt_is_retried_by_its_policy_and_the_last_one_fails_the_execution() {
    let retry = json!({ "max_attempts": 2, "initial_seconds": 2, "jitter": false });
    let nodes = json!([{ "id": "call", "type": "http_request", "retry": retry, "config": { "url": "http://x.test" } }]);
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "call" }]), json!({}));
    let activation = story.state.activation(&"call".into());
    let failed = || Outcome::Unknown(Failure::new("timeout", "too slow").retryable());
    let report =
        |attempt| Command::Report { activation: activation.clone(), attempt, outcome: failed(), duration_ms: None };
    story.when(report(1)).unwrap();
    story.is(Status::Waiting);
    let [Effect::Send { message, at: Some(Time(2_000)) }] = &story.effects[..] else { panic!("{:?}", story.effects) };
    assert!(matches!(message.work, Work::Step { attempt: 2, .. }));
    assert!(matches!(story.when(report(1)), Err(Rejection::Stale(_))), "its outcome is recorded");
    assert_eq!(story.when(report(3)), Err(Rejection::Unknown), "it was not asked for yet");
    story.now = Time(2_500);
    story.when(report(2)).unwrap();
    story.is(Status::Failed);
    let told = story.state.node(&"call".into()).and_then(crate::view::duration_ms);
    assert_eq!(told, Some(500), "the delay before it is no time of the node's");
    let failed = story.events.iter().any(|event| matches!(event, Event::NodeFailed { unknown: true, attempt: 2, .. }));
    assert!(failed, "{:?}", story.events);
}

#[test]
fn pausing_and_cancelling_twice_is_no_error_and_what_ended_refuses_both() {
    let mut story = waiting(json!({ "seconds": 5 }));
    let control = |control| Command::Control { control, reason: None };
    for _ in 0..2 {
        story.when(control(Control::Pause)).unwrap();
        story.is(Status::Paused);
    }
    for _ in 0..2 {
        story.when(control(Control::Cancel)).unwrap();
        story.is(Status::Cancelled);
    }
    assert!(matches!(story.when(control(Control::Pause)), Err(Rejection::Status { status: Status::Cancelled, .. })));
    assert!(matches!(story.succeed("wait", json!(1)), Err(Rejection::Stale(_))));
}

#[test]
fn an_awaited_signal_gets_through_however_many_others_are_kept() {
    let mut story = waiting(json!({ "event": "go" }));
    story.open("wait");
    for _ in 0..crate::limits::KEPT_SIGNALS {
        story.when(signal("other", json!(1))).unwrap();
    }
    assert!(matches!(story.when(signal("other", json!(1))), Err(Rejection::Status { .. })));
    story.when(signal("go", json!(2))).unwrap();
    story.is(Status::Completed);
}

#[test]
fn resuming_looks_again_at_an_attempt_that_may_run_only_once() {
    let nodes = json!([{ "id": "pay", "type": "code", "delivery": "at_most_once", "config": { "code": "return 1" } }]);
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "pay" }]), json!({}));
    let activation = story.state.activation(&"pay".into());
    story.when(Command::Intend { activation, attempt: 1, deadline: Time(9_000) }).unwrap();
    story.is(Status::Running);
    story.when(Command::Control { control: Control::Pause, reason: None }).unwrap();
    story.when(Command::Control { control: Control::Resume, reason: None }).unwrap();
    let [Effect::Send { message, at: Some(Time(9_000)) }] = &story.effects[..] else { panic!("{:?}", story.effects) };
    assert!(matches!(message.work, Work::Step { attempt: 1, .. }));
}

#[test]
fn an_edge_into_a_loops_body_sees_the_iteration_that_begins() {
    let nodes = json!([
        { "id": "each", "type": "loop", "config": { "for_each": "[1, 2, 3]" } },
        { "id": "body", "type": "transform", "config": { "expression": "item" } },
    ]);
    let edges = json!([
        { "from": "start", "to": "each" }, { "from": "body", "to": "each" },
        { "from": "each", "to": "body", "port": "loop", "condition": "item == 2 && index == 1 && loop.iteration == 1" },
    ]);
    let mut story = Story::given(nodes, edges, json!({}));
    story.open("each");
    story.is(Status::Running);
    story.succeed("body", json!(2)).unwrap();
    story.is(Status::Completed);
    assert_eq!(story.output("each")["items"], json!([null, 2, null]));
}
