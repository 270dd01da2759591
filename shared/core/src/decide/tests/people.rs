//! Interactions and answers: who may answer, which answers fit, and which of them decides.

use super::story::Story;
use crate::{
    command::{Command, Control},
    effect::Purpose,
    error::Rejection,
    execution::Status,
    interaction::Answer,
};
use document::time::Time;
use serde_json::{Value, json};

fn asking(config: Value) -> Story {
    let mut config = config;
    config["question"] = json!("Pay {{ input.amount }}?");
    let ports = if config["kind"] == "approval" { ["approved", "rejected"] } else { ["answered", "timeout"] };
    let edges = json!([
        { "from": "start", "to": "ask" },
        { "from": "ask", "to": "yes", "port": ports[0] },
        { "from": "ask", "to": "no", "port": ports[1] },
    ]);
    let nodes = json!([
        { "id": "ask", "type": "human", "config": config },
        { "id": "yes", "type": "transform", "config": { "set": { "said": "yes" } } },
        { "id": "no", "type": "transform", "config": { "set": { "said": "no" } } },
    ]);
    let mut story = Story::given(nodes, edges, json!({ "amount": 12 }));
    story.open("ask");
    story
}

fn yes() -> Answer {
    Answer { approved: Some(true), ..Answer::default() }
}

#[test]
fn a_question_waits_for_a_person_and_the_answer_takes_its_port() {
    let mut story = asking(json!({ "kind": "approval" }));
    story.is(Status::WaitingHuman);
    assert_eq!(story.state.interactions[0].question, "Pay 12?");
    story.answer("bob@example.com", yes()).unwrap();
    assert_eq!(story.output("ask")["decision"], "approved");
    assert_eq!(story.state.node(&"no".into()).map(|node| node.visit), Some(0), "the other port is dead");
}

#[test]
fn a_person_votes_once_however_the_address_is_written() {
    let people = json!(["bob@example.com", "eve@example.com"]);
    let mut story = asking(json!({ "kind": "approval", "assignees": people, "approval_threshold": 2 }));
    story.answer("bob@example.com", yes()).unwrap();
    story.answer("BOB@example.com", yes()).unwrap();
    story.is(Status::WaitingHuman);
    story.answer("eve@example.com", yes()).unwrap();
    assert_eq!(story.output("ask")["decision"], "approved");
    assert_eq!(story.output("ask")["responses"].as_array().map(Vec::len), Some(3), "both votes are kept");
}

#[test]
fn a_second_vote_replaces_the_first() {
    let mut story = asking(json!({ "kind": "approval", "approval_threshold": 2, "rejection_threshold": 2 }));
    story.answer("bob@example.com", yes()).unwrap();
    story.answer("bob@example.com", Answer { approved: Some(false), ..Answer::default() }).unwrap();
    story.answer("eve@example.com", yes()).unwrap();
    story.is(Status::WaitingHuman);
}

#[test]
fn only_those_who_are_asked_answer_and_the_requester_only_where_allowed() {
    let mut story = asking(json!({ "kind": "approval", "assignees": ["bob@example.com"] }));
    assert!(matches!(story.answer("eve@example.com", yes()), Err(Rejection::Forbidden(_))));
    let mut story = asking(json!({ "kind": "approval", "allow_requester": false }));
    assert!(matches!(story.answer("Ada@Example.com", yes()), Err(Rejection::Forbidden(_))));
    let people = json!(["bob@example.com", "eve@example.com"]);
    let mut story = asking(json!({ "kind": "approval", "allow_requester": false, "assignees": people }));
    let behind = Answer { entered_by: Some("ADA@example.com".into()), ..yes() };
    assert!(matches!(story.answer("bob@example.com", behind), Err(Rejection::Forbidden(_))));
}

#[test]
fn a_bad_answer_is_refused_with_every_reason_and_changes_nothing() {
    let schema = json!({ "type": "object", "required": ["pages"], "properties": { "pages": { "type": "integer" } } });
    let mut story = asking(json!({ "kind": "input", "schema": schema, "rules": ["answer.pages < 10"] }));
    let bad = Answer { data: Some(json!({ "pages": "many" })), text: Some("x".into()), ..Answer::default() };
    let before = story.state.seq;
    let Err(Rejection::Invalid { reasons, .. }) = story.answer("bob@example.com", bad) else { panic!("accepted") };
    let codes: Vec<&str> = reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(codes, ["unexpected_field", "schema", "rule"]);
    assert_eq!(story.state.seq, before);
    story.answer("bob@example.com", Answer { data: Some(json!({ "pages": 3 })), ..Answer::default() }).unwrap();
    assert_eq!(story.output("ask")["answer"], json!({ "pages": 3 }));
}

