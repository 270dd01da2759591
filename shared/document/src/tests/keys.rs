//! What a dialect says in keys of its own is understood or refused, never lost.

use crate::{parse, validate::check};
use serde_json::{Value, json};

/// Every error as `(code, path)`; each path leads somewhere.
#[track_caller]
fn errors(document: &Value) -> Vec<(String, String)> {
    let (errors, _) = check(document);
    for issue in &errors {
        assert!(document.pointer(&issue.path).is_some() && !issue.hint.is_empty(), "{issue:?}");
    }
    errors.into_iter().map(|issue| (issue.code, issue.path)).collect()
}

fn at(code: &str, path: &str) -> Vec<(String, String)> {
    vec![(code.to_owned(), path.to_owned())]
}

/// An editor's document: a trigger, a question of approval, and a node that the given edge leads to.
fn drawn(edge: Value) -> Value {
    let mut after = json!({"id": "e", "source": "ask", "target": "then"});
    after.as_object_mut().unwrap().extend(edge.as_object().unwrap().clone());
    json!({"id": "w", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "human", "data": {"kind": "approval", "question": "Go?", "timeout_seconds": 60}},
        {"id": "then", "type": "transform", "data": {"set": {}}}
    ], "edges": [{"source": "start", "target": "ask"}, after]})
}

#[test]
fn data_of_an_edge_speaks_where_the_edge_is_silent() {
    let stored = |edge: Value| parse(&drawn(edge)).unwrap().workflow.document["edges"][1].clone();
    let rejected = json!({"from": "ask", "to": "then", "port": "rejected"});
    for edge in [
        json!({"data": {"port": "rejected"}}),
        json!({"data": {"sourceHandle": "rejected", "label": "No"}}),
        json!({"sourceHandle": null, "data": {"output_handle": "rejected", "source": "ask", "condition": ""}}),
        json!({"sourceHandle": "right", "data": {"port": "rejected"}}),
        json!({"sourceHandle": "rejected", "data": {"port": "rejected", "source_handle": "output"}}),
        json!({"port": "rejected", "sourceHandle": null}),
        json!({"data": {"port": "rejected", "sourceHandle": "rejected"}}),
    ] {
        assert_eq!(stored(edge.clone()), rejected, "{edge}");
    }
    let guarded = json!({"from": "ask", "to": "then", "condition": "input.ok"});
    for edge in [
        json!({"data": {"condition": "input.ok", "animated": true}}),
        json!({"condition": null, "data": {"condition": {"type": "cel", "expression": "input.ok"}}}),
        json!({"condition": {"expression": "input.ok"}, "data": {"condition": "input.ok"}}),
    ] {
        assert_eq!(stored(edge.clone()), guarded, "{edge}");
    }
    assert_eq!(stored(json!({"data": {"label": "x", "weight": 3}})), json!({"from": "ask", "to": "then"}));
    assert_eq!(stored(json!({"data": {"connection": "MAIN"}}))["connection"], "main");
}

#[test]
fn problems_with_the_data_of_an_edge_stand_there() {
    for (edge, code, key) in [
        (json!({"data": {"port": "refused"}}), "unknown_port", "data/port"),
        (json!({"data": {"sourceHandle": "refused"}}), "unknown_port", "data/sourceHandle"),
        (json!({"data": {"condition": "1 +"}}), "invalid_cel", "data/condition"),
        (json!({"data": {"condition": {"expression": ")"}}}), "invalid_cel", "data/condition/expression"),
        (json!({"data": {"connection": "wire"}}), "schema", "data/connection"),
        (json!({"sourceHandle": "approved", "data": {"port": "rejected"}}), "schema", "data/port"),
        (json!({"condition": "true", "data": {"condition": "false"}}), "schema", "data/condition"),
        (json!({"data": {"target": "start"}}), "schema", "data/target"),
        (json!({"data": {"port": "rejected", "sourceHandle": "approved"}}), "schema", "data/sourceHandle"),
    ] {
        assert_eq!(errors(&drawn(edge)), at(code, &format!("/edges/1/{key}")));
    }
}

