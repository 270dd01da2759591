//! An agent's conversation with its model: what the model was told and said, its tool calls and what became of them.

use super::{aim::address, below::Below, seen::Seen};
use crate::{
    desk::{part, pretty},
    limits,
    look::{call_status, decided},
    session::Visit,
    words::{beginning, capital, count, plural},
};
use api::types::{Agent, AgentCall, AgentTurn, AgentUsage};
use maud::{Markup, html};
use serde_json::Value;
use stepwell_core::view::CallState;

/// What a conversation is shown with.
pub struct Around<'a> {
    /// Who looks.
    pub visit: &'a Visit,
    /// The execution.
    pub seen: &'a Seen,
    /// The questions that are open in it.
    pub below: &'a Below,
    /// The address of the whole conversation.
    pub whole: &'a str,
}

/// The conversation, oldest first, with the newest answers alone where there are many.
pub fn conversation(agent: &Agent, around: &Around<'_>) -> Markup {
    let earlier = agent.turns.len().saturating_sub(limits::TALK_TURNS);
    html! {
        h3 { "Conversation" }
        p.hint { (count(agent.turns.len() as u64, "answer")) " · " (used(&agent.usage)) }
        ol.talk {
            @if let Some(memory) = &agent.memory {
                li.said { details {
                    summary { "Remembered" @if let Some(key) = &memory.key { " about " bdi { (key) } } }
                    (messages(&memory.messages))
                } }
            }
            @if earlier > 0 { li.told { p.hint { "The first " (count(earlier as u64, "answer")) " are left out here." } } }
            @for turn in agent.turns.iter().skip(earlier) { (answer(turn, around)) }
        }
        p.hint { a href=(around.whole) { "The whole conversation" } }
    }
}

/// Tokens as people read them.
fn used(usage: &AgentUsage) -> Markup {
    html! {
        (usage.input_tokens) (plural(usage.input_tokens, " token")) " read"
        @if usage.cached_tokens > 0 { " (" (usage.cached_tokens) " of them cached)" }
        ", " (usage.output_tokens) " written"
        @if let Some(usd) = usage.usd { ", " (format!("${usd:.4}")) }
    }
}

/// One answer, after what the model was told first where that is new.
fn answer(turn: &AgentTurn, around: &Around<'_>) -> Markup {
    let (seen, up) = (around.seen, &around.visit.up);
    let at = turn.checkpoint.as_deref().and_then(|checkpoint| checkpoint.parse::<u64>().ok());
    let then = at.map(|at| format!("{}{}", address(up, seen.newest.id().as_str()), seen.aim.at(Some(at)).query()));
    html! {
        @if let Some(asked) = &turn.asked { (asked_first(asked)) }
        li.model {
            p.who {
                span { "Model " bdi { (turn.model) } }
                @if let (Some(checkpoint), Some(then)) = (&turn.checkpoint, then) {
                    " " a href=(then) { "checkpoint " (checkpoint) }
                }
            }
            @if let Some(left_out) = &turn.left_out {
                p.hint {
                    @if left_out["sealed"] == true { "This answer is kept by its hash." }
                    @else { "This answer is too large for a page." }
                }
            }
            @else if turn.text.is_empty() { p.hint { "It only asks for tools." } }
            @else { (text(&turn.text)) }
            @if turn.left_out.is_none() { p.hint { (used(&turn.usage)) " · " (stopped(&turn.stop_reason)) } }
        }
        @for call in turn.tool_calls.iter().take(limits::TALK_CALLS) { (tool_call(call, around)) }
        @if turn.tool_calls.len() > limits::TALK_CALLS {
            li.told { p.hint { "The first " (limits::TALK_CALLS) " of " (turn.tool_calls.len()) " tool calls." } }
        }
        @if let Some(told) = &turn.told_again {
            li.told { p.who { span { "Told again, since the answer cannot be used" } } (text(told)) }
        }
    }
}