#[test]
fn the_first_answer_decides_and_every_later_one_is_told_so() {
    let mut story = asking(json!({ "kind": "approval" }));
    story.answer("bob@example.com", yes()).unwrap();
    let Err(Rejection::Decided { decision, .. }) = story.answer("eve@example.com", yes()) else { panic!("accepted") };
    assert_eq!(decision.as_deref(), Some("approved"));
}

#[test]
fn nobody_is_asked_where_the_condition_is_false() {
    let story = asking(json!({ "kind": "approval", "condition": "amount > 100" }));
    assert_eq!(story.output("ask")["automatic"], true);
    assert_eq!(story.output("ask")["answer"], true, "as a person's approval");
    assert!(story.state.interactions.is_empty());
    let story = asking(json!({ "kind": "approval", "auto_approve_below": { "value": "amount", "below": 13 } }));
    assert_eq!(story.output("ask")["decision"], "approved");
    let story = asking(json!({ "kind": "approval", "condition": "missing > 100" }));
    story.is(Status::WaitingHuman);
}

#[test]
fn an_escalation_gives_the_same_time_again_and_only_once() {
    let mut story = asking(json!({
        "kind": "approval", "timeout_seconds": 10, "timeout_action": "escalate",
        "assignees": ["bob@example.com"], "escalate_to": ["cfo@example.com"],
    }));
    let activation = story.state.activation(&"ask".into());
    let late = Command::Timer { activation, purpose: Purpose::Deadline };
    story.now = Time(10_000);
    story.when(late.clone()).unwrap();
    story.is(Status::WaitingHuman);
    assert_eq!(story.state.interactions[0].deadline, Some(Time(20_000)));
    story.when(late.clone()).unwrap();
    story.is(Status::WaitingHuman);
    story.now = Time(20_000);
    story.when(late).unwrap();
    story.is(Status::Failed);
    assert_eq!(story.state.error.as_ref().map(|error| error.code.as_str()), Some("interaction_timeout"));
    assert_eq!(story.state.interactions[0].status.as_str(), "timed_out");
}

#[test]
fn an_answer_while_paused_is_recorded_and_takes_effect_on_resume() {
    let mut story = asking(json!({ "kind": "approval" }));
    story.when(Command::Control { control: Control::Pause, reason: None }).unwrap();
    story.answer("bob@example.com", yes()).unwrap();
    story.is(Status::Paused);
    assert!(story.effects.iter().all(|effect| !matches!(effect, crate::effect::Effect::Send { .. })));
    story.when(Command::Control { control: Control::Resume, reason: None }).unwrap();
    story.is(Status::Running);
    story.succeed("yes", json!({ "said": "yes" })).unwrap();
    story.is(Status::Completed);
}

#[test]
fn a_failed_node_asks_what_to_do() {
    let nodes = json!([
        { "id": "work", "type": "transform", "config": { "expression": "input.amount" }, "on_error": "ask_human" },
    ]);
    for (option, status) in [("retry", Status::Running), ("skip", Status::Completed), ("abort", Status::Failed)] {
        let mut story = Story::given(nodes.clone(), json!([{ "from": "start", "to": "work" }]), json!({}));
        let activation = story.state.activation(&"work".into());
        let outcome = crate::task::Outcome::Failed(crate::task::Failure::new("template_error", "no amount"));
        story.when(Command::Report { activation, attempt: 1, outcome, duration_ms: None }).unwrap();
        story.is(Status::WaitingHuman);
        let data = (option == "skip").then(|| json!(5));
        story.answer("bob@example.com", Answer { option: Some(option.into()), data, ..Answer::default() }).unwrap();
        story.is(status);
        if option == "skip" {
            assert_eq!(story.output("work"), json!(5));
        }
    }
}

