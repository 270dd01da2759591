//! What a `wait` takes as a time, and as the name of an event.

use super::story::Story;
use crate::execution::Status;
use document::time::Time;
use serde_json::{Value, json};

/// When a `wait` is reached, whose config reads `x` of the input.
fn reached(config: Value, x: Value) -> Story {
    let nodes = json!([{ "id": "wait", "type": "wait", "config": config }]);
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "wait" }]), json!({ "x": x }));
    story.open("wait");
    story
}

#[test]
fn an_event_without_a_name_is_not_awaited_for_ever() {
    for (name, found) in [
        (json!(null), "null"),
        (json!(""), "empty"),
        (json!("  "), "empty"),
        (json!("x".repeat(257)), "too long"),
        (json!(true), "a boolean"),
        (json!(["paid"]), "a list"),
        (json!({ "a": 1 }), "an object"),
    ] {
        let story = reached(json!({ "event": "{{ input.x }}" }), name);
        story.is(Status::Failed);
        let error = story.state.error.as_ref().unwrap();
        assert_eq!(error.code, "invalid_name");
        assert!(error.message.contains(&format!("is {found}")), "{}", error.message);
    }
    for name in [json!("paid"), json!(17)] {
        reached(json!({ "event": "{{ input.x }}" }), name).is(Status::Waiting);
    }
    let issues = document::parse(&json!({ "id": "w", "nodes": [{ "id": "start", "type": "manual_trigger" },
        { "id": "wait", "type": "wait", "config": { "event": "x".repeat(257) } }],
        "edges": [{ "from": "start", "to": "wait" }] }));
    assert!(issues.is_err(), "a literal name is checked before it runs");
}

#[test]
fn a_wait_ends_at_any_time_that_there_is() {
    let until = |text: &str| reached(json!({ "until": "{{ input.x }}" }), json!(text));
    for (text, at) in [
        ("9999-12-31T23:59:59.999Z", Time(253_402_300_799_999)),
        ("0001-01-01T00:00:00Z", Time(-62_135_596_800_000)),
        ("1970-01-01T09:00:00+09:00", Time(0)),
    ] {
        let story = until(text);
        story.is(Status::Waiting);
        let phase = &story.state.node(&"wait".into()).unwrap().phase;
        assert!(
            matches!(phase, crate::execution::Phase::Waiting { until: Some(until), .. } if *until == at),
            "{phase:?}"
        );
    }
    for text in [
        "2030-01-31T09:00:00+0100",
        "2030-01-31T09:00:00+24:00",
        "2030-01-31T09:00:00-25:00",
        "2030-01-31",
        "0000-12-31T23:59:59Z",
        "9999-12-31T23:59:59-00:01",
    ] {
        let story = until(text);
        story.is(Status::Failed);
        assert_eq!(story.state.error.as_ref().unwrap().code, "invalid_time", "{text}");
        let literal = json!({ "id": "w", "nodes": [{ "id": "start", "type": "manual_trigger" },
            { "id": "wait", "type": "wait", "config": { "until": text } }], "edges": [{ "from": "start", "to": "wait" }] });
        assert!(document::parse(&literal).is_err(), "{text}");
    }
}