#[test]
fn a_disabled_node_is_refused() {
    let with = |disabled: Value| {
        let mut document = drawn(json!({}));
        document["nodes"][2]["disabled"] = disabled;
        document
    };
    assert_eq!(errors(&with(json!(true))), at("schema", "/nodes/2/disabled"));
    assert_eq!(errors(&with(json!("yes"))), at("schema", "/nodes/2/disabled"));
    assert_eq!(errors(&with(json!(false))), []);
    assert_eq!(errors(&with(Value::Null)), []);
}

/// The same document with `connections` in place of its last edge: `Then/1` receives from `ask` by a connection of this
/// type.
fn connected(kind: &str, connection: Value) -> Value {
    let mut document = drawn(json!({}));
    document["nodes"][2]["name"] = json!("Then/1");
    document["edges"].as_array_mut().unwrap().pop();
    let mut item = json!({"node": "ask"});
    item.as_object_mut().unwrap().extend(connection.as_object().unwrap().clone());
    document["connections"] = json!({"Then/1": {"connection_types": {kind: {"connections": [item]}}}});
    document
}

#[test]
fn connections_say_what_edges_say() {
    let stored =
        |connection: Value| parse(&connected("MAIN", connection)).unwrap().workflow.document["edges"][1].clone();
    let plain = json!({"from": "ask", "to": "then"});
    assert_eq!(stored(json!({"type": "Main", "index": 0})), plain);
    assert_eq!(stored(json!({"type": null, "index": null, "sourceHandle": "output"})), plain);
    let said = json!({"output_handle": "rejected", "condition": {"type": "cel", "expression": "input.ok"}});
    let rejected = json!({"from": "ask", "to": "then", "port": "rejected", "condition": "input.ok"});
    assert_eq!(stored(said), rejected);
}

#[test]
fn problems_with_connections_stand_where_they_were_sent() {
    let item = "/connections/Then~11/connection_types/main/connections/0";
    for (connection, code, key) in [
        (json!({"index": 1}), "schema", "index"),
        (json!({"index": "0"}), "schema", "index"),
        (json!({"type": "AI_TOOL"}), "schema", "type"),
        (json!({"type": 5}), "schema", "type"),
        (json!({"from": "start"}), "schema", "from"),
        (json!({"connection": "ai_tool"}), "schema", "connection"),
        (json!({"prot": "rejected"}), "schema", "prot"),
        (json!({"sourceHandle": "refused"}), "unknown_port", "sourceHandle"),
        (json!({"condition": {"expression": ")"}}), "invalid_cel", "condition/expression"),
    ] {
        assert_eq!(errors(&connected("main", connection)), at(code, &format!("{item}/{key}")));
    }
    let kind = |kind: &str| format!("/connections/Then~11/connection_types/{kind}");
    assert!(errors(&connected("AI_TOL", json!({}))).contains(&("schema".to_owned(), kind("AI_TOL"))));
    let mut more = connected("main", json!({}));
    more["connections"]["Then/1"]["index"] = json!(1);
    more["connections"]["Then/1"]["connection_types"]["main"]["disabled"] = json!(true);
    let wanted = [at("schema", "/connections/Then~11/index"), at("schema", &format!("{}/disabled", kind("main")))];
    assert_eq!(errors(&more), wanted.concat());
    let mut into_trigger = connected("main", json!({}));
    into_trigger["connections"]["start"] = json!({"connection_types": {"main": {"connections": [{"node": "then"}]}}});
    assert!(errors(&into_trigger).contains(&("schema".to_owned(), "/connections/start".to_owned())));
}

#[test]
fn edges_are_a_list() {
    for edges in [json!(5), json!("x"), json!({}), json!(true)] {
        let trigger = json!({"id": "start", "type": "manual_trigger"});
        let document = json!({"id": "w", "nodes": [trigger], "edges": edges});
        assert_eq!(errors(&document), at("schema", "/edges"), "{edges}");
    }
}