#[test]
fn a_question_that_fails_takes_no_port_that_only_a_person_may_take() {
    let unanswered = |policy: &str| {
        let config = json!({ "kind": "approval", "question": "Pay?", "timeout_seconds": 60, "timeout_action": "fail" });
        let nodes = json!([
            { "id": "ask", "type": "human", "config": config, "on_error": policy },
            { "id": "pay", "type": "transform", "config": { "set": {} } },
        ]);
        let edges = json!([{ "from": "start", "to": "ask" }, { "from": "ask", "to": "pay", "port": "approved" }]);
        let mut story = Story::given(nodes, edges, json!({}));
        story.open("ask");
        story.now = Time(60_000);
        let activation = story.state.activation(&"ask".into());
        story.when(Command::Timer { activation, purpose: Purpose::Deadline }).unwrap();
        story
    };
    let story = unanswered("continue");
    story.is(Status::Failed);
    assert_eq!(story.state.error.map(|error| error.code).as_deref(), Some("interaction_timeout"));
    let story = unanswered("ask_human");
    let options: Vec<&str> = story.state.interactions[1].options.iter().map(|option| option.id.as_str()).collect();
    assert_eq!(options, ["retry", "rewind", "abort"], "nobody skips an approval");
}

#[test]
fn trying_again_after_a_person_counts_one_attempt_and_starts_other_children() {
    let body = json!({ "nodes": [{ "id": "no", "type": "fail", "config": {} }], "edges": [] });
    let nodes = json!([
        { "id": "all", "type": "map", "config": { "items": "[1]", "body": body }, "on_error": "ask_human" },
    ]);
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "all" }]), json!({}));
    story.open("all");
    let first = story.state.activation(&"all".into());
    let ended = |attempt| {
        let ends = vec![(0, Some("no".into()))];
        Command::ChildrenEnded { activation: first.clone(), attempt, reopened: 0, ends }
    };
    story.when(ended(1)).unwrap();
    story.is(Status::WaitingHuman);
    story.answer("bob@example.com", Answer { option: Some("retry".into()), ..Answer::default() }).unwrap();
    assert!(matches!(story.when(ended(1)), Err(Rejection::Stale(_))), "children of the first attempt");
    story.open("all");
    story.is(Status::Waiting);
    assert!(matches!(story.when(ended(1)), Err(Rejection::Stale(_))), "children of the first attempt");
    let child = |attempt| crate::id::child_id(story.state.id(), &first, attempt, 0);
    assert_ne!(child(1), child(2));
    let all = story.state.node(&"all".into()).cloned().unwrap();
    assert_eq!((all.visit, all.attempt, all.attempts), (1, 2, 1), "the second has not ended");
    story.when(ended(2)).unwrap();
    story.is(Status::WaitingHuman);
}

#[test]
fn a_timeout_by_its_port_is_not_automatic_and_keeps_the_votes() {
    let config = json!({ "kind": "approval", "question": "?", "approval_threshold": 2, "timeout_seconds": 5 });
    let nodes = json!([{ "id": "ask", "type": "human", "config": config }, { "id": "late", "type": "succeed" }]);
    let edges = json!([{ "from": "start", "to": "ask" }, { "from": "ask", "to": "late", "port": "timeout" }]);
    let mut story = Story::given(nodes, edges, json!({}));
    story.open("ask");
    story.answer("bob@example.com", yes()).unwrap();
    story.now = Time(5_000);
    let activation = story.state.activation(&"ask".into());
    story.when(Command::Timer { activation, purpose: Purpose::Deadline }).unwrap();
    story.is(Status::Completed);
    assert_eq!(story.output("ask")["automatic"], false);
    assert_eq!(story.output("ask")["responses"][0]["by"], "bob@example.com");
}

#[test]
fn a_decision_with_an_option_to_reject_takes_it_in_time() {
    let config = json!({ "kind": "decision", "question": "?", "options": ["yes", "rejected"], "timeout_seconds": 5,
        "timeout_action": "auto_reject" });
    let nodes = json!([{ "id": "ask", "type": "human", "config": config }]);
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "ask" }]), json!({}));
    story.open("ask");
    story.now = Time(5_000);
    let activation = story.state.activation(&"ask".into());
    story.when(Command::Timer { activation, purpose: Purpose::Deadline }).unwrap();
    assert_eq!(
        (&story.output("ask")["decision"], &story.output("ask")["automatic"]),
        (&json!("rejected"), &json!(true))
    );
}

