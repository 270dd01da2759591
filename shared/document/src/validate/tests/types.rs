//! What the schema of the input decides about expressions: unknown members and impossible comparisons.

use super::{clean, expect, flow, one};
use crate::validate::check;
use serde_json::{Value, json};

fn schema() -> Value {
    json!({"type": "object", "additionalProperties": false, "properties": {
        "amount": {"type": "integer"}, "price": {"type": "number"}, "name": {"type": "string"},
        "ok": {"type": "boolean"}, "tags": {"type": "array", "items": {"type": "string"}},
        "some": {"type": ["string", "null"]}, "any": {},
        "orders": {"type": "array", "items": {"type": "object", "additionalProperties": false, "properties": {
            "id": {"type": "string"}, "lines": {"type": "array", "items": {"type": "integer"}}}}}}})
}

#[test]
fn type_mismatch_where_the_other_side_has_one_type() {
    let mut document = one("transform", json!({}));
    document["input_schema"] = schema();
    for expression in [
        "input.amount == (1 < 2)",
        "input.ok == size(input.tags)",
        "size(input.tags) > input.name",
        "input.amount == string(5)",
        "input.name == int(input.any)",
        "input.amount == input.any + 'x'",
        "input.name < input.any * 2",
        "input.name == -size(input.any)",
        "input.name > timestamp('2026-01-01T00:00:00Z')",
        "input.tags == input.any.startsWith('x')",
        "input.name == [1]",
        "input.amount == (input.ok ? 'a' : string(1))",
        "input.amount in ['a', string(input.any)]",
        "input.some == input.amount",
        "input.name != input.price",
        "name == amount",
        "input.any.exists(x, input.name == 1 + x)",
    ] {
        document["nodes"][1]["config"]["expression"] = json!(expression);
        expect(&document, &[("type_mismatch", "/nodes/1/config/expression")]);
    }
    document["nodes"][1]["config"]["expression"] = json!("input.amount in ['a', 'b']");
    let told = &check(&document).0[0].message;
    let other = "`input.amount` is declared as integer and the other side is of type string";
    assert_eq!(*told, format!("{other}, so `input.amount in …` never holds as meant"));
    for expression in [
        "input.amount == size(input.tags)",
        "input.price > input.amount",
        "input.some == input.name",
        "input.any == input.name || input.name == input.any",
        "timestamp(input.name) < timestamp('2026-01-01T00:00:00Z')",
        "input.amount == (input.ok ? 'a' : 5)",
        "input.amount == (input.ok ? null : 'a')",
        "input.amount in ['a', 1] || input.amount in [input.any, 'a'] || input.amount in []",
        "input.name in input.tags",
        "input.name == input.any + input.any",
        "input.tags == input.tags + [1]",
        "input.name == input.any.reverse() || input.name == dyn(1) || input.name == input.any.?x.orValue(1)",
        "input.some == null && input.amount == -input.any",
        "[1].exists(input, input.name == 1)",
    ] {
        document["nodes"][1]["config"]["expression"] = json!(expression);
        clean(&document);
    }
}

/// A document with a map over `items` and a body of these nodes and edges.
fn mapped(items: &str, nodes: Value, edges: Value) -> Value {
    let config = json!({"items": items, "body": {"nodes": nodes, "edges": edges}});
    let mut document = one("map", config);
    document["input_schema"] = schema();
    document
}

fn says(expression: &str) -> Value {
    json!({"id": "a", "type": "transform", "config": {"expression": expression}})
}

const IN_BODY: &str = "/nodes/1/config/body/nodes/0/config/expression";

#[test]
fn a_body_reads_the_input_of_the_document() {
    let body = |expression: &str| mapped("[1]", json!([says(expression)]), json!([]));
    expect(&body("input.amuont"), &[("unknown_variable", IN_BODY)]);
    expect(&body("input.orders[0].id == input.nmae"), &[("unknown_variable", IN_BODY)]);
    expect(&body("input.amount == 'x'"), &[("type_mismatch", IN_BODY)]);
    clean(&body("has(input.amuont) ? 1 : input.amount + item.amuont"));
    // In a body, `output` and bare names are members of the item, of which no schema tells anything here.
    clean(&body("output.amuont + amuont"));
    let started = json!([{"id": "go", "type": "manual_trigger"}, says("output.amuont")]);
    clean(&mapped("[1]", started, json!([{"from": "go", "to": "a"}])));
    let mut by_edge =
        mapped("[1]", json!([says("1"), {"id": "b", "type": "transform", "config": {"set": {}}}]), json!([]));
    by_edge["nodes"][1]["config"]["body"]["edges"] =
        json!([{"from": "a", "to": "b", "condition": "input.nmae == 'x'"}]);
    expect(&by_edge, &[("unknown_variable", "/nodes/1/config/body/edges/0/condition")]);
}

