use super::{expect, found, one};
use crate::validate::check;
use serde_json::{Value, json};

#[test]
fn nesting_is_bounded() {
    let mut deep = json!(1);
    for _ in 0..120 {
        deep = json!([deep]);
    }
    expect(&one("transform", json!({"set": {"a": deep}})), &[("schema", "")]);
    let mut maps = json!({"nodes": [{"id": "x", "type": "transform", "config": {"set": {}}}]});
    for _ in 0..30 {
        maps = json!({"nodes": [{"id": "m", "type": "map", "config": {"items": "[1]", "body": maps}}]});
    }
    expect(&maps, &[("schema", "")]);
}

#[test]
fn schemas_that_never_end_or_lead_outside_are_refused() {
    for schema in [
        json!({"$ref": "#"}),
        json!({"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}),
        json!({"$defs": {"a": {"allOf": [{"$ref": "#/$defs/b"}]}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}),
        json!({"$anchor": "me", "not": {"$ref": "#me"}}),
        json!({"$ref": "https://example.com/schema.json"}),
        json!({"$ref": "file:///etc/passwd"}),
        json!({"type": 5}),
        json!({"pattern": "("}),
        json!("string"),
    ] {
        let mut document = one("transform", json!({"set": {}}));
        document["input_schema"] = schema.clone();
        let problems = found(&document);
        assert_eq!(problems.len(), 1, "{schema}: {problems:?}");
        assert!(problems[0].0 == "schema" && problems[0].1.starts_with("/input_schema"), "{schema}: {problems:?}");
    }
    let mut tree = one("transform", json!({"set": {}}));
    tree["input_schema"] = json!({"type": "object", "properties": {"next": {"$ref": "#"}}});
    expect(&tree, &[]);
}

#[test]
fn no_json_makes_it_panic() {
    // Every member of a rich document is replaced by every kind of JSON in turn.
    let rich = json!({
        "id": "w", "name": "n", "input_schema": {"type": "object"}, "output": "1", "settings": {"overlap": "allow"},
        "nodes": [
            {"id": "start", "type": "TRIGGER_NODE", "subtype": "MANUAL", "position": {"x": 1}},
            {"id": "h", "type": "human", "data": {"kind": "HIL_DECISION", "question": "?", "options": ["a"], "timeout_minutes": 1,
                "channel_type": "slack", "slack_channel": "#x", "label": "H"}},
            {"id": "l", "type": "loop", "config": {"while": "true", "max_iterations": 2}},
            {"id": "m", "type": "map", "config": {"items": "[1]", "body": {"nodes": [{"id": "x", "type": "wait", "config": {"seconds": 1}}], "edges": []}}},
            {"id": "b", "type": "branch", "config": {"rules": [{"when": "true", "port": "p"}], "default": "d"}},
            {"id": "f", "type": "function", "config": {"handler": "transform", "set": {"a": "{{ ctx.b.output }}"}}}
        ],
        "edges": [{"source": "start", "target": "h", "sourceHandle": "output"}, {"from": "h", "to": "l", "condition": {"type": "cel", "expression": "true"}}, {"from": "m", "to": "b"}, {"from": "b", "to": "f", "port": "p"}],
        "connections": {"m": {"connection_types": {"main": {"connections": [{"node": "l", "type": "MAIN"}]}}}}
    });
    let mut pointers = Vec::new();
    collect(&rich, String::new(), &mut pointers);
    assert!(pointers.len() > 60);
    let mut accepted = 0;
    for pointer in &pointers {
        for value in [
            json!(null),
            json!(true),
            json!(-1.5),
            json!(1e300),
            json!(""),
            json!("\u{0}/~"),
            json!([]),
            json!([[]]),
            json!({}),
            json!({"": {}}),
        ] {
            let mut document = rich.clone();
            *document.pointer_mut(pointer).unwrap() = value;
            let (errors, warnings) = check(&document);
            assert!(errors.iter().chain(&warnings).all(|issue| !issue.hint.is_empty()));
            // A stored document is in canonical form: parsing it again changes nothing.
            if let Ok(parsed) = crate::parse(&document) {
                accepted += 1;
                let again = crate::parse(&parsed.workflow.document).expect("what was accepted");
                assert_eq!(parsed.workflow.document, again.workflow.document, "{pointer}");
            }
        }
    }
    assert!(accepted > 20, "{accepted}");
}

fn collect(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| collect(value, format!("{at}/{key}"), out)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(ix, value)| collect(value, format!("{at}/{ix}"), out))
        }
        _ => {}
    }
    out.push(at);
}

#[test]
fn large_documents_are_checked_in_time() {
    let count = 2_000;
    let mut nodes = vec![json!({"id": "n0", "type": "manual_trigger"})];
    let mut edges = Vec::new();
    for ix in 1..count {
        nodes.push(json!({"id": format!("n{ix}"), "type": "transform", "config": {"expression": format!("ctx.n{}.output", ix / 2)}}));
        edges.push(json!({"from": format!("n{}", ix - 1), "to": format!("n{ix}")}));
    }
    let start = std::time::Instant::now();
    expect(&json!({"id": "w", "nodes": nodes, "edges": edges}), &[]);
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}
