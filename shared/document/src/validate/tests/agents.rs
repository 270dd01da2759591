//! Agents, and what typed connections lend them.

use super::{clean, expect, flow, found};
use crate::{parse, validate::check};
use serde_json::{Value, json};

pub(super) fn model() -> Value {
    json!({"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"})
}

/// An agent `a` behind the trigger, with a config besides its model, and other nodes, each joined to another by a
/// connection.
pub(super) fn agent(config: Value, others: &[(Value, &str, &str)]) -> Value {
    let mut all = json!({"model": model(), "prompt": "Do it."});
    all.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    let mut nodes =
        vec![json!({"id": "start", "type": "manual_trigger"}), json!({"id": "a", "type": "agent", "config": all})];
    let mut edges = vec![json!({"from": "start", "to": "a"})];
    for (node, connection, to) in others {
        edges.push(json!({"from": node["id"], "to": to, "connection": connection}));
        nodes.push(node.clone());
    }
    flow(Value::Array(nodes), Value::Array(edges))
}

/// A tool that computes a value of its arguments.
fn tool(id: &str, expression: &str, more: Value) -> Value {
    json!({"id": id, "type": "transform", "config": {"expression": expression}, "tool": more})
}

fn with_tool(more: Value) -> Value {
    agent(json!({}), &[(tool("t", "args.x", more), "ai_tool", "a")])
}

/// The same document, whose input has no members of which a bare name could be one.
fn closed(mut document: Value) -> Value {
    document["input_schema"] = json!({"type": "object", "properties": {}, "additionalProperties": false});
    document
}

fn hint_of(document: &Value, path: &str) -> String {
    let (errors, warnings) = check(document);
    let all = || errors.iter().chain(&warnings);
    let found = all().find(|issue| issue.path == path);
    found.unwrap_or_else(|| panic!("{path}: {:#?}", all().collect::<Vec<_>>())).hint.clone()
}

#[test]
fn an_agent_with_all_that_can_be_lent_is_clean() {
    let wait = json!({"id": "w", "type": "wait", "config": {"seconds": "{{ args.seconds }}"}});
    let person = json!({"id": "h", "type": "human", "config": {"kind": "approval", "question": "{{ args.why }}",
        "timeout_seconds": 60}});
    let code = json!({"id": "c", "type": "code", "config": {"code": "return args.x + output.x"},
        "compensate": {"type": "http_request", "config": {"url": "https://x.example/{{ args.x }}"}},
        "tool": {"require_approval": {"when": "args.x > 100", "security_level": "high", "expires_seconds": 60,
            "assignees": ["ops@example.com"]}}});
    let http = json!({"id": "find", "type": "http_request", "name": "Finds",
        "config": {"url": "https://x.example/{{ args.mail }}", "headers": {"authorization": "{{ secrets.K }}"}},
        "tool": {"name": "find_customer", "max_calls": 2, "result_bytes": 10, "on_error": "fail", "parameters":
            {"type": "object", "properties": {"mail": {"type": "string"}}}}});
    let body = json!({"nodes": [{"id": "one", "type": "transform", "config": {"expression": "item"}}]});
    let map = json!({"id": "m", "type": "map", "config": {"items": "args.list", "body": body}});
    let child = json!({"id": "k", "type": "workflow", "config": {"workflow_id": "other", "input": "{{ args }}"}});
    let sub = json!({"id": "b", "type": "agent", "config": {"prompt": "{{ args.question }}", "max_turns": 3}});
    let under = tool("u", "args.y", json!({"require_approval": true}));
    let shared = json!({"id": "lm", "type": "model", "config": model()});
    let memory = json!({"id": "mem", "type": "memory", "config": {"key": "{{ input.session }}", "window": 4}});
    let parser = json!({"id": "p", "type": "output_parser", "config": {"schema": {"type": "object"}}});
    let server = json!({"id": "s", "type": "mcp", "config": {"url": "https://mcp.example/mcp", "tools": ["search"]}});
    let document = agent(
        json!({"system_prompt": "You are {{ input.who }}.", "budget": {"tokens": 1000},
            "built_in_tools": ["ask_human", "request_authorization"]}),
        &[
            (wait, "ai_tool", "a"),
            (person, "ai_tool", "a"),
            (code, "ai_tool", "a"),
            (http, "ai_tool", "a"),
            (map, "ai_tool", "a"),
            (child, "ai_tool", "a"),
            (sub, "ai_agent", "a"),
            (under, "ai_tool", "b"),
            (shared, "ai_language_model", "b"),
            (memory, "ai_memory", "a"),
            (parser, "ai_output_parser", "a"),
            (server, "ai_tool", "a"),
        ],
    );
    clean(&document);
    let workflow = parse(&document).unwrap().workflow;
    let agent = workflow.node("a").unwrap().kind.agent().unwrap();
    let names: Vec<&str> = agent.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["w", "h", "c", "find_customer", "m", "k", "b", "s", "ask_human", "request_authorization"]);
    assert_eq!((agent.memory.as_ref().unwrap().window, agent.servers.len()), (4, 1));
    let sub = agent.tool("b").unwrap().flow.node("b").unwrap().kind.agent().unwrap();
    assert_eq!((sub.tools.len(), sub.models.len()), (1, 1), "a sub-agent has its own tools and model");
    assert_eq!(agent.tool("find_customer").unwrap().description, "Finds");
    let stored = parse(&workflow.document).unwrap().workflow;
    assert_eq!(stored.hash, workflow.hash, "the stored form is canonical");
}

