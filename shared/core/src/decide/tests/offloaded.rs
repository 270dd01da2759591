//! Values that are offloaded: nothing is decided, and nothing folded, as long as one that counts is missing.

use super::story::Story;
use crate::{
    command::Command,
    decide::decide,
    error::Rejection,
    event::Turn,
    evolve::{FoldError, fold},
    execution::Execution,
    payload::Payload,
    reading::Missing,
};
use document::{id::NodeId, time::Time};
use serde_json::{Value, json};

/// Given a loop over a list of the input, whose body waits for a worker.
fn looping() -> (Story, Vec<Turn>) {
    let nodes = json!([
        { "id": "each", "type": "loop", "config": { "for_each": "input.list" } },
        { "id": "work", "type": "transform", "config": { "set": { "n": "{{ item }}" } } },
    ]);
    let edges = json!([{ "from": "start", "to": "each" }, { "from": "each", "to": "work", "port": "loop" },
        { "from": "work", "to": "each" }]);
    let started = json!({ "list": ["one", "two"] });
    let mut story = Story::given(nodes, edges, started);
    let mut turns = vec![Turn { seq: 1, at: Time(0), by: None, request: None, events: story.events.clone() }];
    story.open("each");
    turns.push(Turn { seq: 2, at: Time(0), by: None, request: None, events: story.events.clone() });
    (story, turns)
}

/// The value as a store gives it back that keeps it elsewhere.
fn offloaded(value: &Payload) -> Payload {
    drop(value.offload(0).unwrap());
    serde_json::from_value(json!(value)).unwrap()
}

/// The turns as a store gives them back that keeps every value elsewhere.
fn lean(turns: &[Turn]) -> Vec<Turn> {
    turns.iter().flat_map(Turn::payloads).for_each(|value| drop(value.offload(0)));
    serde_json::from_value(json!(turns)).unwrap()
}

/// When what is missing is fetched; `values` are all that the store keeps.
fn fetch(missing: &Missing, values: &[Value]) {
    for payload in missing.payloads() {
        let sha256 = &payload.missing().unwrap().sha256;
        let value = values.iter().find(|value| document::id::sha256_hex(value.to_string().as_bytes()) == *sha256);
        payload.fetched(value.unwrap().clone());
    }
}

#[test]
fn what_was_recorded_is_not_folded_with_a_value_that_is_missing() {
    let (story, turns) = looping();
    let turns = lean(&turns);
    let Err(FoldError::Needs(missing)) = fold(&story.workflow, None, &turns) else {
        panic!("it folds without its list")
    };
    assert_eq!(missing.payloads().len(), 1, "the list, and nothing that nobody reads");
    fetch(&missing, &[json!(["one", "two"])]);
    let folded = fold(&story.workflow, None, &turns).unwrap();
    let item = folded.node(&"each".into()).unwrap().output.clone().unwrap();
    assert_eq!(item.value(), Some(&json!("one")));
}

#[test]
fn a_decision_without_a_value_that_it_reads_is_none() {
    let (story, _) = looping();
    let mut state: Execution = story.state.clone();
    let mut each = (*state.loops[&NodeId::from("each")]).clone();
    each.items = Some(offloaded(each.items.as_ref().unwrap()));
    state.loops.insert("each".into(), each.into());
    let report = || Command::Report {
        activation: state.activation(&"work".into()),
        attempt: 1,
        outcome: crate::task::Outcome::Succeeded { port: "success".into(), output: json!(1).into() },
        duration_ms: None,
    };
    let asked = decide(&story.workflow, Some(&state), report().into(), Time(0));
    let Err(Rejection::Needs(missing)) = asked else { panic!("{asked:?}") };
    fetch(&missing, &[json!(["one", "two"])]);
    let decided = decide(&story.workflow, Some(&state), report().into(), Time(0)).unwrap();
    let item = decided.state.node(&"each".into()).unwrap().output.clone().unwrap();
    assert_eq!(item.value(), Some(&json!("two")), "the next iteration has its item");
}
