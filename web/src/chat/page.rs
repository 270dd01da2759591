//! `GET /chat/{workflow_id}`: the page.

use super::{
    asked,
    seen::{Seen, seen},
};
use crate::{
    assets::CHAT,
    desk::{Refusal, part, query},
    layout::{Place, View, answered, token},
    limits,
    look::{call_status, decided},
    markdown::markdown,
    moment::moment,
    refused::refused,
    session::{Visit, nonce},
    words::beginning,
    workflows::may,
};
use api::{
    Params, Scope,
    types::{AgentCall, ChatMessage, Workflow},
};
use axum::{extract::Path, http::StatusCode, response::Response};
use maud::{Markup, html};
use serde_json::Value;
use stepwell_core::execution::Status;

/// The page of a session, or of a new one.
pub async fn page(visit: Visit, Path(id): Path<String>, mut params: Params) -> Response {
    let session = params.take("session").and_then(|session| {
        params.done()?;
        Ok(session)
    });
    let seen = match session {
        Ok(session) => seen(&visit, &id, session.as_deref()).await,
        Err(problem) => Err(problem.into()),
    };
    match seen {
        Ok(seen) => show(&visit, &seen, StatusCode::OK, "", None),
        Err(refusal) => refused(&refusal, &visit.up),
    }
}

/// The page with what was typed, and why it was not taken.
pub fn show(visit: &Visit, seen: &Seen, status: StatusCode, typed: &str, why: Option<&Refusal>) -> Response {
    let title = format!("Chat with {}", seen.workflow.name);
    let body = body(visit, seen, typed, why);
    answered(visit, status, View { place: Place::Workflows, title: &title, scripts: &[&CHAT], body })
}

fn body(visit: &Visit, seen: &Seen, typed: &str, why: Option<&Refusal>) -> Markup {
    let (up, workflow) = (&visit.up, &seen.workflow);
    let here = format!("{up}chat/{}", part(&workflow.id));
    let session = seen.conversation.as_ref().map(|talk| talk.session_id.as_str());
    html! {
        div.page-head {
            div {
                h1 { bdi { (workflow.name) } }
                @if let Some(about) = workflow.document["description"].as_str() { p.kicker dir="auto" { (about) } }
            }
            div.actions #chat-ways {
                a.button.small href={ (up) "workflows/" (part(&workflow.id)) } { "The workflow" }
                @if session.is_some() { a.button.small href=(here) { "New conversation" } }
            }
        }
        div.beside.chat data-here=(here) {
            div {
                section.panel aria-label="Conversation" {
                    (conversation(visit, seen))
                    @if may(visit, Scope::Run) { (form(visit, seen, &here, typed, why)) }
                    @else { p.hint { "You may read here; to say something takes the scope " code { "run" } "." } }
                }
            }
            div { (sessions(seen, &here, session)) }
        }
    }
}

/// What was said, oldest first. A script puts a new one in its place.
fn conversation(visit: &Visit, seen: &Seen) -> Markup {
    let talk = seen.conversation.as_ref();
    let goes_on = talk.and_then(|talk| talk.items.last()).is_some_and(|one| !one.status.is_terminal());
    html! {
        div #talk data-open[goes_on] {
            @match talk {
                None => p.empty { "Nothing has been said yet." },
                Some(talk) => {
                    @if talk.next_cursor.is_some() { p.hint { "Earlier messages are left out here." } }
                    ol.talk.chat-talk aria-live="polite" {
                        @for one in &talk.items { (message(visit, one, &talk.session_id, &seen.workflow)) }
                    }
                },
            }
        }
    }
}

