//! Stories of messages and forms as blocks.
#![allow(clippy::unwrap_used)]

use super::{blocks, form};
use crate::limits::{SLACK_BUTTONS, SLACK_LABEL, SLACK_TEXT};
use document::time::Time;
use engine::port::Letter;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    error::Reason,
    interaction::{Interaction, channel::Channel, delivery::Notice},
};

const ID: &str = "018f2b6e-7a10-8c3d-9e4f-0123456789ab";
const OWN: &str = "https://flows.example.com/i/TOKEN";
const INBOX: &str = "https://flows.example.com/inbox/1";

/// A question of a kind, with these fields besides.
fn question(kind: &str, more: Value) -> Interaction {
    let activation = json!({"node": "ask", "visit": 1});
    let mut one = json!({"interaction_id": ID, "activation": activation, "kind": kind, "question": "Pay 5?",
        "assignees": ["ana@example.com"], "created_at": 0});
    one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(one).unwrap()
}

fn letter(channel: Option<&str>, one: Interaction) -> Letter {
    Letter {
        id: "1".into(),
        owner: "acme".into(),
        notice: Notice::Asked,
        number: 1,
        channel: Channel::Slack { channel: channel.map(str::to_owned) },
        to: "ana@example.com".into(),
        link: Some(OWN.into()),
        inbox: Some(INBOX.into()),
        reference: None,
        interaction: Arc::new(one),
        execution: "e-1".into(),
        workflow: "pay".into(),
        requester: Some("rob@example.com".into()),
        webhook: None,
        now: Time(0),
    }
}

/// The names of the buttons of a message, each with its label.
fn buttons(message: &[Value]) -> Vec<(String, String)> {
    let elements = message.iter().filter(|block| block["type"] == "actions").flat_map(|block| {
        block["elements"].as_array().cloned().unwrap_or_default()
    });
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    elements.map(|it| (text(&it["action_id"]), text(&it["text"]["text"]))).collect()
}

fn names(message: &[Value]) -> Vec<String> {
    buttons(message).into_iter().map(|(name, _)| name).collect()
}

#[test]
fn each_kind_has_the_buttons_that_answer_it() {
    let schema = json!({"schema": {"type": "object", "properties": {"n": {"type": "integer"}}}});
    let options = |count: usize| {
        let all: Vec<Value> = (0..count).map(|at| json!({"id": format!("o{at}"), "label": format!("Option {at}")})).collect();
        json!({"options": all})
    };
    let tool = |level: &str| json!({"authorization": {"tool": "drop_table", "arguments": {"t": 1}, "security_level": level}});
    for (kind, more, direct, in_channel) in [
        ("approval", json!({}), vec!["approve", "reject", "form", "link"], vec!["approve", "reject", "form", "link"]),
        ("review", json!({"content": "text"}), vec!["approve", "reject", "form", "link"], vec!["approve", "reject", "form", "link"]),
        ("decision", options(2), vec!["choose.0", "choose.1", "link"], vec!["choose.0", "choose.1", "link"]),
        ("decision", options(SLACK_BUTTONS + 1), vec!["menu", "link"], vec!["menu", "link"]),
        ("decision", options(101), vec!["link"], vec!["link"]),
        ("input", schema, vec!["form", "link"], vec!["form", "link"]),
        ("input", json!({"schema": {"anyOf": [{}, {}]}}), vec!["link"], vec!["link"]),
        ("ask", json!({}), vec!["form", "link"], vec!["form", "link"]),
        ("authorization", tool("medium"), vec!["approve", "reject", "form", "link"], vec!["approve", "reject", "form", "link"]),
        // The dangerous are not decided where others look on, and never by one press.
        ("authorization", tool("high"), vec!["form", "link"], vec!["link"]),
    ] {
        let one = question(kind, more);
        assert_eq!(names(&blocks::question(&letter(None, one.clone())).blocks), direct, "{kind}");
        assert_eq!(names(&blocks::question(&letter(Some("#pay"), one)).blocks), in_channel, "{kind}");
    }
}

#[test]
fn a_message_to_a_channel_never_has_a_personal_link_and_a_direct_one_has_it() {
    let sent = |channel| json!(blocks::question(&letter(channel, question("approval", json!({})))).blocks).to_string();
    assert!(sent(Some("#pay")).contains(INBOX) && !sent(Some("#pay")).contains("/i/"));
    assert!(sent(None).contains(OWN));
    let reminded = |channel| json!(blocks::reminder(&letter(channel, question("approval", json!({})))).blocks).to_string();
    assert!(!reminded(Some("#pay")).contains("/i/") && reminded(None).contains(OWN));
}

