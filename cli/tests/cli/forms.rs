//! Tests of questions that are asked at a terminal: forms, editors, dangerous tools.

use crate::{
    support::Home,
    terminal::{Look, Terminal},
};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

const LOOK: Look = Look { columns: 80, colours: false };

fn asks(config: Value, port: &str) -> Value {
    json!({"id": "asks", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "ask", "type": "human", "config": config},
            {"id": "end", "type": "transform", "config": {"expression": "ctx.ask.output.answer"}}],
        "edges": [{"from": "start", "to": "ask"}, {"from": "ask", "to": "end", "port": port}]})
}

/// The output of the latest execution.
fn output(home: &Home) -> Value {
    home.run(&["ls", "--json"]).exits(0).json()["items"][0]["output"].clone()
}

fn order() -> Value {
    json!({"type": "object", "required": ["count", "day"], "properties": {
        "count": {"type": "integer", "minimum": 1, "description": "How many boxes\nto send"},
        "day": {"type": "string", "format": "date"},
        "code": {"type": "string", "pattern": "^[A-Z]{3}$"},
        "sizes": {"type": "array", "items": {"type": "integer", "maximum": 9}}}})
}

#[test]
fn a_field_is_described_and_checked_as_it_is_typed() {
    let home = Home::new();
    let file =
        home.file("asks.json", asks(json!({"kind": "input", "question": "What?", "schema": order()}), "answered"));
    let mut told = Terminal::run(&home, &["run", &file], LOOK);
    told.until("How many boxes\n  to send").until("count (integer, at least 1): ").types("0");
    told.until("0 is less than the minimum of 1").until("count (").types("3");
    told.until("day (date): ").types("tomorrow").until(r#"is not a "date""#).until("day (").types("2026-02-28");
    told.until("code (text, like ^[A-Z]{3}$, optional): ").types("abc").until("✗").until("code (").types("ABC");
    told.until("such as [1]").until("sizes (list as JSON, optional): ").types("[1, 10]");
    told.until("/1: 10 is greater than the maximum of 9").until("sizes (").types("[1, 2]");
    told.ends().exits(0);
    assert_eq!(output(&home), json!({"count": 3, "day": "2026-02-28", "code": "ABC", "sizes": [1, 2]}));
}

/// A rule that names no field is about the whole: the form is gone through again, and keeps what was typed.
#[test]
fn what_the_host_refuses_is_asked_again_and_keeps_the_rest() {
    let home = Home::new();
    let config = json!({"kind": "input", "question": "What?", "schema": order(), "rules": ["answer.count < 10"]});
    let file = home.file("asks.json", asks(config, "answered"));
    let mut told = Terminal::run(&home, &["run", &file], LOOK);
    told.until("count (").types("12").until("day (").types("2026-02-28").until("code (").types("");
    told.until("sizes (").types("").until("the rule is not met");
    told.until("count (integer, at least 1) [12]: ").types("9").until("day (date) [2026-02-28]: ").types("");
    told.until("code (").types("").until("sizes (").types("");
    told.ends().exits(0);
    assert_eq!(output(&home), json!({"count": 9, "day": "2026-02-28"}));
}

/// What only the whole shows to be wrong, here that a field is needed beside another, is told by the host with a place.
#[test]
fn only_the_field_that_was_wrong_is_asked_again() {
    let home = Home::new();
    let schema = json!({"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"properties": {"b": {"minimum": 5}}}});
    let file = home.file("asks.json", asks(json!({"kind": "input", "question": "?", "schema": schema}), "answered"));
    let told = home.say(&["run", &file], "1\n3\n7\n").exits(0);
    assert!(told.err.contains("3 is less than the minimum of 5"), "{told:?}");
    assert_eq!(output(&home), json!({"a": 1, "b": 7}), "only b was asked again");
}

#[test]
fn a_mistyped_tool_is_asked_for_again() {
    let home = Home::new();
    let config = json!({"kind": "authorization", "question": "May it?", "tool": "rm", "security_level": "high"});
    let file = home.file("asks.json", asks(config, "approved"));
    let told = home.say(&["run", &file, "--json"], "mr\nyes\nrm\n").exits(0);
    assert_eq!(told.json()["output"], true);
    assert_eq!(told.err.matches("that is not rm").count(), 2, "{told:?}");
    home.say(&["run", &file], "mr\n").exits(3);
}

/// A program that stands for an editor: it appends a line, so that a test sees what it was given.
fn editor(home: &Home) -> String {
    let path = home.path("my editor");
    std::fs::write(&path, "#!/bin/sh\nprintf 'first %s\\nlast\\n' \"$(cat \"$1\")\" > \"$1\"\n").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    format!("'{}'", path.display())
}

#[test]
fn a_long_text_is_written_in_the_editor() {
    let home = Home::new();
    let file = home.file("asks.json", asks(json!({"kind": "ask", "question": "Why?"}), "answered"));
    let editor = editor(&home);
    let mut told = Terminal::with(&home, &["run", &file], LOOK, &[("EDITOR", &editor)]);
    told.until("answer [\\e opens ").types("\\e");
    told.ends().exits(0);
    assert_eq!(output(&home), "first \nlast");
}

#[test]
fn the_content_of_a_review_is_edited_in_the_editor() {
    let home = Home::new();
    let file =
        home.file("asks.json", asks(json!({"kind": "review", "question": "Fine?", "content": "draft"}), "approved"));
    let editor = editor(&home);
    let mut told = Terminal::with(&home, &["run", &file], LOOK, &[("VISUAL", &editor), ("EDITOR", "false")]);
    told.until("or e to edit]: ").types("e").until("comment (optional): ").types("better so");
    told.ends().exits(0);
    assert_eq!(output(&home), "first draft\nlast");
    let mut told = Terminal::with(&home, &["run", &file], LOOK, &[("EDITOR", "true")]);
    told.until("or e to edit]: ").types("e").until("nothing was changed").until("or e to edit]: ").types("n");
    told.until("comment").types("");
    told.ends();
    let mut told = Terminal::with(&home, &["run", &file], LOOK, &[("EDITOR", "false")]);
    told.until("or e to edit]: ").types("e").until("nothing is taken from it").until("or e to edit]: ").types("y");
    told.until("comment").types("");
    told.ends().exits(0);
    assert_eq!(output(&home), "draft");
}
