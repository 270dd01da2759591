//! What of a config may be a template: the table of the format says it, and here every key of every type is tried.

use crate::docs::read;
use document::{Workflow, node::Types, parse};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What may stand in a key, in the order of the columns of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum May {
    /// Text or JSON, with templates anywhere in it.
    Text,
    /// A literal, or one template alone.
    Value,
    /// A CEL expression.
    Cel,
    /// A literal.
    Literal,
}

const COLUMNS: [May; 4] = [May::Text, May::Value, May::Cel, May::Literal];

/// The rows of the table: for each type, what its keys may be.
fn listed() -> BTreeMap<String, Vec<(String, May)>> {
    let text = read("docs/workflow-format.md");
    let table = text.split("\n### What may be a template\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut rows = BTreeMap::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        assert_eq!(cells.len(), 1 + COLUMNS.len(), "{line}");
        let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        let of = names(cells[0]);
        let keys: Vec<(String, May)> = cells[1..]
            .iter()
            .zip(COLUMNS)
            .flat_map(|(cell, may)| names(cell).into_iter().map(move |key| (key, may)))
            .collect();
        for name in of {
            assert!(rows.insert(name.clone(), keys.clone()).is_none(), "{name} is listed twice");
        }
    }
    rows
}

/// A document with a node `n` of a type, whose config has everything that it needs beside the key that is tried.
fn document(of: &str, key: &str) -> Value {
    let config = match (of, key) {
        ("http_request", _) => json!({"url": "https://x.example"}),
        ("code", _) => json!({"code": "return 1"}),
        ("branch", _) => json!({"rules": [{"when": "true", "port": "yes"}], "default": "no"}),
        ("loop", "while" | "for_each") => json!({}),
        ("loop", _) => json!({"for_each": "[1]"}),
        ("map", _) => json!({"items": "[1]", "body": "w2"}),
        ("wait", "timeout_seconds") => json!({"event": "paid"}),
        ("wait", _) => json!({}),
        ("schedule_trigger", "every_seconds" | "cron") => json!({}),
        ("schedule_trigger", _) => json!({"every_seconds": 60}),
        ("workflow", _) => json!({"workflow_id": ["w2"]}),
        ("human", key) => {
            let kind = match key.split('.').next().unwrap() {
                "schema" | "rules" => "input",
                "options" => "decision",
                "content" => "review",
                "tool" | "arguments" | "security_level" => "authorization",
                _ => "approval",
            };
            let mut config = json!({"kind": kind, "question": "?", "timeout_seconds": 60,
                "timeout_action": "escalate", "escalate_to": ["x@x.example"],
                "auto_approve_below": {"value": "1", "below": 2}});
            if kind == "decision" {
                config["options"] = json!([{"id": "yes", "label": "Yes"}]);
            }
            config
        }
        ("agent", key) => {
            let model = json!({"provider": "openai", "name": "m", "base_url": "https://x.example/v1"});
            let mut config = json!({"model": model, "budget": {}});
            if key.starts_with("messages") {
                config["messages"] = json!([{"role": "user", "content": "?"}]);
            }
            config
        }
        ("model", _) => json!({"provider": "openai", "name": "m"}),
        ("memory", _) => json!({"key": "k"}),
        ("output_parser", _) => json!({"schema": {}}),
        ("mcp", "command" | "args") => json!({"command": "x"}),
        ("mcp", _) => json!({"url": "https://x.example"}),
        _ => json!({}),
    };
    let node = json!({"id": "n", "type": of, "config": config});
    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger"}), node];
    let mut edges = vec![json!({"from": "start", "to": "n"})];
    if of.ends_with("_trigger") {
        edges.clear();
    } else if let Some(connection) = lent_by(of) {
        nodes.push(json!({"id": "a", "type": "agent", "config": {"model": {"provider": "openai", "name": "m"}}}));
        edges = vec![json!({"from": "start", "to": "a"}), json!({"from": "n", "to": "a", "connection": connection})];
    } else if of == "break" {
        nodes.push(json!({"id": "l", "type": "loop", "config": {"for_each": "[1]"}}));
        edges = vec![json!({"from": "start", "to": "l"}), json!({"from": "l", "to": "n", "port": "loop"})];
    }
    json!({"id": "w", "nodes": nodes, "edges": edges})
}

/// The connection by which a node of a type is lent to an agent; none where it runs by itself.
fn lent_by(of: &str) -> Option<&'static str> {
    Some(match of {
        "model" => "ai_language_model",
        "memory" => "ai_memory",
        "output_parser" => "ai_output_parser",
        "mcp" => "ai_tool",
        _ => return None,
    })
}

