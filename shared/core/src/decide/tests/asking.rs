//! What children tell of their questions to people, and what a parent makes of it.

use super::story::Story;
use crate::{
    command::{Command, Told},
    decide::decide,
    effect::{Effect, Work},
    error::Rejection,
    event::{Parent, Started},
    evolve::evolve,
    execution::Status,
    id::Activation,
    interaction::Answer,
    owed::{Since, owed},
};
use document::time::Time;
use serde_json::json;

/// Three children of a map, which may all run at once.
fn mapping() -> Story {
    let body = json!({"nodes": [{"id": "no", "type": "fail", "config": {}}], "edges": []});
    let all = json!({"id": "all", "type": "map", "config": {"items": "[1, 2, 3]", "body": body}});
    let mut story = Story::given(json!([all]), json!([{"from": "start", "to": "all"}]), json!({}));
    story.open("all");
    story
}

fn told(story: &Story, told: &[(u32, bool, u64)]) -> Command {
    let told = told.iter().map(|&(index, asks, seq)| Told { index, asks, seq }).collect();
    Command::ChildrenAsked { activation: story.state.activation(&"all".into()), attempt: 1, told }
}

fn ended(story: &Story, index: u32) -> Command {
    let (activation, ends) = (story.state.activation(&"all".into()), vec![(index, None)]);
    Command::ChildrenEnded { activation, attempt: 1, reopened: 0, ends }
}

/// A child that asks a person, and then waits.
fn child() -> Story {
    let ask = json!({"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Well?"}});
    let rest = json!({"id": "rest", "type": "wait", "config": {"seconds": 9}});
    let edges = json!([{"from": "start", "to": "ok"}, {"from": "ok", "to": "rest", "port": "approved"}]);
    let mut story = Story::given(json!([ask, rest]), edges, json!({}));
    let activation = Activation { epoch: 0, node: "all".into(), visit: 1 };
    let parent = Parent { execution_id: "root".into(), activation, attempt: 1, index: 4, depth: 1 };
    let started = Started { parent: Some(parent), ..(*story.state.started).clone() };
    story.state = decide(&story.workflow, None, Command::Start(Box::new(started)).into(), Time(0)).unwrap().state;
    story
}

/// What these effects tell the parent.
fn words(effects: &[Effect]) -> Vec<(bool, u64)> {
    let word = |effect: &Effect| match effect {
        Effect::Send { message, .. } => match message.work {
            Work::ChildAsks { asks, seq, index: 4, .. } => Some((asks, seq)),
            _ => None,
        },
        _ => None,
    };
    effects.iter().filter_map(word).collect()
}

#[test]
fn a_child_tells_when_it_begins_and_ceases_to_wait_for_a_person() {
    let mut story = child();
    assert_eq!(words(&owed(&story.workflow, &story.state, Since::Ever)), [], "nobody was asked yet");
    story.open("ok");
    let began = story.state.seq;
    assert_eq!(words(&story.effects), [(true, began)]);
    let answer = Answer { approved: Some(true), ..Answer::default() };
    story.answer("bob@example.com", answer).unwrap();
    assert_eq!(words(&story.effects), [(false, story.state.seq)]);
    let ceased = story.state.seq;
    story.open("rest");
    assert_eq!(words(&story.effects), [], "nothing has changed");
    assert_eq!(words(&owed(&story.workflow, &story.state, Since::Ever)), [(false, ceased)], "it may have been lost");
    assert!(ceased > began);
}

#[test]
fn an_execution_without_a_parent_keeps_no_account_of_it() {
    let mut story = Story::given(
        json!([{"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Well?"}}]),
        json!([{"from": "start", "to": "ok"}]),
        json!({}),
    );
    story.open("ok");
    assert_eq!((story.state.asks, story.state.asks_seq), (false, 0));
}

#[test]
fn a_parent_waits_for_a_person_as_long_as_a_child_does() {
    let mut story = mapping();
    story.is(Status::Waiting);
    story.when(told(&story, &[(0, true, 3), (1, true, 5)])).unwrap();
    story.is(Status::WaitingHuman);
    story.when(told(&story, &[(0, false, 6)])).unwrap();
    story.is(Status::WaitingHuman);
    story.when(told(&story, &[(1, false, 7)])).unwrap();
    story.is(Status::Waiting);
}