#[test]
fn a_body_reads_the_items_that_the_schema_declares() {
    let body = |items: &str, expression: &str| mapped(items, json!([says(expression)]), json!([]));
    for items in ["input.orders", "{{ input.orders }}", "orders", "output.orders"] {
        expect(&body(items, "item.di"), &[("unknown_variable", IN_BODY)]);
        expect(&body(items, "item.id == 5"), &[("type_mismatch", IN_BODY)]);
        clean(&body(items, "item.id == 'x' && index == 1"));
    }
    expect(&body("input.tags", "item == 5"), &[("type_mismatch", IN_BODY)]);
    // Nothing is declared for the items of these lists.
    for items in ["input.orders.filter(x, x.id != '')", "[input.orders[0]]", "input.any", "input.orders + [1]"] {
        clean(&body(items, "item.di == 5"));
    }
    // Inside a loop of the body, `item` is the loop's.
    let mut looped = mapped(
        "input.orders",
        json!([says("item.di"), {"id": "each", "type": "loop", "config": {"for_each": "item.lines"}}]),
        json!([{"from": "each", "to": "a", "port": "loop", "condition": "item.di"}, {"from": "a", "to": "each"}]),
    );
    clean(&looped);
    looped["nodes"][1]["config"]["body"]["nodes"][1]["config"]["for_each"] = json!("input.lins");
    expect(&looped, &[("unknown_variable", "/nodes/1/config/body/nodes/1/config/for_each")]);
}

#[test]
fn bodies_within_bodies_read_the_same_input_and_their_own_items() {
    let inner = |expression: &str| {
        let config = json!({"items": "item.lines", "body": {"nodes": [says(expression)]}});
        mapped("input.orders", json!([{"id": "deep", "type": "map", "config": config}]), json!([]))
    };
    let at = "/nodes/1/config/body/nodes/0/config/body/nodes/0/config/expression";
    clean(&inner("item == 1 && input.amount == 1 && item.di"));
    expect(&inner("item == 'x'"), &[("type_mismatch", at)]);
    expect(&inner("input.amuont"), &[("unknown_variable", at)]);
    let mut outer = inner("1");
    outer["nodes"][1]["config"]["body"]["nodes"][0]["config"]["items"] = json!("item.lins");
    expect(&outer, &[("unknown_variable", "/nodes/1/config/body/nodes/0/config/items")]);
}

#[test]
fn a_schema_of_anything_decides_nothing() {
    let mut document = flow(
        json!([{"id": "start", "type": "manual_trigger"}, says("input.x == input.y || input.x == size(input.y)")]),
        json!([{"from": "start", "to": "a"}]),
    );
    clean(&document);
    for anything in [json!(true), json!({}), json!({"properties": {"x": true, "y": {"type": "string"}}})] {
        document["input_schema"] = anything;
        clean(&document);
    }
}

#[test]
fn timeout_too_long() {
    // Given attempts that may run for a day, or for as long as any execution, as nodes and as what undoes one.
    let mut document = one("code", json!({"code": "for(;;);"}));
    for seconds in [901.0, 86_400.0, 31_536_000.0] {
        document["nodes"][1]["timeout_seconds"] = json!(seconds);
        // Then the document may be saved, and says that no host gives as much unasked.
        expect(&document, &[("timeout_too_long", "/nodes/1/timeout_seconds")]);
    }
    document["nodes"][1]["timeout_seconds"] = json!(900);
    clean(&document);
    let mut document = one("http_request", json!({"method": "POST", "url": "https://a.example"}));
    let undo = json!({"type": "http_request", "timeout_seconds": 901, "config": {"url": "https://a.example/undo"}});
    document["nodes"][1]["compensate"] = undo;
    expect(&document, &[("timeout_too_long", "/nodes/1/compensate/timeout_seconds")]);
    // Waiting takes nobody's place, and may take as long as it likes.
    let mut document = one("wait", json!({"seconds": 5}));
    document["nodes"][1]["timeout_seconds"] = json!(31_536_000);
    clean(&document);
}
