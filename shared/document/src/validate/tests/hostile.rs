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
fn schemas_that_cost_too_much_are_refused_where_they_do() {
    let link = |ix: usize| {
        let next = json!({"$ref": format!("#/$defs/a{}", ix + 1)});
        (format!("a{ix}"), json!({"allOf": [next, next]}))
    };
    let mut defs: serde_json::Map<String, Value> = (0..40).map(link).collect();
    defs.insert("a40".into(), json!({"type": "string"}));
    let schema = json!({"$defs": defs, "$ref": "#/$defs/a0"});
    let mut document = one("transform", json!({"set": {}}));
    document["input_schema"] = schema.clone();
    let problems = found(&document);
    assert!(problems.len() == 1 && problems[0].1.starts_with("/input_schema/$defs/a"), "{problems:?}");
    let form = one("human", json!({"kind": "input", "question": "?", "schema": schema}));
    let problems = found(&form);
    assert!(
        problems.iter().any(|(code, at)| code == "invalid_config" && at.contains("/schema/$defs/a")),
        "{problems:?}"
    );
}

#[test]
fn patterns_of_expressions_are_counted_before_they_are_compiled() {
    let many = |count: usize| -> Value {
        let texts = (0..count).map(|ix| format!("{{{{ 'a'.matches('(?i)\\\\p{{L}}{ix}') }}}}"));
        one("transform", json!({"set": {"all": texts.collect::<Vec<_>>()}}))
    };
    expect(&many(100), &[]);
    expect(&many(1_001), &[("schema", "")]);
    let classes =
        |count: usize| one("transform", json!({"expression": format!("'a'.matches('{}')", "\\\\p{L}".repeat(count))}));
    expect(&classes(2), &[]);
    expect(&classes(100), &[("invalid_cel", "/nodes/1/config/expression")]);
}

/// What is not told any more is not looked for either: each of these took minutes.
#[test]
fn names_that_nobody_knows_are_searched_for_a_few_times_only() {
    let long = |ix: usize, mark: char| format!("{}{ix:05}", mark.to_string().repeat(58));
    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger"})];
    nodes.extend((0..1_900).map(|ix| json!({"id": long(ix, 'a'), "type": "transform", "config": {"expression": format!("ctx.{}.output", long(ix, 'x'))}})));
    let edges: Vec<Value> = (0..10_000).map(|ix| json!({"from": long(ix, 'y'), "to": long(ix, 'z')})).collect();
    let (errors, _) = check(&json!({"id": "w", "nodes": nodes, "edges": edges}));
    assert_eq!(errors.len(), crate::limits::ISSUES);
    let guessed = errors.iter().filter(|issue| issue.hint.starts_with("Did you mean")).count();
    assert!(guessed <= crate::limits::SUGGESTIONS);
    let rules: Vec<Value> = (0..1_000).map(|ix| json!({"when": "true", "port": long(ix, 'p')})).collect();
    let edges: Vec<Value> = (0..10_000).map(|ix| json!({"from": "b", "to": "end", "port": long(ix, 'q')})).collect();
    let branch = json!({"id": "w", "nodes": [
        {"id": "start", "type": "manual_trigger"}, {"id": "b", "type": "branch", "config": {"rules": rules}}, {"id": "end", "type": "succeed"}
    ], "edges": edges});
    assert_eq!(check(&branch).0.len(), crate::limits::ISSUES);
}

#[test]
fn loops_that_lead_into_each_other_are_examined_a_few_times_only() {
    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger"})];
    nodes.extend((0..1_999).map(|ix| json!({"id": format!("l{ix}"), "type": "loop", "config": {"while": "true"}})));
    let mut edges: Vec<Value> = (0..1_999).map(|ix| json!({"from": "start", "to": format!("l{ix}")})).collect();
    edges.extend((0..8_000).map(|ix| {
        let (from, to) = (ix % 1_999, (ix * 7 + 1) % 1_999);
        json!({"from": format!("l{from}"), "to": format!("l{to}"), "port": "loop"})
    }));
    assert!(!check(&json!({"id": "w", "nodes": nodes, "edges": edges})).0.is_empty());
}

/// Joins that race, behind two long chains: each of hundreds of nodes asks for each of a thousand whether it may be
/// skipped.
#[test]
fn what_may_be_missing_is_found_in_a_large_flow_of_racing_joins() {
    let step = |id: String, join: Option<Value>| {
        let mut node = json!({"id": id, "type": "transform", "config": {"expression": "ctx.start.output"}});
        node["join"] = join.unwrap_or_else(|| json!("all"));
        node
    };
    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger"})];
    let mut edges = Vec::new();
    for side in ["a", "b"] {
        for ix in 0..500 {
            nodes.push(step(format!("{side}{ix}"), None));
            let from = if ix == 0 { "start".to_owned() } else { format!("{side}{}", ix - 1) };
            edges.push(json!({"from": from, "to": format!("{side}{ix}")}));
        }
    }
    for ix in 0..450 {
        nodes.push(step(format!("j{ix}"), None));
        edges.extend(["a499", "b499"].map(|from| json!({"from": from, "to": format!("j{ix}")})));
        nodes.push(step(format!("r{ix}"), Some(json!("any"))));
        edges.extend(["start", "a0"].map(|from| json!({"from": from, "to": format!("r{ix}")})));
    }
    expect(&json!({"id": "w", "nodes": nodes, "edges": edges}), &[]);
}

#[test]
fn connections_beyond_the_number_of_edges_are_refused_before_they_are_turned_into_edges() {
    let list: Vec<Value> = (0..10_001).map(|_| json!({"node": "start", "index": 0})).collect();
    let document = json!({"name": "n", "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "n", "type": "transform", "config": {"set": {}}}],
        "connections": {"n": {"connection_types": {"main": {"connections": list}}}}});
    let problems = found(&document);
    assert!(problems.contains(&("schema".to_owned(), "/connections".to_owned())), "{problems:?}");
}

#[test]
fn a_picture_of_the_largest_flow_is_as_large_as_the_flow() {
    let mut nodes = vec![json!({"id": "n0", "type": "manual_trigger"})];
    nodes.extend((1..2_000).map(|ix| json!({"id": format!("n{ix}"), "type": "transform", "config": {"set": {}}})));
    let edges: Vec<Value> = (0..10_000)
        .map(|ix| (ix % 1_999, ix / 1_999))
        .map(
            |(from, step)| json!({"from": format!("n{from}"), "to": format!("n{}", (from + 1 + step * 13).min(1_999))}),
        )
        .collect();
    let workflow = crate::parse(&json!({"id": "w", "nodes": nodes, "edges": edges})).expect("sound").workflow;
    for draw in [crate::picture::mermaid, crate::picture::dot, crate::picture::svg] {
        assert!(draw(&workflow).len() < 6_000_000);
    }
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
