//! Fields of the forms by which executions are controlled.

use crate::{
    desk::{Asked, Refusal},
    execution::{aim::address, seen::Seen},
    form::Pairs,
    look::coded,
    session::Visit,
};
use api::Problem;
use document::id::NodeId;
use maud::{Markup, html};
use serde_json::Value;

/// Why somebody does it, for the journal.
pub fn reason(typed: &str) -> Markup {
    html! {
        div.field {
            label for="reason" { "Reason " span.mark { "optional" } }
            input #reason name="reason" value=(typed) aria-describedby="reason-hint" maxlength="1000";
            p.hint #reason-hint { "The journal keeps it." }
        }
    }
}

/// JSON that somebody edits.
pub fn json(id: &str, label: &str, hint: &str, text: &str, rows: u32) -> Markup {
    html! {
        div.field {
            label for=(id) { (label) }
            textarea.code #(id) name=(id) rows=(rows) spellcheck="false" autocomplete="off" dir="ltr" aria-describedby={ (id) "-hint" } {
                // A browser leaves out the first line end.
                "\n" (text)
            }
            p.hint id={ (id) "-hint" } { (coded(hint)) }
        }
    }
}

/// A text that was typed; none where it is empty.
pub fn said(pairs: &Pairs, name: &str) -> Option<String> {
    pairs.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// JSON that was typed; none where the field is empty.
///
/// # Errors
/// 422 that tells the line where it is no JSON.
pub fn typed(pairs: &Pairs, name: &str) -> Asked<Option<Value>> {
    let Some(text) = said(pairs, name) else { return Ok(None) };
    let mut reader = serde_json::Deserializer::from_str(&text);
    let read = document::json::unique(&mut reader).and_then(|value| reader.end().map(|()| value));
    let wrong = |error: serde_json::Error| {
        let message = format!("this is no JSON: {error}");
        Refusal::from(Problem::field("invalid_json", &format!("/{name}"), message, "correct it, and send it again"))
    };
    read.map(Some).map_err(wrong)
}

/// The way back to the execution, for whoever decides against what a page asks.
pub fn keep(visit: &Visit, seen: &Seen) -> Markup {
    html! { a.button href=(address(&visit.up, seen.newest.id().as_str())) { "Back to the execution" } }
}

/// Nodes in a sentence, with their names.
pub fn nodes<'a>(seen: &Seen, ids: impl Iterator<Item = &'a NodeId>) -> Markup {
    let ids: Vec<&NodeId> = ids.collect();
    html! {
        @if ids.is_empty() { p.empty { "No node." } } @else {
            ul.plain-list { @for id in ids { li { (named(seen, id.as_str())) } } }
        }
    }
}

/// A node by its name, and its id beside it where that is another.
pub fn named(seen: &Seen, id: &str) -> Markup {
    let name = seen.name_of(id);
    html! { bdi { (name) } @if name != id { " " code { bdi { (id) } } } }
}
