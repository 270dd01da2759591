//! The timeouts (`timeout_seconds`) of nodes that wait.

use super::story::Story;
use crate::{
    command::{Command, Control},
    effect::{ChildControl, Effect, Purpose, Work},
    error::Rejection,
    event::Event,
    execution::Status,
    interaction::Answer,
    owed::{Since, owed},
};
use document::time::Time;
use serde_json::{Value, json};

fn given(kind: &str, config: Value, extra: Value) -> Story {
    let mut node = json!({ "id": "it", "type": kind, "config": config, "timeout_seconds": 10 });
    node.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
    let edges = json!([{ "from": "start", "to": "it" }]);
    let mut story = Story::given(json!([node]), edges, json!({}));
    story.now = Time(1_000);
    story.open("it");
    story
}

fn fired(story: &Story, purpose: Purpose) -> Command {
    Command::Timer { activation: story.state.activation(&"it".into()), purpose }
}

fn is_set(effects: &[Effect], wanted: Purpose, wanted_at: Time) -> bool {
    effects
        .iter()
        .any(|it| matches!(it, Effect::SetTimer { purpose, at, .. } if *purpose == wanted && *at == wanted_at))
}

fn is_dropped(story: &Story) -> bool {
    story.effects.iter().any(|it| matches!(it, Effect::DropTimer { purpose: Purpose::Attempt, .. }))
}

fn code(story: &Story) -> Option<&str> {
    story.state.error.as_ref().map(|error| error.code.as_str())
}

#[test]
fn every_node_that_waits_fails_with_timeout_once_its_own_bound_has_passed() {
    let body = json!({ "nodes": [{ "id": "w", "type": "wait", "config": { "event": "never" } }], "edges": [] });
    let kinds = [
        ("wait", json!({ "seconds": 60 })),
        ("wait", json!({ "event": "paid" })),
        ("human", json!({ "kind": "approval", "question": "?" })),
        ("map", json!({ "items": "[1, 2]", "body": body })),
        ("workflow", json!({ "workflow_id": "other" })),
    ];
    for (kind, config) in kinds {
        let mut story = given(kind, config.clone(), json!({}));
        assert!(is_set(&story.effects, Purpose::Attempt, Time(11_000)), "{kind}: {:?}", story.effects);
        let owes = owed(&story.workflow, &story.state, Since::Ever);
        assert!(is_set(&owes, Purpose::Attempt, Time(11_000)), "{kind}: it is set again after a restart");
        story.now = Time(10_999);
        story.when(fired(&story, Purpose::Attempt)).unwrap();
        assert!(is_set(&story.effects, Purpose::Attempt, Time(11_000)), "{kind}: it came early");
        assert!(story.events.is_empty());
        story.now = Time(11_000);
        story.when(fired(&story, Purpose::Attempt)).unwrap();
        story.is(Status::Failed);
        assert_eq!(code(&story), Some("timeout"), "{kind} {config}");
        let unknown = story.events.iter().any(|it| matches!(it, Event::NodeFailed { unknown: true, .. }));
        assert!(unknown, "{kind}: nobody knows what happened");
        assert!(matches!(story.when(fired(&story, Purpose::Attempt)), Err(Rejection::Stale(_))));
    }
}

#[test]
fn a_timeout_closes_the_question_and_cancels_the_children() {
    let mut story = given("human", json!({ "kind": "ask", "question": "?" }), json!({}));
    story.now = Time(11_000);
    story.when(fired(&story, Purpose::Attempt)).unwrap();
    assert_eq!(story.state.interactions[0].status.as_str(), "timed_out");
    assert!(story.effects.iter().any(|it| matches!(it, Effect::CloseInteraction(_))));
    let late = story.answer("bob@example.com", Answer { text: Some("me".into()), ..Answer::default() });
    assert!(matches!(late, Err(Rejection::Decided { .. })), "{late:?}");

    let mut story = given("workflow", json!({ "workflow_id": ["a", "b"], "mode": "parallel" }), json!({}));
    story.now = Time(11_000);
    story.when(fired(&story, Purpose::Attempt)).unwrap();
    let cancel = Work::Control { control: ChildControl::Cancel };
    let cancels =
        story.effects.iter().filter(|it| matches!(it, Effect::Send { message, .. } if message.work == cancel));
    assert_eq!(cancels.count(), 2, "{:?}", story.effects);
}

