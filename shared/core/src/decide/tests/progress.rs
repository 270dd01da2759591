//! Progress: nodes that are done, iterations, and children that ended.

use super::story::Story;
use crate::{command::Command, view};
use document::time::Time;
use serde_json::{Value, json};

fn percent(story: &Story) -> Value {
    view::progress(&story.state, &story.workflow).into()
}

fn ended(story: &Story, attempt: u32, ends: &[(u32, Option<&str>)]) -> Command {
    let ends = ends.iter().map(|(index, why)| (*index, why.map(str::to_owned))).collect();
    Command::ChildrenEnded { activation: story.state.activation(&"all".into()), attempt, reopened: 0, ends }
}

fn mapping(extra: Value) -> Story {
    let body = json!({"nodes": [{"id": "no", "type": "fail", "config": {}}], "edges": []});
    let mut all = json!({"id": "all", "type": "map", "config": {"items": "[1, 2, 3, 4]", "body": body}});
    all.as_object_mut().unwrap().extend(extra.as_object().cloned().unwrap());
    let mut story = Story::given(json!([all]), json!([{"from": "start", "to": "all"}]), json!({}));
    story.open("all");
    story
}

#[test]
fn what_is_lent_to_an_agent_is_no_part_of_the_way() {
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"});
    let nodes = json!([{"id": "mind", "type": "model", "config": model}, {"id": "talk", "type": "agent", "config": {"prompt": "Hello"}}]);
    let edges =
        json!([{"from": "start", "to": "talk"}, {"from": "mind", "to": "talk", "connection": "ai_language_model"}]);
    assert_eq!(percent(&Story::given(nodes, edges, json!({}))), 50, "one of the two that run");
}

#[test]
fn a_map_comes_on_with_each_child_that_ends() {
    let mut story = mapping(json!({}));
    assert_eq!(percent(&story), 50, "one of two nodes");
    story.when(ended(&story, 1, &[(0, None)])).unwrap();
    assert_eq!(percent(&story), json!(62.5));
    story.when(ended(&story, 1, &[(1, None), (2, None)])).unwrap();
    assert_eq!(percent(&story), json!(87.5));
}

#[test]
fn progress_does_not_fall_where_children_are_started_anew() {
    let mut story = mapping(json!({"retry": {"max_attempts": 2, "initial_seconds": 3, "jitter": false}}));
    story.when(ended(&story, 1, &[(0, None), (1, None)])).unwrap();
    story.when(ended(&story, 1, &[(2, Some("no"))])).unwrap();
    let before = percent(&story);
    story.now = Time(3_000);
    story.open("all");
    assert_eq!(percent(&story), before);
    assert!(before.as_f64().unwrap() >= 75.0, "{before}");
    story.when(ended(&story, 2, &[(0, None), (1, None), (2, None)])).unwrap();
    assert!(percent(&story).as_f64().unwrap() > before.as_f64().unwrap());
}

#[test]
fn a_loop_over_a_list_comes_on_with_each_iteration_and_within_it() {
    let nodes = json!([
        {"id": "each", "type": "loop", "config": {"for_each": "[1, 2]"}},
        {"id": "a", "type": "code", "config": {"code": "return 1"}},
        {"id": "b", "type": "code", "config": {"code": "return 2"}},
    ]);
    let edges = json!([{"from": "start", "to": "each"}, {"from": "each", "to": "a", "port": "loop"},
        {"from": "a", "to": "b"}, {"from": "b", "to": "each"}]);
    let mut story = Story::given(nodes, edges, json!({}));
    story.open("each");
    let mut seen = vec![percent(&story)];
    for _ in 0..2 {
        for node in ["a", "b"] {
            story.succeed(node, json!(1)).unwrap();
            seen.push(percent(&story));
        }
    }
    assert_eq!(seen, [json!(50), json!(62.5), json!(75), json!(87.5), json!(100)]);
}

#[test]
fn a_loop_whose_end_is_not_known_counts_when_it_is_done() {
    let nodes = json!([
        {"id": "while", "type": "loop", "config": {"while": "loop.iteration < 2"}},
        {"id": "a", "type": "code", "config": {"code": "return 1"}},
    ]);
    let edges = json!([{"from": "start", "to": "while"}, {"from": "while", "to": "a", "port": "loop"},
        {"from": "a", "to": "while"}]);
    let mut story = Story::given(nodes, edges, json!({}));
    story.open("while");
    story.succeed("a", json!(1)).unwrap();
    assert_eq!(percent(&story), 50);
    story.succeed("a", json!(1)).unwrap();
    assert_eq!(percent(&story), 100, "it has completed");
}
