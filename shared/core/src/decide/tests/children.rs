//! Attempts of `map` and `workflow` nodes.

use super::story::Story;
use crate::{
    command::{Command, Control},
    effect::{ChildControl, Effect, Work},
    error::Rejection,
    event::{Event, Started},
    execution::Status,
    owed::owed_again,
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

/// Children that are over at their start are told of by the message that started them. Whoever handled it may have died
/// before it delivered what followed: the message for what they gave, or for further children.
#[test]
fn a_message_that_starts_children_owes_again_what_their_ends_led_to() {
    let of = |story: &Story, from: u32, to: u32| {
        let activation = story.state.activation(&"all".into());
        owed_again(&story.workflow, &story.state, &Work::StartChildren { activation, attempt: 1, from, to })
    };
    let work = |effects: Vec<Effect>| -> Vec<Work> {
        let work = effects.into_iter().filter_map(|effect| match effect {
            Effect::Send { message, .. } => Some(message.work),
            _ => None,
        });
        work.collect()
    };
    let mut story = mapping(json!({}), "[1, 2]");
    assert_eq!(of(&story, 0, 2), [], "nothing ended yet");
    story.when(ends(&story, 1, &[(0, None), (1, None)])).unwrap();
    let owes = of(&story, 0, 2);
    assert!(story.effects.iter().all(|effect| owes.contains(effect)), "{owes:?} for {:?}", story.effects);
    assert!(matches!(&work(owes)[..], [Work::Step { attempt: 1, .. }]), "what they gave is gathered");

    let mut story = mapping(
        json!({"config": {"items": "[1, 2, 3]", "max_concurrency": 1,
        "body": {"nodes": [{"id": "no", "type": "fail", "config": {}}], "edges": []}}}),
        "",
    );
    story.when(ends(&story, 1, &[(0, None)])).unwrap();
    assert!(matches!(&work(of(&story, 0, 1))[..], [Work::StartChildren { from: 1, to: 2, .. }]), "further ones start");
    assert_eq!(of(&story, 1, 2), [], "none of these has ended");
}

/// Nodes that share too few places for their children start them by turns: what a word of the one led to may be children of
/// the other.
#[test]
fn the_word_of_a_child_that_comes_again_owes_the_children_of_another_node_that_it_made_room_for() {
    let body = json!({ "nodes": [{ "id": "no", "type": "fail", "config": {} }], "edges": [] });
    let map = |id: &str| json!({ "id": id, "type": "map", "config": { "items": "[1]", "body": body } });
    let edges = json!([{ "from": "start", "to": "all" }, { "from": "start", "to": "more" }]);
    let mut story = Story::given(json!([map("all"), map("more")]), edges, json!({}));
    let few = Started { descendants: 1, ..(*story.state.started).clone() };
    story.state.started = few.into();
    story.open("all");
    story.open("more");
    assert_eq!(story.state.children["more"].started, 0, "there is no room");
    story.when(ends(&story, 1, &[(0, None)])).unwrap();
    let activation = story.state.activation(&"all".into());
    let (attempt, error) = (1, None);
    for work in [
        Work::ChildEnded { activation: activation.clone(), attempt, index: 0, error },
        Work::StartChildren { activation, attempt, from: 0, to: 1 },
    ] {
        let owes = owed_again(&story.workflow, &story.state, &work);
        assert!(story.effects.iter().all(|effect| owes.contains(effect)), "{owes:?} for {:?}", story.effects);
    }
    let starts = |effect: &Effect| {
        let Effect::Send { message, .. } = effect else { return false };
        matches!(&message.work, Work::StartChildren { activation, .. } if activation.node.as_str() == "more")
    };
    assert!(story.effects.iter().any(starts), "{:?}", story.effects);
}
