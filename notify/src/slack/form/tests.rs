//! Stories of forms: their fields, and the answers that they make.
#![allow(clippy::unwrap_used)]

use super::{answer, beside_fields, form};
use crate::slack::{blocks, tests::question};
use serde_json::{Value, json};
use stepwell_core::error::Reason;

/// The view of an input's form, and the data that these values make of it.
fn filled(schema: Value, values: Value) -> (Value, Result<Value, Vec<Reason>>) {
    let one = question("input", json!({"schema": schema}));
    let data = answer(&one, &values).map(|said| said.data.unwrap_or_default());
    (blocks::view(&one).unwrap_or_default(), data)
}

/// A schema with all that a form can show.
fn everything() -> Value {
    json!({"type": "object", "required": ["name", "amount", "address", "tags", "kind"], "properties": {
        "name": {"type": "string", "title": "Payee", "description": "Who is paid", "minLength": 1, "maxLength": 100},
        "note": {"type": "string"},
        "amount": {"type": "number", "minimum": 0.5, "default": 10},
        "count": {"type": "integer"},
        "urgent": {"type": "boolean"},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "mail": {"type": "string", "format": "email"},
        "currency": {"enum": ["EUR", "USD", "GBP"], "default": "USD"},
        "address": {"type": "object", "required": ["street"], "properties": {"street": {"type": "string"}, "a/b~c": {"type": "string"}}},
        "more": {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}}},
        "tags": {"type": "array", "items": {"type": "string"}},
        "numbers": {"type": "array", "items": {"type": "integer"}},
        "colours": {"type": "array", "items": {"enum": ["red", "green"]}},
        "kind": {"const": "invoice"},
        "code": {"type": ["string", "null"]},
    }})
}

/// Values for its fields, as Slack sends them; the second, the twelfth and the last are left empty.
fn filled_in() -> Value {
    let field = |at: usize, value: Value| (format!("field.{at}"), json!({"value": value}));
    [
        field(0, json!({"type": "plain_text_input", "value": "Acme"})),
        field(1, json!({"type": "plain_text_input", "value": null})),
        field(2, json!({"type": "number_input", "value": "12.50"})),
        field(3, json!({"type": "number_input", "value": "3"})),
        field(4, json!({"type": "static_select", "selected_option": {"value": "1"}})),
        field(5, json!({"type": "datepicker", "selected_date": "2026-11-21"})),
        field(6, json!({"type": "datetimepicker", "selected_date_time": 1795255200})),
        field(7, json!({"type": "email_text_input", "value": "a@example.com"})),
        field(8, json!({"type": "static_select", "selected_option": {"value": "2"}})),
        field(9, json!({"type": "plain_text_input", "value": "Main St"})),
        field(10, json!({"type": "plain_text_input", "value": "odd"})),
        field(12, json!({"type": "plain_text_input", "value": "one\n\n two \n"})),
        field(13, json!({"type": "plain_text_input", "value": "1\n2"})),
        field(14, json!({"type": "multi_static_select", "selected_options": [{"value": "1"}]})),
    ]
    .into_iter()
    .collect()
}

#[test]
fn a_form_gives_what_a_schema_asks_for() {
    let (_, data) = filled(everything(), filled_in());
    let whole = json!({"address": {"street": "Main St", "a/b~c": "odd"}, "kind": "invoice", "name": "Acme", "amount": 12.5,
        "count": 3, "urgent": false, "day": "2026-11-21", "at": "2026-11-21T10:00:00.000Z", "mail": "a@example.com",
        "currency": "GBP", "tags": ["one", "two"], "numbers": [1, 2], "colours": ["green"]});
    assert_eq!(data, Ok(whole));
    // What is left empty is not in the data, but for lists and objects that have to be there.
    let (_, data) = filled(everything(), json!({}));
    assert_eq!(data, Ok(json!({"address": {}, "tags": [], "kind": "invoice"})));
}

