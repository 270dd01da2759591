//! What is taken and does nothing is told.

use super::{clean, expect, flow, one};
use serde_json::{Value, json};

fn http() -> Value {
    one("http_request", json!({"url": "https://x.example"}))
}

#[test]
fn what_an_error_and_a_rollback_do_is_no_warning() {
    let asked = json!({"ask_human": {"assignees": ["ops@x.example"], "timeout_seconds": 9}});
    for policy in [json!("fail"), json!("continue"), json!("rollback"), asked] {
        let mut document = http();
        document["nodes"][1]["on_error"] = policy;
        clean(&document);
    }
    let mut document = http();
    document["settings"] = json!({"on_error": "rollback"});
    document["nodes"][1]["compensate"] = json!({"type": "transform", "config": {"set": {}}});
    clean(&document);
}

#[test]
fn what_would_tell_people() {
    let ask = |more: Value| {
        let mut config = json!({"kind": "ask", "question": "?", "timeout_seconds": 5});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one("human", config)
    };
    let channels =
        json!([{"type": "web"}, {"type": "slack", "channel": "#finance"}, {"type": "email", "to": "a@x.example"}]);
    clean(&ask(json!({"channels": channels})));
    for to_each in ["email", "slack"] {
        let channels = json!([{"type": to_each}]);
        expect(&ask(json!({"channels": channels})), &[("no_effect", "/nodes/1/config/channels")]);
        clean(&ask(json!({"channels": channels, "assignees": ["a@x.example"], "remind_every_seconds": 60})));
    }
    let reminded = ask(json!({"remind_every_seconds": 60}));
    expect(&reminded, &[("no_effect", "/nodes/1/config/remind_every_seconds")]);
    let others = json!({"escalate_to": ["cfo@x.example"]});
    expect(&ask(others), &[("no_effect", "/nodes/1/config/escalate_to")]);
    clean(&ask(json!({"escalate_to": ["cfo@x.example"], "timeout_action": "escalate"})));
    clean(&ask(json!({"channel_type": "slack", "slack_channel": "#finance"})));
}

#[test]
fn a_connection_that_hands_nothing_over() {
    let mut document = http();
    document["nodes"].as_array_mut().unwrap().push(json!({"id": "tool", "type": "code", "config": {"code": "1"}}));
    document["edges"].as_array_mut().unwrap().push(json!({"from": "tool", "to": "n", "connection": "ai_tool"}));
    expect(&document, &[("no_effect", "/edges/1/connection")]);
}

#[test]
fn bounds_of_what_takes_no_time() {
    let looped = || {
        flow(
            json!([{"id": "start", "type": "manual_trigger"},
                   {"id": "l", "type": "loop", "config": {"for_each": "[1]"}},
                   {"id": "a", "type": "http_request", "config": {"url": "https://x.example"}}]),
            json!([{"from": "start", "to": "l"}, {"from": "l", "to": "a", "port": "loop"}, {"from": "a", "to": "l"}]),
        )
    };
    for (node, key, value, told) in [
        (1, "timeout_seconds", json!(60), true),
        (1, "retry", json!({"max_attempts": 3}), true),
        (2, "timeout_seconds", json!(60), false),
        (2, "retry", json!({"max_attempts": 3}), false),
        (0, "timeout_seconds", json!(60), true),
    ] {
        let mut document = looped();
        document["nodes"][node][key] = value;
        let at = format!("/nodes/{node}/{key}");
        let wanted: &[(&str, &str)] = if told { &[("no_effect", &at)] } else { &[] };
        expect(&document, wanted);
    }
    let mut document = one("transform", json!({"set": {}}));
    document["nodes"][1]["timeout_seconds"] = json!(5);
    expect(&document, &[("no_effect", "/nodes/1/timeout_seconds")]);
    let asks = json!({"ask_human": {"assignees": ["ops@x.example"], "timeout_seconds": 9}});
    for (policy, told) in [(asks, true), (json!("fail"), false), (json!("rollback"), false)] {
        let mut document = one("fail", json!({}));
        document["nodes"][1]["on_error"] = policy;
        let wanted: &[(&str, &str)] = if told { &[("no_effect", "/nodes/1/on_error")] } else { &[] };
        expect(&document, wanted);
    }
}
