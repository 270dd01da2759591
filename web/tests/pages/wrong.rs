//! Wrong answers: each is refused with every reason, changes nothing, and what was typed is still there.

use crate::{
    browser::{filled, text},
    world::World,
};
use serde_json::{Value, json};

const BUTTONS: &str = "Choose one of the two buttons.";
const OPTIONS: &str = "Your choice: choose one of the options.";
const LONG_COMMENT: &str = "and 32768 are kept: shorten it";
const LONG_TEXT: &str = "and 524288 are kept: shorten it";

/// What is filled in, and the reasons for which it is refused.
type Case<'a> = (Vec<(&'a str, &'a str)>, &'a [&'a str]);

/// Sends each of these forms to a question of its own.
async fn are_refused(config: Value, cases: Vec<Case<'_>>) {
    for (changed, reasons) in cases {
        let has_comment = changed.iter().any(|(name, _)| *name == "comment");
        let comment = [("comment", "<i>kept</i>")];
        let changed = [&changed[..], if has_comment { &[] } else { &comment }].concat();
        is_refused(&config, &changed, reasons).await;
    }
}

/// A comment that is too long, with HTML in it.
fn long() -> String {
    format!("<i>kept</i>{}", "é".repeat(20_000))
}

#[tokio::test]
async fn wrong_yes_and_no_is_told_apart_and_changes_nothing() {
    let long = &long();
    let cases = vec![
        (vec![], &[BUTTONS][..]),
        (vec![("choice", "maybe")], &[BUTTONS]),
        (vec![("choice", "<script>")], &[BUTTONS]),
        (vec![("choice", "approved"), ("amount", "7")], &["The form has no field amount"]),
        (vec![("choice", "approved"), ("comment", long)], &[LONG_COMMENT]),
    ];
    are_refused(json!({"kind": "approval"}), cases).await;
    let yes = ("choice", "approved");
    let cases = vec![
        (vec![], &[BUTTONS][..]),
        (vec![("choice", "<script>"), ("content", "{")], &[BUTTONS, "Content: this is no JSON"]),
        (vec![yes, ("content", "{")], &["Content: this is no JSON"]),
        (vec![yes, ("content", "{\"a\":1,\"a\":2}")], &["stands twice"]),
        (vec![yes, ("content", " ")], &["Content: write JSON here"]),
        (vec![yes, ("text", "<script>")], &["The form has no field text"]),
        (vec![yes, ("comment", long)], &[LONG_COMMENT]),
    ];
    are_refused(json!({"kind": "review", "content": {"a": 1}}), cases).await;
    let endless = &"é".repeat(300_000);
    let cases = vec![
        (vec![yes, ("content", "")], &["Content: nothing stands here: write what you approve"][..]),
        (vec![yes, ("content", " \r\n ")], &["Content: nothing stands here"]),
        (vec![yes, ("content", endless)], &[LONG_TEXT]),
    ];
    are_refused(json!({"kind": "review", "content": "Dear all,"}), cases).await;
    let cases = vec![
        (vec![], &[BUTTONS][..]),
        (vec![("choice", "perhaps"), ("tool", "rm")], &[BUTTONS]),
        (vec![yes, ("tool", "<script>")], &["Name of the tool: type the name"]),
        (vec![yes, ("tool", "rm"), ("comment", long)], &[LONG_COMMENT]),
        (vec![yes, ("tool", "rm"), ("data", "1")], &["The form has no field data"]),
    ];
    are_refused(json!({"kind": "authorization", "tool": "rm", "security_level": "high"}), cases).await;
}

#[tokio::test]
async fn wrong_choices_and_texts_are_told_apart_and_change_nothing() {
    let (long, endless) = (&long(), &"é".repeat(300_000));
    let cases = vec![
        (vec![], &[OPTIONS][..]),
        (vec![("option", "z")], &[OPTIONS]),
        (vec![("option", "</p><script>")], &[OPTIONS]),
        (vec![("option", "a"), ("data.n", "1")], &["The form has no field data.n"]),
        (vec![("option", "a"), ("comment", long)], &[LONG_COMMENT]),
    ];
    are_refused(json!({"kind": "decision", "options": [{"id": "a", "label": "A"}]}), cases).await;
    let cases = vec![
        (vec![], &["Answer: write an answer."][..]),
        (vec![("text", "  \r\n ")], &["Answer: write an answer."]),
        (vec![("text", "x"), ("option", "y")], &["The form has no field option"]),
        (vec![("text", endless), ("comment", long)], &[LONG_TEXT, LONG_COMMENT]),
    ];
    are_refused(json!({"kind": "ask"}), cases).await;
}

#[tokio::test]
async fn wrong_data_is_told_apart_and_changes_nothing() {
    let schema = json!({"type": "object", "required": ["n", "s"], "properties": {
        "n": {"type": "integer", "minimum": 3}, "s": {"type": "string", "maxLength": 5}, "m": {"type": "string", "format": "email"},
        "e": {"enum": ["a", "b"]}, "o": {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}, "y": {"type": "string"}}},
        "p": {"type": "string", "pattern": "^[0-9]{5}$", "description": "Five digits"},
        "q": {"type": "object", "properties": {"r": {"title": "Postcode", "$ref": "#/$defs/code"},
            "t": {"$ref": "#/$defs/code"}}},
        "j": {}}, "$defs": {"code": {"type": "string", "pattern": "^[A-Z]+$"}}});
    let input = json!({"kind": "input", "schema": schema, "rules": ["answer.n < 10"]});
    let good = [("data.n", "4"), ("data.s", "ok")];
    let long = &long();
    let with = |name: &'static str, value: &'static str| {
        good.iter().filter(|(other, _)| *other != name).copied().chain([(name, value)]).collect::<Vec<_>>()
    };
    let cases = vec![
        (vec![], &["N: fill this in.", "S: fill this in."][..]),
        (
            vec![("data.n", "x"), ("data.s", "too long")],
            &["N: write a whole number", "S may have 5 characters at most."],
        ),
        (with("data.n", "1.5"), &["N: write a whole number"]),
        (with("data.n", "2"), &["N must be 3 or more."]),
        (with("data.n", "12"), &["N must be less than 10."]),
        (with("data.m", "nobody"), &["M: write an e-mail address"]),
        (with("data.e", "\"z\""), &["E: choose one of the options."]),
        (with("data.e", "\"<script>\""), &["E: choose one of the options."]),
        (with("data.o.y", "only this"), &["O, X: fill this in."]),
        (with("data.p", "abc"), &["P must have this form: Five digits"]),
        (with("data.q.r", "abc"), &["Q, Postcode must have the form of “Postcode”."]),
        (with("data.q.t", "abc"), &["Q, T: \"abc\" does not match \"^[A-Z]+$\""]),
        // What cannot be read elsewhere changes no words.
        (vec![("data.n", "x"), ("data.s", "ok"), ("data.p", "abc")], &["P must have this form"]),
        (with("data.j", "{nope"), &["J: this is no JSON"]),
        (with("data.extra", "1"), &["The form has no field data.extra"]),
        (vec![("data.n", "4"), ("data.s", "ok"), ("comment", long)], &[LONG_COMMENT]),
    ];
    are_refused(input.clone(), cases).await;
    let world = World::new();
    let question = world.question(input).await;
    world.answered(&question.ann, &with("data.s", "<b>&\"")).await;
}

