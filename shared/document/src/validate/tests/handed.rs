//! What typed connections hand on: from where they may come, and what is known of it.

use super::{clean, expect, flow};
use serde_json::{Value, json};

const DATA: [&str; 7] =
    ["ai_chain", "ai_document", "ai_embedding", "ai_reranker", "ai_retriever", "ai_text_splitter", "ai_vector_store"];

/// A chain `start`, `load`, `n`, and `later`, and edges besides it.
fn chain(expression: &str, edges: Value) -> Value {
    let node =
        |id: &str, expression: &str| json!({"id": id, "type": "transform", "config": {"expression": expression}});
    let mut all = vec![
        json!({"from": "start", "to": "load"}),
        json!({"from": "load", "to": "n"}),
        json!({"from": "n", "to": "later"}),
    ];
    all.extend(edges.as_array().unwrap().clone());
    let set = json!({"id": "load", "type": "transform", "config": {"set": {"a": 1}}});
    let start = json!({"id": "start", "type": "manual_trigger"});
    flow(json!([start, set, node("n", expression), node("later", "1")]), Value::Array(all))
}

fn edge(from: &str, to: &str, connection: &str) -> Value {
    json!({"from": from, "to": to, "connection": connection})
}

#[test]
fn an_ancestor_hands_on_its_output() {
    for connection in DATA {
        clean(&chain(&format!("output.{connection}"), json!([edge("load", "n", connection)])));
        clean(&chain(&format!("{connection}.a + output.a"), json!([edge("start", "n", connection)])));
        clean(&chain("1", json!([edge("start", "later", connection), edge("load", "later", connection)])));
    }
}

#[test]
fn what_can_never_have_run_before_hands_nothing_on() {
    let told = [("unknown_reference", "/edges/3/from")];
    for connection in DATA {
        for (from, to) in [("later", "n"), ("n", "n"), ("n", "load"), ("load", "start")] {
            expect(&chain("1", json!([edge(from, to, connection)])), &told);
        }
    }
    // One that no path leads to, one beside it, and what agents alone use.
    let mut alone = chain("1", json!([edge("alone", "n", "ai_document")]));
    alone["nodes"].as_array_mut().unwrap().push(json!({"id": "alone", "type": "transform", "config": {"set": {}}}));
    expect(&alone, &told);
    alone["edges"].as_array_mut().unwrap().push(json!({"from": "load", "to": "alone"}));
    expect(&alone, &told);
    let mut lent = chain("1", json!([edge("load", "tool", "ai_document"), edge("tool", "agent", "ai_tool")]));
    let model = json!({"provider": "openai", "name": "m"});
    lent["nodes"].as_array_mut().unwrap().extend([
        json!({"id": "tool", "type": "transform", "config": {"set": {}}}),
        json!({"id": "agent", "type": "agent", "config": {"model": model}}),
    ]);
    lent["edges"].as_array_mut().unwrap().push(json!({"from": "load", "to": "agent"}));
    expect(&lent, &told);
    lent["edges"][3]["to"] = json!("agent");
    clean(&lent);
    // An edge to nothing is told as such.
    expect(&chain("1", json!([edge("gone", "n", "ai_document")])), &[("unknown_node", "/edges/3/from")]);
}

#[test]
fn within_a_body_what_comes_before_in_it_hands_on() {
    let body = |edges: Value| {
        let nodes = json!([{"id": "x", "type": "transform", "config": {"expression": "item"}},
            {"id": "y", "type": "transform", "config": {"expression": "output.ai_document"}}]);
        let map =
            json!({"id": "m", "type": "map", "config": {"items": "[1]", "body": {"nodes": nodes, "edges": edges}}});
        flow(json!([{"id": "start", "type": "manual_trigger"}, map]), json!([{"from": "start", "to": "m"}]))
    };
    clean(&body(json!([{"from": "x", "to": "y"}, edge("x", "y", "ai_document")])));
    let apart = body(json!([edge("x", "y", "ai_document")]));
    expect(&apart, &[("unknown_reference", "/nodes/1/config/body/edges/0/from")]);
}

#[test]
fn a_slip_in_what_is_handed_on_is_told() {
    let known = |expression: &str| chain(expression, json!([edge("load", "n", "ai_document")]));
    clean(&known("output.a"));
    expect(&known("output.ai_documents"), &[("unknown_variable", "/nodes/2/config/expression")]);
    expect(&known("output.ai_retriever"), &[("unknown_variable", "/nodes/2/config/expression")]);
    // An input that can have no other members is not all that a node sees.
    let mut closed = chain("output.ai_document.x", json!([edge("start", "later", "ai_document")]));
    closed["input_schema"] = json!({"type": "object", "properties": {"x": {}}, "additionalProperties": false});
    closed["edges"] = json!([{"from": "start", "to": "load"}, {"from": "start", "to": "n"}, {"from": "n", "to": "later"},
        edge("start", "n", "ai_document")]);
    clean(&closed);
}

#[test]
fn the_way_that_a_node_went_does_not_matter_to_what_it_hands_on() {
    for (key, value) in [("port", json!("success")), ("condition", json!("output.a > 1"))] {
        let mut edge = edge("load", "n", "ai_document");
        edge[key] = value;
        expect(&chain("1", json!([edge])), &[("no_effect", &format!("/edges/3/{key}"))]);
    }
}