#[test]
fn hostile_text_mentions_nobody_wherever_it_stands() {
    let hostile = "<!channel> <@U1> <https://evil.example|bank> & <script>";
    let more = json!({"question": hostile, "details": hostile, "assignees": [hostile], "content": hostile,
        "authorization": {"tool": hostile, "arguments": hostile, "security_level": "medium"}});
    let mut letter = letter(Some("#pay"), question("review", more));
    letter.workflow = hostile.into();
    letter.requester = Some(hostile.into());
    for message in [blocks::question(&letter), blocks::reminder(&letter), blocks::outcome(&letter)] {
        assert!(!message.text.contains(['<', '>']), "{}", message.text);
        formatted(&json!(message.blocks), &mut |text| {
            let dates = text.replace("<!date^", "");
            assert!(!dates.contains("<!") && !dates.contains("<@") && !dates.contains("<http"), "{text}");
        });
    }
}

/// Calls back with each text that Slack formats.
fn formatted(value: &Value, found: &mut impl FnMut(&str)) {
    if value["type"] == "mrkdwn" {
        assert_eq!(value["verbatim"], true);
        found(value["text"].as_str().unwrap());
    }
    match value {
        Value::Array(all) => all.iter().for_each(|one| formatted(one, found)),
        Value::Object(all) => all.values().for_each(|one| formatted(one, found)),
        _ => {}
    }
}

#[test]
fn who_was_not_shown_all_cannot_decide_by_a_press() {
    for more in [
        json!({"question": "x".repeat(SLACK_TEXT + 1)}),
        json!({"details": "&".repeat(SLACK_TEXT)}),
        json!({"content": "😀".repeat(SLACK_TEXT)}),
    ] {
        let one = question("review", more);
        let message = blocks::question(&letter(None, one.clone()));
        assert_eq!(names(&message.blocks), ["link"]);
        let text = json!(message.blocks).to_string();
        assert!(text.contains('…') && text.contains("only the beginning"), "{text}");
        assert!(blocks::view(&one).is_none());
    }
}

#[test]
fn what_slack_bounds_is_within_its_bounds() {
    let long = "ö".repeat(5_000);
    let options: Vec<Value> = (0..3).map(|at| json!({"id": format!("o{at}"), "label": long.clone()})).collect();
    let people: Vec<String> = (0..500).map(|at| format!("{at}@example.com")).collect();
    let more = json!({"question": long, "details": long, "options": options, "assignees": people});
    let message = blocks::question(&letter(None, question("decision", more)));
    assert!(message.blocks.len() <= 50);
    formatted(&json!(message.blocks), &mut |text| assert!(text.encode_utf16().count() <= SLACK_TEXT));
    assert!(buttons(&message.blocks).iter().all(|(_, label)| label.encode_utf16().count() <= SLACK_LABEL));
}

#[test]
fn an_outcome_says_what_was_decided_by_whom_and_has_no_buttons() {
    let response = |by: &str, decision: &str| {
        json!({"by": by, "via": "slack", "at": 0, "decision": decision, "shown_sha256": ""})
    };
    for (status, decision, says) in [
        ("answered", json!("approved"), "*Approved* by ana@example.com, bob@example.com, "),
        ("timed_out", Value::Null, "*Nobody decided in time*"),
        ("cancelled", Value::Null, "*No longer needed*"),
    ] {
        let responses =
            [response("ana@example.com", "rejected"), response("bob@example.com", "approved"), response("ANA@example.com", "approved")];
        let one = question("approval", json!({"status": status, "decision": decision, "decided_at": 1000, "responses": responses}));
        let message = blocks::outcome(&letter(Some("#pay"), one));
        let text = json!(message.blocks).to_string();
        assert_eq!(names(&message.blocks), Vec::<String>::new());
        assert!(text.to_lowercase().contains(&says.to_lowercase()), "{text}");
    }
}

/// The view of an input's form, and the data that these values make of it.
fn filled(schema: Value, values: Value) -> (Value, Result<Value, Vec<Reason>>) {
    let one = question("input", json!({"schema": schema}));
    let data = form::answer(&one, &values).map(|said| said.data.unwrap_or_default());
    (blocks::view(&one).unwrap_or_default(), data)
}

