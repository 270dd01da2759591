//! The order in which one `run` asks what is open at once: that of the document and of the items.

use crate::support::Home;
use serde_json::{Value, json};

fn asks(id: &str, question: &str) -> Value {
    json!({"id": id, "type": "human", "config": {"kind": "ask", "question": question}})
}

#[test]
fn branches_ask_in_the_order_of_the_document() {
    let home = Home::new();
    // The edges name the later node first, so that its question is opened first.
    let document = json!({"id": "branches", "output": "[ctx.one.output.answer, ctx.two.output.answer]",
        "nodes": [{"id": "start", "type": "manual_trigger"}, asks("one", "First?"), asks("two", "Second?")],
        "edges": [{"from": "start", "to": "two"}, {"from": "start", "to": "one"}]});
    let file = home.file("branches.json", document);
    let told = home.say(&["run", &file, "--json"], "1\n2\n").exits(0);
    assert_eq!(told.json()["output"], json!(["1", "2"]), "{told:?}");
}

#[test]
fn a_map_asks_in_the_order_of_its_items_and_each_item_in_that_of_its_body() {
    let home = Home::new();
    let both = json!({"id": "both", "type": "transform",
        "config": {"expression": "[ctx.name.output.answer, ctx.age.output.answer]"}});
    let body = json!({"nodes": [asks("name", "Name of {{ item }}?"), asks("age", "Age of {{ item }}?"), both],
        "edges": [{"from": "name", "to": "age"}, {"from": "age", "to": "both"}]});
    let document = json!({"id": "items", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "each", "type": "map", "config": {"items": "[1, 2, 3, 4, 5]", "body": body}}, asks("last", "All?")],
        "edges": [{"from": "start", "to": "each"}, {"from": "start", "to": "last"}],
        "output": "[ctx.each.output, ctx.last.output.answer]"});
    let file = home.file("items.json", document);
    let lines: String = (1..=5).map(|item| format!("n{item}\na{item}\n")).collect();
    let told = home.say(&["run", &file, "--json"], &format!("{lines}all\n")).exits(0);
    let expected: Vec<_> = (1..=5).map(|item| json!([format!("n{item}"), format!("a{item}")])).collect();
    assert_eq!(told.json()["output"], json!([expected, "all"]), "{told:?}");
}
