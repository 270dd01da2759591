//! A node type that only this test knows goes through reading, checks, picture, execution and view: what is known of a
//! type stands in its descriptor, and nothing else names types.

use document::{
    At, Cx, Fields, NodeKind, Parsed,
    node::{
        Raw, Types,
        config::{Compute, Config, of_templates},
        node_type::{Mode, NodeType},
    },
    parse, parse_with, picture,
    time::Time,
};
use engine::{
    drive::submit,
    port::{Catalogue, Journal},
    step::handle,
};
use expression::{Expr, ExprError, Scope, Template};
use memory::Memory;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{command::Command, event::Started, execution::Status};

static SHOUT: NodeType = NodeType::new("shout", Mode::Compute);

/// Puts out a text in capital letters.
#[derive(Debug)]
struct Shout {
    text: Template,
}

impl Config for Shout {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        of_templates(&[Some(&self.text)], all);
    }
}

impl Compute for Shout {
    fn compute(&self, scope: &Scope<'_>) -> Result<Value, ExprError> {
        let text = self.text.render(scope)?;
        Ok(json!(text.as_str().unwrap_or_default().to_uppercase()))
    }
}

fn read(cx: &mut Cx<'_>, raw: &Raw<'_>) -> Option<NodeKind> {
    let at: &At<'_> = raw.at;
    let f = Fields::new(cx, raw.config, at, "invalid_config", &["text"]);
    if f.get("text").is_none() {
        f.missing(cx, "text", "Say what is shouted.");
    }
    f.text(cx, "text")?;
    Some(NodeKind::Compute(Box::new(Shout { text: cx.template(&f, "text", raw.place)? })))
}

fn types() -> Types {
    Types::standard().with(&SHOUT, read)
}

fn document(config: Value) -> Value {
    json!({
        "id": "loud",
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "cry", "type": "shout", "config": config},
            {"id": "after", "type": "transform", "config": {"expression": "ctx.cry.output + '!'"}}],
        "edges": [{"from": "go", "to": "cry"}, {"from": "cry", "to": "after"}],
    })
}

fn workflow() -> Parsed {
    parse_with(&types(), &document(json!({ "text": "hello {{ input.name }}" }))).unwrap()
}

#[test]
fn it_is_read_and_checked_like_any_other() {
    assert_eq!(workflow().warnings, []);
    let faults = |config: Value| {
        let issues = parse_with(&types(), &document(config)).unwrap_err();
        issues.into_iter().map(|issue| (issue.code, issue.path)).collect::<Vec<_>>()
    };
    let one = |code: &str, path: &str| vec![(code.to_owned(), path.to_owned())];
    assert_eq!(faults(json!({})), one("invalid_config", "/nodes/1/config"));
    assert_eq!(faults(json!({ "text": "{{ 1 + }}" })), one("invalid_cel", "/nodes/1/config/text"));
    assert_eq!(faults(json!({ "text": "{{ ctx.nobody.output }}" })), one("unknown_reference", "/nodes/1/config/text"));
    assert_eq!(faults(json!({ "text": "{{ secrets.KEY }}" })), one("secret_not_allowed", "/nodes/1/config/text"));
    assert_eq!(faults(json!({ "text": "a", "loud": true })), one("schema", "/nodes/1/config/loud"));
    let unknown = parse(&document(json!({ "text": "a" }))).unwrap_err();
    assert_eq!(unknown[0].code, "unknown_type", "without it, the type is unknown");
}

#[test]
fn it_is_drawn() {
    let workflow = workflow().workflow;
    assert!(picture::mermaid(&workflow).contains("cry<br/>shout"), "{}", picture::mermaid(&workflow));
    assert!(picture::svg(&workflow).contains(">shout<"));
}

#[tokio::test]
async fn it_runs_and_is_shown() {
    let host = Memory::new(Time(0));
    let workflow = workflow().workflow;
    host.keep_workflow(&workflow).await.unwrap();
    let started = Started::new("e".into(), &workflow, json!({ "name": "ada" }), Time(0));
    submit(&host, &"e".into(), Command::Start(Box::new(started))).await.unwrap();
    while let Some(delivery) = host.take() {
        handle(&host, &[delivery]).await;
    }
    let state: Arc<_> = host.load(&"e".into()).await.unwrap().unwrap();
    assert_eq!(state.status(), Status::Completed);
    assert_eq!(state.output.as_ref().and_then(|output| output.value()), Some(&json!("HELLO ADA!")));
    let shown = json!(api::types::Nodes::of(&state, &workflow, &[], &mut api::types::Values::default()));
    let shown = &shown["items"][1];
    assert_eq!((&shown["status"], &shown["output"]), (&json!("completed"), &json!("HELLO ADA")));
}
