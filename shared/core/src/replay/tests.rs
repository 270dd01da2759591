//! What-if as stories: given an execution and its journal, when its workflow is another one, then this differs.

mod past;

use super::{Difference, Visited};
use crate::{
    command::{Command, Control},
    event::{AgentAnswered, Event},
    execution::Status,
    interaction::Answer,
};
use document::work::Usage;
use past::{Past, workflow};
use serde_json::{Value, json};

/// A charge of a card after a branch by the amount, and a question for large ones.
fn shop(limit: u64) -> Value {
    workflow(
        json!({}),
        json!([
            { "id": "size", "type": "branch", "config": { "default": "small", "rules": [
                { "port": "large", "when": format!("input.amount >= {limit}") } ] } },
            { "id": "ask", "type": "human", "config": { "kind": "approval", "question": "Pay?" } },
            { "id": "charge", "type": "code", "config": { "code": "return 1" } },
        ]),
        json!([
            { "from": "start", "to": "size" },
            { "from": "size", "to": "ask", "port": "large" },
            { "from": "size", "to": "charge", "port": "small" },
            { "from": "ask", "to": "charge", "port": "approved" },
        ]),
    )
}

/// The shop's charge joins any of both ways.
fn any(mut document: Value) -> Value {
    document["nodes"][3]["join"] = json!("any");
    document
}

fn visits(list: &[Visited]) -> Vec<(&str, u32)> {
    list.iter().map(|visited| (visited.node.as_str(), visited.visit)).collect()
}

fn bought(amount: u64) -> Past {
    let mut past = Past::of(&any(shop(100)), json!({ "amount": amount }));
    if amount >= 100 {
        past.opens("ask");
        past.answers(Answer { approved: Some(true), ..Answer::default() });
    }
    past.succeeds("charge", json!({ "charged": amount }));
    assert_eq!(past.state.status(), Status::Completed);
    past
}

#[test]
fn what_models_used_counts_where_the_agent_would_ask_them_still() {
    let mut past = bought(200);
    let usage = Usage { input_tokens: 7, output_tokens: 2, nano_usd: Some(5), ..Usage::default() };
    for node in ["ask", "charge"] {
        let answered = AgentAnswered {
            node: node.into(),
            visit: 1,
            attempt: 1,
            asked: None,
            answer: json!({}).into(),
            usage,
            again: None,
            remember: None,
            duration_ms: None,
            used_up: Vec::new(),
        };
        past.turns[1].events.push(Event::AgentAnswered(Box::new(answered)));
    }
    let same = past.on(&any(shop(100)));
    assert_eq!((same.usage_was.input_tokens, same.usage_was.nano_usd), (14, Some(10)));
    assert_eq!(same.usage_now, same.usage_was);
    let spared = past.on(&any(shop(1_000)));
    assert_eq!((spared.usage_was.output_tokens, spared.usage_now), (4, usage), "the question is spared");
    assert_eq!(bought(20).on(&any(shop(100))).usage_was, Usage::default());
}

#[test]
fn the_same_workflow_changes_nothing() {
    for amount in [20, 200] {
        let past = bought(amount);
        let compared = past.on(&any(shop(100)));
        assert_eq!(compared.outcome, Difference::Same, "{compared:#?}");
        assert_eq!((compared.steps_was, compared.steps_now), (compared.steps_now, compared.steps_was));
    }
}

#[test]
fn another_condition_takes_another_route_and_spares_the_question() {
    let past = bought(200);
    let compared = past.on(&any(shop(1_000)));
    assert_eq!(compared.outcome, Difference::Changed);
    let change = &compared.route_changes[0];
    assert_eq!((change.visited.node.as_str(), change.visited.visit), ("size", 1));
    assert_eq!((change.was.port.as_deref(), change.now.port.as_deref()), (Some("large"), Some("small")));
    assert_eq!(visits(&compared.spared), [("ask", 1)]);
    assert_eq!(visits(&compared.no_longer_run), [("ask", 1)]);
    assert!(compared.gained.is_empty() && compared.would_run.is_empty());
    assert_eq!((compared.now, compared.output_changed), (Some(Status::Completed), Some(false)));
    assert_eq!((compared.steps_was, compared.steps_now), (2, 1));
}