/// What the model was told first.
fn asked_first(asked: &Value) -> Markup {
    html! {
        @if let Some(system) = asked["system"].as_str() {
            li.said { details { summary { "System prompt" } (text(system)) } }
        }
        @match asked["messages"].as_array() {
            Some(all) => @for one in all.iter().take(limits::TALK_MESSAGES) { li.said { (message(one)) } },
            None => li.said { p.hint { "What the model was told first is too large for a page." } },
        }
    }
}

/// Messages that were remembered.
fn messages(all: &Value) -> Markup {
    html! {
        @match all.as_array().map(Vec::as_slice) {
            None => p.hint { "It is too large for a page." },
            Some([]) => p.hint { "Nothing yet." },
            Some(all) => {
                @for one in all.iter().take(limits::TALK_MESSAGES) { (message(one)) }
                @if all.len() > limits::TALK_MESSAGES { p.hint { "The first " (limits::TALK_MESSAGES) " of " (all.len()) "." } }
            }
        }
    }
}

fn message(one: &Value) -> Markup {
    let who = match one["role"].as_str() {
        Some("user") => "User",
        Some("assistant") => "Model",
        Some("system") => "System",
        Some("tool") => "Tool",
        _ => "Message",
    };
    html! { p.who { span { (who) } } (text(one["content"].as_str().unwrap_or_default())) }
}

/// A text as it was written, cut where it is long.
fn text(text: &str) -> Markup {
    html! { p.plain dir="auto" { (beginning(text, limits::VALUE_TEXT)) } }
}

fn tool_call(call: &AgentCall, around: &Around<'_>) -> Markup {
    let up = &around.visit.up;
    let question = call.execution_id.as_deref().and_then(|id| around.below.question_in(id));
    html! {
        li.call {
            p.who {
                span { "Tool " bdi { (tool_name(call, around)) } }
                " " (call_status(call.status))
            }
            p.kicker { "Arguments" } (json(&call.arguments, "Arguments"))
            @if let Some(asked) = &call.asked_arguments {
                details { summary { "A person changed the arguments. What the model had asked for" } (json(asked, "What the model asked for")) }
            }
            @if !call.decided_by.is_empty() {
                p.hint { (decided(call.status.decision())) " by " bdi { (beginning(&call.decided_by.join(", "), limits::ASKED)) } }
            }
            @if let Some(question) = question {
                p { a.button.small href={ (up) "inbox/" (part(&question.interaction_id)) } { span { "Answer: " bdi { (beginning(&question.question, limits::ASKED)) } } } }
            }
            @if let Some(error) = &call.error { p.plain dir="auto" { (capital(&beginning(&error.message.replacen(": /: ", ": ", 1), limits::VALUE_TEXT))) @if call.status != CallState::Refused { " " code { (error.code) } } } }
            @if !call.result.is_null() { details { summary { "Result" } (json(&call.result, "Result")) } }
            @if let Some(id) = &call.execution_id { p.hint { a href=(address(up, id)) { "Its execution" } } }
        }
    }
}

/// What a tool is called: by the name of its node, unless it has one of its own.
fn tool_name<'a>(call: &'a AgentCall, around: &Around<'a>) -> &'a str {
    around.seen.name_of(&call.name)
}

/// A value, each part by its name; one that is long as JSON, and cut.
fn json(value: &Value, label: &str) -> Markup {
    let shown = match value {
        Value::Object(fields) if fields.contains_key("$larger_than") || fields.contains_key("$blob") => None,
        value => Some(pretty(value)),
    };
    html! {
        @match shown {
            None => p.hint { "Too large for a page." },
            Some(shown) if shown.len() <= limits::TALK_VALUE => (crate::value::value(value, "")),
            Some(shown) => pre tabindex="0" aria-label=(label) dir="auto" { (beginning(&shown, limits::TALK_VALUE)) },
        }
    }
}

/// Why an answer ended, in words for those reasons that providers give; any other as it is.
fn stopped(reason: &str) -> Markup {
    let words = match reason {
        "stop" | "end_turn" | "stop_sequence" => "finished",
        "tool_calls" | "tool_use" => "asks for tools",
        "length" | "max_tokens" => "cut off at its greatest length",
        other => return html! { "stopped by " code { bdi { (other) } } },
    };
    html! { (words) }
}