#[test]
fn an_agent_needs_a_model_from_its_config_or_a_node() {
    let mut document = agent(json!({}), &[]);
    document["nodes"][1]["config"].as_object_mut().unwrap().remove("model");
    expect(&document, &[("invalid_config", "/nodes/1/config")]);
    for (config, at) in [
        (json!({"model": "gpt"}), "/nodes/1/config/model"),
        (json!({"model": []}), "/nodes/1/config/model"),
        (json!({"model": [model(), 5]}), "/nodes/1/config/model/1"),
        (json!({"model": {"provider": "openai"}}), "/nodes/1/config/model"),
        (json!({"model": {"provider": "acme", "name": "m"}}), "/nodes/1/config/model/provider"),
        (json!({"model": {"provider": "openai_compatible", "name": "m"}}), "/nodes/1/config/model"),
        (json!({"model": {"provider": "openai", "name": "m", "temperature": 3}}), "/nodes/1/config/model/temperature"),
        (json!({"model": {"provider": "openai", "name": "m", "stop": [""]}}), "/nodes/1/config/model/stop"),
    ] {
        let found = found(&agent(config.clone(), &[]));
        assert!(found.iter().any(|(code, path)| code == "invalid_config" && path == at), "{config}: {found:?}");
    }
}

#[test]
fn what_is_wrong_in_the_config_of_an_agent_is_told_where_it_stands() {
    for (config, at) in [
        (json!({"messages": [{"role": "user", "content": "x"}]}), "/messages"),
        (json!({"prompt": null, "messages": [{"role": "tool", "content": "x"}]}), "/messages/0/role"),
        (json!({"prompt": null, "messages": [{"role": "user"}]}), "/messages/0"),
        (json!({"prompt": null, "messages": ["hello"]}), "/messages/0"),
        (json!({"max_turns": 0}), "/max_turns"),
        (json!({"max_turns": 201}), "/max_turns"),
        (json!({"max_tool_calls": 1001}), "/max_tool_calls"),
        (json!({"parallel_tools": 0}), "/parallel_tools"),
        (json!({"budget": {"tokens": 0}}), "/budget/tokens"),
        (json!({"budget": {"usd": 0}}), "/budget/usd"),
        (json!({"built_in_tools": ["shell"]}), "/built_in_tools"),
        (json!({"prompt": 5}), "/prompt"),
    ] {
        expect(&agent(config, &[]), &[("invalid_config", &format!("/nodes/1/config{at}"))]);
    }
    expect(
        &agent(json!({"output_schema": {"type": 5}}), &[]),
        &[("invalid_config", "/nodes/1/config/output_schema/type")],
    );
    for (config, at) in [
        (json!({"max_steps": 3}), "/max_steps"),
        (json!({"budget": {"hours": 3}}), "/budget/hours"),
        (json!({"model": {"provider": "openai", "name": "m", "seed": 1}}), "/model/seed"),
    ] {
        expect(&agent(config, &[]), &[("schema", &format!("/nodes/1/config{at}"))]);
    }
    let prompt = agent(json!({"prompt": "{{ args.x }}"}), &[]);
    expect(&closed(prompt), &[("unknown_variable", "/nodes/1/config/prompt")]);
    expect(&agent(json!({"prompt": "{{ 1 + }}"}), &[]), &[("invalid_cel", "/nodes/1/config/prompt")]);
}

