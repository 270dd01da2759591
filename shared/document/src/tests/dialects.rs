use crate::{Parsed, parse, validate::check};
use serde_json::{Value, json};

/// Parses, and asserts that what is stored parses to itself.
#[track_caller]
fn stored(document: &Value) -> Value {
    let Parsed { workflow, .. } = parse(document).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let again = parse(&workflow.document).unwrap_or_else(|errors| panic!("{errors:#?}")).workflow;
    assert_eq!(workflow.document, again.document);
    assert_eq!(workflow.hash, again.hash);
    Value::clone(&workflow.document)
}

#[test]
fn react_flow() {
    let document = json!({
        "id": 7, "viewport": {"x": 0, "y": 0, "zoom": 1},
        "nodes": [
            {"id": 1, "type": "manual_trigger", "position": {"x": 0, "y": 0}, "data": {"label": "Start"}},
            {"id": "2", "type": "http_request", "position": {"x": 9, "y": 0}, "data": {"label": "Call", "url": "https://x.example"}}
        ],
        "edges": [{"id": "e1-2", "source": 1, "target": 2, "sourceHandle": "output", "targetHandle": null, "animated": true}]
    });
    assert_eq!(
        stored(&document),
        json!({
            "id": "7",
            "nodes": [
                {"id": "1", "name": "Start", "type": "manual_trigger", "config": {}, "metadata": {"position": {"x": 0, "y": 0}}},
                {"id": "2", "name": "Call", "type": "http_request", "config": {"url": "https://x.example"}, "metadata": {"position": {"x": 9, "y": 0}}}
            ],
            "edges": [{"from": "1", "to": "2"}],
            "metadata": {"viewport": {"x": 0, "y": 0, "zoom": 1}}
        })
    );
    // Where nothing is in a dialect, the keys of an editor are unknown keys.
    let canonical =
        json!({"id": "w", "nodes": [{"id": "a", "type": "manual_trigger", "position": {"x": 1}}], "edges": []});
    let (errors, _) = check(&canonical);
    assert_eq!((errors[0].code.as_str(), errors[0].path.as_str()), ("schema", "/nodes/0/position"));
}

#[test]
fn connections_with_subtypes() {
    let document = json!({
        "name": "Payout",
        "nodes": [
            {"id": "t", "name": "Begin", "type": "TRIGGER_NODE", "subtype": "MANUAL"},
            {"id": "call", "name": "Fetch order", "type": "ACTION_NODE", "subtype": "HTTP_REQUEST", "parameters": {"url": "https://x.example"}},
            {"id": "tool", "name": "Search", "type": "ACTION_NODE", "subtype": "RUN_CODE", "parameters": {"code": "return 1"}},
            {"id": "ok", "name": "Confirm", "type": "HUMAN_IN_THE_LOOP_NODE", "subtype": "HIL_CONFIRMATION", "parameters": {
                "question": "Pay {{ amount }}?", "timeout_minutes": 90, "channel_type": "SLACK", "slack_channel": "#pay",
                "required_approvers": ["a@x.example", "b@x.example"], "approval_threshold": 2, "timeout_action": "auto_reject",
                "condition": "{{ input.amount }} > 10000"}}
        ],
        "connections": {
            "Fetch order": {"connection_types": {
                "main": {"connections": [{"node": "Begin", "type": "MAIN"}]},
                "AI_TOOL": {"connections": [{"node": "Search", "type": "AI_TOOL"}]}}},
            "ok": {"connection_types": {"MAIN": {"connections": [{"node": "call", "type": "main"}]}}}
        }
    });
    let stored = stored(&document);
    assert_eq!(stored["id"], "payout");
    assert_eq!(
        stored["edges"],
        json!([{"from": "t", "to": "call"}, {"from": "tool", "to": "call", "connection": "ai_tool"}, {"from": "call", "to": "ok"}])
    );
    assert_eq!(stored["nodes"][2]["type"], "code");
    assert_eq!(
        stored["nodes"][3]["config"],
        json!({"question": "Pay {{ amount }}?", "approval_threshold": 2, "timeout_action": "auto_reject",
               "condition": "{{ input.amount }} > 10000", "kind": "approval", "assignees": ["a@x.example", "b@x.example"],
               "timeout_seconds": 5400, "channels": [{"type": "slack", "channel": "#pay"}]})
    );
}

