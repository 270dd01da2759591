use super::{clean, expect, flow};
use crate::parse;
use serde_json::{Value, json};

fn says(id: &str, expression: &str) -> Value {
    json!({"id": id, "type": "transform", "config": {"expression": expression}})
}

fn mapped(body: Value) -> Value {
    flow(
        json!([{"id": "start", "type": "manual_trigger"}, says("before", "1"),
               {"id": "each", "type": "map", "config": {"items": "input.list", "body": body}}, says("after", "1")]),
        json!([{"from": "start", "to": "before"}, {"from": "before", "to": "each"}, {"from": "each", "to": "after"}]),
    )
}

#[test]
fn a_body_reads_itself_and_what_came_before_the_map() {
    let reads = |expression: &str| {
        mapped(
            json!({"nodes": [says("a", "item + index"), says("b", expression)], "edges": [{"from": "a", "to": "b"}]}),
        )
    };
    clean(&reads("ctx.a.output + ctx.before.output"));
    let at = "/nodes/2/config/body/nodes/1/config/expression";
    expect(&reads("ctx.each.output"), &[("unknown_reference", at)]);
    expect(&reads("ctx.after.output"), &[("unknown_reference", at)]);
    expect(&reads("ctx.nowhere.output"), &[("unknown_reference", at)]);
}

#[test]
fn a_body_is_a_workflow_of_its_own_and_nests() {
    let inner = json!({"nodes": [says("x", "ctx.before.output + ctx.a.output")]});
    let body = json!({
        "nodes": [says("a", "1"), {"id": "deep", "type": "map", "config": {"items": "[1]", "body": inner}}],
        "edges": [{"source": "a", "target": "deep"}]
    });
    let parsed = parse(&mapped(body)).unwrap().workflow;
    let body = parsed.node("each").unwrap().kind.inline_body().unwrap();
    assert_eq!(body.id.as_str(), "w/each");
    assert_eq!(body.edges[0].from.as_str(), "a");
    assert!(body.trigger_for_api().is_none());
    let body = body.node("deep").unwrap().kind.inline_body().unwrap();
    assert_eq!(body.id.as_str(), "w/each/deep");
}

#[test]
fn a_body_has_its_own_problems() {
    let circle = json!({"nodes": [says("a", "1"), says("b", "1")], "edges": [{"from": "a", "to": "b"}, {"from": "b", "to": "a"}]});
    expect(&mapped(circle), &[("cycle_without_loop", "/nodes/2/config/body/edges/1")]);
    let stray = json!({"nodes": [{"id": "a", "type": "break"}], "output": "1"});
    let at = "/nodes/2/config/body";
    expect(&mapped(stray), &[("break_outside_loop", &format!("{at}/nodes/0")), ("schema", &format!("{at}/output"))]);
    expect(&mapped(json!({"nodes": []})), &[("schema", &format!("{at}/nodes"))]);
    clean(&mapped(json!("saved-workflow")));
    clean(&mapped(json!(42)));
}

#[test]
fn a_trigger_in_a_body_reads_the_input() {
    let reads = |body: Value| {
        let parsed = parse(&mapped(body)).unwrap().workflow;
        let body = parsed.node("each").unwrap().kind.inline_body().unwrap();
        body.reads().input
    };
    let started = json!({"nodes": [{"id": "go", "type": "manual_trigger"}, says("a", "output")],
        "edges": [{"from": "go", "to": "a"}]});
    assert!(reads(started.clone()));
    assert!(reads(json!({"nodes": [{"id": "deep", "type": "map", "config": {"items": "[1]", "body": started}}]})));
    assert!(!reads(json!({"nodes": [says("a", "output")]})));
}
