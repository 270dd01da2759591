//! What agents are lent from outside: servers whose tools people approve, and models by their addresses.

use super::{
    agents::{agent, model},
    clean,
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
