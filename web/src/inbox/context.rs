//! What led to a question: what the execution was started with, and what the nodes before the question gave.

use crate::{
    desk::{Asked, part, pretty, query},
    limits,
    look::{short_id, status},
    question::{Found, words},
    session::Visit,
    words::beginning,
};
use api::types;
use maud::{Markup, html};
use serde_json::Value;

/// What a page shows beside a question.
pub struct Context {
    execution: types::Execution,
    /// The nodes before, with what they gave.
    before: Vec<(String, Value)>,
    /// The next question that waits for the visitor: its id, and what it asks.
    pub next: Option<(String, String)>,
}

/// Reads what led to a question.
///
/// # Errors
/// What the API says.
pub async fn context(visit: &Visit, found: &Found) -> Asked<Context> {
    let id = found.execution.id().as_str();
    let execution = visit.desk.get::<types::Execution>(&format!("/v1/executions/{}", part(id))).await?;
    let nodes = visit.desk.get::<types::Nodes>(&format!("/v1/executions/{}/nodes", part(id))).await?;
    let asking = &found.interaction.activation.node;
    let leads = |node: &str| found.workflow.edges.iter().any(|edge| edge.from.as_str() == node && edge.to == *asking);
    // A trigger gives what the execution was started with, which is shown already.
    let says_more = |output: &Value| !output.is_null() && *output != execution.input;
    let before = nodes.items.into_iter().filter(|node| says_more(&node.output) && leads(&node.node));
    let before = before.map(|node| (node.node, node.output)).collect();
    let own = found.interaction.interaction_id.as_str();
    let waiting = query([("status", "pending"), ("assignee", "me"), ("limit", "2")]);
    let waiting = visit.desk.get::<types::Page<types::Interaction>>(&format!("/v1/interactions{waiting}")).await?;
    let next = waiting.items.into_iter().find(|one| one.interaction_id != own);
    Ok(Context { execution, before, next: next.map(|one| (one.interaction_id.clone(), asked(&one))) })
}

impl Context {
    /// The panel.
    pub fn shown(&self, visit: &Visit, found: &Found) -> Markup {
        let id = found.execution.id().as_str();
        html! {
            section.panel aria-labelledby="led" {
                h2 #led { "What led here" }
                p { a href={ (visit.up) "executions/" (part(id)) } { bdi { "Execution" } " " (short_id(id)) } " "
                    span data-part="state" { (status(self.execution.status)) } }
                h3 { "Started with" }
                (value("Started with", &self.execution.input))
                @for (node, output) in &self.before {
                    h3 { "From " bdi { (found.name_of(node)) } }
                    (value(node, output))
                }
            }
        }
    }

    /// The way to the next question, for whoever passes over an open one.
    pub fn then(&self, visit: &Visit, found: &Found) -> Markup {
        html! {
            @if let Some(next) = self.next.as_ref().filter(|_| found.interaction.is_open()) {
                p.soft { "Next in your inbox: " a href={ (visit.up) "inbox/" (part(&next.0)) } { bdi { (next.1) } } }
            }
        }
    }
}

/// A value, as much of it as helps to decide.
fn value(of: &str, value: &Value) -> Markup {
    if value.is_null() || value.as_object().is_some_and(|members| members.is_empty()) {
        return html! { p.soft { "Nothing" } };
    }
    let text = pretty(value);
    let end = text.char_indices().nth(limits::CONTEXT).map(|(end, _)| end);
    html! {
        pre tabindex="0" aria-label=(of) dir="auto" { (&text[..end.unwrap_or(text.len())]) @if end.is_some() { "…" } }
        @if end.is_some() { p.soft { "This is the beginning; the execution's page has all of it." } }
    }
}

/// What a list calls a question.
pub fn asked(one: &types::Interaction) -> String {
    let tool = one.authorization.as_ref().map(|about| &about.tool);
    beginning(words::asked(one.kind, &one.question, tool).trim(), limits::ASKED)
}