#[test]
fn two_tools_of_one_name_are_refused() {
    let twice = agent(
        json!({}),
        &[
            (tool("t", "args.x", json!({})), "ai_tool", "a"),
            (tool("u", "args.x", json!({"name": "t"})), "ai_tool", "a"),
        ],
    );
    expect(&twice, &[("invalid_config", "/nodes/1")]);
    let built_in =
        agent(json!({"built_in_tools": ["ask_human"]}), &[(tool("ask_human", "args.x", json!({})), "ai_tool", "a")]);
    expect(&built_in, &[("invalid_config", "/nodes/1")]);
    let by_id = tool("ask_human", "args.x", json!({"name": "asks"}));
    expect(
        &agent(json!({"built_in_tools": ["ask_human"]}), &[(by_id.clone(), "ai_tool", "a")]),
        &[("invalid_config", "/nodes/1")],
    );
    clean(&agent(json!({"built_in_tools": ["request_authorization"]}), &[(by_id, "ai_tool", "a")]));
}

#[test]
fn what_is_wrong_in_a_tool_is_told_where_it_stands() {
    for (more, at) in [
        (json!({"name": "has blanks"}), "/name"),
        (json!({"parameters": {"type": "nothing"}}), "/parameters/type"),
        (json!({"max_calls": 0}), "/max_calls"),
        (json!({"max_calls": 1001}), "/max_calls"),
        (json!({"result_bytes": 0}), "/result_bytes"),
        (json!({"on_error": "ignore"}), "/on_error"),
        (json!({"require_approval": 5}), "/require_approval"),
        (json!({"require_approval": {"security_level": "low"}}), "/require_approval/security_level"),
        (json!({"require_approval": {"assignees": 5}}), "/require_approval/assignees"),
        (json!({"require_approval": {"expires_seconds": 0}}), "/require_approval/expires_seconds"),
        (json!({"require_approval": {"channels": [{"type": "pigeon"}]}}), "/require_approval/channels/0/type"),
    ] {
        expect(&with_tool(more), &[("invalid_config", &format!("/nodes/2/tool{at}"))]);
    }
    expect(&with_tool(json!({"require_approval": "args.x >"})), &[("invalid_cel", "/nodes/2/tool/require_approval")]);
    expect(
        &with_tool(json!({"require_approval": {"when": "ctx.gone.output > 1"}})),
        &[("unknown_reference", "/nodes/2/tool/require_approval/when")],
    );
    expect(&with_tool(json!({"approval": true})), &[("schema", "/nodes/2/tool/approval")]);
    expect(&with_tool(json!({"require_approval": {"who": "me"}})), &[("schema", "/nodes/2/tool/require_approval/who")]);
    let mut document = with_tool(json!({}));
    document["nodes"][2]["tool"] = json!("yes");
    expect(&document, &[("schema", "/nodes/2/tool")]);
}

#[test]
fn what_is_wrong_in_the_config_of_a_tool_is_told_once_and_where_it_stands() {
    let broken = |more: Value| {
        let node = json!({"id": "t", "type": "http_request", "config": {"url": "{{ 1 + }}", "body": "{{ ctx.gone.output }}",
            "speed": 1}, "retry": {"max_attempts": 0}, "tool": more});
        agent(json!({}), &[(node, "ai_tool", "a")])
    };
    let told = [
        ("invalid_cel", "/nodes/2/config/url"),
        ("unknown_reference", "/nodes/2/config/body"),
        ("schema", "/nodes/2/config/speed"),
        ("schema", "/nodes/2/retry/max_attempts"),
    ];
    expect(&broken(json!({})), &told);
    expect(&broken(json!({"require_approval": true})), &told);
    // The same tool of two agents, and of a sub-agent.
    let mut shared = broken(json!({}));
    let nodes = shared["nodes"].as_array_mut().unwrap();
    nodes.push(json!({"id": "b", "type": "agent", "config": {"model": model()}}));
    let edges = shared["edges"].as_array_mut().unwrap();
    edges.push(json!({"from": "t", "to": "b", "connection": "ai_tool"}));
    edges.push(json!({"from": "b", "to": "a", "connection": "ai_agent"}));
    expect(&shared, &told);
    // Warnings are told once too, though the flow is read with and without a person before it.
    let code = json!({"id": "t", "type": "code", "config": {"code": "return fetch(1) + setTimeout(2)"},
        "tool": {"require_approval": true}});
    let warned = ("unknown_variable", "/nodes/2/config/code");
    expect(&agent(json!({}), &[(code, "ai_tool", "a")]), &[warned, warned]);
    // What is wrong with the edge by which a tool of a tool is lent.
    let under = tool("u", "args.y", json!({}));
    let sub = json!({"id": "b", "type": "agent", "config": {"model": model()}});
    let mut document = agent(json!({}), &[(sub, "ai_agent", "a"), (under, "ai_tool", "b")]);
    document["edges"][2]["weight"] = json!(5);
    expect(&document, &[("schema", "/edges/2/weight")]);
}