#[test]
fn a_question_that_was_never_asked_is_gained_and_nobody_knows_its_answer() {
    let past = bought(20);
    let compared = past.on(&any(shop(10)));
    assert_eq!((compared.outcome, compared.now, compared.output_changed), (Difference::Unknown, None, None));
    assert_eq!(visits(&compared.gained), [("ask", 1)]);
    assert_eq!(visits(&compared.would_run), [("ask", 1)]);
    assert!(compared.no_longer_run.is_empty(), "the charge may still come: {compared:#?}");
}

#[test]
fn a_new_node_that_does_io_has_no_recording_and_one_that_computes_needs_none() {
    let mut document = any(shop(100));
    let nodes = document["nodes"].as_array_mut().unwrap();
    nodes.push(json!({ "id": "double", "type": "transform",
        "config": { "expression": "ctx.charge.output.charged * 2" } }));
    document["edges"].as_array_mut().unwrap().push(json!({ "from": "charge", "to": "double" }));
    let past = bought(20);
    let replayed = past.replayed(&document);
    assert_eq!(
        replayed.state.output.as_ref().unwrap().value(),
        Some(&json!(40)),
        "it is computed from what was recorded"
    );
    let compared = past.on(&document);
    assert_eq!((compared.outcome, compared.output_changed), (Difference::Changed, Some(true)));
    assert_eq!(visits(&compared.newly_run), [("double", 1)]);
    document["nodes"][4] = json!({ "id": "double", "type": "code", "config": { "code": "return 1" } });
    let compared = past.on(&document);
    assert_eq!(compared.outcome, Difference::Unknown);
    assert_eq!(visits(&compared.would_run), [("double", 1)]);
}

#[test]
fn a_node_of_another_type_has_no_recording_under_its_old_name() {
    let past = bought(20);
    let mut document = any(shop(100));
    document["nodes"][3]["type"] = json!("http_request");
    document["nodes"][3]["config"] = json!({ "url": "http://example.com" });
    assert_eq!(visits(&past.on(&document).would_run), [("charge", 1)]);
}

#[test]
fn a_failure_is_handled_as_the_new_workflow_says() {
    let document = |extra: Value| {
        let mut charge = json!({ "id": "charge", "type": "code", "config": { "code": "return 1" },
            "retry": { "max_attempts": 2 } });
        charge.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        workflow(
            json!({}),
            json!([charge, { "id": "after", "type": "transform", "config": { "set": { "ok": true } } }]),
            json!([{ "from": "start", "to": "charge" }, { "from": "charge", "to": "after" }]),
        )
    };
    let mut past = Past::of(&document(json!({})), json!({}));
    past.fails("charge");
    past.fails("charge");
    assert_eq!(past.state.status(), Status::Failed);
    let same = past.on(&document(json!({})));
    assert_eq!((same.outcome, same.steps_was, same.steps_now), (Difference::Same, 2, 2), "{same:#?}");
    let goes_on = past.on(&document(json!({ "on_error": "continue" })));
    assert_eq!((goes_on.was, goes_on.now), (Status::Failed, Some(Status::Completed)));
    assert_eq!(goes_on.route_changes[0].was.port, None);
    assert_eq!(goes_on.route_changes[0].now.port.as_deref(), Some("success"));
    let asks = past.on(&document(json!({ "on_error": "ask_human" })));
    assert_eq!((asks.outcome, visits(&asks.gained)), (Difference::Unknown, vec![("charge", 1)]));
    let once = past.on(&document(json!({ "retry": { "max_attempts": 1 } })));
    assert_eq!((once.now, once.steps_now), (Some(Status::Failed), 1), "fewer attempts");
    let undoes = past.on(&document(json!({ "on_error": "rollback" })));
    assert_eq!(undoes.now, Some(Status::Failed), "{undoes:#?}");
}

