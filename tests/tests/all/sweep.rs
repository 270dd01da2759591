//! Every port call of every example fails once, before and after it took effect; every message comes twice.

use crate::docs::root;
use engine::port::Delivers;
use serde_json::{Value, json};
use stepwell_tests::{
    generate::{Case, Knobs, case},
    sim::{Faults, Run, sample},
};

/// The examples, and workflows of every kind of node.
fn cases() -> Vec<(String, Case)> {
    let mut cases: Vec<(String, Case)> = crate::docs::files(&root().join("examples"), ".json")
        .into_iter()
        .map(|path| {
            let document: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let input = document.get("input_schema").map_or_else(|| json!({}), sample);
            (path.display().to_string(), Case { document, saved: Vec::new(), input })
        })
        .collect();
    assert!(cases.len() >= 3, "the examples were not found");
    assert!(cases.iter().any(|(_, case)| case.document.to_string().contains(r#""type":"memory""#)), "none remembers");
    let knobs = Knobs { deterministic: true, size: 9, waits: true, children: true };
    cases.extend((0..40).map(|seed| (format!("seed {seed}"), case(seed, knobs))));
    cases
}

#[test]
fn every_call_fails_once_and_nothing_changes() {
    for (name, case) in cases() {
        let mut calm = Run::new(&case, 0, Faults::default(), Delivers::AfterCommit);
        let expected = calm.finish().unwrap_or_else(|error| panic!("{name}: {error}"));
        let calls = calm.host.world().calls;
        let remembered = calm.host.remembered("owner");
        for at in 1..=calls {
            for after in [false, true] {
                let mut run = Run::new(
                    &case,
                    0,
                    Faults { at_call: Some((at, after)), ..Faults::default() },
                    Delivers::AfterCommit,
                );
                let fate = run.finish().unwrap_or_else(|error| panic!("{name}, call {at}, after {after}: {error}"));
                assert_eq!(fate, expected, "{name}, call {at}, after {after}");
                assert_eq!(run.host.remembered("owner"), remembered, "{name}, call {at}, after {after}");
                assert_eq!(run.host.world().faults_injected, 1, "{name}: call {at} never came");
            }
        }
    }
}

/// Where a handler goes on with the step that follows, the process that dies has more behind it than one commit. Without
/// faults the run ends as one that waits for each message, and takes as many turns.
#[test]
fn every_call_fails_once_where_steps_go_ahead_and_nothing_changes() {
    for (name, case) in cases() {
        let mut calm = Run::new(&case, 0, Faults::default(), Delivers::AfterCommit);
        let expected = calm.finish().unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut ahead = Run::new(&case, 0, Faults::default(), Delivers::AfterCommit).going_ahead(true);
        let fate = ahead.finish().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(fate, expected, "{name}");
        let calls = ahead.host.world().calls;
        for at in 1..=calls {
            for after in [false, true] {
                let faults = Faults { at_call: Some((at, after)), ..Faults::default() };
                let mut run = Run::new(&case, 0, faults, Delivers::AfterCommit).going_ahead(true);
                let fate = run.finish().unwrap_or_else(|error| panic!("{name}, call {at}, after {after}: {error}"));
                assert_eq!(fate, expected, "{name}, call {at}, after {after}");
                assert_eq!(run.host.remembered("owner"), calm.host.remembered("owner"), "{name}, call {at}");
                assert_eq!(run.host.world().faults_injected, 1, "{name}: call {at} never came");
            }
        }
    }
}

#[test]
fn every_message_comes_twice_and_nothing_changes() {
    for (name, case) in cases() {
        for delivers in [Delivers::AfterCommit, Delivers::InCommit] {
            let mut calm = Run::new(&case, 0, Faults::default(), delivers);
            let expected = calm.finish().unwrap();
            let faults = Faults { duplicates: 100, ..Faults::default() };
            let mut run = Run::new(&case, 0, faults, delivers);
            let fate = run.finish().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(fate, expected, "{name}");
            assert_eq!(run.host.remembered("owner"), calm.host.remembered("owner"), "{name}");
        }
    }
}

/// Two agents on one conversation, of which one follows the other at once, and a third where a branch joins them that may be
/// the last to arrive.
fn on_one_conversation() -> Case {
    let agent = |id: &str| {
        json!({"id": id, "type": "agent", "config": {"prompt": id,
            "model": {"provider": "openai_compatible", "name": "m", "base_url": "https://model.example/v1"}}})
    };
    let remembers = |id: &str| json!({"from": "memory", "to": id, "connection": "ai_memory"});
    let nodes = json!([{"id": "start", "type": "manual_trigger"}, agent("a"), agent("b"),
        {"id": "beside", "type": "wait", "config": {"seconds": 5}},
        {"id": "join", "type": "transform", "config": {"set": {"joined": true}}}, agent("c"),
        {"id": "memory", "type": "memory", "config": {"key": "one"}},
        {"id": "heard", "type": "transform", "config": {
            "expression": "[ctx.a, ctx.b, ctx.c].map(agent, size(agent.output.messages))"}}]);
    let edges = json!([{"from": "start", "to": "a"}, {"from": "a", "to": "b"}, {"from": "start", "to": "beside"},
        {"from": "b", "to": "join"}, {"from": "beside", "to": "join"}, {"from": "join", "to": "c"},
        {"from": "c", "to": "heard"}, remembers("a"), remembers("b"), remembers("c")]);
    Case { document: json!({"id": "on-one", "nodes": nodes, "edges": edges}), saved: Vec::new(), input: json!({}) }
}

#[test]
fn an_agent_knows_what_those_before_it_said_whatever_call_fails() {
    let case = on_one_conversation();
    for (delivers, goes_ahead) in
        [(Delivers::InCommit, false), (Delivers::AfterCommit, false), (Delivers::AfterCommit, true)]
    {
        let mut calm = Run::new(&case, 0, Faults::default(), delivers).going_ahead(goes_ahead);
        let expected = calm.finish().unwrap();
        assert_eq!(expected.output, json!([2, 4, 6]), "each has the question and the answer of those before it");
        for at in 1..=calm.host.world().calls {
            for after in [false, true] {
                let faults = Faults { at_call: Some((at, after)), ..Faults::default() };
                let mut run = Run::new(&case, 0, faults, delivers).going_ahead(goes_ahead);
                let fate =
                    run.finish().unwrap_or_else(|error| panic!("{delivers:?}, call {at}, after {after}: {error}"));
                assert_eq!(fate, expected, "{delivers:?}, ahead {goes_ahead}, call {at}, after {after}");
            }
        }
    }
}
