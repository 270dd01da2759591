#![allow(clippy::unwrap_used)]

mod reopened;

use super::*;
use crate::tests::story::{Story, document};
use serde_json::json;
use stepwell_core::{
    command::{Command, Control},
    id::Activation,
};

fn planned(story: &Story) -> Plan {
    plan(story.state.id(), &story.effects, Some(&story.state), story.now)
}

fn activation() -> Activation {
    Activation { epoch: 0, node: "n".into(), visit: 1 }
}

fn timer(purpose: Purpose) -> Message {
    Message { execution: "e1".into(), work: Work::Timer { activation: activation(), purpose } }
}

/// A question that waits in Step Functions.
fn approval(extra: Value) -> Value {
    let mut config = json!({ "question": "Pay?", "wait_by": "states" });
    config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    document("approval", config)
}

#[test]
fn steps_are_messages_and_need_no_state() {
    let story = Story::begin(&document("transform", json!({"expression": "1"})), false);
    assert!(!needs_state(&story.effects));
    let plan = plan(story.state.id(), &story.effects, None, story.now);
    let work = Work::Step { activation: activation(), attempt: 1, io: false };
    let message = Message { execution: "e1".into(), work };
    assert_eq!(plan, Plan { messages: vec![(message, None)], ..Plan::default() });
}

#[test]
fn a_short_wait_is_a_delayed_message_and_a_long_one_a_clock() {
    let short = Story::opened(&document("wait", json!({"seconds": 900})));
    let at = Some(short.now.after_seconds(900.0));
    assert_eq!(planned(&short), Plan { messages: vec![(timer(Purpose::Wait), at)], ..Plan::default() });
    let long = Story::opened(&document("wait", json!({"seconds": 901})));
    let plan = planned(&long);
    assert_eq!((plan.messages.len(), plan.clocks.len()), (0, 1));
    let (name, input) = &plan.clocks[0];
    let message = r#"{"v":1,"x":"e1","w":"timer","a":{"node":"n","visit":1},"p":"wait"}"#;
    assert_eq!(*input, json!({"kind": "timer", "at": "1970-01-01T00:31:41Z", "message": message}));
    assert_eq!((name.len(), name), (36, &planned(&long).clocks[0].0), "named by what it says");
    let other = Story::opened(&document("wait", json!({"seconds": 902})));
    assert_ne!(name, &planned(&other).clocks[0].0, "another time is another clock");
}

/// A question that the host's own clock wakes.
fn plain(extra: Value) -> Story {
    let mut config = json!({ "question": "Pay?" });
    config.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    Story::opened(&document("approval", config))
}

#[test]
fn a_question_has_no_clock_and_its_deadline_is_a_message_or_left_to_the_supervisor() {
    let soon = plain(json!({"timeout_seconds": 60}));
    let at = soon.question().deadline;
    assert_eq!(planned(&soon), Plan { messages: vec![(timer(Purpose::Deadline), at)], ..Plan::default() });
    let escalates = json!({"timeout_seconds": 3600, "timeout_action": "escalate", "escalate_to": ["bo@example.com"],
        "assignees": ["ada@example.com"]});
    let mut later = plain(escalates);
    assert_eq!(planned(&later), Plan::default());
    // The head is due then, so that the supervisor comes.
    let due = |story: &Story| stepwell_core::due::due_at(&story.workflow, &story.state);
    let grace = stepwell_core::limits::GRACE_SECONDS;
    assert_eq!(due(&later), later.question().deadline.map(|at| at.after_seconds(grace)));
    later.after(3_660.0).fire(Purpose::Deadline);
    assert!(later.question().escalated && planned(&later).clocks.is_empty());
    assert_eq!(due(&later), later.question().deadline.map(|at| at.after_seconds(grace)));
    // Cancelled, it leaves nothing to be stopped. Where an earlier release gave it a token, that is looked for.
    later.ask(Command::Control { control: Control::Cancel, reason: None });
    assert_eq!(planned(&later).closed, [(later.question().interaction_id.clone(), false)]);
}