#[test]
fn what_people_decided_about_a_failure_is_decided_again() {
    let document = workflow(
        json!({}),
        json!([
            { "id": "charge", "type": "code", "config": { "code": "return 1" }, "on_error": "ask_human",
              "retry": { "max_attempts": 1 } },
            { "id": "after", "type": "transform", "config": { "expression": "ctx.charge.output" } },
        ]),
        json!([{ "from": "start", "to": "charge" }, { "from": "charge", "to": "after" }]),
    );
    let option = |option: &str| Answer { option: Some(option.into()), ..Answer::default() };
    let mut skipped = Past::of(&document, json!({}));
    skipped.fails("charge");
    skipped.answers(Answer { data: Some(json!("by hand")), ..option("skip") });
    let mut retried = Past::of(&document, json!({}));
    retried.fails("charge");
    retried.answers(option("retry"));
    retried.succeeds("charge", json!(2));
    let mut aborted = Past::of(&document, json!({}));
    aborted.fails("charge");
    aborted.answers(option("abort"));
    for past in [skipped, retried, aborted] {
        assert!(past.state.end.is_some());
        let compared = past.on(&document);
        assert_eq!(compared.outcome, Difference::Same, "{compared:#?}");
        let mut asks_nobody = document.clone();
        asks_nobody["nodes"][1]["on_error"] = json!("continue");
        assert_eq!(visits(&past.on(&asks_nobody).spared), [("charge", 1)]);
    }
}

#[test]
fn each_visit_of_a_loop_has_its_own_outcome() {
    let document = |most: u64| {
        workflow(
            json!({}),
            json!([
                { "id": "each", "type": "loop", "config": { "while": format!("loop.iteration < {most}") } },
                { "id": "call", "type": "code", "config": { "code": "return 1" } },
            ]),
            json!([
                { "from": "start", "to": "each" },
                { "from": "each", "to": "call", "port": "loop" },
                { "from": "call", "to": "each" },
            ]),
        )
    };
    let mut past = Past::of(&document(3), json!({}));
    for round in 0..3 {
        past.succeeds("call", json!(round));
    }
    assert_eq!(past.state.status(), Status::Completed, "{:?}", past.turns.last());
    assert_eq!(past.on(&document(3)).outcome, Difference::Same);
    let fewer = past.on(&document(2));
    assert_eq!((fewer.outcome, visits(&fewer.no_longer_run)), (Difference::Changed, vec![("call", 3)]));
    assert_eq!(visits(&past.on(&document(5)).would_run), [("call", 4)]);
}

#[test]
fn an_execution_that_was_cancelled_stands_where_it_stood() {
    let mut past = Past::of(&any(shop(100)), json!({ "amount": 20 }));
    past.when(Command::Control { control: Control::Cancel, reason: None });
    let same = past.on(&any(shop(100)));
    assert_eq!((same.outcome, same.now), (Difference::Same, Some(Status::Cancelled)), "{same:#?}");
    let other = past.on(&any(shop(10)));
    assert_eq!(other.outcome, Difference::Unknown);
}

#[test]
fn what_somebody_retried_counts_as_it_ended_in_the_end() {
    let mut past = Past::of(&any(shop(100)), json!({ "amount": 20 }));
    for _ in 0..past.workflow.node("charge").unwrap().retry.max_attempts {
        past.fails("charge");
    }
    assert_eq!(past.state.status(), Status::Failed);
    past.when(Command::Control { control: Control::Retry, reason: None });
    past.succeeds("charge", json!({ "charged": 20 }));
    assert_eq!(past.state.status(), Status::Completed);
    let compared = past.on(&any(shop(100)));
    assert_eq!((compared.now, compared.output_changed), (Some(Status::Completed), Some(false)), "{compared:#?}");
    assert_eq!(compared.steps_was, compared.steps_now, "the same document saves no step");
}

