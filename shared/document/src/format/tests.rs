#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::{
    parse,
    validate::{check, schema::Schema},
};
use std::collections::BTreeSet;

fn compiled() -> Schema {
    Schema::compile(&schema()).map_err(|wrong| wrong.message).unwrap()
}

/// A document of a trigger and one node, which an edge joins.
fn around(node: &Value) -> Value {
    let mut node = node.clone();
    node["id"] = json!("n");
    let lent = [
        ("model", "ai_language_model"),
        ("memory", "ai_memory"),
        ("output_parser", "ai_output_parser"),
        ("mcp", "ai_tool"),
    ];
    let tool = [("tool", "ai_tool")].into_iter().filter(|_| node.get("tool").is_some());
    let lends = |(kind, _): &(&str, &str)| *kind == "tool" || node["type"] == *kind;
    if let Some((_, connection)) = lent.into_iter().chain(tool).find(lends) {
        let model = json!({"provider": "openai", "name": "m"});
        return json!({"id": "w", "nodes": [{"id": "go", "type": "manual_trigger"}, node,
            {"id": "a", "type": "agent", "config": {"model": model}}],
            "edges": [{"from": "go", "to": "a"}, {"from": "n", "to": "a", "connection": connection}]});
    }
    json!({"id": "w", "nodes": [{"id": "go", "type": "manual_trigger"}, node], "edges": [{"from": "go", "to": "n"}]})
}

fn of(kind: &str, config: Value) -> Value {
    json!({"type": kind, "config": config})
}

/// Agents, what is lent to them, and tools that are read.
fn right_of_agents() -> Vec<Value> {
    vec![
        of("agent", json!({"model": {"provider": "openai", "name": "m"}})),
        of(
            "agent",
            json!({"model": [{"provider": "openai_compatible", "name": "{{ input.m }}", "base_url": "http://a.example/v1",
                "api_key": "{{ secrets.K }}", "temperature": 0.5, "top_p": "{{ input.p }}", "max_output_tokens": 5,
                "stop": ["."]}], "system_prompt": "You.", "messages": [{"role": "user", "content": "{{ input.x }}"}],
                "output_schema": {"type": "object"}, "max_turns": 200, "max_tool_calls": "{{ input.n }}",
                "budget": {"tokens": 5}, "parallel_tools": 2, "built_in_tools": ["ask_human"]}),
        ),
        of("model", json!({"provider": "bedrock", "name": "m"})),
        of("memory", json!({"key": "{{ input.who }}", "window": 5, "max_tokens": 500, "ttl_days": 1})),
        of("output_parser", json!({"schema": {"type": "object"}})),
        of("mcp", json!({"url": "https://a.example/mcp", "headers": {"a": "b"}, "tools": ["t"]})),
        of("mcp", json!({"command": "server", "args": ["-v"]})),
        json!({"type": "code", "config": {"code": "return 1"}, "tool": {"name": "t", "description": "Does.",
            "parameters": {"type": "object"}, "max_calls": 3, "result_bytes": 100, "on_error": "fail",
            "require_approval": {"when": "args.x > 1", "security_level": "high", "assignees": ["a@a.example"],
                "expires_seconds": 60, "channels": [{"type": "slack", "channel": "#a"}]}}}),
        json!({"type": "code", "config": {"code": "return 1"}, "tool": {"require_approval": "args.x > 1"}}),
        json!({"type": "code", "config": {"code": "return 1"}, "tool": {"require_approval": true}}),
    ]
}

