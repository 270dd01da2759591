//! The ways out of `stuck`.

use super::{
    about::{back_to, not_done, nothing, now, page, route},
    fields::{json, keep, reason, said, typed},
};
use crate::{
    desk::{Asked, Refusal},
    execution::seen::Seen,
    form::Pairs,
    layout::token,
    look::{coded, is_long},
    session::{Sent, Visit},
    words::sentence,
};
use api::{NoParams, Problem, types::UnstickBody};
use axum::{extract::Path, response::Response};
use maud::{Markup, html};
use serde_json::Value;
use stepwell_core::{decide::admitted::ways_out, error::Error, event::Unstick};

/// The page that asks.
pub async fn ask(visit: Visit, Path(id): Path<String>, _: NoParams) -> Response {
    match now(&visit, &id).await {
        Ok(seen) => asked(&visit, &seen, &Pairs::default(), None),
        Err(refusal) => nothing(&visit, &refusal),
    }
}

/// A way out, and what it does. `undoes`: what it is about is undone.
fn told(way: Unstick, undoes: bool) -> (&'static str, &'static str) {
    match (way, undoes) {
        (Unstick::Retry, true) => ("Try to undo it again", "Where that fails too, the execution is stuck again."),
        (Unstick::Retry, false) => ("Try again", "What could not be done is tried again."),
        (Unstick::Skip, true) => {
            ("Go on without undoing it", "What it did stays, and the rollback goes on with what is left to undo.")
        }
        (Unstick::Skip, false) => {
            ("Go on without it", "It is left as it is, and the execution goes on with what comes after it.")
        }
        (Unstick::MarkDone, true) => {
            ("It was undone by hand", "It counts as undone, and the rollback goes on with what is left to undo.")
        }
        (Unstick::MarkDone, false) => ("It was done by hand", "It counts as done, and the execution goes on."),
        (Unstick::Redrive, _) => {
            ("Send the messages again", "The messages that could not be processed go back to the queue.")
        }
    }
}

/// What it is stuck at, in a sentence, and why.
fn why_stuck(seen: &Seen, error: &Error, undoes: bool) -> Markup {
    let id = error.node.as_ref().map(|node| node.as_str());
    let node = id.map(|id| seen.name_of(id));
    let message = seen.fault(&error.message, id);
    // That it could not be undone is said first.
    let why = message.split_once(" could not be compensated: ").map_or(message.as_str(), |(_, why)| why);
    html! {
        div.verdict.bad { div {
            p { strong {
                @match (node, undoes) {
                    (Some(node), true) => { "“" bdi { (node) } "” could not be undone." },
                    (Some(node), false) => { "The execution is stuck at “" bdi { (node) } "”." },
                    (None, _) => (coded(&sentence(&message))),
                }
            } }
            @if node.is_some() {
                p.scrolls[is_long(why)] dir="auto" tabindex=[is_long(why).then_some("0")] { (coded(&sentence(why))) }
            }
            p.hint { "Code of the error: " code { bdi { (error.code) } } }
        } }
    }
}

fn asked(visit: &Visit, seen: &Seen, pairs: &Pairs, refusal: Option<&Refusal>) -> Response {
    let chosen = pairs.get("action");
    let stuck = seen.then.stuck.as_ref();
    let open: Vec<_> = seen.then.nodes.iter().filter(|(_, state)| state.phase.is_open()).map(|(id, _)| id).collect();
    // What undoes something has no output, and it is one thing after another.
    let undoes = seen.then.rolling.is_some();
    let body = html! {
        @match stuck {
            Some(error) => (why_stuck(seen, error, undoes)),
            None => p.empty { "This execution is not stuck: there is nothing to do here." },
        }
        // Somebody else was first: what was typed can still be read and copied.
        @if stuck.is_none() && refusal.is_some() {
            @for name in ["output", "reason"] {
                @if let Some(text) = said(pairs, name) { p.kicker { "What you had typed, " (name) } pre tabindex="0" dir="auto" aria-label=(name) { (text) } }
            }
            (not_done(visit, seen, refusal))
        }
        @if stuck.is_some() {
            form method="post" {
                (token(visit))
                fieldset.field {
                    legend { "How does it go on?" }
                    @for way in &ways_out(&seen.newest) {
                        @let (word, what) = told(*way, undoes);
                        label.choice {
                            input type="radio" name="action" value=(way) required checked[chosen == Some(way.as_str())];
                            span.way { strong { (word) } " " span.hint { (what) } }
                        }
                    }
                }
                // What is confirmed is meant for the node that the page names, and for no other that it sticks at since.
                @if let Some(node) = stuck.and_then(|error| error.node.as_ref()).filter(|_| undoes) {
                    input type="hidden" name="node" value=(node);
                }
                @if !undoes && open.len() > 1 {
                    div.field {
                        label for="at" { "Node" }
                        select #at name="node" {
                            option value="" { "The only one" }
                            @for id in open {
                                option value=(id) selected[pairs.get("node") == Some(id.as_str())] { (seen.name_of(id.as_str())) }
                            }
                        }
                    }
                }
                @if !undoes { (json("output", "Output", "Of a node that is skipped or done: JSON that the nodes after it see. Leave it empty for none.", pairs.get("output").unwrap_or_default(), 4)) }
                (reason(pairs.get("reason").unwrap_or_default()))
                (not_done(visit, seen, refusal))
                div.actions { button.main { "Unstick" } (keep(visit, seen)) }
            }
        }
    };
    page(visit, seen, "Unstick this execution", refusal, &body)
}

/// Does it.
pub async fn act(Path(id): Path<String>, sent: Sent) -> Response {
    let (visit, pairs) = (&sent.visit, &sent.pairs);
    let done = async { visit.desk.post::<Value>(&route(&id, "unstick"), &body(pairs)?).await };
    match (done.await, now(visit, &id).await) {
        (Ok(_), _) => back_to(&id),
        (Err(refusal), Ok(seen)) => asked(visit, &seen, pairs, Some(&refusal)),
        (Err(refusal), Err(_)) => nothing(visit, &refusal),
    }
}

fn body(pairs: &Pairs) -> Asked<UnstickBody> {
    let none = || Problem::field("missing_field", "/action", "no way out is chosen", "choose one");
    let action = pairs.get("action").and_then(Unstick::parse).ok_or_else(none)?;
    Ok(UnstickBody {
        action,
        node: said(pairs, "node"),
        output: typed(pairs, "output")?,
        reason: said(pairs, "reason"),
    })
}