#[test]
fn functions_with_handlers() {
    let document = json!({
        "id": "f",
        "nodes": [{"id": "start", "type": "manual_trigger"},
                  {"id": "a", "type": "function", "config": {"handler": "transform", "set": {"x": 1}}}],
        "edges": [{"from": "start", "to": "a", "condition": {"type": "cel", "expression": "output.go"}}]
    });
    let stored = stored(&document);
    assert_eq!(stored["nodes"][1], json!({"id": "a", "type": "transform", "config": {"set": {"x": 1}}}));
    assert_eq!(stored["edges"][0]["condition"], "output.go");
}

#[test]
fn problems_stand_where_they_were_sent() {
    let document = json!({
        "id": "w",
        "nodes": [
            {"id": "start", "type": "TRIGGER_NODE", "subtype": "MANUAL"},
            {"id": "ai", "type": "AI_AGENT_NODE", "subtype": "AI_ROUTER_AGENT", "parameters": {}},
            {"id": "odd", "type": "ACTION_NODE", "subtype": "LAUNCH_ROCKET", "parameters": {}},
            {"id": "h", "type": "HUMAN_IN_THE_LOOP_NODE", "subtype": "HIL_REVIEW", "parameters": {"timeout_minutes": -5, "channel_type": "pigeon"}},
            {"id": "fn", "type": "function", "config": {"handler": "launch"}},
            {"id": "e", "type": "transform", "data": {"expression": "1 +"}}
        ],
        "edges": [{"source": "start", "target": "gone"}, {"source": "start", "target": "h", "sourceHandle": "sucess"},
                  {"from": "start", "to": "e", "condition": {"type": "cel", "expression": ")"}}],
        "connections": {"e": {"connection_types": {"main": {"connections": [{"node": "nobody"}]}}}}
    });
    let (errors, _) = check(&document);
    let found: Vec<(&str, &str)> = errors.iter().map(|issue| (issue.code.as_str(), issue.path.as_str())).collect();
    for wanted in [
        ("unknown_type", "/nodes/1/subtype"),
        ("unknown_type", "/nodes/2/subtype"),
        ("invalid_config", "/nodes/3/parameters/timeout_minutes"),
        ("invalid_config", "/nodes/3/parameters/channel_type"),
        ("unknown_type", "/nodes/4/type"),
        ("invalid_cel", "/nodes/5/data/expression"),
        ("unknown_node", "/edges/0/target"),
        ("unknown_port", "/edges/1/sourceHandle"),
        ("invalid_cel", "/edges/2/condition/expression"),
        ("unknown_node", "/connections/e/connection_types/main/connections/0/node"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} is not among {found:#?}");
    }
    let agent = errors.iter().find(|issue| issue.path == "/nodes/1/subtype").unwrap();
    assert!(agent.hint.contains("system_prompt"), "{agent:?}");
    assert!(errors.iter().all(|issue| document.pointer(&issue.path).is_some()), "{errors:#?}");
}

#[test]
fn the_hash_is_that_of_the_content() {
    let one = json!({"id": "w", "nodes": [{"id": "a", "type": "manual_trigger"}], "edges": []});
    let same = json!({"edges": [], "nodes": [{"type": "MANUAL", "id": "a"}], "id": "w"});
    let other = json!({"id": "w", "name": "x", "nodes": [{"id": "a", "type": "manual_trigger"}], "edges": []});
    let hash = |document: &Value| parse(document).unwrap().workflow.hash.clone();
    assert_eq!(hash(&one), hash(&same));
    assert_ne!(hash(&one), hash(&other));
    assert_eq!(hash(&one).len(), 64);
}