/// Agents, what is lent to them, and tools that are refused for their shape.
fn wrong_of_agents() -> Vec<(&'static str, Value)> {
    vec![
        ("no provider", of("agent", json!({"model": {"name": "m"}}))),
        ("a provider", of("model", json!({"provider": "acme", "name": "m"}))),
        ("no key", of("memory", json!({"window": 3}))),
        ("no schema", of("output_parser", json!({}))),
        ("no server", of("mcp", json!({}))),
        ("two servers", of("mcp", json!({"url": "https://a.example", "command": "x"}))),
        ("money", of("agent", json!({"model": {"provider": "openai", "name": "m"}, "budget": {"usd": 0}}))),
        ("turns", of("agent", json!({"model": {"provider": "openai", "name": "m"}, "max_turns": 201}))),
        (
            "a role",
            of(
                "agent",
                json!({"model": {"provider": "openai", "name": "m"}, "messages": [{"role": "x", "content": "y"}]}),
            ),
        ),
        ("a key of a tool", json!({"type": "code", "config": {"code": "1"}, "tool": {"approve": true}})),
        ("a name of a tool", json!({"type": "code", "config": {"code": "1"}, "tool": {"name": "a b"}})),
        ("a number for an approval", json!({"type": "code", "config": {"code": "1"}, "tool": {"require_approval": 3}})),
        (
            "a level",
            json!({"type": "code", "config": {"code": "1"}, "tool": {"require_approval": {"security_level": "low"}}}),
        ),
    ]
}

/// Configs that are read, some for every other type.
fn right() -> Vec<Value> {
    vec![
        json!({"type": "http_request", "config": {"url": "https://a.example"}, "retry": {"max_attempts": 2}, "join": "any"}),
        of(
            "http_request",
            json!({"url": "{{ input.url }}", "method": "post", "headers": {"a": 1}, "query": "{{ input.q }}",
            "body": [1], "expect": "status == 200"}),
        ),
        of("code", json!({"code": "return 1", "language": "JavaScript"})),
        of("transform", json!({"set": {"a": "{{ input.a }}"}, "expression": null})),
        of("transform", json!({"expression": 1})),
        of("branch", json!({"rules": [{"when": true, "port": "a b"}], "default": "c"})),
        of("map", json!({"items": "[1]", "body": "other", "max_concurrency": 3, "tolerated_failures": 1})),
        of(
            "map",
            json!({"items": "[1]", "body": {"nodes": [{"id": "x", "type": "transform", "config": {"set": {}}}]}}),
        ),
        of("wait", json!({"seconds": "{{ input.s }}"})),
        of("wait", json!({"until": "2030-01-31T09:00:00Z"})),
        of("wait", json!({"event": "paid", "timeout_seconds": 3})),
        of("human", json!({"kind": "approval", "question": "?", "assignees": "{{ input.who }}"})),
        of("human", json!({"kind": "input", "question": "?", "schema": {"type": "object"}, "rules": ["answer.a > 1"]})),
        of("human", json!({"kind": "decision", "question": "?", "options": ["a", {"id": "b", "label": "B"}]})),
        of(
            "human",
            json!({"kind": "review", "content": {"a": 1}, "timeout_seconds": 9, "timeout_action": "auto_reject"}),
        ),
        of("human", json!({"kind": "ask", "question": "?", "channels": [{"type": "slack", "channel": "#a"}]})),
        of("human", json!({"kind": "authorization", "tool": "rm", "security_level": "high", "timeout_action": "fail"})),
        of(
            "human",
            json!({"kind": "approval", "question": "?", "auto_approve_below": {"value": "input.a", "below": 3}}),
        ),
        of("workflow", json!({"workflow_id": "a", "input": {}})),
        of("workflow", json!({"workflow_id": ["a", 7], "mode": "parallel", "stop_on_failure": false})),
        json!({"type": "succeed"}),
        json!({"type": "fail", "config": null, "name": null}),
        of("fail", json!({"code": "no", "message": "never"})),
        json!({"type": "code", "config": {"code": "return 1"}, "compensate": of("transform", json!({"set": {}}))}),
    ]
}

