//! Warnings that the rules record are kept with the execution.

use super::story::Story;
use crate::{execution::Status, limits, view};
use document::time::Time;
use serde_json::{Value, json};

/// Given a loop that goes through its items and asks for what is not there on the way, and takes the default.
fn looped(items: usize) -> Story {
    let nodes = json!([
        { "id": "each", "type": "loop", "config": { "for_each": "input.items" } },
        { "id": "choose", "type": "branch", "config": {
            "rules": [{ "when": "item.nothing > 1", "port": "never" }], "default": "go" } },
    ]);
    let edges = json!([
        { "from": "start", "to": "each" },
        { "from": "each", "to": "choose", "port": "loop" },
        { "from": "choose", "to": "each", "port": "go" },
    ]);
    let items: Vec<Value> = (0..items).map(|n| json!({ "n": n })).collect();
    let mut story =
        Story::given_with(json!({ "on_condition_error": "default" }), nodes, edges, json!({ "items": items }));
    story.open("each");
    story
}

#[test]
fn a_condition_that_took_the_default_way_is_kept_once_and_counted() {
    let story = looped(3);
    story.is(Status::Completed);
    let [one] = story.state.warnings.as_slice() else { panic!("{:#?}", story.state.warnings) };
    assert_eq!((one.node.as_str(), one.code.as_str(), one.count, one.at), ("choose", "condition_error", 3, Time(0)));
    assert!(one.message.contains("nothing"), "{}", one.message);
}

#[test]
fn a_state_without_warnings_is_written_as_before() {
    let story = looped(0);
    let written = serde_json::to_value(&story.state).unwrap();
    assert!(written.get("warnings").is_none(), "{written}");
    let read: crate::execution::Execution = serde_json::from_value(written).unwrap();
    assert_eq!(read, story.state);
}

#[test]
fn what_is_kept_is_bounded() {
    // Given more nodes that warn than are kept.
    let many = limits::KEPT_WARNINGS + 5;
    let nodes: Vec<Value> = (0..many)
        .map(|n| {
            let rules = json!([{ "when": format!("input.nothing{n}"), "port": "never" }]);
            json!({ "id": format!("n{n}"), "type": "branch", "config": { "rules": rules, "default": "go" } })
        })
        .collect();
    let edges: Vec<Value> = (0..many).map(|n| json!({ "from": "start", "to": format!("n{n}") })).collect();
    let settings = json!({ "on_condition_error": "default" });
    let mut story = Story::given_with(settings, json!(nodes), json!(edges), json!({}));
    for n in 0..many {
        story.open(&format!("n{n}"));
    }
    assert_eq!(story.state.warnings.len(), limits::KEPT_WARNINGS);
}

#[test]
fn the_sentence_of_a_turn_tells_its_warnings() {
    let settings = json!({ "on_condition_error": "default" });
    let nodes = json!([{ "id": "a", "type": "transform", "config": { "set": {} } },
        { "id": "b", "type": "transform", "config": { "set": {} } }]);
    let edges = json!([{ "from": "start", "to": "a" }, { "from": "a", "to": "b", "condition": "output.nothing" }]);
    let mut story = Story::given_with(settings, nodes, edges, json!({}));
    story.succeed("a", json!({})).unwrap();
    let turn = crate::event::Turn { seq: 2, at: Time(0), by: None, request: None, events: story.events.clone() };
    let told = view::sentence(&turn);
    assert!(told.starts_with("Node a succeeded; execution completed; warning at node a: "), "{told}");
    assert_eq!(turn.warnings(), 1);
}
