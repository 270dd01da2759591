//! Attempts of `map` and `workflow` nodes.

use super::story::Story;
use crate::{
    command::{Command, Control},
    effect::{ChildControl, Effect, Work},
    error::Rejection,
    event::Event,
    execution::Status,
    view::{self, NodeStatus},
};
use document::time::Time;
use serde_json::{Value, json};

fn mapping(extra: Value, items: &str) -> Story {
    let body = json!({ "nodes": [{ "id": "no", "type": "fail", "config": {} }], "edges": [] });
    let mut all = json!({ "id": "all", "type": "map", "config": { "items": items, "body": body } });
    all.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
    let mut story = Story::given(json!([all]), json!([{ "from": "start", "to": "all" }]), json!({}));
    story.open("all");
    story
}

fn twice() -> Value {
    json!({ "retry": { "max_attempts": 2, "initial_seconds": 3, "jitter": false } })
}

fn ends(story: &Story, attempt: u32, ends: &[(u32, Option<&str>)]) -> Command {
    let ends = ends.iter().map(|(index, why)| (*index, why.map(str::to_owned))).collect();
    Command::ChildrenEnded { activation: story.state.activation(&"all".into()), attempt, reopened: 0, ends }
}

#[test]
fn a_map_that_failed_is_retried_by_its_policy_with_children_of_its_own() {
    let mut story = mapping(twice(), "[1, 2]");
    let first = crate::id::child_id(story.state.id(), &story.state.activation(&"all".into()), 1, 1);
    story.when(ends(&story, 1, &[(0, Some("no"))])).unwrap();
    story.is(Status::Waiting);
    let cancelled = |effect: &Effect| {
        let control = Work::Control { control: ChildControl::Cancel };
        matches!(effect, Effect::Send { message, .. } if message.execution == first && message.work == control)
    };
    assert!(story.effects.iter().any(cancelled), "the other child is of no use: {:?}", story.effects);
    let again = story.effects.iter().find_map(|effect| match effect {
        Effect::Send { message, at: Some(at) } => Some((message.work.clone(), *at)),
        _ => None,
    });
    assert!(matches!(again, Some((Work::Step { attempt: 2, .. }, Time(3_000)))), "{again:?}");
    assert!(matches!(story.when(ends(&story, 1, &[(1, None)])), Err(Rejection::Stale(_))), "it came too late");
    story.now = Time(3_000);
    story.open("all");
    let started = |effect: &Effect| {
        let Effect::Send { message, .. } = effect else { return false };
        matches!(message.work, Work::StartChildren { attempt: 2, from: 0, to: 2, .. })
    };
    assert!(story.effects.iter().any(started), "{:?}", story.effects);
    assert!(matches!(story.when(ends(&story, 1, &[(1, None)])), Err(Rejection::Stale(_))), "another attempt's child");
    story.when(ends(&story, 2, &[(0, None), (1, Some("no"))])).unwrap();
    story.is(Status::Failed);
    let error = story.state.error.clone().unwrap();
    assert_eq!((error.code.as_str(), error.attempt), ("map_failed", Some(2)));
}

#[test]
fn attempts_of_a_map_are_counted_in_its_node_view_and_told_in_its_history() {
    let mut story = mapping(twice(), "[1]");
    story.when(ends(&story, 1, &[(0, Some("no"))])).unwrap();
    let [Event::ChildrenEnded { .. }, Event::AttemptFailed { visit: 1, attempt: 1, error, .. }] = &story.events[..]
    else {
        panic!("{:?}", story.events)
    };
    assert_eq!((error.code.as_str(), error.attempt), ("map_failed", Some(1)));
    let shown = |story: &Story| {
        let all = story.state.node(&"all".into()).unwrap();
        (view::node_status(Some(all)), all.visit, all.attempts)
    };
    assert_eq!(shown(&story), (NodeStatus::Retrying, 1, 1));
    story.open("all");
    story.when(ends(&story, 2, &[(0, Some("no"))])).unwrap();
    assert_eq!(shown(&story), (NodeStatus::Failed, 1, 2));
}

#[test]
fn what_no_retry_repairs_fails_a_map_at_once() {
    let story = mapping(twice(), "input.nothing");
    story.is(Status::Failed);
    let story = mapping(twice(), "7");
    assert_eq!(story.state.error.map(|error| error.code.to_string()).as_deref(), Some("invalid_items"));
}

#[test]
fn a_map_that_fails_while_paused_tries_again_when_it_is_resumed() {
    let mut story = mapping(twice(), "[1]");
    story.when(Command::Control { control: Control::Pause, reason: None }).unwrap();
    story.when(ends(&story, 1, &[(0, Some("no"))])).unwrap();
    let steps = |story: &Story| {
        let is_step = |effect: &&Effect| {
            let Effect::Send { message, .. } = effect else { return false };
            matches!(message.work, Work::Step { attempt: 2, .. })
        };
        story.effects.iter().filter(is_step).count()
    };
    assert_eq!(steps(&story), 0);
    story.when(Command::Control { control: Control::Resume, reason: None }).unwrap();
    assert_eq!(steps(&story), 1, "{:?}", story.effects);
}

/// A parent that comes from another host may know of fewer children than came with it: they were asked for after it was
/// exported.
#[test]
fn children_that_ended_before_their_parent_asked_for_them_do_not_hold_the_others_up() {
    let mut story = mapping(json!({}), "[1, 2, 3]");
    story.state.children.iter().for_each(|(_, kids)| assert_eq!((kids.started, kids.count), (3, 3)));
    let one = json!({ "id": "all", "type": "map", "config": { "items": "[1, 2, 3]", "max_concurrency": 1,
        "body": { "nodes": [{ "id": "no", "type": "fail", "config": {} }], "edges": [] } } });
    for told in [vec![(0, None), (1, None)], vec![(1, None), (0, None)]] {
        story = Story::given(json!([one]), json!([{ "from": "start", "to": "all" }]), json!({}));
        story.open("all");
        for one in told.chunks(if told[0].0 == 0 { 2 } else { 1 }) {
            story.when(ends(&story, 1, one)).unwrap();
        }
        let kids = &story.state.children["all"];
        assert_eq!((kids.started, kids.running(), kids.ended.len()), (3, 1, 2), "the third one runs");
        story.is(Status::Waiting);
    }
}
