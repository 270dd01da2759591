//! `on_error: {"ask_human": …}`, and the short form of `auto_approve_below`.

use super::{clean, expect, flow, one};
use crate::{AfterError, OnError, parse};
use serde_json::{Value, json};

/// A document whose node `n` has this `on_error`.
fn document(on_error: Value) -> Value {
    let mut document = one("transform", json!({"set": {}}));
    document["nodes"][1]["on_error"] = on_error;
    document
}

fn asks(people: Value) -> Value {
    json!({ "ask_human": people })
}

#[test]
fn people_are_named_with_a_time_and_what_follows_then() {
    let people = json!({"assignees": ["{{ input.boss }}"], "channels": [{"type": "web"}], "timeout_seconds": 60,
        "timeout_action": "retry"});
    clean(&document(asks(people.clone())));
    let workflow = parse(&document(asks(people))).unwrap().workflow;
    let put_to = workflow.nodes[1].put_to.as_ref().unwrap();
    assert_eq!(workflow.nodes[1].on_error, OnError::AskHuman);
    assert_eq!((put_to.timeout_seconds, put_to.timeout_action), (Some(60.0), AfterError::Retry));
    assert_eq!(workflow.reads().nodes.len(), 0);
    assert!(workflow.reads().input, "a body takes along what its templates read");
}

#[test]
fn a_question_to_nobody_or_without_an_end_is_warned_of() {
    let unbounded = [("human_without_timeout", "/nodes/1/on_error")];
    expect(&document(json!("ask_human")), &unbounded);
    expect(&document(asks(json!({}))), &unbounded);
    expect(&document(asks(json!({"assignees": ["a@example.com"]}))), &unbounded);
    clean(&document(asks(json!({"timeout_seconds": 5}))));
}

#[test]
fn what_is_wrong_with_it_names_its_place() {
    let at = |rest: &str| format!("/nodes/1/on_error{rest}");
    for (on_error, code, path) in [
        (json!({}), "schema", at("")),
        (json!({"ask_human": {"timeout_seconds": 5}, "then": 1}), "schema", at("/then")),
        (json!({"ask_human": "bob"}), "schema", at("/ask_human")),
        (asks(json!({"timeout_seconds": 5, "whom": []})), "schema", at("/ask_human/whom")),
        (asks(json!({"timeout_seconds": 5, "assignees": []})), "schema", at("/ask_human/assignees")),
        (asks(json!({"timeout_seconds": 0})), "schema", at("/ask_human/timeout_seconds")),
        (asks(json!({"timeout_seconds": 5, "timeout_action": "fail"})), "schema", at("/ask_human/timeout_action")),
        (
            asks(json!({"timeout_seconds": 5, "assignees": ["{{ ctx.none.output }}"]})),
            "unknown_reference",
            at("/ask_human/assignees/0"),
        ),
        (
            asks(json!({"timeout_seconds": 5, "assignees": ["{{ secrets.KEY }}"]})),
            "secret_not_allowed",
            at("/ask_human/assignees/0"),
        ),
    ] {
        expect(&document(on_error), &[(code, &path)]);
    }
    let unending = asks(json!({"timeout_action": "retry"}));
    let action = at("/ask_human/timeout_action");
    expect(&document(unending), &[("schema", &action), ("human_without_timeout", &at(""))]);
    // An approval has no way on that a timeout could take.
    let mut approval = one("human", json!({"kind": "approval", "question": "?", "timeout_seconds": 5}));
    approval["nodes"][1]["on_error"] = asks(json!({"timeout_seconds": 5, "timeout_action": "skip"}));
    expect(&approval, &[("schema", &action)]);
}

#[test]
fn the_settings_name_people_for_all_nodes_and_are_told_of_once() {
    let nodes = json!([{"id": "start", "type": "manual_trigger"},
        {"id": "a", "type": "transform", "config": {"set": {}}},
        {"id": "b", "type": "transform", "config": {"set": {}}, "on_error": "fail"}]);
    let of = |on_error: Value| {
        let mut document = flow(nodes.clone(), json!([{"from": "start", "to": "a"}, {"from": "a", "to": "b"}]));
        document["settings"] = json!({ "on_error": on_error });
        document
    };
    let good = of(asks(json!({"assignees": ["ops@example.com"], "timeout_seconds": 60})));
    clean(&good);
    let workflow = parse(&good).unwrap().workflow;
    assert_eq!(workflow.nodes[1].put_to.as_ref().unwrap().timeout_action, AfterError::Abort);
    assert!(workflow.nodes[2].put_to.is_none() && workflow.nodes[2].on_error == OnError::Fail);
    expect(&of(json!("ask_human")), &[("human_without_timeout", "/settings/on_error")]);
    let wrong = of(asks(json!({"assignees": [], "timeout_seconds": 60})));
    expect(&wrong, &[("schema", "/settings/on_error/ask_human/assignees")]);
}

#[test]
fn a_bound_alone_is_about_the_value_that_the_condition_compares() {
    let below = |condition: &str| {
        let config = json!({"kind": "approval", "question": "?", "timeout_seconds": 5, "condition": condition,
            "auto_approve_below": 1000});
        one("human", config)
    };
    let source = |condition: &str| {
        let document = below(condition);
        let workflow = parse(&document).unwrap_or_else(|issues| panic!("{issues:#?}")).workflow;
        let (value, bound) = workflow.nodes[1].kind.human().unwrap().auto_approve_below.as_ref().unwrap();
        assert_eq!(bound.literal(), Some(1000.0));
        value.source().to_owned()
    };
    assert_eq!(source("amount > 10000"), "amount");
    assert_eq!(source("{{ amount }} > 10000"), "amount");
    assert_eq!(source("10000 < input.total && input.region == 'EU'"), "input.total");
    assert_eq!(source("input['net sum'] > 5 || input['net sum'] < 0"), "input[\"net sum\"]");
    for unclear in ["a > 1 && b > 2", "region == 'EU'", "size(region) > 3", "true"] {
        expect(&below(unclear), &[("invalid_config", "/nodes/1/config/auto_approve_below")]);
    }
}