/// A message, what was done for it, and its answer, which is by the workflow.
fn message(visit: &Visit, one: &ChatMessage, session: &str, workflow: &Workflow) -> Markup {
    let run = format!("{}executions/{}", visit.up, part(&one.execution_id));
    html! {
        li.mine {
            p.who { bdi { (one.user.as_deref().unwrap_or("Somebody")) } span { (moment(one.at.0)) " · " a href=(run) { "Its execution" } } }
            p.plain dir="auto" { @match &one.message { Value::String(text) => (text), _ => "This message is too large for a page." } }
        }
        @for call in one.tool_calls.iter().take(limits::TALK_CALLS) { (tool_call(call, workflow)) }
        @for question in &one.interactions {
            @let about = question.authorization.as_ref().and_then(|about| about.tool.as_str()).unwrap_or_default();
            (asked::question(visit, question, session, &tool(workflow, about)))
        }
        @if let Some(text) = &one.text {
            li.model { p.who { bdi { (workflow.name) } } div.prose dir="auto" { (markdown(text)) } }
        } @else if let Some(error) = &one.error {
            li.told { p.who { "It failed" } p.plain { (error.message) } }
        } @else if one.status == Status::Cancelled || one.status == Status::Skipped {
            li.told { p.hint { "It ended without an answer." } }
        } @else if one.status == Status::Pending {
            li.told { p.hint { "It waits for its turn. " a href="" { "Look again" } } }
        } @else if one.interactions.iter().all(|question| question.decided_at.is_some()) {
            li.model.waits { p.hint { "It is being answered. " a href="" { "Look again" } } }
        }
    }
}

/// What a tool is called: by the name of its node, unless it has one of its own.
fn tool(workflow: &Workflow, called: &str) -> Markup {
    let mut nodes = workflow.document["nodes"].as_array().into_iter().flatten();
    let name = nodes.find(|node| node["id"] == called).and_then(|node| node["name"].as_str());
    html! { @if let Some(name) = name { bdi { (name) } } @else { code { bdi { (called) } } } }
}

/// A tool that was asked for, and who decided about it.
fn tool_call(call: &AgentCall, workflow: &Workflow) -> Markup {
    html! {
        li.call {
            p.who { span { "Tool " (tool(workflow, &call.name)) } (call_status(call.status)) }
            @if !call.decided_by.is_empty() {
                p.hint { (decided(call.status.decision())) " by " bdi { (beginning(&call.decided_by.join(", "), limits::ASKED)) } }
            }
            details {
                summary { @if call.result.is_null() { "What it was given" } @else { "What it was given, and what it gave" } }
                pre.code tabindex="0" { code { (beginning(&format!("{:#}", call.arguments), limits::CHAT_VALUE)) } }
                @if !call.result.is_null() {
                    pre.code tabindex="0" { code { (beginning(&format!("{:#}", call.result), limits::CHAT_VALUE)) } }
                }
            }
        }
    }
}

/// Whether the conversation waits for a decision.
fn decides(seen: &Seen) -> bool {
    let last = seen.conversation.as_ref().and_then(|talk| talk.items.last());
    last.is_some_and(|last| last.interactions.iter().any(|one| one.decided_at.is_none()))
}

/// The field for the next message.
fn form(visit: &Visit, seen: &Seen, here: &str, typed: &str, why: Option<&Refusal>) -> Markup {
    let session = seen.conversation.as_ref().map(|talk| talk.session_id.as_str());
    html! {
        @if let Some(why) = why { p.verdict.bad role="alert" { span aria-hidden="true" { "!" } span { (why.problem.detail) } } }
        form #say method="post" action=(here) accept-charset="utf-8" {
            (token(visit))
            @if let Some(session) = session { input type="hidden" name="session" value=(session); }
            @if let Some(key) = nonce() { input type="hidden" name="key" value=(key); }
            div.field {
                label for="message" { "Your message" }
                textarea #message name="message" rows="3" required dir="auto" { (typed) }
            }
            // While something is to be decided, that comes first.
            div.actions { button.main[!decides(seen)] { "Send" } }
        }
    }
}

fn sessions(seen: &Seen, here: &str, session: Option<&str>) -> Markup {
    html! {
        section.panel #chats aria-labelledby="sessions" {
            h2 #sessions { "Your conversations" }
            @if seen.sessions.is_empty() { p.empty { "None yet." } }
            ul.plain-list {
                @for (id, said) in &seen.sessions {
                    li {
                        a href={ (here) (query([("session", id.as_str())])) } aria-current=[(session == Some(id)).then_some("true")] {
                            bdi { (beginning(said, limits::CHAT_TITLE)) }
                        }
                    }
                }
            }
        }
    }
}
