//! A question within a conversation. What takes more than a word is answered on the question's own page.

use crate::{
    desk::part,
    layout::token,
    markdown::markdown,
    moment::{distance, moment},
    question::words,
    session::Visit,
    value::for_people,
    words::capital,
    workflows::may,
};
use api::{Scope, types::Interaction};
use maud::{Markup, html};
use stepwell_core::interaction::{InteractionKind as Kind, SecurityLevel};

/// The question, and a form where a word answers it. `tool` is what the tool is called that it is about.
pub fn question(visit: &Visit, one: &Interaction, session: &str, tool: &Markup) -> Markup {
    let page = format!("{}inbox/{}", visit.up, part(&one.interaction_id));
    let is_open = one.decided_at.is_none();
    html! {
        // A script leads whoever has sent a message to what is asked.
        li.told.asks[is_open] tabindex=[is_open.then_some("-1")] {
            p.who { span { (words::kind(one.kind)) } a href=(page) { "Open the question" } }
            p.plain dir="auto" { strong { (words::asked(one.kind, &one.question, one.authorization.as_ref().map(|about| &about.tool))) } }
            @if let Some(details) = one.details.as_deref().filter(|text| !text.trim().is_empty()) {
                div.prose dir="auto" { (markdown(details)) }
            }
            @if let Some(about) = &one.authorization {
                p.hint { "Tool " (tool) }
                @if !about.arguments.is_null() { (for_people(&about.arguments)) }
            }
            @match (&one.decision, one.decided_at) {
                (Some(decision), Some(at)) => p.hint { (capital(said(one, decision))) ", " (moment(at.0)) },
                (_, Some(_)) => p.hint { "Nobody answered." },
                (_, None) => {
                    @if let Some(deadline) = &one.deadline {
                        p.hint { @if deadline.0 > visit.now { "Answer by " } @else { "Was to be answered by " }
                            (moment(deadline.0)) ", " (distance(deadline.0, visit.now)) "." }
                    }
                    @if may(visit, Scope::Respond) { (form(visit, one, session, &page)) }
                },
            }
        }
    }
}

/// A decision in a word or two: an option by its label.
fn said<'a>(one: &'a Interaction, port: &'a str) -> &'a str {
    let option = one.options.iter().find(|option| option.id == port);
    option.map_or_else(|| words::word(one.kind, port), |option| &option.label)
}

fn form(visit: &Visit, one: &Interaction, session: &str, page: &str) -> Markup {
    let action = format!("{}chat/{}/answer", visit.up, part(&one.workflow_id));
    let needs_tool = one.authorization.as_ref().is_some_and(|about| about.security_level == SecurityLevel::High);
    let button = |value: &str, word: &str, main: bool| {
        html! {
            button.main[main] name="value" value=(value) { (word) }
        }
    };
    let fields = match one.kind {
        Kind::Ask => html! {
            div.field {
                label for={ "a-" (one.interaction_id) } { "Your answer" }
                textarea id={ "a-" (one.interaction_id) } name="value" rows="2" required dir="auto" {}
            }
            div.actions { button.main { "Answer" } }
        },
        Kind::Decision => html! {
            div.actions { @for option in &one.options { (button(&option.id, &option.label, false)) } }
        },
        Kind::Approval => html! { div.actions { (button("yes", "Approve", true)) (button("no", "Reject", false)) } },
        Kind::Authorization if !needs_tool => {
            html! { div.actions { (button("yes", "Allow", true)) (button("no", "Refuse", false)) } }
        }
        Kind::Authorization | Kind::Review | Kind::Input => {
            return html! { p { a.button href=(page) { "Answer on its page" } } };
        }
    };
    html! {
        form.answer method="post" action=(action) accept-charset="utf-8" {
            (token(visit))
            input type="hidden" name="session" value=(session);
            (fields)
        }
    }
}
