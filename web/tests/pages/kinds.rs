//! The form of each kind of question, filled in and sent.

use crate::{
    browser::{attribute, filled, text, with},
    world::World,
};
use serde_json::json;

#[tokio::test]
async fn a_decision_is_one_of_its_options() {
    let world = World::new();
    let options = json!([{"id": "ship", "label": "Ship it"}, {"id": "hold", "label": "Hold it back"}]);
    let question = world.question(json!({"kind": "decision", "options": options})).await;
    let page = world.answered(&question.ann, &[("option", "hold"), ("comment", "not yet")]).await;
    assert!(text(&page).contains("The question is decided: Hold it back"), "{page}");
    let output = world.output(&question).await;
    assert_eq!((&output["decision"], &output["comment"]), (&json!("hold"), &json!("not yet")));
}

#[tokio::test]
async fn a_question_takes_a_text_with_its_line_ends() {
    let world = World::new();
    let question = world.question(json!({"kind": "ask", "question": "Why?"})).await;
    let page = world.answered(&question.ann, &[("text", " one\r\ntwo <3")]).await;
    assert!(page.contains("one\ntwo &lt;3"));
    let shown = text(&page);
    for part in ["Your answer was taken. Nothing more is needed from you.", "Your answer one two <3", "Who was asked"] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    let over = text(&world.get(&question.bob).await.of(410));
    assert!(over.contains("This question is answered") && over.contains("Answered, by ann@example.com, on"), "{over}");
    assert_eq!(world.output(&question).await["answer"], " one\ntwo <3");
}

#[tokio::test]
async fn a_review_is_approved_as_it_is_or_as_it_was_edited() {
    let world = World::new();
    for (content, typed, kept) in [
        (json!("\nDear all,\n"), None, json!("\nDear all,\n")),
        (json!("Dear all,"), Some("Dear Ann,\r\n"), json!("Dear Ann,\n")),
        (json!({"to": ["a"], "n": 1}), None, json!({"to": ["a"], "n": 1})),
        (json!({"to": []}), Some("{\"to\": [\"b\"]}"), json!({"to": ["b"]})),
    ] {
        let question = world.question(json!({"kind": "review", "content": content})).await;
        let changed: Vec<(&str, &str)> = typed.map(|typed| ("content", typed)).into_iter().collect();
        let record = world.answered(&question.ann, &[&changed[..], &[("choice", "approved")]].concat()).await;
        let label = if typed.is_some() {
            "The content as you approved it, changed by you"
        } else {
            "The content that you approved"
        };
        assert!(text(&record).contains(label), "{}", text(&record));
        assert_eq!(world.output(&question).await["answer"], kept, "{content}");
    }
    // Of what is rejected nothing has to stand there, and what is empty already may be approved.
    for (content, choice) in [("Dear all,", "rejected"), ("", "approved")] {
        let question = world.question(json!({"kind": "review", "content": content})).await;
        world.answered(&question.ann, &[("content", ""), ("choice", choice)]).await;
        assert_eq!(world.output(&question).await["answer"], content, "{choice}");
    }
}

#[tokio::test]
async fn a_dangerous_tool_is_named_by_whoever_allows_it() {
    let world = World::new();
    let asked = json!({"kind": "authorization", "tool": "drop_table", "arguments": {"table": "<users>"},
        "security_level": "high", "question": ""});
    let question = world.question(asked.clone()).await;
    let page = world.get(&question.ann).await.of(200);
    let shown = text(&page);
    for part in ["May the tool drop_table be used?", "Tool drop_table", "Risk ▲ High", "table: <users>"] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    for typed in ["", "drop", "DROP_TABLE"] {
        let page = world.fill(&question.ann, &[("choice", "approved"), ("tool", typed)]).await.of(422);
        assert!(text(&page).contains("Type the name of the tool exactly as it is shown."));
    }
    let record = world.answered(&question.ann, &[("choice", "approved"), ("tool", " drop_table ")]).await;
    assert_eq!(world.output(&question).await["decision"], "approved");
    // Whoever allowed it sees afterwards what that was.
    let shown = text(&record);
    for part in ["What was asked about", "Tool drop_table", "table: <users>", "Who was asked"] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    assert!(shown.contains("Your answer ✓ Allowed") && shown.contains("decided: allowed"), "{shown}");
    let question = world.question(asked).await;
    let record = text(&world.answered(&question.ann, &[("choice", "rejected")]).await);
    assert!(record.contains("Your answer ✕ Refused") && !record.contains("ejected"), "{record}");
    assert_eq!(world.output(&question).await["decision"], "rejected");
    let question = world.question(json!({"kind": "authorization", "tool": "look", "security_level": "medium"})).await;
    assert!(!world.get(&question.ann).await.of(200).contains("name=\"tool\""));
}