/// Configs that are refused for their shape, with what is wrong with each.
fn wrong() -> Vec<(&'static str, Value)> {
    vec![
        ("unknown type", of("htpt_request", json!({}))),
        ("no type", json!({"config": {}})),
        ("unknown key of a node", json!({"type": "succeed", "timeout": 3})),
        ("unknown key of a config", of("succeed", json!({"value": 3}))),
        ("config is no object", of("succeed", json!([]))),
        ("a required config", json!({"type": "http_request"})),
        ("a required key", of("http_request", json!({"method": "GET"}))),
        ("a required key that is null", of("http_request", json!({"url": null}))),
        ("a method", of("http_request", json!({"url": "https://a.example", "method": "FETCH"}))),
        ("a relative URL", of("http_request", json!({"url": "/orders"}))),
        ("headers", of("http_request", json!({"url": "https://a.example", "headers": ["a"]}))),
        ("blank code", of("code", json!({"code": " "}))),
        ("a language", of("code", json!({"code": "1", "language": "python"}))),
        ("neither of two", of("transform", json!({}))),
        ("both of two", of("transform", json!({"set": {}, "expression": "1"}))),
        ("rules", of("branch", json!({"rules": [{"when": "true"}]}))),
        ("a rule", of("branch", json!({"rules": ["true"]}))),
        ("no body", of("map", json!({"items": "[1]"}))),
        ("a node of a body", of("map", json!({"items": "[1]", "body": {"nodes": [{"id": "x", "type": "nonsense"}]}}))),
        ("too many at once", of("map", json!({"items": "[1]", "body": "b", "max_concurrency": 10_001}))),
        ("two waits", of("wait", json!({"seconds": 1, "event": "a"}))),
        ("a time", of("wait", json!({"until": "tomorrow"}))),
        ("text for seconds", of("wait", json!({"seconds": "5"}))),
        ("a timeout of no event", of("wait", json!({"seconds": 1, "timeout_seconds": 3}))),
        ("no kind", of("human", json!({"question": "?"}))),
        ("a kind", of("human", json!({"kind": "poll", "question": "?"}))),
        ("no question", of("human", json!({"kind": "approval"}))),
        ("a key of another kind", of("human", json!({"kind": "approval", "question": "?", "options": ["a"]}))),
        ("no options", of("human", json!({"kind": "decision", "question": "?", "options": []}))),
        ("a port that is taken", of("human", json!({"kind": "decision", "question": "?", "options": ["timeout"]}))),
        (
            "nobody to escalate to",
            of("human", json!({"kind": "ask", "question": "?", "timeout_seconds": 1, "timeout_action": "escalate"})),
        ),
        (
            "no port to reject by",
            of("human", json!({"kind": "ask", "question": "?", "timeout_seconds": 1, "timeout_action": "auto_reject"})),
        ),
        ("nothing times out", of("human", json!({"kind": "approval", "question": "?", "timeout_action": "fail"}))),
        ("a bound of nothing", of("human", json!({"kind": "approval", "question": "?", "auto_approve_below": 3}))),
        ("nobody", of("human", json!({"kind": "approval", "question": "?", "assignees": []}))),
        ("no workflow", of("workflow", json!({"workflow_id": []}))),
        ("a mode", of("workflow", json!({"workflow_id": "a", "mode": "random"}))),
        ("retries", json!({"type": "succeed", "retry": {"max_attempts": 0}})),
        ("a join", json!({"type": "succeed", "join": {"at_least": 0}})),
        ("a policy", json!({"type": "succeed", "on_error": "ignore"})),
        ("what undoes nothing", json!({"type": "succeed", "compensate": {"type": "wait", "config": {"seconds": 1}}})),
    ]
}

#[test]
fn what_is_read_fits_the_schema() {
    let schema = compiled();
    let mut seen = BTreeSet::new();
    for node in [right(), right_of_agents()].concat() {
        let document = around(&node);
        let (errors, _) = check(&document);
        assert_eq!(errors, [], "{node}");
        assert_eq!(schema.violations(&document), [], "{node}");
        seen.insert(node["type"].as_str().unwrap().to_owned());
    }
    let steps = Types::standard().all().filter(|of| of.mode != crate::node::node_type::Mode::Route).count();
    assert!(seen.len() >= steps, "{seen:?}");
    for trigger in [
        of("schedule_trigger", json!({"cron": "0 9 * * *", "timezone": "Europe/Berlin", "missed": "run_once"})),
        of("schedule_trigger", json!({"every_seconds": 5})),
        of("webhook_trigger", json!({"path": "orders/new", "secret": "S"})),
        of("event_trigger", json!({"pattern": {"source": ["a"]}})),
    ] {
        let mut trigger = trigger;
        trigger["id"] = json!("go");
        let document = json!({"$schema": "a.json", "id": 7, "nodes": [trigger, {"id": "l", "type": "loop", "config": {"for_each": "[1]"}},
            {"id": "b", "type": "break"}], "edges": [{"from": "go", "to": "l", "condition": {"type": "cel", "expression": "true"}},
            {"from": "l", "to": "b", "port": "loop", "connection": "main"}], "settings": {"overlap": "allow", "retention_days": 0}});
        assert_eq!(check(&document).0, [], "{document}");
        assert_eq!(schema.violations(&document), [], "{document}");
    }
}