#[test]
fn arguments_are_seen_in_tools_alone() {
    let outside = json!({"id": "n", "type": "transform", "config": {"expression": "args.x"}});
    let mut document = agent(json!({}), &[]);
    document["nodes"].as_array_mut().unwrap().push(outside);
    document["edges"].as_array_mut().unwrap().push(json!({"from": "a", "to": "n"}));
    expect(&closed(document), &[("unknown_variable", "/nodes/2/config/expression")]);
    // The body of a tool sees them too.
    let body = json!({"nodes": [{"id": "one", "type": "transform", "config": {"expression": "args.x + item"}}]});
    let map = json!({"id": "m", "type": "map", "config": {"items": "[1]", "body": body}});
    clean(&closed(agent(json!({}), &[(map, "ai_tool", "a")])));
}

#[test]
fn an_agent_is_no_tool_of_itself() {
    let itself =
        agent(json!({}), &[(json!({"id": "b", "type": "agent", "config": {"model": model()}}), "ai_agent", "a")]);
    clean(&itself);
    let mut circle = itself.clone();
    circle["edges"].as_array_mut().unwrap().push(json!({"from": "a", "to": "b", "connection": "ai_tool"}));
    let found = found(&circle);
    assert!(found.contains(&("schema".into(), "/nodes/1".into())), "{found:?}");
    let (errors, _) = check(&circle);
    assert!(errors.iter().any(|issue| issue.message.contains("a tool of its own tools")), "{errors:#?}");
}

#[test]
fn what_agents_use_is_not_run_by_the_flow() {
    let mut into = with_tool(json!({}));
    into["edges"].as_array_mut().unwrap().push(json!({"from": "start", "to": "t"}));
    expect(&into, &[("schema", "/nodes/2")]);
    let mut away = with_tool(json!({}));
    away["nodes"].as_array_mut().unwrap().push(json!({"id": "n", "type": "succeed"}));
    away["edges"].as_array_mut().unwrap().push(json!({"from": "t", "to": "n"}));
    let found = found(&away);
    assert!(found.contains(&("schema".into(), "/nodes/2".into())), "{found:?}");
    for (kind, config) in [("model", model()), ("mcp", json!({"url": "https://x.example"}))] {
        expect(&super::one(kind, config), &[("schema", "/nodes/1")]);
    }
    // A node that nobody has as a tool says so.
    let mut nobody = super::one("transform", json!({"expression": "1"}));
    nobody["nodes"][1]["tool"] = json!({"description": "Looks."});
    expect(&nobody, &[("no_effect", "/nodes/1/tool")]);
}

#[test]
fn each_connection_lends_what_it_is_for() {
    let memory = || json!({"id": "x", "type": "memory", "config": {"key": "k"}});
    let transform = || json!({"id": "x", "type": "transform", "config": {"expression": "1"}});
    for (node, connection) in [
        (memory(), "ai_tool"),
        (memory(), "ai_language_model"),
        (transform(), "ai_memory"),
        (transform(), "ai_language_model"),
        (transform(), "ai_output_parser"),
        (json!({"id": "x", "type": "branch", "config": {"rules": [], "default": "no"}}), "ai_tool"),
        (json!({"id": "x", "type": "manual_trigger"}), "ai_tool"),
    ] {
        let found = found(&agent(json!({}), &[(node.clone(), connection, "a")]));
        assert!(found.contains(&("schema".into(), "/nodes/2".into())), "{node} {connection}: {found:?}");
    }
    for (node, connection, at) in [
        (json!({"id": "x", "type": "memory"}), "ai_memory", ""),
        (json!({"id": "x", "type": "memory", "config": {"key": "k", "window": 0}}), "ai_memory", "/window"),
        (json!({"id": "x", "type": "memory", "config": {"key": "k", "ttl": 0}}), "ai_memory", "/ttl"),
        (
            json!({"id": "x", "type": "output_parser", "config": {"schema": {"type": 1}}}),
            "ai_output_parser",
            "/schema/type",
        ),
        (
            json!({"id": "x", "type": "model", "config": {"provider": "openai", "name": "m", "size": 1}}),
            "ai_language_model",
            "/size",
        ),
        (json!({"id": "x", "type": "mcp", "config": {"url": "https://x.example", "command": "x"}}), "ai_tool", ""),
        (json!({"id": "x", "type": "mcp", "config": {"url": "https://x.example", "tools": [5]}}), "ai_tool", "/tools"),
    ] {
        let found = found(&agent(json!({}), &[(node.clone(), connection, "a")]));
        let told = |(code, path): &(String, String)| {
            ["invalid_config", "schema"].contains(&code.as_str())
                && (path == &format!("/nodes/2/config{at}") || (at.is_empty() && path == "/nodes/2"))
        };
        assert!(found.iter().any(told), "{node}: {found:?}");
    }
}

