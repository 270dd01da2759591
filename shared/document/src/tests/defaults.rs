use crate::{Delivery, Join, OnError, parse};
use serde_json::{Value, json};

fn chain(nodes: Value) -> Value {
    let ids: Vec<String> = nodes.as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap().into()).collect();
    let edges: Vec<Value> = ids.windows(2).map(|pair| json!({"from": pair[0], "to": pair[1]})).collect();
    json!({"name": "My flow: Größe!", "nodes": nodes, "edges": edges})
}

#[test]
fn defaults_by_type() {
    let document = chain(json!([
        {"id": "start", "type": "manual_trigger"},
        {"id": "call", "type": "http_request", "config": {"url": "https://x.example"}},
        {"id": "once", "type": "http_request", "config": {"url": "https://x.example"}, "delivery": "at_most_once"},
        {"id": "js", "type": "code", "config": {"code": "return 1"}},
        {"id": "nap", "type": "wait", "config": {"seconds": 3}, "join": "any", "on_error": "continue"}
    ]));
    let workflow = parse(&document).unwrap().workflow;
    assert_eq!(workflow.id.as_str(), "my-flow-gr-e");
    assert_eq!(workflow.name, "My flow: Größe!");
    let attempts: Vec<u32> = workflow.nodes.iter().map(|node| node.retry.max_attempts).collect();
    assert_eq!(attempts, [1, 3, 1, 1, 1]);
    let timeouts: Vec<Option<f64>> = workflow.nodes.iter().map(|node| node.timeout_seconds).collect();
    assert_eq!(timeouts, [Some(30.0), Some(30.0), Some(30.0), Some(30.0), None]);
    assert_eq!(workflow.nodes[2].delivery, Delivery::AtMostOnce);
    assert_eq!((workflow.nodes[4].join, workflow.nodes[4].on_error), (Join::Any, OnError::Continue));
    assert_eq!(workflow.nodes[1].on_error, OnError::Fail);
    let call = workflow.node("call").unwrap();
    assert_eq!(
        (call.retry.initial_seconds, call.retry.backoff, call.retry.max_seconds, call.retry.jitter),
        (1.0, 2.0, 60.0, true)
    );
}

#[test]
fn settings_reach_nodes_and_bodies() {
    let mut document = chain(json!([
        {"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "map", "config": {"items": "[1]", "body": {"nodes": [{"id": "x", "type": "code", "config": {"code": "return 1"}}]}}}
    ]));
    document["settings"] = json!({"on_error": "rollback", "max_loop_iterations": 7});
    let workflow = parse(&document).unwrap().workflow;
    assert_eq!(workflow.nodes[1].on_error, OnError::Rollback);
    let body = workflow.nodes[1].kind.inline_body().unwrap();
    assert_eq!(body.nodes[0].on_error, OnError::Rollback);
    assert_eq!(body.settings.max_loop_iterations, 7);
}

#[test]
fn every_violation_of_the_input_is_told() {
    let mut document = chain(json!([{"id": "start", "type": "manual_trigger"}]));
    document["input_schema"] = json!({"type": "object", "required": ["a"], "properties": {"b/c": {"type": "array", "items": {"type": "integer"}}}});
    let workflow = parse(&document).unwrap().workflow;
    assert!(workflow.check_input(&json!({"a": 1, "b/c": [1]})).is_empty());
    let paths: Vec<String> =
        workflow.check_input(&json!({"b/c": [1, "x", 2, "y"]})).into_iter().map(|v| v.path).collect();
    assert_eq!(paths.len(), 3, "{paths:?}");
    assert!(paths.contains(&"/b~1c/3".to_owned()) && paths.contains(&String::new()));
}

#[test]
fn without_id_and_name_the_content_names_it() {
    let document = json!({"nodes": [{"id": "start", "type": "manual_trigger"}]});
    let first = parse(&document).unwrap().workflow;
    assert!(first.id.as_str().starts_with("workflow-"));
    assert_eq!(first.id, parse(&document).unwrap().workflow.id);
    let mut numbered = document;
    numbered["id"] = json!(42);
    assert_eq!(parse(&numbered).unwrap().workflow.id.as_str(), "42");
}

#[test]
fn a_small_document_is_parsed_quickly() {
    let nodes: Vec<Value> = std::iter::once(json!({"id": "n0", "type": "manual_trigger"}))
        .chain((1..10).map(|ix| json!({"id": format!("n{ix}"), "type": "http_request", "config": {"url": "https://x.example/{{ input.id }}", "body": {"a": "{{ output.b }}"}}})))
        .collect();
    let document = chain(Value::Array(nodes));
    parse(&document).unwrap();
    let start = std::time::Instant::now();
    for _ in 0..50 {
        parse(&document).unwrap();
    }
    assert!(start.elapsed().as_micros() / 50 < 5_000, "{:?}", start.elapsed() / 50);
}

#[test]
fn what_stores_read_of_a_document_is_the_limit_of_its_settings() {
    let plain = json!({"id": "start", "type": "manual_trigger"});
    let chat = json!({"id": "said", "type": "chat_trigger"});
    for (settings, trigger, limit) in [
        (json!({}), &plain, None),
        (json!({"max_concurrency": 7}), &plain, Some(7)),
        (json!({"overlap": "skip_if_active", "max_concurrency": 7}), &plain, Some(7)),
        // All stand in one line, but for the messages of a chat: each of its sessions has a line.
        (json!({"overlap": "queue"}), &plain, Some(1)),
        (json!({"overlap": "queue", "max_concurrency": 7}), &plain, Some(1)),
        (json!({"overlap": "queue"}), &chat, None),
        (json!({"overlap": "queue", "max_concurrency": 7}), &chat, Some(7)),
    ] {
        let document = json!({"id": "w", "settings": settings, "nodes": [trigger, {"id": "end", "type": "transform",
            "config": {"expression": "1"}}], "edges": [{"from": trigger["id"], "to": "end"}]});
        let workflow = parse(&document).unwrap().workflow;
        let kept = crate::canonical::text(&workflow.document);
        assert_eq!((workflow.settings.max_concurrency, crate::limit_of_document(&kept)), (limit, limit), "{document}");
    }
}
