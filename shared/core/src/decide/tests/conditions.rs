//! Conditions that cannot be evaluated: they open no gate.

use super::story::Story;
use crate::{event::Event, execution::Status};
use serde_json::{Value, json};

/// Given a branch that lets small amounts pass, and takes `ask` where no rule is true.
fn branch(settings: Value, input: Value) -> Story {
    let rules = json!([{ "when": "input.ammount > 1000", "port": "ask" }]);
    let nodes = json!([
        { "id": "large", "type": "branch", "config": { "rules": rules, "default": "pay" } },
        { "id": "ask", "type": "transform", "config": { "set": {} } },
        { "id": "pay", "type": "transform", "config": { "set": {} } },
    ]);
    let edges = json!([
        { "from": "start", "to": "large" },
        { "from": "large", "to": "ask", "port": "ask" },
        { "from": "large", "to": "pay", "port": "pay" },
    ]);
    let mut story = Story::given_with(settings, nodes, edges, input);
    story.open("large");
    story
}

fn ran(story: &Story, node: &str) -> bool {
    story.state.node(&node.into()).is_some_and(|node| node.visit > 0)
}

fn code(story: &Story) -> &str {
    &story.state.error.as_ref().unwrap().code
}

fn warned(story: &Story) -> bool {
    story.events.iter().any(|event| matches!(event, Event::Warning { code, .. } if code == "condition_error"))
}

#[test]
fn a_misspelt_rule_pays_nothing() {
    let story = branch(json!({}), json!({ "amount": 999_999 }));
    story.is(Status::Failed);
    assert_eq!(code(&story), "condition_error");
    assert!(story.state.error.as_ref().unwrap().message.contains("the rule for port ask"));
    assert!(!ran(&story, "pay"));
}

#[test]
fn a_document_may_let_a_rule_that_cannot_be_evaluated_be_passed_over() {
    let story = branch(json!({ "on_condition_error": "default" }), json!({ "amount": 999_999 }));
    assert!(ran(&story, "pay") && warned(&story));
}

#[test]
fn a_branch_and_a_loop_take_the_port_error() {
    let rules = json!([{ "when": "input.nothing", "port": "yes" }]);
    for config in [json!({ "rules": rules }), json!({ "for_each": "input" }), json!({ "while": "input.nothing" })] {
        let kind = if config.get("rules").is_some() { "branch" } else { "loop" };
        let nodes = json!([
            { "id": "it", "type": kind, "config": config },
            { "id": "body", "type": "transform", "config": { "set": {} } },
            { "id": "caught", "type": "transform", "config": { "set": {} } },
        ]);
        let mut edges =
            vec![json!({ "from": "start", "to": "it" }), json!({ "from": "it", "to": "caught", "port": "error" })];
        if kind == "loop" {
            edges.push(json!({ "from": "it", "to": "body", "port": "loop" }));
            edges.push(json!({ "from": "body", "to": "it" }));
        } else {
            edges.push(json!({ "from": "it", "to": "body", "port": "yes" }));
        }
        let mut story = Story::given(nodes, json!(edges), json!({ "n": 1 }));
        story.open("it");
        assert!(ran(&story, "caught") && !ran(&story, "body"), "{config}");
        assert_eq!(story.state.node(&"it".into()).unwrap().error.as_ref().unwrap().code, "condition_error", "{config}");
    }
}

/// Given a node with an edge whose condition reads what is not there.
fn edge(settings: Value, node: Value, more: &[Value]) -> Story {
    let plain = |id: &str| json!({ "id": id, "type": "transform", "config": { "set": {} } });
    let mut nodes = vec![node, plain("next")];
    nodes.extend((!more.is_empty()).then(|| plain("caught")));
    let mut edges = vec![
        json!({ "from": "start", "to": "it" }),
        json!({ "from": "it", "to": "next", "condition": "output.score > 1" }),
    ];
    edges.extend(more.iter().cloned());
    let mut story = Story::given_with(settings, json!(nodes), json!(edges), json!({}));
    story.succeed("it", json!({ "scores": 2 })).unwrap();
    story
}

fn it() -> Value {
    json!({ "id": "it", "type": "transform", "config": { "set": {} } })
}

#[test]
fn a_condition_of_an_edge_fails_the_node_that_it_leaves() {
    let story = edge(json!({}), it(), &[]);
    story.is(Status::Failed);
    assert_eq!(code(&story), "condition_error");
    assert!(story.state.error.as_ref().unwrap().message.contains("edge to next"));
    let node = story.state.node(&"it".into()).unwrap();
    assert_eq!((node.attempts, node.error.as_ref().unwrap().code.as_str()), (1, "condition_error"));
    assert_eq!(story.output("it"), json!({ "scores": 2 }), "what it did is kept");
}

#[test]
fn the_port_error_catches_a_condition_that_cannot_be_evaluated() {
    let story = edge(json!({}), it(), &[json!({ "from": "it", "to": "caught", "port": "error" })]);
    assert!(ran(&story, "caught") && !ran(&story, "next"));
}

#[test]
fn a_condition_on_the_way_out_of_a_failure_ends_the_execution() {
    let out = json!({ "from": "it", "to": "caught", "port": "error", "condition": "output.nothing" });
    let story = edge(json!({}), it(), &[out]);
    story.is(Status::Failed);
    assert!(story.state.error.as_ref().unwrap().message.contains("edge to caught"));
}

#[test]
fn a_document_may_let_an_edge_be_dead() {
    let story = edge(json!({ "on_condition_error": "default" }), it(), &[]);
    story.is(Status::Completed);
    assert!(!ran(&story, "next") && warned(&story));
}

#[test]
fn a_condition_right_after_the_trigger_fails_the_trigger() {
    let nodes = json!([it()]);
    let edges = json!([{ "from": "start", "to": "it", "condition": "input.ammount > 1" }]);
    let story = Story::given(nodes, edges, json!({ "amount": 1 }));
    story.is(Status::Failed);
    assert_eq!(code(&story), "condition_error");
    assert_eq!(story.state.error.as_ref().unwrap().node.as_ref().unwrap().as_str(), "start");
}

#[test]
fn a_list_longer_than_the_loop_is_refused_before_its_first_item() {
    let nodes = json!([
        { "id": "it", "type": "loop", "config": { "for_each": "[1, 2, 3]", "max_iterations": 2 } },
        { "id": "body", "type": "transform", "config": { "set": {} } },
    ]);
    let edges = json!([{ "from": "start", "to": "it" }, { "from": "it", "to": "body", "port": "loop" },
        { "from": "body", "to": "it" }]);
    let mut story = Story::given(nodes, edges, json!({}));
    story.open("it");
    story.is(Status::Failed);
    assert_eq!(code(&story), "loop_limit_exceeded");
    assert!(!ran(&story, "body"));
}