#[test]
fn agents_of_other_systems_are_read() {
    for (subtype, provider) in [
        ("GEMINI_NODE", "gemini"),
        ("OPENAI_NODE", "openai"),
        ("CLAUDE_NODE", "anthropic"),
        ("LLAMA_NODE", "openai_compatible"),
    ] {
        let mut data = json!({"system_prompt": "You route.", "model_version": "m-1", "temperature": 0.2,
            "max_tokens": 100});
        if provider == "openai_compatible" {
            data["base_url"] = json!("http://127.0.0.1:11434/v1");
        }
        let document = flow(
            json!([{"id": "start", "type": "TRIGGER_NODE", "subtype": "MANUAL"},
                {"id": "a", "type": "AI_AGENT_NODE", "subtype": subtype, "data": data}]),
            json!([{"from": "start", "to": "a"}]),
        );
        let mut wanted = json!({"provider": provider, "name": "m-1", "temperature": 0.2, "max_output_tokens": 100});
        if provider == "openai_compatible" {
            wanted["base_url"] = json!("http://127.0.0.1:11434/v1");
        }
        let parsed = parse(&document).unwrap_or_else(|issues| panic!("{issues:#?}")).workflow;
        let node = &parsed.document["nodes"][1];
        assert_eq!((&node["type"], &node["config"]["model"]), (&json!("agent"), &wanted));
        assert_eq!(node["config"]["system_prompt"], "You route.");
        let mut wrong = document.clone();
        wrong["nodes"][1]["data"]["temperature"] = json!(7);
        expect(&wrong, &[("invalid_config", "/nodes/1/data/temperature")]);
        wrong = document.clone();
        wrong["nodes"][1]["data"].as_object_mut().unwrap().remove("model_version");
        expect(&wrong, &[("invalid_config", "/nodes/1/data")]);
    }
    // Without a subtype the model is what a connection lends.
    let lent = flow(
        json!([{"id": "start", "type": "manual_trigger"}, {"id": "a", "type": "AI_AGENT_NODE", "parameters": {}},
            {"id": "lm", "type": "model", "config": model()}]),
        json!([{"from": "start", "to": "a"}, {"from": "lm", "to": "a", "connection": "ai_language_model"}]),
    );
    clean(&lent);
}

#[test]
fn roles_and_parts_of_other_systems_are_refused_with_what_stands_for_them() {
    for (kind, subtype, at, says) in [
        ("AI_AGENT_NODE", Some("AI_ROUTER_AGENT"), "/nodes/1/subtype", "system_prompt"),
        ("AI_AGENT_NODE", Some("AI_TASK_ANALYZER"), "/nodes/1/subtype", "system_prompt"),
        ("AI_DATA_INTEGRATOR", None, "/nodes/1/type", "system_prompt"),
        ("AI_REPORT_GENERATOR", None, "/nodes/1/type", "system_prompt"),
        ("GEMINI_NODE", None, "/nodes/1/type", "`gemini`"),
        ("MEMORY_NODE", None, "/nodes/1/type", "ai_memory"),
        ("TOOL_NODE", None, "/nodes/1/type", "ai_tool"),
    ] {
        let mut node = json!({"id": "n", "type": kind, "data": {}});
        if let Some(subtype) = subtype {
            node["subtype"] = json!(subtype);
        }
        let document =
            flow(json!([{"id": "start", "type": "manual_trigger"}, node]), json!([{"from": "start", "to": "n"}]));
        expect(&document, &[("unknown_type", at)]);
        let hint = hint_of(&document, at);
        assert!(hint.contains(says), "{kind}: {hint}");
    }
}

#[test]
fn what_a_person_approves_has_no_id_of_the_nodes_that_ask() {
    for id in ["tool_approval", "tool_arguments", "tool_answered", "tool_ran", "tool_rejected", "tool_expired"] {
        let named = |more: Value| agent(json!({}), &[(tool(id, "args.x", more), "ai_tool", "a")]);
        expect(&named(json!({"require_approval": true})), &[("invalid_config", "/nodes/2/id")]);
        clean(&closed(named(json!({}))));
    }
}
