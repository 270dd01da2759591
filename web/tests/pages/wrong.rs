//! Wrong answers: each is refused with every reason, changes nothing, and what was typed is still there.

use crate::{
    browser::{filled, text},
    world::World,
};
use serde_json::{Value, json};

#[tokio::test]
async fn wrong_answers_are_told_apart_and_change_nothing() {
    let schema = json!({"type": "object", "required": ["n", "s"], "properties": {
        "n": {"type": "integer", "minimum": 3}, "s": {"type": "string", "maxLength": 5}, "m": {"type": "string", "format": "email"},
        "e": {"enum": ["a", "b"]}, "o": {"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}, "y": {"type": "string"}}},
        "j": {}}});
    let input = json!({"kind": "input", "schema": schema, "rules": ["answer.n < 10"]});
    let good = [("data.n", "4"), ("data.s", "ok")];
    let approval = json!({"kind": "approval"});
    let decision = json!({"kind": "decision", "options": [{"id": "a", "label": "A"}]});
    let review = json!({"kind": "review", "content": {"a": 1}});
    let ask = json!({"kind": "ask"});
    let tool = json!({"kind": "authorization", "tool": "rm", "security_level": "high"});
    type Case<'a> = (&'a Value, Vec<(&'a str, &'a str)>, &'a [&'a str]);
    let wrong = |changed: &[(&'static str, &'static str)]| {
        let kept = good.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
        kept.chain(changed).copied().collect::<Vec<_>>()
    };
    let cases: Vec<Case<'_>> = vec![
        (&approval, vec![], &["Choose one of the two buttons."]),
        (&approval, vec![("choice", "maybe")], &["Choose one of the two buttons."]),
        (&approval, vec![("choice", "approved"), ("amount", "7")], &["The form has no field amount"]),
        (&decision, vec![], &["Your choice: Choose one of the options."]),
        (&decision, vec![("option", "z")], &["Your choice: Choose one of the options."]),
        (&decision, vec![("option", "a"), ("data.n", "1")], &["The form has no field data.n"]),
        (&review, vec![("choice", "approved"), ("content", "{")], &["Content: This is no JSON"]),
        (&review, vec![("choice", "approved"), ("content", "{\"a\":1,\"a\":2}")], &["stands twice"]),
        (&review, vec![("choice", "approved"), ("content", " ")], &["Content: Write JSON here"]),
        (&ask, vec![("text", "  \r\n ")], &["Answer: Write an answer."]),
        (&ask, vec![("text", "x"), ("option", "y")], &["The form has no field option"]),
        (&tool, vec![("choice", "approved"), ("tool", "<script>")], &["Name of the tool: Type the name"]),
        (&input, vec![], &["N: Fill this in.", "S: Fill this in."]),
        (
            &input,
            vec![("data.n", "x"), ("data.s", "too long")],
            &["N: Write a whole number", "S: \"too long\" is longer than 5"],
        ),
        (&input, wrong(&[("data.n", "1.5")]), &["N: Write a whole number"]),
        (&input, wrong(&[("data.n", "2")]), &["N: 2 is less than the minimum of 3"]),
        (&input, wrong(&[("data.n", "12")]), &["the rule is not met: answer.n < 10"]),
        (&input, wrong(&[("data.m", "nobody")]), &["M: Write an e-mail address"]),
        (&input, wrong(&[("data.e", "\"z\"")]), &["E: Choose one of the options."]),
        (&input, wrong(&[("data.o.y", "only this")]), &["O, X: Fill this in."]),
        (&input, wrong(&[("data.j", "{nope")]), &["J: This is no JSON"]),
        (&input, wrong(&[("data.extra", "1")]), &["The form has no field data.extra"]),
        (&input, wrong(&[("data.s", "<b>&\"")]), &[]),
    ];
    for (config, changed, reasons) in cases {
        let changed = [&changed[..], &[("comment", "<i>kept</i>")]].concat();
        if reasons.is_empty() {
            let world = World::new();
            let question = world.question(config.clone()).await;
            world.answered(&question.ann, &changed).await;
        } else {
            is_refused(config, &changed, reasons).await;
        }
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
        let is_no_option = value.contains("\"z\"") || *value == "z";
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
