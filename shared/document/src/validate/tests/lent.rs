//! What agents are lent from outside: servers whose tools people approve, and models by their addresses.

use super::{
    agents::{agent, model},
    clean, expect, flow, one,
};
use crate::validate::check;
use serde_json::{Value, json};

#[test]
fn a_person_may_have_to_approve_what_the_tools_of_a_server_do() {
    let asked = |approval: Value| {
        json!({"id": "s", "type": "mcp", "config": {"url": "https://mcp.example/mcp"},
            "tool": {"require_approval": approval}})
    };
    for approval in
        [json!(true), json!("args.amount > 100"), json!({"when": "args.amount > 100", "security_level": "high"})]
    {
        clean(&agent(json!({}), &[(asked(approval), "ai_tool", "a")]));
    }
    // Also where the agent that has it is a tool itself.
    let sub = json!({"id": "b", "type": "agent", "config": {"model": model(), "prompt": "{{ args.q }}"}});
    clean(&agent(json!({}), &[(sub, "ai_agent", "a"), (asked(json!(true)), "ai_tool", "b")]));
    // An edge of the author's is none to a tool, also within what is a tool.
    let body = json!({"nodes": [{"id": "one", "type": "mcp", "config": {"url": "https://mcp.example/mcp"}},
        {"id": "two", "type": "transform", "config": {"expression": "1"}}], "edges": [{"from": "one", "to": "two"}]});
    let map = json!({"id": "m", "type": "map", "config": {"items": "args.list", "body": body}});
    let (errors, _) = check(&agent(json!({}), &[(map, "ai_tool", "a")]));
    assert!(errors.iter().any(|issue| issue.message.contains("used by agents alone")), "{errors:#?}");
}

#[test]
fn a_model_is_asked_by_http() {
    let at = |address: &str| {
        let model = json!({"provider": "openai_compatible", "name": "m", "base_url": address});
        agent(json!({ "model": model }), &[])
    };
    for good in ["http://127.0.0.1:1/v1", "HTTPS://models.example", "{{ input.server }}", "https://{{ input.host }}/v1"]
    {
        clean(&at(good));
    }
    for wrong in ["ftp://x", "notaurl", "http://", "https:///v1", "models.example/v1", "http:models"] {
        let (errors, _) = check(&at(wrong));
        let told: Vec<&str> = errors.iter().map(|issue| issue.message.as_str()).collect();
        assert_eq!(told, [format!("`{wrong}` is no http:// or https:// address")], "{wrong}");
    }
}

#[test]
fn what_a_server_says_of_its_tools_is_not_said_beside_its_node() {
    let server = |config: Value, tool: Value| {
        let node = json!({"id": "s", "type": "mcp", "config": config, "tool": tool});
        agent(json!({}), &[(node, "ai_tool", "a")])
    };
    let by_url = || json!({"url": "https://mcp.example/mcp"});
    let said = json!({"name": "t", "description": "Looks.", "parameters": {"type": "object"}});
    let wrong = ["name", "description", "parameters"].map(|key| format!("/nodes/2/tool/{key}"));
    let wrong: Vec<(&str, &str)> = wrong.iter().map(|at| ("invalid_config", at.as_str())).collect();
    expect(&server(by_url(), said), &wrong);
    clean(&server(by_url(), json!({"max_calls": 2, "result_bytes": 9, "on_error": "fail", "require_approval": true})));
    clean(&server(by_url(), json!({"name": null, "parameters": null})));
    for (config, at) in [
        (json!({"url": "https://mcp.example/mcp", "args": ["-v"]}), "/nodes/2/config/args"),
        (json!({"command": "/bin/server", "headers": {"a": "b"}}), "/nodes/2/config/headers"),
    ] {
        expect(&server(config, json!({})), &[("invalid_config", at)]);
    }
}