#[test]
fn a_reminder_soon_is_a_delayed_message_and_a_later_one_is_left_to_the_supervisor() {
    let asks = |seconds: f64| {
        let channels = json!([{"type": "email"}]);
        Story::opened(&approval(json!({
            "assignees": ["ann@example.com"], "channels": channels, "remind_every_seconds": seconds,
        })))
    };
    let soon = asks(900.0);
    let plan = planned(&soon);
    let reminders = plan.messages.iter().filter(|(message, _)| *message == timer(Purpose::Remind));
    let at: Vec<Option<Time>> = reminders.map(|(_, at)| *at).collect();
    assert_eq!((at, plan.clocks.len()), (vec![Some(soon.now.after_seconds(900.0))], 1));
    let plan = planned(&asks(86_400.0));
    assert_eq!((plan.clocks.len(), &plan.clocks[0].1["kind"]), (1, &json!("pause")), "{:?}", plan.clocks);
    assert!(!plan.messages.iter().any(|(message, _)| *message == timer(Purpose::Remind)));
}

#[test]
fn a_time_that_has_come_needs_no_clock() {
    let mut story = Story::opened(&document("wait", json!({"seconds": 5_000})));
    story.after(5_000.0);
    assert_eq!(planned(&story), Plan { messages: vec![(timer(Purpose::Wait), None)], ..Plan::default() });
}

#[test]
fn a_message_with_a_long_delay_waits_on_a_clock() {
    let message =
        Message { execution: "e1".into(), work: Work::Step { activation: activation(), attempt: 2, io: true } };
    let effect = |seconds: f64| Effect::Send { message: message.clone(), at: Some(Time(0).after_seconds(seconds)) };
    let plan = plan(&"e1".into(), &[effect(3_600.0), effect(60.0)], None, Time(0));
    assert_eq!((plan.messages.len(), plan.clocks.len()), (1, 1));
    assert_eq!(plan.clocks[0].1["at"], "1970-01-01T01:00:00Z");
    assert_eq!(plan.clocks[0].1["message"], Envelope::new(message).to_json());
}

#[test]
fn a_pause_is_one_clock_with_its_deadline() {
    let story = Story::opened(&approval(json!({"timeout_seconds": 60.5})));
    assert_eq!(story.effects.len(), 2, "a timer and the question: {:?}", story.effects);
    let plan = planned(&story);
    assert_eq!((plan.messages.len(), plan.clocks.len()), (0, 1), "the clock is its timer");
    let (name, input) = &plan.clocks[0];
    assert_eq!(name, story.question().interaction_id.as_str());
    let expected = json!({
        "kind": "pause",
        "execution": "e1",
        "interaction": name,
        "message": r#"{"v":1,"x":"e1","w":"timer","a":{"node":"n","visit":1},"p":"deadline"}"#,
        "alarms": ["1970-01-01T00:17:41Z"],
    });
    assert_eq!(input.to_string(), expected.to_string(), "byte for byte; seconds are rounded up");
}

#[test]
fn a_question_without_a_deadline_has_no_alarms() {
    let plan = planned(&Story::opened(&approval(json!({}))));
    assert_eq!(plan.clocks[0].1["alarms"], json!([]));
    assert!(plan.messages.is_empty());
}

#[test]
fn an_escalation_starts_the_same_clock_whose_second_alarm_serves_it() {
    let escalates = json!({"timeout_seconds": 3600, "timeout_action": "escalate", "escalate_to": ["bo@example.com"],
        "assignees": ["ada@example.com"]});
    let mut story = Story::opened(&approval(escalates));
    let first = planned(&story);
    assert_eq!(first.clocks[0].1["alarms"], json!(["1970-01-01T01:16:40Z", "1970-01-01T02:16:40Z"]));
    story.after(3_600.3).fire(Purpose::Deadline);
    assert!(story.question().escalated, "{:?}", story.effects);
    assert_eq!(planned(&story), first, "byte for byte, and no timer of its own");
    // The second alarm goes off 0.3 s early: the rules ask for a timer, which is a message.
    story.after(3_600.0 - 0.2).fire(Purpose::Deadline);
    let deadline = story.question().deadline;
    assert_eq!(planned(&story).messages, [(timer(Purpose::Deadline), deadline)]);
}