#[test]
fn a_form_takes_what_a_schema_asks_for() {
    let schema = json!({"type": "object", "required": ["name", "amount", "address", "tags", "kind"], "properties": {
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
    }});
    let field = |at: usize, value: Value| (format!("field.{at}"), json!({"value": value}));
    let values: Value = [
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
    .collect();
    let (view, data) = filled(schema.clone(), values);
    let whole = json!({"address": {"street": "Main St", "a/b~c": "odd"}, "kind": "invoice", "name": "Acme", "amount": 12.5,
        "count": 3, "urgent": false, "day": "2026-11-21", "at": "2026-11-21T10:00:00.000Z", "mail": "a@example.com",
        "currency": "GBP", "tags": ["one", "two"], "numbers": [1, 2], "colours": ["green"]});
    assert_eq!(data, Ok(whole));
    let inputs: Vec<&Value> = view["blocks"].as_array().unwrap().iter().filter(|it| it["type"] == "input").collect();
    let types: Vec<&str> = inputs.iter().map(|it| it["element"]["type"].as_str().unwrap()).collect();
    assert_eq!(types, [
        "plain_text_input", "plain_text_input", "number_input", "number_input", "static_select", "datepicker",
        "datetimepicker", "email_text_input", "static_select", "plain_text_input", "plain_text_input", "plain_text_input",
        "plain_text_input", "plain_text_input", "multi_static_select", "plain_text_input",
    ]);
    assert_eq!((&inputs[0]["label"]["text"], &inputs[0]["hint"]["text"]), (&json!("Payee"), &json!("Who is paid")));
    assert_eq!((&inputs[0]["optional"], &inputs[1]["optional"]), (&json!(false), &json!(true)));
    assert_eq!(inputs[2]["element"]["initial_value"], "10");
    assert_eq!(inputs[2]["element"]["min_value"], "0.5");
    assert_eq!(inputs[8]["element"]["initial_option"]["text"]["text"], "USD");
    assert_eq!(inputs[9]["label"]["text"], "address – street");
    assert_eq!((&inputs[11]["label"]["text"], &inputs[11]["optional"]), (&json!("more – x"), &json!(true)));
    // What is left empty is not in the data, but for lists and objects that have to be there.
    let (_, data) = filled(schema, json!({}));
    assert_eq!(data, Ok(json!({"address": {}, "tags": [], "kind": "invoice"})));
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
        assert!(form::form(&question("input", json!({"schema": schema}))).is_none(), "{schema}");
    }
}

#[test]
fn what_is_wrong_stands_beside_its_field() {
    let schema = json!({"type": "object", "properties": {
        "amount": {"type": "number"}, "address": {"type": "object", "properties": {"street": {"type": "string"}}}}});
    let one = question("input", json!({"schema": schema}));
    let values = json!({"field.0": {"value": {"value": "ten"}}});
    let reasons = form::answer(&one, &values).unwrap_err();
    assert_eq!(form::beside_fields(&one, &reasons)["field.0"], "ten is no number");
    let beside = |path: &str| {
        let reason = Reason { code: "schema".into(), path: path.into(), message: "wrong".into() };
        form::beside_fields(&one, &[reason]).into_keys().next().unwrap()
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
    let values = |decision: &str, tool: Value| {
        json!({"field.0": {"value": {"selected_option": {"value": decision}}}, "field.1": {"value": {"value": tool}}})
    };
    assert!(form::answer(&one, &values("0", Value::Null)).is_err_and(|all| all[0].path == "/tool"));
    let said = form::answer(&one, &values("0", json!("drop_table"))).unwrap();
    assert_eq!((said.approved, said.tool.as_deref()), (Some(true), Some("drop_table")));
    assert_eq!(form::answer(&one, &values("1", Value::Null)).unwrap().approved, Some(false));
    let nameless = json!({"authorization": {"tool": null, "arguments": null, "security_level": "high"}});
    assert!(form::form(&question("authorization", nameless)).is_none());
}

#[test]
fn a_review_gives_back_the_content_as_it_was_edited() {
    let text = question("review", json!({"content": "old"}));
    let values = json!({"field.0": {"value": {"selected_option": {"value": "0"}}}, "field.1": {"value": {"value": "new"}},
        "field.2": {"value": {"value": "why"}}});
    let said = form::answer(&text, &values).unwrap();
    assert_eq!((said.approved, said.content, said.comment.as_deref()), (Some(true), Some(json!("new")), Some("why")));
    let object = question("review", json!({"content": {"a": 1}}));
    assert!(form::answer(&object, &values).is_err_and(|all| all[0].path == "/content"));
    let values = json!({"field.0": {"value": {"selected_option": {"value": "0"}}}, "field.1": {"value": {"value": "{\"a\": 2}"}}});
    assert_eq!(form::answer(&object, &values).unwrap().content, Some(json!({"a": 2})));
}
