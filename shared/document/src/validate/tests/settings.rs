//! Values that may be one template alone, and are checked as literals are where they are none.

use super::{clean, expect, one};
use serde_json::{Value, json};

fn of(kind: &str, key: &str, value: Value) -> Value {
    let mut config = match kind {
        "loop" => json!({"for_each": "[1]"}),
        "map" => json!({"items": "[1]", "body": "w2"}),
        "wait" => json!({"event": "paid"}),
        "workflow" => json!({"workflow_id": ["w2"]}),
        _ => json!({"kind": "approval", "question": "?", "timeout_seconds": 60}),
    };
    config[key] = value;
    let mut document = one(kind, config);
    if kind == "loop" {
        document["nodes"].as_array_mut().unwrap().push(json!({"id": "b", "type": "code", "config": {"code": "1"}}));
        document["edges"]
            .as_array_mut()
            .unwrap()
            .extend([json!({"from": "n", "to": "b", "port": "loop"}), json!({"from": "b", "to": "n"})]);
    }
    document
}

const VALUES: [(&str, &str); 8] = [
    ("loop", "max_iterations"),
    ("map", "max_concurrency"),
    ("map", "tolerated_failures"),
    ("wait", "timeout_seconds"),
    ("workflow", "stop_on_failure"),
    ("human", "approval_threshold"),
    ("human", "allow_requester"),
    ("human", "timeout_seconds"),
];

#[test]
fn a_value_is_one_template_alone() {
    for (kind, key) in VALUES {
        let at = format!("/nodes/1/config/{key}");
        clean(&of(kind, key, json!("{{ input.limit }}")));
        for (value, code) in [
            (json!("1{{ input.limit }}"), "invalid_config"),
            (json!("{{ input.a }}{{ input.b }}"), "invalid_config"),
            (json!("many"), "invalid_config"),
            (json!(-1), "invalid_config"),
            (json!([1]), "invalid_config"),
            (json!("{{ 1 + }}"), "invalid_cel"),
            (json!("{{ ctx.nobody.output }}"), "unknown_reference"),
            (json!("{{ secrets.KEY }}"), "secret_not_allowed"),
        ] {
            let document = of(kind, key, value);
            let found = super::found(&document);
            assert!(found.contains(&(code.to_owned(), at.clone())), "{key}: {found:?} in {document}");
        }
    }
}

#[test]
fn what_decides_structure_is_literal() {
    for (key, value) in [("kind", "approval"), ("timeout_action", "fail")] {
        clean(&of("human", key, json!(value)));
        let found = super::found(&of("human", key, json!("{{ input.word }}")));
        assert!(found.iter().any(|(code, path)| code == "invalid_config" && path.ends_with(key)), "{found:?}");
    }
    let mode = of("workflow", "mode", json!("{{ input.mode }}"));
    expect(&mode, &[("invalid_config", "/nodes/1/config/mode")]);
}

/// Whoever asks for it relies on it, so nothing of it is passed over.
#[test]
fn what_is_kept_by_its_hash_is_said_in_full() {
    let of = |redact: Value| {
        let mut document = one("transform", json!({"expression": "1"}));
        document["settings"] = json!({ "redact": redact });
        document
    };
    clean(&of(json!(["prompts"])));
    let workflow = crate::parse(&of(json!(["prompts"]))).unwrap().workflow;
    assert!(workflow.settings.seals_prompts);
    for redact in [json!(["prompts", "prompts"]), json!(["outputs"]), json!([]), json!(true), json!("prompts")] {
        expect(&of(redact), &[("schema", "/settings/redact")]);
    }
}