#[test]
fn time_passes_by_itself_and_an_event_must_have_been_recorded() {
    let document = |wait: Value| {
        workflow(
            json!({}),
            json!([{ "id": "wait", "type": "wait", "config": wait },
                { "id": "call", "type": "code", "config": { "code": "return 1" } }]),
            json!([{ "from": "start", "to": "wait" }, { "from": "wait", "to": "call" }]),
        )
    };
    let without = workflow(
        json!({}),
        json!([{ "id": "call", "type": "code", "config": { "code": "return 1" } }]),
        json!([{ "from": "start", "to": "call" }]),
    );
    let mut past = Past::of(&without, json!({}));
    past.succeeds("call", json!(1));
    let slower = past.on(&document(json!({ "seconds": 3600 })));
    assert_eq!((slower.now, visits(&slower.newly_run)), (Some(Status::Completed), vec![("wait", 1)]));
    let held = past.on(&document(json!({ "event": "go" })));
    assert_eq!((held.now, visits(&held.would_run)), (None, vec![("wait", 1)]));
}

#[test]
fn children_count_as_recorded_as_long_as_they_would_be_the_same() {
    let document = |items: &str| {
        let body = json!({ "nodes": [{ "id": "t", "type": "transform", "config": { "expression": "item" } }],
            "edges": [] });
        workflow(
            json!({}),
            json!([{ "id": "all", "type": "map", "config": { "items": items, "body": body } }]),
            json!([{ "from": "start", "to": "all" }]),
        )
    };
    let mut past = Past::of(&document("input"), json!([1, 2]));
    past.opens("all");
    let activation = past.state.activation(&"all".into());
    past.when(Command::ChildrenEnded { activation, attempt: 1, reopened: 0, ends: vec![(0, None), (1, None)] });
    past.succeeds("all", json!([1, 2]));
    assert_eq!(past.state.status(), Status::Completed);
    assert_eq!(past.on(&document("input")).outcome, Difference::Same);
    assert_eq!(visits(&past.on(&document("input.filter(x, x > 1)")).would_run), [("all", 1)]);
    assert_eq!(past.on(&document("[]")).now, Some(Status::Completed), "no child, nothing to be recorded");
    // One that failed with a child and was retried goes on in the same attempt.
    let mut past = Past::of(&document("input"), json!([1, 2]));
    past.opens("all");
    let activation = past.state.activation(&"all".into());
    let ends = |reopened, ends| Command::ChildrenEnded { activation: activation.clone(), attempt: 1, reopened, ends };
    past.when(ends(0, vec![(0, Some("no".into()))]));
    assert_eq!(past.state.status(), Status::Failed);
    past.when(Command::Control { control: Control::Retry, reason: None });
    past.when(ends(1, vec![(0, None), (1, None)]));
    past.succeeds("all", json!([1, 2]));
    assert_eq!(past.state.status(), Status::Completed);
    assert_eq!(past.on(&document("input")).outcome, Difference::Same);
}

#[test]
fn a_replay_that_never_ends_is_given_up() {
    let document = workflow(
        json!({}),
        json!([
            { "id": "each", "type": "loop", "config": { "while": "true", "max_iterations": 1_000_000 } },
            { "id": "call", "type": "transform", "config": { "expression": "1" } },
        ]),
        json!([
            { "from": "start", "to": "each" },
            { "from": "each", "to": "call", "port": "loop" },
            { "from": "call", "to": "each" },
        ]),
    );
    let past = bought(20);
    let replayed = past.replayed(&document);
    assert!(replayed.cut && replayed.turns.len() <= crate::limits::REPLAY_TURNS);
    assert_eq!(past.on(&document).outcome, Difference::Unknown);
}

#[test]
fn nobody_is_asked_by_a_replay_where_the_answer_was_recorded() {
    let past = bought(200);
    let replayed = past.replayed(&any(shop(100)));
    let opened = replayed.turns.iter().flat_map(|turn| &turn.events);
    assert!(!opened.into_iter().any(|event| matches!(event, Event::InteractionOpened { .. })), "nobody is asked");
}
