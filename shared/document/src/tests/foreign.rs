//! Documents of other systems.

use crate::{parse, validate::check};
use serde_json::{Value, json};

/// The one problem of a document.
fn only(document: &Value) -> (String, String) {
    let (errors, warnings) = check(document);
    assert_eq!((errors.len(), warnings.len()), (1, 0), "{errors:#?}");
    (errors[0].message.clone(), errors[0].hint.clone())
}

#[test]
fn a_foreign_format_is_named_once_with_what_becomes_of_its_parts() {
    let states = json!({"Comment": "x", "StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}});
    let serverless = json!({"document": {"dsl": "1.0.0", "namespace": "a", "name": "b", "version": "1"}, "do": [{"a": {"set": {}}}]});
    let older = json!({"id": "a", "specVersion": "0.8", "start": "A", "states": [{"name": "A", "type": "operation"}]});
    let kestra = json!({"id": "a", "namespace": "b", "tasks": [{"id": "t", "type": "io.kestra.plugin.core.log.Log"}]});
    for (document, name, part) in [
        (&states, "Amazon States Language", "Choice as `branch`"),
        (&serverless, "Serverless Workflow", "switch as `branch`"),
        (&older, "Serverless Workflow", "switch as `branch`"),
        (&kestra, "Kestra", "Switch as `branch`"),
    ] {
        let (message, hint) = only(document);
        assert!(message.contains(name) && hint.contains(part), "{message} {hint}");
    }
    let ours = json!({"id": "w", "tasks": [], "nodes": [{"id": "a", "type": "manual_trigger"}]});
    assert_eq!(only(&ours).0, "unknown key `tasks`", "a document with nodes is one of ours");
}

/// A flow as n8n exports it: a trigger asks a server, a failure takes the second output, and a note is left over.
fn exported() -> Value {
    json!({
        "name": "My flow",
        "nodes": [
            {"parameters": {}, "type": "n8n-nodes-base.manualTrigger", "typeVersion": 1, "position": [0, 0], "id": "6b1c-1", "name": "Click"},
            {"parameters": {"url": "https://a.example", "requestMethod": "POST", "options": {}},
             "type": "n8n-nodes-base.httpRequest", "typeVersion": 4.2, "position": [1, 0], "id": "6b1c-2", "name": "Ask it"},
            {"parameters": {}, "type": "n8n-nodes-base.noOp", "typeVersion": 1, "position": [2, 0], "id": "6b1c-3", "name": "Good"},
            {"parameters": {}, "type": "n8n-nodes-base.noOp", "typeVersion": 1, "position": [2, 1], "id": "6b1c-4", "name": "Bad"}],
        "pinData": {},
        "connections": {
            "Click": {"main": [[{"node": "Ask it", "type": "main", "index": 0}]]},
            "Ask it": {"main": [[{"node": "Good", "type": "main", "index": 0}], [{"node": "Bad", "type": "main", "index": 0}]]}},
        "active": false, "settings": {"executionOrder": "v1"}, "versionId": "1", "meta": {"instanceId": "x"}, "tags": []
    })
}

#[test]
fn in_the_connections_of_n8n_the_named_node_sends() {
    let parsed = parse(&exported()).unwrap();
    let edges: Vec<_> =
        parsed.workflow.edges.iter().map(|edge| (edge.from.as_str(), edge.to.as_str(), edge.port.as_str())).collect();
    assert_eq!(
        edges,
        [("6b1c-1", "6b1c-2", "success"), ("6b1c-2", "6b1c-3", "success"), ("6b1c-2", "6b1c-4", "error")]
    );
    let kinds: Vec<_> = parsed.workflow.nodes.iter().map(|node| node.of.name).collect();
    assert_eq!(kinds, ["manual_trigger", "http_request", "transform", "transform"]);
    assert_eq!(parsed.workflow.document["nodes"][1]["config"], json!({"url": "https://a.example", "method": "POST"}));
    assert_eq!(parsed.workflow.document["metadata"]["settings"], json!({"executionOrder": "v1"}));
    let again = parse(&parsed.workflow.document).unwrap();
    assert_eq!(again.workflow.hash, parsed.workflow.hash, "the stored form is canonical");
}

#[test]
fn of_what_n8n_alone_has_it_is_said_what_comes_closest() {
    let mut document = exported();
    for (ix, kind) in ["n8n-nodes-base.if", "n8n-nodes-base.slack", "@n8n/n8n-nodes-langchain.agent"].iter().enumerate()
    {
        document["nodes"][ix + 1]["type"] = json!(kind);
    }
    let (errors, _) = check(&document);
    let found: Vec<_> = errors.iter().map(|issue| (issue.code.as_str(), issue.path.as_str())).collect();
    assert_eq!(
        found,
        [1, 2, 3].map(|ix| ("unknown_type", ["", "/nodes/1/type", "/nodes/2/type", "/nodes/3/type"][ix])),
        "{errors:#?}"
    );
    let hints: Vec<_> = errors.iter().map(|issue| issue.hint.as_str()).collect();
    assert!(
        hints[0].contains("`branch`") && hints[1].contains("`http_request`") && hints[2].contains("Agents"),
        "{hints:?}"
    );
    let mut third = exported();
    third["connections"]["Ask it"]["main"] = json!([[], [], [{"node": "Good"}]]);
    let (errors, _) = check(&third);
    assert!(
        errors.iter().any(|issue| issue.code == "unknown_port" && issue.path == "/connections/Ask it/main/2/0"),
        "{errors:#?}"
    );
}

#[test]
fn our_own_connections_are_read_as_ever() {
    let document = json!({"id": "w", "nodes": [{"id": "a", "name": "A", "type": "manual_trigger"},
            {"id": "b", "name": "B", "type": "succeed"}],
        "connections": {"B": {"connection_types": {"main": {"connections": [{"node": "A", "type": "MAIN"}]}}}}});
    let workflow = parse(&document).unwrap().workflow;
    assert_eq!((workflow.edges[0].from.as_str(), workflow.edges[0].to.as_str()), ("a", "b"), "the named node receives");
}