#[tokio::test]
async fn a_rule_is_told_beside_what_else_is_wrong_and_not_of_what_could_not_be_read() {
    const YOUNG: &str = "Age must be more than 17.";
    let schema = json!({"type": "object", "required": ["age", "day"], "properties": {
        "age": {"type": "integer"}, "day": {"type": "string", "format": "date"}, "n": {"type": "integer"}, "m": {"type": "integer"}}});
    let rules = json!([
        "answer.age > 17",
        "answer.day > '2026-01-01'",
        "!has(answer.n) || answer.n < answer.m",
        "size(answer) > 2"
    ]);
    let input = json!({"kind": "input", "schema": schema, "rules": rules});
    let long = &long();
    let cases = vec![
        (vec![("data.age", "16")], &[YOUNG, "Day: fill this in."][..]),
        (vec![("data.age", "16"), ("data.day", "soon")], &[YOUNG, "Day: write a date"]),
        (
            vec![("data.age", "16"), ("data.day", "2025-01-01"), ("comment", long)],
            &[
                YOUNG,
                "Day must be after 1 January 2026.",
                "This does not meet a rule of the workflow. size(answer) > 2",
                LONG_COMMENT,
            ],
        ),
        (
            vec![("data.age", "16"), ("data.day", "2027-01-01"), ("data.n", "3"), ("data.m", "2"), ("data.extra", "1")],
            &[YOUNG, "This does not meet a rule of the workflow. !has(answer.n)", "The form has no field data.extra"],
        ),
    ];
    are_refused(input.clone(), cases).await;
    let world = World::new();
    let question = world.question(input).await;
    for (changed, silent) in [
        (&[("data.age", "x"), ("data.day", "2027-01-01")][..], "rule"),
        (&[("data.age", "20"), ("data.day", "soon"), ("data.n", "3")], "It must be after"),
        (&[("data.age", "20"), ("data.day", "2027-01-01"), ("data.n", "3"), ("data.m", "x")], "rule"),
    ] {
        let shown = text(&world.fill(&question.ann, changed).await.of(422));
        assert!(!shown.contains(silent), "{changed:?}: {silent} is in: {shown}");
    }
}

