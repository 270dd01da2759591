//! Executions with a message that cannot be processed.

use super::story::Story;
use crate::{
    command::Command,
    due::due_at,
    effect::{Effect, Work},
    error::Rejection,
    event::Unstick,
    execution::Status,
    limits::{GRACE_SECONDS, NODE_SECONDS},
    owed::{Since, owed},
};
use document::time::Time;
use serde_json::json;

/// A story in which `bad` and `good` are due at once, and `next` follows `good`.
fn given() -> Story {
    let nodes = json!([
        { "id": "bad", "type": "http_request", "config": { "url": "https://example.com" } },
        { "id": "good", "type": "http_request", "config": { "url": "https://example.com" } },
        { "id": "next", "type": "http_request", "config": { "url": "https://example.com" } }
    ]);
    let edges = json!([
        { "from": "start", "to": "bad" }, { "from": "start", "to": "good" }, { "from": "good", "to": "next" }
    ]);
    Story::given(nodes, edges, json!({}))
}

fn buried(story: &mut Story) -> Result<(), Rejection> {
    story.when(Command::DeadLetter {
        about: "attempt 1 of node bad".into(),
        at: (Some("bad".into()), Some(1)),
        error: "no luck".into(),
    })
}

fn steps(effects: &[Effect]) -> Vec<&str> {
    let mut found = Vec::new();
    for effect in effects {
        if let Effect::Send { message, .. } = effect
            && let Work::Step { activation, .. } = &message.work
        {
            found.push(activation.node.as_str());
        }
    }
    found
}

#[test]
fn what_cannot_be_processed_is_not_fed_again_until_somebody_moves_it_back() {
    let mut story = given();
    let overdue = Time(0).after_seconds(NODE_SECONDS + GRACE_SECONDS);
    assert_eq!(due_at(&story.workflow, &story.state), Some(overdue));
    assert_eq!(steps(&owed(&story.workflow, &story.state, Since::Ever)), ["bad", "good"]);
    buried(&mut story).unwrap();
    story.is(Status::Stuck);
    let error = story.state.stuck.clone().unwrap();
    assert_eq!((error.node, error.attempt), (Some("bad".into()), Some(1)));
    assert_eq!(due_at(&story.workflow, &story.state), Some(story.state.started.deadline));
    assert!(owed(&story.workflow, &story.state, Since::Ever).is_empty());
    assert!(matches!(buried(&mut story), Err(Rejection::Stale(_))), "once is enough");
    // The message was moved back, and handled: what follows is sent.
    story.succeed("bad", json!(1)).unwrap();
    story.succeed("good", json!(1)).unwrap();
    assert_eq!(steps(&story.effects), ["next"]);
}

#[test]
fn what_is_sent_again_is_of_no_node_that_is_not_stuck() {
    for action in [Unstick::Retry, Unstick::Redrive] {
        let mut story = given();
        buried(&mut story).unwrap();
        let ask = |node: &str| Command::Unstick { action, node: Some(node.into()), output: None, reason: None };
        for wrong in ["next", "start", "nothing"] {
            assert!(matches!(story.when(ask(wrong)), Err(Rejection::Invalid { .. })), "{wrong}");
        }
        story.when(ask("bad")).unwrap();
        assert_eq!(steps(&story.effects), ["bad", "good"], "{action}");
    }
}

#[test]
fn what_a_stuck_execution_goes_on_to_is_looked_after() {
    let mut story = given();
    buried(&mut story).unwrap();
    story.now = Time(5_000);
    story.succeed("good", json!(1)).unwrap();
    let overdue = Time(5_000).after_seconds(NODE_SECONDS + GRACE_SECONDS);
    assert_eq!(due_at(&story.workflow, &story.state), Some(overdue));
    assert_eq!(steps(&owed(&story.workflow, &story.state, Since::Ever)), ["next"]);
    // The message of `next` cannot be processed either.
    buried(&mut story).unwrap();
    assert_eq!(due_at(&story.workflow, &story.state), Some(story.state.started.deadline));
    assert!(owed(&story.workflow, &story.state, Since::Ever).is_empty());
}

#[test]
fn a_message_that_was_handled_before_brings_back_what_follows_although_the_execution_is_stuck() {
    let mut story = given();
    let activation = story.state.activation(&"good".into());
    story.succeed("good", json!(1)).unwrap();
    buried(&mut story).unwrap();
    assert_eq!(steps(&owed(&story.workflow, &story.state, Since::Of(&activation))), ["next"]);
}

#[test]
fn timers_of_a_stuck_execution_count() {
    let nodes = json!([
        { "id": "bad", "type": "http_request", "config": { "url": "https://example.com" } },
        { "id": "pause", "type": "wait", "config": { "seconds": 100 } }
    ]);
    let edges = json!([{ "from": "start", "to": "bad" }, { "from": "start", "to": "pause" }]);
    let mut story = Story::given(nodes, edges, json!({}));
    story.open("pause");
    buried(&mut story).unwrap();
    assert_eq!(due_at(&story.workflow, &story.state), Some(Time(100_000).after_seconds(GRACE_SECONDS)));
    let owes = owed(&story.workflow, &story.state, Since::Ever);
    assert!(matches!(owes.as_slice(), [Effect::SetTimer { .. }]), "{owes:?}");
}