#[test]
fn what_only_lends_itself_is_not_run_and_is_no_tool() {
    let lent = |more: Value| {
        let mut node = json!({"id": "m", "type": "memory", "config": {"key": "k"}});
        node.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        agent(json!({}), &[(node, "ai_memory", "a")])
    };
    let undo = json!({"type": "transform", "config": {"set": {}}});
    for (key, value) in [
        ("tool", json!({"description": "Remembers."})),
        ("timeout_seconds", json!(5)),
        ("retry", json!({"max_attempts": 2})),
        ("on_error", json!("continue")),
        ("join", json!("any")),
        ("delivery", json!("at_most_once")),
        ("compensate", undo),
    ] {
        expect(&lent(json!({ key: value })), &[("no_effect", &format!("/nodes/2/{key}"))]);
    }
    let tool = json!({"id": "t", "type": "transform", "config": {"expression": "1"}, "join": "any"});
    expect(&agent(json!({}), &[(tool, "ai_tool", "a")]), &[("no_effect", "/nodes/2/join")]);
}

#[test]
fn of_what_an_agent_has_one_the_last_counts() {
    let memory = |id: &str| json!({"id": id, "type": "memory", "config": {"key": id}});
    let parser = |id: &str| json!({"id": id, "type": "output_parser", "config": {"schema": {"type": "object"}}});
    let twice = agent(json!({}), &[(memory("m"), "ai_memory", "a"), (memory("n"), "ai_memory", "a")]);
    expect(&twice, &[("no_effect", "/edges/1")]);
    let twice = agent(json!({}), &[(parser("p"), "ai_output_parser", "a"), (parser("q"), "ai_output_parser", "a")]);
    expect(&twice, &[("no_effect", "/edges/1")]);
    let schema = json!({"output_schema": {"type": "object"}});
    let both = agent(schema, &[(parser("p"), "ai_output_parser", "a")]);
    expect(&both, &[("no_effect", "/nodes/1/config/output_schema")]);
    // Of several models the next is tried, and each agent has a memory of its own.
    let lends = |id: &str| json!({"id": id, "type": "model", "config": model()});
    clean(&agent(json!({}), &[(lends("x"), "ai_language_model", "a"), (lends("y"), "ai_language_model", "a")]));
    let sub = json!({"id": "b", "type": "agent", "config": {"model": model()}});
    let each = [(sub, "ai_agent", "a"), (memory("m"), "ai_memory", "a"), (memory("n"), "ai_memory", "b")];
    clean(&agent(json!({}), &each));
}

#[test]
fn settings_of_what_there_is_not_are_told() {
    let every = |more: Value| {
        let mut config = json!({"every_seconds": 60});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        flow(
            json!([{"id": "start", "type": "schedule_trigger", "config": config}, {"id": "n", "type": "succeed"}]),
            json!([{"from": "start", "to": "n"}]),
        )
    };
    clean(&every(json!({"missed": "run_once"})));
    expect(&every(json!({"timezone": "Europe/Berlin"})), &[("no_effect", "/nodes/0/config/timezone")]);
    let alone = |mode: &str| one("workflow", json!({"workflow_id": "other", "mode": mode}));
    clean(&alone("sequence"));
    expect(&alone("parallel"), &[("no_effect", "/nodes/1/config/mode")]);
    clean(&one("workflow", json!({"workflow_id": ["x", "y"], "mode": "parallel"})));
}

#[test]
fn a_key_that_is_no_secret_is_warned_of() {
    for (key, warns) in
        [("sk-literal", true), ("{{ 'sk-literal' }}", true), ("{{ input.k }}", true), ("{{ secrets.K }}", false)]
    {
        let mut keyed = model();
        keyed["api_key"] = json!(key);
        let expected = |at| if warns { vec![("key_in_clear", at)] } else { Vec::new() };
        let mut document = agent(json!({ "model": keyed }), &[]);
        document["input_schema"] = json!({"type": "object"});
        expect(&document, &expected("/nodes/1/config/model/api_key"));
        let shared = json!({"id": "m", "type": "model", "config": keyed});
        let mut document = agent(json!({}), &[(shared, "ai_language_model", "a")]);
        document["nodes"][1]["config"].as_object_mut().unwrap().remove("model");
        expect(&document, &expected("/nodes/2/config/api_key"));
    }
}