#[test]
fn what_reading_refuses_for_its_shape_the_schema_refuses_too() {
    let schema = compiled();
    for (what, node) in [wrong(), wrong_of_agents()].concat() {
        let document = around(&node);
        assert!(parse(&document).is_err(), "{what} is read: {node}");
        assert_ne!(schema.violations(&document), [], "{what} fits the schema: {node}");
    }
    let trigger = json!({"id": "go", "type": "manual_trigger"});
    for document in [
        json!([]),
        json!({"id": "w"}),
        json!({"id": "w", "nodes": []}),
        json!({"id": "a b", "nodes": [trigger]}),
        json!({"id": "w", "nodes": [trigger], "extra": 1}),
        json!({"id": "w", "nodes": [trigger], "$schema": 1}),
        json!({"id": "w", "nodes": [trigger], "settings": {"overlap": "later"}}),
        json!({"id": "w", "nodes": [{"type": "manual_trigger"}]}),
        json!({"id": "w", "nodes": [trigger], "edges": [{"from": "go"}]}),
        json!({"id": "w", "nodes": [trigger], "edges": {"from": "go"}}),
    ] {
        assert!(parse(&document).is_err(), "{document}");
        assert_ne!(schema.violations(&document), [], "{document}");
    }
}

/// The keys that the reader of a config knows, by its answer to one that nobody knows.
fn known(kind: &str, mut config: Value) -> BTreeSet<String> {
    config["qqqqqqqqqqqqqqqq"] = json!(1);
    let issues = parse(&around(&of(kind, config))).unwrap_err();
    let hint = &issues.iter().find(|issue| issue.message.contains("qqqqqqqqqqqqqqqq")).unwrap().hint;
    hint.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn a_config_is_described_with_the_keys_that_its_reader_knows_and_with_words_for_each() {
    for of in Types::standard().all() {
        assert!(!of.about.is_empty(), "{} does not say what it does", of.name);
        let config = (of.config)();
        let described: BTreeSet<String> = config["properties"].as_object().unwrap().keys().cloned().collect();
        let read: BTreeSet<String> = match of.name {
            "human" => ["approval", "input", "decision", "review", "ask", "authorization"]
                .iter()
                .flat_map(|kind| known("human", json!({"kind": kind})))
                .collect(),
            // A server has one of two keys, and of an empty config that alone is said.
            "mcp" => known("mcp", json!({"url": "https://a.example"})),
            name => known(name, json!({})),
        };
        assert_eq!(described, read, "the config of {}", of.name);
        for (key, schema) in config["properties"].as_object().unwrap() {
            assert!(schema["description"].as_str().is_some_and(|about| !about.is_empty()), "{}: {key}", of.name);
        }
    }
}

#[test]
fn editors_find_what_completes() {
    let schema = schema();
    let kinds = schema.pointer("/$defs/node/properties/type/anyOf").unwrap().as_array().unwrap();
    let names: Vec<&str> = kinds.iter().map(|kind| kind["const"].as_str().unwrap()).collect();
    let types: Vec<&str> = Types::standard().all().map(|of| of.name).collect();
    assert_eq!(names, types);
    assert!(kinds.iter().all(|kind| kind["description"].is_string()));
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let text = schema.to_string();
    assert!(!text.contains("\"description\":\"\""), "{text}");
}