#[test]
fn an_end_takes_back_what_a_child_told() {
    let mut story = mapping();
    story.when(told(&story, &[(2, true, 3)])).unwrap();
    story.when(ended(&story, 2)).unwrap();
    story.is(Status::Waiting);
    assert!(matches!(story.when(told(&story, &[(2, true, 9)])), Err(Rejection::Stale(_))), "it came too late");
}

#[test]
fn of_each_child_the_latest_word_counts_in_whatever_order_they_come() {
    let words = [(0, true, 3), (0, false, 5), (0, true, 8), (0, false, 9)];
    // Every order in which four messages may arrive, each twice.
    for order in 0..24_usize {
        let (mut rest, mut at, mut story) = (words.to_vec(), order, mapping());
        while !rest.is_empty() {
            let word = rest.remove(at % rest.len());
            at /= rest.len() + 1;
            let _ = story.when(told(&story, &[word]));
            assert!(matches!(story.when(told(&story, &[word])), Err(Rejection::Stale(_))), "once is enough");
        }
        story.is(Status::Waiting);
    }
    // So it is within one batch.
    let mut story = mapping();
    story.when(told(&story, &[(0, false, 5), (0, true, 3), (1, true, 2), (1, false, 1)])).unwrap();
    assert_eq!(story.state.children["all"].asking.keys().collect::<Vec<_>>(), [&1]);
}

#[test]
fn words_of_others_than_the_present_children_are_stale() {
    let mut story = mapping();
    assert!(matches!(story.when(told(&story, &[(3, true, 3)])), Err(Rejection::Stale(_))), "there is no such child");
    let activation = Activation { visit: 9, ..story.state.activation(&"all".into()) };
    let told = vec![Told { index: 0, asks: true, seq: 3 }];
    let unknown = story.when(Command::ChildrenAsked { activation, attempt: 1, told: told.clone() });
    assert!(matches!(unknown, Err(Rejection::Unknown)));
    let activation = story.state.activation(&"all".into());
    let stale = story.when(Command::ChildrenAsked { activation, attempt: 2, told });
    assert!(matches!(stale, Err(Rejection::Stale(_))), "another attempt's child");
}

#[test]
fn what_a_grandchild_tells_is_told_on() {
    let mut story = mapping();
    let activation = Activation { epoch: 0, node: "up".into(), visit: 1 };
    let parent = Parent { execution_id: "root".into(), activation, attempt: 1, index: 4, depth: 1 };
    std::sync::Arc::make_mut(&mut story.state.started).parent = Some(parent);
    story.when(told(&story, &[(0, true, 3), (1, true, 3)])).unwrap();
    assert_eq!(words(&story.effects), [(true, story.state.seq)]);
    story.when(told(&story, &[(0, false, 4)])).unwrap();
    assert_eq!(words(&story.effects), [], "another one still asks");
    story.when(ended(&story, 1)).unwrap();
    assert_eq!(words(&story.effects), [(false, story.state.seq)]);
}

#[test]
fn a_parent_keeps_a_bounded_number_of_words() {
    let body = json!({"nodes": [{"id": "no", "type": "fail", "config": {}}], "edges": []});
    let all = json!({"id": "all", "type": "map",
        "config": {"items": "input.items", "body": body, "max_concurrency": 10_000}});
    let items: Vec<u32> = (0..10_000).collect();
    let mut story = Story::given(json!([all]), json!([{"from": "start", "to": "all"}]), json!({"items": items}));
    story.open("all");
    let most = crate::limits::ASKING_CHILDREN as u32;
    let every: Vec<(u32, bool, u64)> = (0..10_000).map(|index| (index, true, 3)).collect();
    story.when(told(&story, &every)).unwrap();
    let kids = &story.state.children["all"];
    assert_eq!(kids.asking.len() as u32, most.min(kids.started));
    let bytes = serde_json::to_vec(&**kids).unwrap().len();
    assert!(bytes < 200_000, "{bytes} bytes");
}

#[test]
fn words_fold_to_the_same_state() {
    let mut story = mapping();
    let before = story.state.clone();
    story.when(told(&story, &[(0, true, 3), (1, false, 4)])).unwrap();
    let turn = crate::event::Turn {
        seq: story.state.seq,
        at: story.now,
        by: None,
        request: None,
        events: story.events.clone(),
    };
    let folded = evolve(&story.workflow, Some(before), &turn).unwrap();
    assert_eq!(folded, story.state);
    let stored: crate::execution::Execution = serde_json::from_str(&serde_json::to_string(&folded).unwrap()).unwrap();
    assert_eq!(stored, story.state);
}