#[test]
fn a_timeout_is_retried_with_the_same_time_again() {
    let retry = json!({ "retry": { "max_attempts": 2, "initial_seconds": 4, "jitter": false } });
    let mut story = given("human", json!({ "kind": "approval", "question": "?" }), retry);
    story.now = Time(11_000);
    story.when(fired(&story, Purpose::Attempt)).unwrap();
    story.is(Status::Waiting);
    let node = |story: &Story| story.state.node(&"it".into()).cloned().unwrap();
    assert_eq!((node(&story).attempt, node(&story).attempts), (2, 1));
    story.now = Time(15_000);
    story.open("it");
    story.is(Status::WaitingHuman);
    assert!(is_set(&story.effects, Purpose::Attempt, Time(25_000)), "{:?}", story.effects);
    assert_eq!(story.state.interactions.len(), 2, "it is another question");
    story.now = Time(25_000);
    story.when(fired(&story, Purpose::Attempt)).unwrap();
    story.is(Status::Failed);
    assert_eq!((node(&story).attempt, node(&story).attempts), (2, 2));
}

#[test]
fn whatever_ends_first_counts_whichever_timer_fires_first_and_the_config_where_both_end_at_once() {
    let port = |story: &Story| story.state.node(&"it".into()).and_then(|node| node.port.clone());
    for (seconds, purpose, success) in [
        (9, Purpose::Attempt, true),
        (10, Purpose::Attempt, true),
        (10, Purpose::Wait, true),
        (11, Purpose::Wait, false),
        (11, Purpose::Attempt, false),
    ] {
        let mut story = given("wait", json!({ "seconds": seconds }), json!({}));
        story.now = Time(30_000);
        story.when(fired(&story, purpose)).unwrap();
        assert_eq!(port(&story).as_deref(), success.then_some("success"), "{seconds} {purpose:?}");
    }
    let config =
        json!({ "kind": "approval", "question": "?", "timeout_seconds": 10, "timeout_action": "auto_approve" });
    let mut story = given("human", config, json!({}));
    story.now = Time(11_000);
    story.when(fired(&story, Purpose::Attempt)).unwrap();
    assert_eq!(port(&story).as_deref(), Some("approved"));
    assert!(is_dropped(&story));
}

#[test]
fn an_escalation_does_not_outlive_the_timeout() {
    let config = json!({ "kind": "approval", "question": "?", "timeout_seconds": 6, "timeout_action": "escalate",
        "escalate_to": ["cfo@example.com"] });
    let mut story = given("human", config, json!({}));
    story.now = Time(7_000);
    story.when(fired(&story, Purpose::Deadline)).unwrap();
    story.is(Status::WaitingHuman);
    story.now = Time(11_000);
    story.when(fired(&story, Purpose::Attempt)).unwrap();
    story.is(Status::Failed);
    assert_eq!(code(&story), Some("timeout"));
}

#[test]
fn the_timer_is_dropped_once_it_is_of_no_use() {
    let approval = json!({ "kind": "approval", "question": "?" });
    let mut story = given("human", approval.clone(), json!({}));
    story.answer("bob@example.com", Answer { approved: Some(true), ..Answer::default() }).unwrap();
    assert!(is_dropped(&story), "{:?}", story.effects);
    let mut story = given("human", approval, json!({}));
    story.when(Command::Control { control: Control::Cancel, reason: None }).unwrap();
    assert!(is_dropped(&story), "{:?}", story.effects);
    let mut story = given("wait", json!({ "event": "go" }), json!({}));
    story.when(Command::Signal { name: "go".into(), data: json!(1).into() }).unwrap();
    assert!(is_dropped(&story), "{:?}", story.effects);
}

#[test]
fn a_person_who_is_asked_about_a_timeout_has_no_bound() {
    let mut story = given("wait", json!({ "event": "go" }), json!({ "on_error": "ask_human" }));
    story.now = Time(11_000);
    story.when(fired(&story, Purpose::Attempt)).unwrap();
    story.is(Status::WaitingHuman);
    assert!(matches!(story.when(fired(&story, Purpose::Attempt)), Err(Rejection::Stale(_))));
    story.answer("bob@example.com", Answer { option: Some("retry".into()), ..Answer::default() }).unwrap();
    story.open("it");
    assert!(is_set(&story.effects, Purpose::Attempt, Time(21_000)), "{:?}", story.effects);
}
