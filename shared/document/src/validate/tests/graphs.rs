use super::{clean, expect, flow, one};
use serde_json::{Value, json};

fn step(id: &str) -> Value {
    json!({"id": id, "type": "transform", "config": {"set": {}}})
}

fn start() -> Value {
    json!({"id": "start", "type": "manual_trigger"})
}

fn again(id: &str) -> Value {
    json!({"id": id, "type": "loop", "config": {"for_each": "[1, 2]"}})
}

fn edge(from: &str, to: &str) -> Value {
    match from.split_once('.') {
        Some((from, port)) => json!({"from": from, "to": to, "port": port}),
        None => json!({"from": from, "to": to}),
    }
}

fn edges(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(from, to)| edge(from, to)).collect()
}

#[test]
fn no_trigger() {
    expect(&flow(json!([step("a")]), json!([])), &[("no_trigger", "/nodes")]);
}

#[test]
fn unreachable_node() {
    expect(&flow(json!([start(), step("a")]), json!([])), &[("unreachable_node", "/nodes/1")]);
    let gives = json!([{"from": "start", "to": "a"}, {"from": "tool", "to": "a", "connection": "ai_tool"}]);
    // Nothing uses what is given in this release, which is another matter.
    let given = flow(json!([start(), step("a"), step("tool")]), gives);
    expect(&given, &[("no_effect", "/edges/1/connection")]);
}

#[test]
fn cycle_without_loop() {
    let nodes = json!([start(), step("a"), step("b")]);
    expect(&flow(nodes, edges(&[("start", "a"), ("a", "b"), ("b", "a")])), &[("cycle_without_loop", "/edges/2")]);
    let itself = flow(json!([start(), step("a")]), edges(&[("start", "a"), ("a", "a")]));
    expect(&itself, &[("cycle_without_loop", "/edges/1")]);
    let by_done = flow(
        json!([start(), again("l"), step("b"), step("c")]),
        edges(&[("start", "l"), ("l.loop", "b"), ("b", "l"), ("l.done", "c"), ("c", "l")]),
    );
    expect(&by_done, &[("cycle_without_loop", "/edges/4")]);
}

#[test]
fn loops_that_are_closed_are_clean() {
    let nested = flow(
        json!([start(), again("outer"), again("inner"), step("a"), step("b"), step("after")]),
        edges(&[
            ("start", "outer"),
            ("outer.loop", "inner"),
            ("inner.loop", "a"),
            ("a", "inner"),
            ("inner.done", "b"),
            ("b", "outer"),
            ("outer", "after"),
        ]),
    );
    clean(&nested);
    let dead_end = flow(
        json!([start(), again("l"), step("a"), step("after")]),
        edges(&[("start", "l"), ("l.loop", "a"), ("l.done", "after")]),
    );
    clean(&dead_end);
}

#[test]
fn edge_into_loop_body() {
    let nodes = json!([start(), again("l"), step("a"), step("b")]);
    let into = flow(nodes, edges(&[("start", "l"), ("l.loop", "a"), ("a", "b"), ("b", "l"), ("start", "b")]));
    expect(&into, &[("edge_into_loop_body", "/edges/4")]);
    let first = flow(
        json!([start(), again("l"), step("a")]),
        edges(&[("start", "l"), ("l.loop", "a"), ("a", "l"), ("start", "a")]),
    );
    expect(&first, &[("edge_into_loop_body", "/edges/3")]);
}

#[test]
fn edge_out_of_loop_body() {
    let nodes = json!([start(), again("l"), step("a"), step("after")]);
    let out = flow(nodes, edges(&[("start", "l"), ("l.loop", "a"), ("a", "l"), ("a", "after"), ("l.done", "after")]));
    expect(&out, &[("edge_out_of_loop_body", "/edges/3")]);
    let inner_to_outer = flow(
        json!([start(), again("outer"), again("inner"), step("a")]),
        edges(&[("start", "outer"), ("outer.loop", "inner"), ("inner.loop", "a"), ("a", "outer"), ("inner", "outer")]),
    );
    assert!(super::found(&inner_to_outer).contains(&("edge_out_of_loop_body".into(), "/edges/3".into())));
}

#[test]
fn a_maps_body_may_begin_with_a_loop() {
    let nodes = json!([step("a"), step("b"), again("l")]);
    let body = json!({"nodes": nodes, "edges": edges(&[("l.loop", "a"), ("a", "b"), ("b", "l")])});
    clean(&one("map", json!({"items": "[1]", "body": body})));
}

#[test]
fn break_outside_loop() {
    expect(&one("break", json!({})), &[("break_outside_loop", "/nodes/1")]);
    let inside = flow(
        json!([start(), again("l"), {"id": "stop", "type": "break", "config": {"output": 1}}]),
        edges(&[("start", "l"), ("l.loop", "stop")]),
    );
    clean(&inside);
}

#[test]
fn unknown_port() {
    let mut document = flow(json!([start(), step("a"), step("b")]), edges(&[("start", "a"), ("a.eror", "b")]));
    expect(&document, &[("unknown_port", "/edges/1/port")]);
    let (errors, _) = crate::validate::check(&document);
    assert_eq!(errors[0].hint, "Did you mean `error`?");
    document["edges"] = edges(&[("start.error", "a"), ("a", "b")]);
    expect(&document, &[("unknown_port", "/edges/0/port")]);
    let ended =
        flow(json!([start(), {"id": "end", "type": "succeed"}, step("b")]), edges(&[("start", "end"), ("end", "b")]));
    expect(&ended, &[("unknown_port", "/edges/1")]);
}

#[test]
fn a_branch_without_default_wants_every_edge_to_name_its_port() {
    let branch = json!({"id": "b", "type": "branch", "config": {"rules": [{"when": "true", "port": "x"}]}});
    let mut document = flow(json!([start(), branch, step("a")]), edges(&[("start", "b"), ("b", "a")]));
    expect(&document, &[("unknown_port", "/edges/1")]);
    document["edges"][1]["port"] = json!("x");
    clean(&document);
}

#[test]
fn unbounded_loop() {
    let forever = |config: Value, stop: bool| {
        let mut nodes = vec![start(), json!({"id": "l", "type": "loop", "config": config}), step("a")];
        let mut pairs = vec![("start", "l"), ("l.loop", "a"), ("a", "l")];
        if stop {
            nodes.push(json!({"id": "stop", "type": "break"}));
            pairs.push(("a", "stop"));
        }
        flow(Value::Array(nodes), edges(&pairs))
    };
    expect(&forever(json!({"while": "true"}), false), &[("unbounded_loop", "/nodes/1/config/while")]);
    expect(&forever(json!({"while": "{{ true }}"}), false), &[("unbounded_loop", "/nodes/1/config/while")]);
    expect(&forever(json!({"while": true}), false), &[("unbounded_loop", "/nodes/1/config/while")]);
    clean(&forever(json!({"while": "true", "max_iterations": 5}), false));
    clean(&forever(json!({"while": "true"}), true));
    clean(&forever(json!({"while": "loop.iteration < 3"}), false));
}

#[test]
fn unhandled_port() {
    let branch = json!({"id": "b", "type": "branch",
        "config": {"rules": [{"when": "true", "port": "x"}, {"when": "false", "port": "y"}], "default": "z"}});
    let document = flow(json!([start(), branch, step("a")]), edges(&[("start", "b"), ("b.x", "a")]));
    expect(&document, &[("unhandled_port", "/nodes/1"), ("unhandled_port", "/nodes/1")]);
    expect(&flow(json!([start(), again("l")]), edges(&[("start", "l")])), &[("unhandled_port", "/nodes/1")]);
}