#[test]
fn an_escalation_after_all_alarms_is_left_to_the_supervisor() {
    let escalates = json!({"timeout_seconds": 3600, "timeout_action": "escalate", "escalate_to": ["bo@example.com"],
        "assignees": ["ada@example.com"]});
    let mut story = Story::opened(&approval(escalates));
    let pause = planned(&story).clocks.remove(0);
    story.after(10_000.0).fire(Purpose::Deadline);
    let plan = planned(&story);
    assert_eq!(plan.clocks, [pause], "the same clock, whose alarms are over");
    assert!(stepwell_core::due::due_at(&story.workflow, &story.state).is_some());
}

#[test]
fn what_the_supervisor_delivers_again_is_the_same_clock() {
    let mut story = Story::opened(&approval(json!({"timeout_seconds": 3600})));
    let first = planned(&story);
    story.after(100.0).effects =
        stepwell_core::owed::owed(&story.workflow, &story.state, stepwell_core::owed::Since::Ever);
    assert_eq!(planned(&story), first);
}

#[test]
fn a_question_that_is_over_opens_no_clock_and_needs_no_timer() {
    let mut story = Story::opened(&approval(json!({"timeout_seconds": 3600})));
    let opening = story.effects.clone();
    story.approve();
    assert_eq!(plan(&"e1".into(), &opening, Some(&story.state), story.now), Plan::default());
}

#[test]
fn the_reason_why_a_child_failed_fits_on_a_queue() {
    let error = Some("é".repeat(100_000));
    let message = Message {
        execution: "p".into(),
        work: Work::ChildEnded { activation: activation(), attempt: 1, index: 0, error: error.clone() },
    };
    let undone = Message {
        execution: "p".into(),
        work: Work::ChildUndone { epoch: 1, activation: activation(), attempt: 1, index: 0, error, seq: 9 },
    };
    let effects = [message, undone].map(|message| Effect::Send { message, at: None });
    let plan = plan(&"e1".into(), &effects, None, Time(0));
    let bytes = |at: usize| Envelope::new(plan.messages[at].0.clone()).to_json().len();
    assert!((limits::REASON_BYTES..limits::REASON_BYTES + 200).contains(&bytes(1)), "why it cannot be undone does too");
    let bytes = bytes(0);
    assert!((limits::REASON_BYTES..limits::REASON_BYTES + 200).contains(&bytes), "{bytes}");
}

#[test]
fn the_reason_why_a_child_failed_has_no_character_that_a_queue_refuses() {
    let error = Some("a\u{fffe}b\u{ffff}c\u{1}d\u{10ffff}".to_owned());
    let message = Message {
        execution: "p".into(),
        work: Work::ChildEnded { activation: activation(), attempt: 1, index: 0, error },
    };
    let plan = plan(&"e1".into(), &[Effect::Send { message, at: None }], None, Time(0));
    let body = Envelope::new(plan.messages[0].0.clone()).to_json();
    let taken = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(body.chars().all(taken), "{body:?}");
    assert!(body.contains("a\u{fffd}b\u{fffd}c\\u0001d\u{10ffff}"), "{body:?}");
}

#[test]
fn an_answer_completes_the_pause_and_a_cancel_stops_its_clock() {
    let mut answered = Story::opened(&approval(json!({"timeout_seconds": 3600})));
    answered.approve();
    let id = answered.question().interaction_id.clone();
    let plan = planned(&answered);
    assert_eq!(plan.closed, [(id.clone(), false)]);
    assert!(plan.clocks.is_empty() && plan.messages.is_empty(), "its timer is dropped: {plan:?}");
    let mut cancelled = Story::opened(&approval(json!({"timeout_seconds": 3600})));
    cancelled.ask(Command::Control { control: Control::Cancel, reason: None });
    assert_eq!(planned(&cancelled).closed, [(id, true)]);
}

#[test]
fn a_question_that_is_asked_is_not_closed() {
    let story = Story::opened(&approval(json!({})));
    let close = Effect::CloseInteraction(story.question().interaction_id.clone());
    assert_eq!(plan(&"e1".into(), &[close], Some(&story.state), story.now), Plan::default());
}

#[test]
fn of_an_execution_that_was_removed_everything_is_closed() {
    let effects = [Effect::OpenInteraction("q".into()), Effect::CloseInteraction("q".into())];
    let plan = plan(&"e1".into(), &effects, None, Time(0));
    assert_eq!(plan, Plan { closed: vec![("q".into(), true)], ..Plan::default() });
}