/// Sends a form, and holds what comes back to these reasons.
async fn is_refused(config: &Value, changed: &[(&str, &str)], reasons: &[&str]) {
    let world = World::new();
    let question = world.question(config.clone()).await;
    let before = world.state(&question.execution).seq;
    let page = world.fill(&question.ann, changed).await.of(422);
    let shown = text(&page);
    for reason in reasons {
        assert!(shown.contains(reason), "{changed:?}: {reason} is not in: {shown}");
    }
    assert!(page.contains("&lt;i&gt;kept&lt;/i&gt;") && !page.contains("<i>") && !page.contains("<script>"));
    let kept = filled(&page);
    for (name, value) in changed {
        let is_field = kept.iter().any(|(one, _)| one == name);
        let same =
            |(one, two): &(String, String)| one == name && two.replace("\r\n", "\n") == value.replace("\r\n", "\n");
        // An option that there is not cannot be shown as chosen.
        let is_no_option = value.contains("\"z\"") || *value == "z" || value.contains("script>");
        assert!(!is_field || kept.iter().any(same) || is_no_option, "{name}={value} is lost: {kept:?}");
    }
    assert_eq!(world.state(&question.execution).seq, before, "{changed:?}");
}

#[tokio::test]
async fn each_reason_stands_beside_its_field_with_a_link_at_the_head() {
    let world = World::new();
    let schema = json!({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "maximum": 3},
        "l": {"type": "array", "minItems": 2, "items": {"type": "string", "minLength": 3}}}});
    let question = world.question(json!({"kind": "input", "schema": schema})).await;
    let rows = [("data.n", "9"), ("data.l.%rows", "3"), ("data.l.0", ""), ("data.l.1", ""), ("data.l.2", "ab")];
    let page = world.fill(&question.ann, &rows).await.of(422);
    assert!(page.contains(r##"<a href="#field-data_2en">"##), "{page}");
    assert!(page.contains(r#"id="field-data_2en-fault""#) && page.contains(r#"aria-invalid="true""#));
    assert!(page.contains(r#"aria-describedby="field-data_2en-fault""#));
    // The third row is the first item: the reason stands where the person typed it.
    assert!(
        page.contains(r#"id="field-data_2el_2e2-fault""#) && page.contains(r#"id="field-data_2el-fault""#),
        "{page}"
    );
    assert_eq!(page.matches("aria-invalid").count(), 2);
}
