//! Where an execution goes: ports, loops, and the names that conditions see.

use super::story::Story;
use crate::{
    evolve::input_of,
    execution::{Phase, Status},
    interaction::Answer,
    reading::Reading,
};
use serde_json::{Value, json};

/// The input that a node was given.
fn input(story: &Story, node: &str) -> Value {
    let ix = story.workflow.graph.index[node];
    let input = Reading::of(|reading| input_of(&story.workflow, &story.state, ix, reading)).unwrap();
    input.value().unwrap().clone()
}

#[test]
fn a_bare_name_of_a_condition_is_sought_in_the_inputs_and_then_in_the_output() {
    let nodes = json!([
        { "id": "rate", "type": "transform", "config": { "set": { "score": 1 } } },
        { "id": "high", "type": "transform", "config": { "set": {} } },
        { "id": "large", "type": "transform", "config": { "set": {} } },
    ]);
    let edges = json!([
        { "from": "start", "to": "rate" },
        { "from": "rate", "to": "high", "condition": "score >= 80" },
        { "from": "rate", "to": "large", "condition": "amount > 10" },
    ]);
    let mut story = Story::given(nodes, edges, json!({ "amount": 5 }));
    story.succeed("rate", json!({ "score": 85, "amount": 50 })).unwrap();
    let ran = |node: &str| story.state.node(&node.into()).is_some_and(|node| node.visit > 0);
    assert!(ran("high"), "only the output has a score");
    assert!(!ran("large"), "the input's amount comes first");
}

#[test]
fn a_body_keeps_what_it_was_given_after_its_loop() {
    for (over, first, last) in [
        (json!({ "for_each": "[7, 8]" }), json!(7), json!(8)),
        (json!({ "while": "loop.iteration < 2" }), json!({ "n": 0 }), json!(1)),
        (json!({ "while": "loop.iteration < 1" }), json!({ "n": 0 }), json!({ "n": 0 })),
    ] {
        let nodes = json!([
            { "id": "l", "type": "loop", "config": over },
            { "id": "body", "type": "transform", "config": { "set": {} } },
        ]);
        let edges = json!([{ "from": "start", "to": "l" }, { "from": "l", "to": "body", "port": "loop" },
            { "from": "body", "to": "l" }]);
        let mut story = Story::given(nodes, edges, json!({ "n": 0 }));
        story.open("l");
        assert_eq!(input(&story, "body"), first);
        for round in 1.. {
            story.succeed("body", json!(round)).unwrap();
            if story.state.end.is_some() {
                break;
            }
        }
        story.is(Status::Completed);
        assert_eq!(input(&story, "body"), last, "{over}");
    }
}

#[test]
fn a_loop_that_passes_its_bound_has_failed() {
    let nodes = json!([
        { "id": "l", "type": "loop", "config": { "while": "output.n > 0", "max_iterations": 1 } },
        { "id": "body", "type": "transform", "config": { "set": {} } },
    ]);
    let edges = json!([{ "from": "start", "to": "l" }, { "from": "l", "to": "body", "port": "loop" },
        { "from": "body", "to": "l" }]);
    let mut story = Story::given(nodes, edges, json!({ "n": 1 }));
    story.open("l");
    story.succeed("body", json!({ "n": 1 })).unwrap();
    story.is(Status::Failed);
    let node = story.state.node(&"l".into()).unwrap();
    assert_eq!(node.phase, Phase::Failed);
    assert_eq!(node.error.as_ref().unwrap().code, "loop_limit_exceeded");
    assert_eq!(story.state.error.as_ref().unwrap().code, "loop_limit_exceeded");
}

#[test]
fn a_question_that_cannot_be_asked_takes_its_port_error() {
    let nodes = json!([
        { "id": "ask", "type": "human", "config": { "kind": "ask", "question": "{{ input.missing }}?" } },
        { "id": "caught", "type": "transform", "config": { "set": {} } },
    ]);
    let edges = json!([{ "from": "start", "to": "ask" }, { "from": "ask", "to": "caught", "port": "error" }]);
    let mut story = Story::given(nodes, edges, json!({}));
    story.open("ask");
    story.is(Status::Running);
    assert_eq!(input(&story, "caught")["error"]["code"], "template_error");
}

#[test]
fn more_votes_than_people_can_give_are_not_waited_for() {
    let config =
        json!({ "kind": "approval", "question": "?", "approval_threshold": 2, "assignees": "{{ input.who }}" });
    let asked = |who: Value| {
        let nodes = json!([{ "id": "ask", "type": "human", "config": config }]);
        let mut story = Story::given(nodes, json!([{ "from": "start", "to": "ask" }]), json!({ "who": who }));
        story.open("ask");
        story
    };
    asked(json!(["ann@example.com", "bob@example.com"])).is(Status::WaitingHuman);
    let story = asked(json!(["ann@example.com", "ANN@example.com"]));
    story.is(Status::Failed);
    assert_eq!(story.state.error.as_ref().unwrap().code, "too_few_people");
}

#[test]
fn who_gives_up_on_a_failed_node_has_answered() {
    let nodes = json!([{ "id": "work", "type": "code", "config": { "code": "throw 1" }, "on_error": "ask_human" }]);
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "work" }]), json!({}));
    story.fail("work", "broken");
    let question = story.question();
    story.answer("bob@example.com", Answer { option: Some("abort".into()), ..Answer::default() }).unwrap();
    story.is(Status::Failed);
    let one = story.state.interaction(question.as_str()).unwrap();
    assert_eq!((one.status.as_str(), one.decision.as_deref()), ("answered", Some("abort")));
}