#[test]
fn an_abort_while_paused_ends_the_execution_when_it_is_resumed() {
    let nodes = json!([
        { "id": "work", "type": "transform", "config": { "expression": "input.amount" }, "on_error": "ask_human" },
    ]);
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "work" }]), json!({}));
    let activation = story.state.activation(&"work".into());
    let outcome = crate::task::Outcome::Failed(crate::task::Failure::new("template_error", "no amount"));
    story.when(Command::Report { activation, attempt: 1, outcome, duration_ms: None }).unwrap();
    story.when(Command::Control { control: Control::Pause, reason: None }).unwrap();
    story.answer("bob@example.com", Answer { option: Some("abort".into()), ..Answer::default() }).unwrap();
    story.is(Status::Paused);
    story.when(Command::Control { control: Control::Resume, reason: None }).unwrap();
    story.is(Status::Failed);
    assert_eq!(story.state.node(&"work".into()).map(|node| node.attempts), Some(1));
    assert_eq!(story.state.error.as_ref().map(|error| error.code.as_str()), Some("template_error"));
}

#[test]
fn a_template_names_no_more_people_than_a_document_may() {
    let asked = |count: usize, name: &str| {
        let people: Vec<String> = (0..count).map(|at| format!("{name}{at}@example.com")).collect();
        let config = json!({ "kind": "approval", "question": "?", "assignees": "{{ input }}" });
        let nodes = json!([{ "id": "ask", "type": "human", "config": config }]);
        let mut story = Story::given(nodes, json!([{ "from": "start", "to": "ask" }]), json!(people));
        story.open("ask");
        story
    };
    asked(1_000, "p").is(Status::WaitingHuman);
    for story in [asked(1_001, "p"), asked(10, &"p".repeat(10_000))] {
        story.is(Status::Failed);
        assert_eq!(story.state.error.as_ref().map(|error| error.code.as_str()), Some("too_many_people"));
    }
}

#[test]
fn nobody_votes_without_a_name() {
    for by in ["", " "] {
        let mut story = asking(json!({ "kind": "approval" }));
        assert!(matches!(story.answer(by, yes()), Err(Rejection::Forbidden(_))));
    }
}

#[test]
fn content_comes_with_every_yes_or_no_and_counts_for_a_review() {
    for (kind, answer) in [("approval", json!(true)), ("authorization", json!(true)), ("review", json!("edited"))] {
        let nodes = json!([{ "id": "ask", "type": "human", "config": { "kind": kind, "question": "?" } }]);
        let mut story = Story::given(nodes, json!([{ "from": "start", "to": "ask" }]), json!({}));
        story.open("ask");
        story.answer("bob@example.com", Answer { content: Some(json!("edited")), ..yes() }).unwrap();
        assert_eq!(story.output("ask")["answer"], answer, "{kind}");
    }
}

#[test]
fn people_are_named_by_texts_and_by_lists_of_them() {
    let asked = |assignees: &Value| {
        let input = json!({
            "team": ["bob@example.com", "eve@example.com"], "text": " bob@example.com, eve@example.com ",
            "one": "bob@example.com", "null": null, "none": [], "empty": "", "number": 5,
            "holes": ["bob@example.com", null],
        });
        let config = json!({ "kind": "approval", "question": "?", "assignees": assignees });
        let nodes = json!([{ "id": "ask", "type": "human", "config": config }]);
        let mut story = Story::given(nodes, json!([{ "from": "start", "to": "ask" }]), input);
        story.open("ask");
        story
    };
    let both = json!(["bob@example.com", "eve@example.com"]);
    for (assignees, people) in [
        (json!(["{{ input.one }}", "eve@example.com"]), &both),
        (json!(["{{ input.team }}"]), &both),
        (json!("{{ input.team }}"), &both),
        (json!("{{ [[input.one], 'eve@example.com'] }}"), &both),
        (json!("{{ input.text }}"), &both),
        (Value::Null, &json!([])),
    ] {
        let story = asked(&assignees);
        story.is(Status::WaitingHuman);
        assert_eq!(&json!(story.state.interactions[0].assignees), people, "{assignees}");
    }
    for assignees in [
        json!(["{{ input['null'] }}"]),
        json!(["bob@example.com", "{{ input.empty }}"]),
        json!(["{{ input.number }}"]),
        json!(["{{ [input.team] }}"]),
        json!(["{{ input.none }}"]),
        json!("{{ input.holes }}"),
        json!("{{ input['null'] }}"),
        json!("{{ input.none }}"),
        json!("{{ input.empty }}"),
        json!("{{ input.number }}"),
    ] {
        let story = asked(&assignees);
        story.is(Status::Failed);
        let error = story.state.error.as_ref().unwrap();
        assert_eq!(error.code, "template_error", "{assignees}");
        assert!(error.message.contains("`assignees` names "), "{assignees}: {}", error.message);
    }
}
