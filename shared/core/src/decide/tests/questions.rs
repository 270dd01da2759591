//! What a question shows once its templates are rendered, and what its answers are checked against.

use super::story::Story;
use crate::{error::Rejection, execution::Status, interaction::Answer};
use document::parse;
use serde_json::{Value, json};

fn asked(config: Value, input: Value) -> Story {
    let mut config = config;
    config["question"] = json!("?");
    let nodes = json!([{ "id": "ask", "type": "human", "config": config }]);
    let mut story = Story::given(nodes, json!([{ "from": "start", "to": "ask" }]), input);
    story.open("ask");
    story
}

#[track_caller]
fn failed(story: &Story, why: &str) {
    story.is(Status::Failed);
    let error = story.state.error.as_ref().unwrap();
    assert_eq!(error.code, "template_error");
    assert!(error.message.contains(why), "{}", error.message);
}

/// The codes and paths for which an answer is refused.
#[track_caller]
fn refused(story: &mut Story, answer: Answer) -> Vec<(String, String)> {
    let Err(Rejection::Invalid { reasons, .. }) = story.answer("bob@example.com", answer) else { panic!("accepted") };
    reasons.into_iter().map(|reason| (reason.code, reason.path)).collect()
}

#[test]
fn the_labels_of_a_decision_are_rendered() {
    let options = json!([
        { "id": "pay", "label": "Pay {{ input.amount }}" }, { "id": "n", "label": "{{ input.amount }}" }, "wait",
    ]);
    let config = json!({ "kind": "decision", "options": options });
    let mut story = asked(config.clone(), json!({ "amount": 12 }));
    let shown = json!([
        { "id": "pay", "label": "Pay 12" }, { "id": "n", "label": "12" }, { "id": "wait", "label": "wait" },
    ]);
    assert_eq!(json!(story.state.interactions[0].options), shown);
    story.answer("bob@example.com", Answer { option: Some("pay".into()), ..Answer::default() }).unwrap();
    assert_eq!(story.output("ask")["decision"], "pay");
    failed(&asked(config, json!({})), "input.amount");
}

#[test]
fn a_schema_is_rendered_and_answers_are_checked_against_that() {
    let schema = json!({ "type": "object", "required": ["size"], "properties": {
        "size": { "title": "For {{ input.name }}", "enum": "{{ input.sizes }}", "default": "{{ input.sizes[0] }}" },
    } });
    let config = json!({ "kind": "input", "schema": schema });
    let mut story = asked(config.clone(), json!({ "name": "Ada", "sizes": ["S", "M"] }));
    let size = json!({ "title": "For Ada", "enum": ["S", "M"], "default": "S" });
    assert_eq!(story.state.interactions[0].schema.as_ref().unwrap()["properties"]["size"], size);
    let sized = |size: &str| Answer { data: Some(json!({ "size": size })), ..Answer::default() };
    assert_eq!(refused(&mut story, sized("L")), [("schema".to_owned(), "/data/size".to_owned())]);
    story.answer("bob@example.com", sized("M")).unwrap();
    failed(&asked(config, json!({ "name": "Ada" })), "input.sizes");
}

#[test]
fn a_schema_may_be_one_template() {
    let config = json!({ "kind": "input", "schema": "{{ input.schema }}" });
    let mut story = asked(config, json!({ "schema": { "type": "integer" } }));
    let said = |data: Value| Answer { data: Some(data), ..Answer::default() };
    assert_eq!(refused(&mut story, said(json!("many"))), [("schema".to_owned(), "/data".to_owned())]);
    story.answer("bob@example.com", said(json!(3))).unwrap();
}

#[test]
fn what_renders_to_no_schema_fails_the_node() {
    let config = json!({ "kind": "input", "schema": { "properties": { "size": "{{ input.size }}" } } });
    for (size, at, why) in [
        (json!({ "type": "objekt" }), "`schema/properties/size/type`", "no JSON Schema"),
        (json!("S"), "`schema/properties/size`", "no JSON Schema"),
        (json!({ "pattern": "(" }), "`schema/properties/size/pattern`", "no JSON Schema"),
        (json!({ "$ref": "https://example.com/" }), "`schema`", "no JSON Schema"),
        // Checking an answer against this schema would never end.
        (json!({ "$ref": "#/properties/size" }), "`schema/properties/size/$ref`", "only leads back to itself"),
        (json!({ "enum": vec!["a size"; 50_000] }), "`schema`", "at most 262144 bytes"),
    ] {
        let story = asked(config.clone(), json!({ "size": size }));
        failed(&story, at);
        failed(&story, why);
    }
    let whole = json!({ "kind": "input", "schema": "{{ input.schema }}" });
    failed(&asked(whole, json!({ "schema": null })), "a schema is an object, and this is null");
}

#[test]
fn a_body_takes_along_what_its_labels_and_forms_read() {
    let config = |label: &str, kind: &str| match kind {
        "decision" => json!({ "kind": kind, "question": "?", "options": [{ "id": "a", "label": label }] }),
        _ => json!({ "kind": kind, "question": "?", "schema": { "title": label } }),
    };
    for kind in ["decision", "input"] {
        let reads = |label: &str| {
            let body =
                json!({ "nodes": [{ "id": "ask", "type": "human", "config": config(label, kind) }], "edges": [] });
            let nodes = json!([
                { "id": "start", "type": "manual_trigger" },
                { "id": "before", "type": "transform", "config": { "set": {} } },
                { "id": "all", "type": "map", "config": { "items": "[1]", "body": body } },
            ]);
            let edges = json!([{ "from": "start", "to": "before" }, { "from": "before", "to": "all" }]);
            let workflow = parse(&json!({ "id": "w", "nodes": nodes, "edges": edges })).unwrap().workflow;
            workflow.node("all").unwrap().kind.inline_body().unwrap().reads()
        };
        assert_eq!(reads("{{ ctx.before.output.x }}").nodes, ["before"], "{kind}");
        assert!(reads("{{ input.x }}").input, "{kind}");
        assert!(!reads("x").input, "{kind}");
    }
}

#[test]
fn a_tool_that_is_named_is_named_right() {
    let yes = |tool: Option<&str>| Answer { approved: Some(true), tool: tool.map(str::to_owned), ..Answer::default() };
    let wrong = [("wrong_tool".to_owned(), "/tool".to_owned())];
    let config = json!({ "kind": "authorization", "tool": "{{ input.tool }}", "security_level": "high" });
    let high = || asked(config.clone(), json!({ "tool": "shell" }));
    for tool in ["Shell", "shell ", ""] {
        let mut story = high();
        assert_eq!(refused(&mut story, yes(Some(tool))), wrong, "{tool}");
        story.is(Status::WaitingHuman);
    }
    for tool in [Some("shell"), None] {
        let mut story = high();
        story.answer("bob@example.com", yes(tool)).unwrap();
        assert_eq!(story.output("ask")["decision"], "approved");
    }
    let mut story = asked(json!({ "kind": "approval" }), json!({}));
    let unexpected = [("unexpected_field".to_owned(), "/tool".to_owned())];
    assert_eq!(refused(&mut story, yes(Some("shell"))), unexpected);
}