/// Where a key of the table stands in a config: `rules.when` in the first rule.
fn pointer(config: &Value, key: &str) -> String {
    let mut at = String::new();
    for name in key.split('.') {
        if config.pointer(&at).is_some_and(Value::is_array) {
            at.push_str("/0");
        }
        at = format!("{at}/{name}");
    }
    at
}

/// The name that is looked for. What a request expects is said of the response alone.
fn mark(key: &str) -> &'static str {
    if key == "expect" { "body.mark" } else { "input.mark" }
}

/// Whether a document with a value in a key is taken, and reads the mark then.
fn reads(of: &str, key: &str, value: &Value) -> bool {
    let mut document = document(of, key);
    let config = &mut document["nodes"][1]["config"];
    let at = pointer(config, key);
    let (parent, name) = at.rsplit_once('/').unwrap();
    config.pointer_mut(parent).unwrap()[name] = value.clone();
    let marked = |workflow: &Workflow| {
        let mut all = Vec::new();
        // What is lent is read where an agent has it.
        let reader = if lent_by(of).is_some() { "a" } else { "n" };
        workflow.node(reader).unwrap().kind.config().expressions(&mut all);
        all.iter().any(|expr| expr.source() == mark(key))
    };
    parse(&document).is_ok_and(|parsed| marked(&parsed.workflow))
}

/// What the code takes in a key.
fn taken(of: &str, key: &str) -> May {
    let any = |values: &[Value]| values.iter().any(|value| reads(of, key, value));
    let mark = mark(key);
    if any(&[json!(mark), json!([mark])]) {
        return May::Cel;
    }
    let (alone, within) = (format!("{{{{ {mark} }}}}"), format!("https://x.example/{{{{ {mark} }}}}"));
    if any(&[json!(within), json!({ "a": within }), json!(format!("{alone} and more"))]) {
        return May::Text;
    }
    if any(&[json!(alone), json!({ "a": alone }), json!([alone])]) { May::Value } else { May::Literal }
}

#[test]
fn the_table_says_of_every_key_what_the_code_takes() {
    let rows = listed();
    let types: BTreeSet<String> = Types::standard().all().map(|of| of.name.to_owned()).collect();
    assert_eq!(rows.keys().cloned().collect::<BTreeSet<_>>(), types);
    for (of, keys) in &rows {
        for (key, may) in keys {
            assert_eq!(taken(of, key), *may, "`{key}` of a `{of}`");
        }
    }
}

#[test]
fn the_table_lists_every_key_of_a_config() {
    let openapi: Value = serde_json::from_str(&read("functions/api/src/openapi.json")).unwrap();
    let schemas = &openapi["components"]["schemas"];
    let rows = listed();
    let described = schemas["DocumentNode"]["allOf"][1]["oneOf"].as_array().unwrap();
    assert_eq!(described.len(), rows.len());
    for one in described {
        let of = one["properties"]["type"]["enum"][0].as_str().unwrap();
        let config = one["properties"]["config"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap();
        let keys: BTreeSet<&str> =
            schemas[config]["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
        let listed: BTreeSet<&str> = rows[of].iter().map(|(key, _)| key.split('.').next().unwrap()).collect();
        assert_eq!(listed, keys, "the keys of a `{of}`");
    }
}

#[test]
fn a_value_that_may_be_a_template_may_be_one_in_the_description_for_programs() {
    // What the API's description calls a number alone, an editor would underline as a template.
    let openapi: Value = serde_json::from_str(&read("functions/api/src/openapi.json")).unwrap();
    let schema = json!({"$ref": "#/components/schemas/Document", "components": openapi["components"]});
    let schema = document::validate::schema::Schema::compile(&schema).map_err(|wrong| wrong.message).unwrap();
    for (of, keys) in listed() {
        for (key, _) in keys.iter().filter(|(_, may)| *may == May::Value) {
            let mut document = document(&of, key);
            let config = &mut document["nodes"][1]["config"];
            let at = pointer(config, key);
            let (parent, name) = at.rsplit_once('/').unwrap();
            config.pointer_mut(parent).unwrap()[name] = json!("{{ input.mark }}");
            let faults: Vec<String> = schema.violations(&document).into_iter().map(|one| one.message).collect();
            assert_eq!(faults, [""; 0], "`{key}` of a `{of}`: {document}");
        }
    }
}