#[tokio::test]
async fn an_input_is_a_form_of_its_schema() {
    let world = World::new();
    let schema = json!({"type": "object", "required": ["name", "age", "address", "ok"], "properties": {
        "name": {"type": "string", "title": "Full name", "description": "As in the passport", "minLength": 2, "maxLength": 40, "pattern": "^[A-Z]"},
        "age": {"type": "integer", "minimum": 18, "exclusiveMaximum": 100},
        "ok": {"type": "boolean"},
        "share": {"type": "number", "default": 0.5},
        "mail": {"type": "string", "format": "email"},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "size": {"enum": ["S", "M", 3]},
        "version": {"const": 2},
        "tags": {"type": "array", "items": {"type": "string"}},
        "colours": {"type": "array", "uniqueItems": true, "items": {"enum": ["red", "blue"]}},
        "address": {"type": "object", "required": ["street"], "properties": {"street": {"type": "string"}, "no.": {"type": "integer"}}},
        "free": {"type": "object"}}});
    let question = world.question(json!({"kind": "input", "schema": schema})).await;
    let page = world.get(&question.ann).await.of(200);
    for (field, name, value) in [
        ("data.name", "minlength", "2"),
        ("data.name", "maxlength", "40"),
        ("data.name", "pattern", ".*(?:^[A-Z]).*"),
        ("data.age", "type", "number"),
        ("data.age", "min", "18"),
        ("data.age", "max", "99"),
        ("data.age", "step", "1"),
        ("data.share", "step", "any"),
        ("data.share", "value", "0.5"),
        ("data.mail", "type", "email"),
        ("data.day", "type", "date"),
        ("data.at", "type", "datetime-local"),
        ("data.address.no%2E", "type", "number"),
    ] {
        assert_eq!(attribute(&page, field, name).as_deref(), Some(value), "{field} {name}");
    }
    assert!(attribute(&page, "data.name", "required").is_some() && attribute(&page, "data.mail", "required").is_none());
    assert!(text(&page).contains("Full name required As in the passport"));
    let sent = [
        ("data.name", "Ann Lee"),
        ("data.age", "41"),
        ("data.ok", "false"),
        ("data.mail", "a@example.com"),
        ("data.day", "2026-02-01"),
        ("data.at", "2026-02-01T10:00"),
        ("data.size", "3"),
        ("data.version", "on"),
        ("data.tags.0", "x"),
        ("data.colours", "\"blue\""),
        ("data.address.street", "Main"),
        ("data.address.no%2E", "7"),
        ("data.free", "{\"k\": [1]}"),
    ];
    world.answered(&question.ann, &sent).await;
    let expected = json!({"name": "Ann Lee", "age": 41, "ok": false, "share": 0.5, "mail": "a@example.com", "day": "2026-02-01",
        "at": "2026-02-01T10:00:00Z", "size": 3, "version": 2, "tags": ["x"], "colours": ["blue"],
        "address": {"street": "Main", "no.": 7}, "free": {"k": [1]}});
    assert_eq!(world.output(&question).await["answer"], expected);
}

#[tokio::test]
async fn rows_of_a_list_come_and_go_without_a_script() {
    let world = World::new();
    let schema = json!({"type": "object", "properties": {
        "people": {"type": "array", "maxItems": 3, "items": {"type": "object", "required": ["name"],
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}}}});
    let question = world.question(json!({"kind": "input", "schema": schema})).await;
    let before = world.state(&question.execution).seq;
    let typed = [("data.people.0.name", "Ann"), ("comment", "kept"), ("add", "data.people")];
    let page = world.fill(&question.ann, &typed).await.of(200);
    assert!(page.contains("value=\"Ann\"") && page.contains("kept</textarea>"));
    let typed =
        with(&filled(&page), &[("data.people.1.name", "Bob"), ("data.people.1.age", "x"), ("add", "data.people")]);
    let page = world.form(&question.ann, &typed).await.of(200);
    assert!(!page.contains("Add another"), "three rows are all that may be");
    let page = world.form(&question.ann, &with(&filled(&page), &[("remove", "data.people.0")])).await.of(200);
    assert!(page.contains("value=\"Bob\"") && !page.contains("value=\"Ann\""));
    assert_eq!(world.state(&question.execution).seq, before, "nothing was answered yet");
    let page = world.form(&question.ann, &filled(&page)).await.of(422);
    assert!(text(&page).contains("People, Item 1, Age: write a whole number"), "{}", text(&page));
    let typed = with(&filled(&page), &[("data.people.0.age", "5")]);
    world.form(&question.ann, &typed).await.of(303);
    assert_eq!(world.output(&question).await["answer"], json!({"people": [{"name": "Bob", "age": 5}]}));
}

#[tokio::test]
async fn the_record_of_an_input_has_the_words_of_its_form() {
    let world = World::new();
    let schema = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "title": "Full name"},
        "ok": {"type": "boolean"}, "day": {"type": "string", "format": "date"}, "at": {"type": "string", "format": "date-time"},
        "tags": {"type": "array", "items": {"type": "string"}}, "note": {"type": "string"}}});
    let question = world.question(json!({"kind": "input", "schema": schema})).await;
    let sent = [
        ("data.name", "Ann Lee"),
        ("data.ok", "false"),
        ("data.day", "2026-02-01"),
        ("data.at", "2026-02-01T10:00"),
        ("data.tags.0", "x"),
    ];
    let record = text(&world.answered(&question.ann, &sent).await);
    for part in [
        "Full name Ann Lee",
        "Ok No",
        "Day 1 February 2026",
        "At 1 February 2026, 10:00 UTC",
        "Tags x",
        "Note Not answered",
    ] {
        assert!(record.contains(part), "{part} is not in: {record}");
    }
    assert!(!record.contains(['{', '[']) && !record.contains("The question is decided"), "{record}");
}
