//! Wrong answers to each kind of question: each is refused with every reason, and changes nothing.

use super::*;

/// What a text is that would become a part of a page if it were not escaped.
const HTML: &str = "</p><script>alert(1)</script>";

/// A question of a kind, as the only node of a workflow.
fn asks(config: Value) -> Value {
    let mut whole = json!({"question": "Pay?", "assignees": ["ann@example.com"]});
    whole.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    json!({"id": "asks", "nodes": [{"id": "start", "type": "manual_trigger"}, {"id": "ask", "type": "human", "config": whole}],
        "edges": [{"from": "start", "to": "ask"}]})
}

fn configs() -> [(&'static str, Value); 6] {
    let schema = json!({"type": "object", "additionalProperties": false, "required": ["n", "s"], "properties": {
        "n": {"type": "integer"}, "s": {"type": "string", "maxLength": 5}, "e": {"enum": ["a", "b"]}}});
    [
        ("approval", json!({"kind": "approval"})),
        ("input", json!({"kind": "input", "schema": schema, "rules": ["answer.n < 10"]})),
        ("decision", json!({"kind": "decision", "options": ["a", "b"]})),
        ("review", json!({"kind": "review", "content": {"a": 1}})),
        ("ask", json!({"kind": "ask"})),
        ("authorization", json!({"kind": "authorization", "tool": "rm", "security_level": "high"})),
    ]
}

/// One answer that is wrong, and every reason for which it is refused: code and place.
type Case = (&'static str, &'static str, Value, &'static [(&'static str, &'static str)]);

fn long() -> String {
    "é".repeat(40_000)
}

/// The answers that lack what their kind asks for, or have it in another type.
fn missing_or_of_another_type() -> Vec<Case> {
    let missing = |kind, field| (kind, "missing", json!({}), field);
    vec![
        missing("approval", &[("missing_field", "/approved")][..]),
        missing("input", &[("missing_field", "/data")]),
        missing("decision", &[("missing_field", "/option")]),
        missing("review", &[("missing_field", "/approved")]),
        missing("ask", &[("missing_field", "/text")]),
        missing("authorization", &[("missing_field", "/approved")]),
        ("ask", "blank", json!({"text": " \n"}), &[("missing_field", "/text")]),
        ("input", "missing in it", json!({"data": {}}), &[("schema", "/data"), ("schema", "/data"), ("rule", "/data")]),
        ("approval", "type", json!({"approved": "yes"}), &[("invalid_field", "/approved")]),
        ("input", "type", json!({"data": 7}), &[("schema", "/data"), ("rule", "/data")]),
        (
            "input",
            "type in it",
            json!({"data": {"n": "1", "s": 2}}),
            &[("schema", "/data/n"), ("schema", "/data/s"), ("rule", "/data")],
        ),
        ("decision", "type", json!({"option": 7}), &[("invalid_field", "/option")]),
        ("review", "type", json!({"approved": 1}), &[("invalid_field", "/approved")]),
        ("ask", "type", json!({"text": ["no"]}), &[("invalid_field", "/text")]),
        ("authorization", "type", json!({"approved": true, "tool": {}}), &[("invalid_field", "/tool")]),
    ]
}

/// The answers with too much: too long, or more than their kind takes.
fn too_long_or_too_much() -> Vec<Case> {
    let text = "é".repeat(300_000);
    let comment = |kind, mut answer: Value| {
        answer["comment"] = json!(long());
        (kind, "too long", answer, &[("too_long", "/comment")][..])
    };
    let tool = &[("too_long", "/comment"), ("wrong_tool", "/tool")][..];
    vec![
        comment("approval", json!({"approved": true})),
        comment("input", json!({"data": {"n": 1, "s": "ok"}})),
        comment("decision", json!({"option": "a"})),
        comment("review", json!({"approved": true})),
        comment("ask", json!({"text": "ok"})),
        ("authorization", "too long", json!({"approved": true, "tool": long(), "comment": long()}), tool),
        (
            "ask",
            "too long",
            json!({"text": text, "comment": long()}),
            &[("too_long", "/text"), ("too_long", "/comment")],
        ),
        ("input", "too long", json!({"data": {"n": 1, "s": "too long"}}), &[("schema", "/data/s")]),
        (
            "approval",
            "extra",
            json!({"approved": true, "text": "a", "data": 1, "tool": "t"}),
            &[("unexpected_field", "/data"), ("unexpected_field", "/text"), ("unexpected_field", "/tool")],
        ),
        ("input", "extra", json!({"data": {"n": 1, "s": "a"}, "approved": true}), &[("unexpected_field", "/approved")]),
        ("input", "extra in it", json!({"data": {"n": 1, "s": "a", "x": 1}}), &[("schema", "/data")]),
        ("decision", "extra", json!({"option": "a", "text": "b"}), &[("unexpected_field", "/text")]),
        ("review", "extra", json!({"approved": true, "option": "a"}), &[("unexpected_field", "/option")]),
        ("ask", "extra", json!({"text": "a", "content": 1}), &[("unexpected_field", "/content")]),
        ("authorization", "extra", json!({"approved": true, "data": 1}), &[("unexpected_field", "/data")]),
        ("approval", "unknown", json!({"approved": true, "amount": 1}), &[("unknown_field", "/amount")]),
    ]
}

/// The answers that choose what there is not, with and without HTML.
fn chosen_wrong() -> Vec<Case> {
    vec![
        (
            "approval",
            "option",
            json!({"option": "maybe"}),
            &[("unexpected_field", "/option"), ("missing_field", "/approved")],
        ),
        (
            "input",
            "option",
            json!({"data": {"n": 12, "s": "a", "e": HTML}}),
            &[("schema", "/data/e"), ("rule", "/data")],
        ),
        ("decision", "option", json!({"option": "z"}), &[("unknown_option", "/option")]),
        ("decision", "html", json!({"option": HTML, "comment": HTML}), &[("unknown_option", "/option")]),
        ("review", "option", json!({"approved": true, "option": HTML}), &[("unexpected_field", "/option")]),
        ("ask", "option", json!({"option": HTML}), &[("unexpected_field", "/option"), ("missing_field", "/text")]),
        ("authorization", "html", json!({"approved": true, "tool": HTML}), &[("wrong_tool", "/tool")]),
    ]
}

#[tokio::test]
async fn each_wrong_answer_is_refused_with_every_reason_and_changes_nothing() {
    let cases: Vec<Case> = [missing_or_of_another_type(), too_long_or_too_much(), chosen_wrong()].concat();
    for (kind, config) in configs() {
        let world = World::local();
        let id = world.started(asks(config), json!({})).await;
        world.run().await;
        let state = || world.host.state(&id.as_str().into()).unwrap();
        let (before, question) = (state().seq, state().interactions[0].interaction_id.clone());
        let path = format!("/v1/interactions/{question}");
        let shown = world.get(&path).await.of(200);
        for (_, what, answer, expected) in cases.iter().filter(|case| case.0 == kind) {
            let refused = world.post(&format!("{path}/respond"), answer.clone()).await;
            assert_eq!(refused.headers["x-content-type-options"], "nosniff", "HTML in it is not run");
            let code = if expected[0].0.starts_with("in") || expected[0].0 == "unknown_field" {
                expected[0].0
            } else {
                "invalid_answer"
            };
            let problem = refused.problem(422, code);
            let of = |error: &Value| {
                (error["code"].as_str().unwrap().to_owned(), error["path"].as_str().unwrap().to_owned())
            };
            let mut reasons: Vec<_> = problem["errors"].as_array().unwrap().iter().map(of).collect();
            let mut expected: Vec<_> =
                expected.iter().map(|(code, path)| ((*code).to_owned(), (*path).to_owned())).collect();
            reasons.sort();
            expected.sort();
            assert_eq!(reasons, expected, "{kind} {what}: {problem}");
            let told = problem["errors"]
                .as_array()
                .unwrap()
                .iter()
                .all(|error| !error["message"].as_str().unwrap().is_empty());
            assert!(told, "{problem}");
        }
        assert!(cases.iter().filter(|case| case.0 == kind).count() >= 5, "{kind}");
        assert_eq!((state().seq, world.get(&path).await.of(200)), (before, shown), "{kind}: nothing changed");
    }
}