#[test]
fn each_field_takes_what_its_schema_says() {
    let (view, _) = filled(everything(), json!({}));
    let inputs: Vec<&Value> = view["blocks"].as_array().unwrap().iter().filter(|it| it["type"] == "input").collect();
    let types: Vec<&str> = inputs.iter().map(|it| it["element"]["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "plain_text_input",
            "plain_text_input",
            "number_input",
            "number_input",
            "static_select",
            "datepicker",
            "datetimepicker",
            "email_text_input",
            "static_select",
            "plain_text_input",
            "plain_text_input",
            "plain_text_input",
            "plain_text_input",
            "plain_text_input",
            "multi_static_select",
            "plain_text_input",
        ]
    );
    assert_eq!((&inputs[0]["label"]["text"], &inputs[0]["hint"]["text"]), (&json!("Payee"), &json!("Who is paid")));
    assert_eq!((&inputs[0]["optional"], &inputs[1]["optional"]), (&json!(false), &json!(true)));
    assert_eq!(inputs[2]["element"]["initial_value"], "10");
    assert_eq!(inputs[2]["element"]["min_value"], "0.5");
    assert_eq!(inputs[8]["element"]["initial_option"]["text"]["text"], "USD");
    assert_eq!(inputs[9]["label"]["text"], "address – street");
    assert_eq!((&inputs[11]["label"]["text"], &inputs[11]["optional"]), (&json!("more – x"), &json!(true)));
}

#[test]
fn what_no_field_can_take_makes_no_form() {
    for schema in [
        json!({}),
        json!({"type": "object"}),
        json!({"$ref": "#/$defs/x"}),
        json!({"type": "object", "properties": {"x": {"oneOf": [{"type": "string"}, {"type": "number"}]}}}),
        json!({"type": "object", "properties": {"x": {"type": "array", "items": {"type": "object"}}}}),
        json!({"type": "object", "properties": {"x": {"type": ["string", "number"]}}}),
        json!({"type": "object", "properties": {"x": {"enum": (0..101).collect::<Vec<_>>()}}}),
        json!({"type": "object", "properties": {"x": {"type": "string", "title": "t".repeat(600)}}}),
        json!({"type": "object", "required": ["y"], "properties": {"x": {"type": "string"}}}),
    ] {
        assert!(form(&question("input", json!({"schema": schema}))).is_none(), "{schema}");
    }
}

#[test]
fn what_is_wrong_stands_beside_its_field() {
    let schema = json!({"type": "object", "properties": {
        "amount": {"type": "number"}, "address": {"type": "object", "properties": {"street": {"type": "string"}}}}});
    let one = question("input", json!({"schema": schema}));
    let values = json!({"field.0": {"value": {"value": "ten"}}});
    let reasons = answer(&one, &values).unwrap_err();
    assert_eq!(beside_fields(&one, &reasons)["field.0"], "ten is no number");
    let beside = |path: &str| {
        let reason = Reason { code: "schema".into(), path: path.into(), message: "wrong".into() };
        beside_fields(&one, &[reason]).into_keys().next().unwrap()
    };
    for (path, field) in [
        ("/data/amount", "field.0"),
        ("/data/address/street", "field.1"),
        ("/data/address/street/deep", "field.1"),
        ("/data/address", "field.1"),
        ("/data", "field.0"),
        ("", "field.0"),
        ("/data/amountless", "field.0"),
        ("/unheard", "field.0"),
    ] {
        assert_eq!(beside(path), field, "{path}");
    }
}

#[test]
fn a_dangerous_tool_is_approved_by_its_name_and_rejected_without() {
    let about = json!({"authorization": {"tool": "drop_table", "arguments": null, "security_level": "high"}});
    let one = question("authorization", about);
    let values = |decision: &str, tool: Value| json!({"field.0": {"value": {"selected_option": {"value": decision}}}, "field.1": {"value": {"value": tool}}});
    assert!(answer(&one, &values("0", Value::Null)).is_err_and(|all| all[0].path == "/tool"));
    let said = answer(&one, &values("0", json!("drop_table"))).unwrap();
    assert_eq!((said.approved, said.tool.as_deref()), (Some(true), Some("drop_table")));
    assert_eq!(answer(&one, &values("1", Value::Null)).unwrap().approved, Some(false));
    let nameless = json!({"authorization": {"tool": null, "arguments": null, "security_level": "high"}});
    assert!(form(&question("authorization", nameless)).is_none());
}

#[test]
fn a_review_gives_back_the_content_as_it_was_edited() {
    let text = question("review", json!({"content": "old"}));
    let values = json!({"field.0": {"value": {"selected_option": {"value": "0"}}}, "field.1": {"value": {"value": "new"}},
        "field.2": {"value": {"value": "why"}}});
    let said = answer(&text, &values).unwrap();
    assert_eq!((said.approved, said.content, said.comment.as_deref()), (Some(true), Some(json!("new")), Some("why")));
    let object = question("review", json!({"content": {"a": 1}}));
    assert!(answer(&object, &values).is_err_and(|all| all[0].path == "/content"));
    let values = json!({"field.0": {"value": {"selected_option": {"value": "0"}}}, "field.1": {"value": {"value": "{\"a\": 2}"}}});
    assert_eq!(answer(&object, &values).unwrap().content, Some(json!({"a": 2})));
}
