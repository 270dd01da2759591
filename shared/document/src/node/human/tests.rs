//! Configs of `human` nodes that are refused, or warned about, before anything runs.
#![allow(clippy::unwrap_used)]

use crate::validate::check;
use serde_json::{Value, json};

/// The problems of a human node after a node `a` and beside a node `later`, as `(code, path within the config)`.
fn found(config: &Value) -> Vec<(String, String)> {
    let mut config = config.clone();
    config["question"] = json!("?");
    config["timeout_seconds"] = json!(60);
    let document = json!({ "id": "w", "nodes": [
        { "id": "start", "type": "manual_trigger" },
        { "id": "a", "type": "transform", "config": { "expression": "input" } },
        { "id": "h", "type": "human", "config": config },
        { "id": "later", "type": "transform", "config": { "set": {} } },
    ], "edges": [{ "from": "start", "to": "a" }, { "from": "a", "to": "h" }, { "from": "a", "to": "later" }] });
    let (errors, warnings) = check(&document);
    let issues = errors.into_iter().chain(warnings);
    let told = issues.map(|issue| {
        assert!(document.pointer(&issue.path).is_some(), "no such place: {issue:?}");
        (issue.code, issue.path.trim_start_matches("/nodes/2/config").to_owned())
    });
    told.collect()
}

#[track_caller]
fn one(config: Value, code: &str, path: &str) {
    assert_eq!(found(&config), [(code.to_owned(), path.to_owned())], "{config}");
}

#[track_caller]
fn none(config: Value) {
    assert_eq!(found(&config), [], "{config}");
}

fn decision(option: Value) -> Value {
    json!({ "kind": "decision", "options": [option, "no"] })
}

fn input(schema: Value) -> Value {
    json!({ "kind": "input", "schema": schema })
}

#[test]
fn a_label_is_a_template_and_an_id_is_none() {
    none(decision(json!({ "id": "yes", "label": "Pay {{ ctx.a.output.amount }}" })));
    one(decision(json!({ "id": "yes", "label": "{{ ctx.b.output }}" })), "unknown_reference", "/options/0/label");
    one(decision(json!({ "id": "yes", "label": "{{ ctx.later.output }}" })), "unknown_reference", "/options/0/label");
    one(decision(json!({ "id": "yes", "label": "{{ secrets.KEY }}" })), "secret_not_allowed", "/options/0/label");
    one(decision(json!({ "id": "yes", "label": "{{ 1 + }}" })), "invalid_cel", "/options/0/label");
    one(decision(json!({ "id": "{{ input.id }}", "label": "Yes" })), "invalid_config", "/options/0/id");
    one(decision(json!("Pay {{ input.amount }}")), "invalid_config", "/options/0");
}

#[test]
fn the_strings_of_a_schema_are_templates() {
    let property = |schema: Value| input(json!({ "type": "object", "properties": { "size": schema } }));
    none(property(json!({ "title": "Of {{ ctx.a.output.name }}", "enum": "{{ input.sizes }}" })));
    none(property(json!({ "enum": ["S", "{{ input.size }}"], "pattern": "^{{ input.prefix }}" })));
    none(input(json!("{{ input.schema }}")));
    let at = "/schema/properties/size/title";
    one(property(json!({ "title": "{{ ctx.b.output }}" })), "unknown_reference", at);
    one(property(json!({ "title": "{{ secrets.KEY }}" })), "secret_not_allowed", at);
    one(property(json!({ "title": "{{ 1 + }}" })), "invalid_cel", at);
}

#[test]
fn what_of_a_schema_no_template_decides_is_checked_beside_one() {
    let beside = |key: &str, value: Value| {
        let mut schema =
            json!({ "title": "{{ input.title }}", "properties": { "size": { "title": "{{ input.x }}" } } });
        schema["properties"]["size"][key] = value;
        input(schema)
    };
    one(beside("type", json!("objekt")), "invalid_config", "/schema/properties/size/type");
    one(beside("$ref", json!("#/properties/size")), "invalid_config", "/schema/properties/size/$ref");
    none(beside("type", json!(["string", "{{ input.or }}"])));
    // A reference may lead to a part of the schema that a template yields.
    none(input(json!({ "$ref": "#/$defs/a", "$defs": { "a": "{{ input.schema }}" } })));
}

#[test]
fn a_threshold_that_no_answer_counts_towards_is_warned_about() {
    let asks = |kind: &str, key: &str, votes: u64| {
        let mut config = json!({ "kind": kind, key: votes });
        if kind == "decision" {
            config["options"] = json!(["yes", { "id": "rejected" }]);
        }
        config
    };
    for (kind, key) in [
        ("input", "approval_threshold"),
        ("input", "rejection_threshold"),
        ("ask", "approval_threshold"),
        ("decision", "approval_threshold"),
    ] {
        one(asks(kind, key, 2), "threshold_ignored", &format!("/{key}"));
        none(asks(kind, key, 1));
        one(asks(kind, key, 0), "invalid_config", &format!("/{key}"));
    }
    none(asks("decision", "rejection_threshold", 2));
    for kind in ["approval", "review", "authorization"] {
        none(asks(kind, "approval_threshold", 2));
        none(asks(kind, "rejection_threshold", 2));
    }
}

#[test]
fn what_no_message_could_be_sent_with_is_refused_before_anything_is() {
    let told_by = |channel: Value| {
        let mut config = input(json!({ "type": "object" }));
        config["channels"] = json!([channel]);
        config
    };
    let webhook = |more: Value| {
        let mut channel = json!({ "type": "webhook", "url": "https://x.example/{{ secrets.PATH }}" });
        channel.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        told_by(channel)
    };
    none(webhook(json!({ "headers": { "x-team": "a" }, "secret": "{{ secrets.KEY }}" })));
    let own = json!({ "headers": { "Webhook-Signature": "v1,x" } });
    one(webhook(own), "invalid_config", "/channels/0/headers/Webhook-Signature");
    one(webhook(json!({ "secret": "tooshort" })), "invalid_config", "/channels/0/secret");
    let email = |to: Value| told_by(json!({ "type": "email", "to": to }));
    none(email(json!(["archive@example.com", "{{ input.more }}"])));
    none(email(json!("archive@example.com, audit@example.com")));
    for wrong in [json!(["archive@example.com", "nope"]), json!("group:finance"), json!("a@x.example, b")] {
        one(email(wrong), "invalid_config", "/channels/0/to");
    }
}
