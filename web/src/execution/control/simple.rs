//! Pause, resume, cancel and retry: each says what would come of it, and asks for a reason.

use super::{
    about::{back_to, not_done, nothing, now, page, route},
    confirmed::Mark,
    fields::{keep, nodes, reason, said},
};
use crate::{
    desk::Refusal,
    execution::seen::Seen,
    layout::token,
    look::{coded, is_long},
    session::{Sent, Visit},
    words::{count, sentence},
};
use api::{NoParams, types::Reason};
use axum::{extract::Path, response::Response};
use document::id::NodeId;
use maud::{Markup, html};
use serde_json::Value;
use stepwell_core::{
    decide::admitted::{Ask, admitted},
    execution::Phase,
};

/// One of the four. A route names its own by a number, since types have no other way to say it.
#[derive(Clone, Copy)]
pub struct Verb {
    path: &'static str,
    title: &'static str,
    /// The title where it cannot be done any more.
    too_late: &'static str,
    button: &'static str,
    /// What cannot be taken back looks different from what can.
    class: &'static str,
    tells: fn(&Seen) -> Markup,
    /// What is to be the same when it is done; none where that may change from one moment to the next, and is stopped or goes on
    /// whatever it is by then.
    shows: Option<fn(&Seen) -> Mark>,
}

impl Verb {
    pub const PAUSE: usize = 0;
    pub const RESUME: usize = 1;
    pub const CANCEL: usize = 2;
    pub const RETRY: usize = 3;
}

const VERBS: [Verb; 4] = [
    Verb {
        path: "pause",
        title: "Pause this execution?",
        too_late: "This execution was not paused",
        button: "Pause",
        class: "main",
        tells: pauses,
        shows: None,
    },
    Verb {
        path: "resume",
        title: "Resume this execution?",
        too_late: "This execution was not resumed",
        button: "Resume",
        class: "main",
        tells: resumes,
        shows: None,
    },
    Verb {
        path: "cancel",
        title: "Cancel this execution?",
        too_late: "This execution was not cancelled",
        button: "Cancel the execution",
        class: "danger",
        tells: cancels,
        shows: None,
    },
    Verb {
        path: "retry",
        title: "Retry this execution?",
        too_late: "This execution was not retried",
        button: "Retry",
        class: "main",
        tells: retries,
        shows: Some(runs_again),
    },
];

/// The page that asks.
pub async fn ask<const VERB: usize>(visit: Visit, Path(id): Path<String>, _: NoParams) -> Response {
    match now(&visit, &id).await {
        Ok(seen) if !is_admitted(&seen, VERBS[VERB]) => not_now(&visit, &seen, VERBS[VERB].title),
        Ok(seen) => asked(&visit, &seen, VERBS[VERB], "", None),
        Err(refusal) => nothing(&visit, &refusal),
    }
}

/// The page of what cannot be asked of an execution as it is.
pub fn not_now(visit: &Visit, seen: &Seen, title: &str) -> Response {
    let body = html! { p { "In this state it cannot be asked for that." } div.actions { (keep(visit, seen)) } };
    page(visit, seen, title, None, &body)
}

fn is_admitted(seen: &Seen, verb: Verb) -> bool {
    Ask::parse(verb.path).is_some_and(|ask| admitted(&seen.newest).contains(&ask))
}

fn asked(visit: &Visit, seen: &Seen, verb: Verb, typed: &str, refusal: Option<&Refusal>) -> Response {
    // Sent once more it would be refused once more: what was typed can still be read and copied.
    if refusal.is_some() && !is_admitted(seen, verb) {
        let body = html! {
            (not_done(visit, seen, refusal))
            @if !typed.is_empty() { p.kicker { "The reason that you had typed" } pre tabindex="0" dir="auto" aria-label="reason" { (typed) } }
            div.actions { (keep(visit, seen)) }
        };
        return page(visit, seen, verb.too_late, refusal, &body);
    }
    let body = html! {
        ((verb.tells)(seen))
        form method="post" {
            (token(visit))
            @if let Some(shows) = verb.shows { (shows(seen).field()) }
            (reason(typed))
            (not_done(visit, seen, refusal))
            div.actions { button.(verb.class) { (verb.button) } (keep(visit, seen)) }
        }
    };
    page(visit, seen, verb.title, refusal, &body)
}

/// Does it.
pub async fn act<const VERB: usize>(Path(id): Path<String>, sent: Sent) -> Response {
    let (verb, visit) = (VERBS[VERB], &sent.visit);
    let body = Reason { reason: said(&sent.pairs, "reason") };
    let done = async {
        if let Some(shows) = verb.shows {
            let seen = now(visit, &id).await?;
            // What cannot be asked any more is refused by the API, which says why.
            if is_admitted(&seen, verb) {
                shows(&seen).confirmed(&sent.pairs)?;
            }
        }
        visit.desk.post::<Value>(&route(&id, verb.path), &body).await
    };
    match (done.await, now(visit, &id).await) {
        (Ok(_), _) => back_to(&id),
        (Err(refusal), Ok(seen)) => {
            asked(visit, &seen, verb, sent.pairs.get("reason").unwrap_or_default(), Some(&refusal))
        }
        (Err(refusal), Err(_)) => nothing(visit, &refusal),
    }
}

fn pauses(seen: &Seen) -> Markup {
    html! {
        p { "No further node starts until it is resumed. What runs finishes and is recorded; questions can be answered." }
        h2 { "Active now" }
        (current(seen))
    }
}

fn resumes(seen: &Seen) -> Markup {
    let is_done = |phase: &Phase| *phase == Phase::Unrouted;
    let of = |done: bool| {
        let open = seen.then.nodes.iter().filter(|(_, state)| state.phase.is_open());
        open.filter(move |(_, state)| is_done(&state.phase) == done).map(|(id, _)| id)
    };
    html! {
        // What came to an end meanwhile, as by an answer, does not go on itself: what comes after it does.
        @if of(true).next().is_some() { p { "It goes on after what has ended meanwhile:" } (nodes(seen, of(true))) }
        @if of(false).next().is_some() || of(true).next().is_none() { p { "It goes on with:" } (nodes(seen, of(false))) }
    }
}

fn cancels(seen: &Seen) -> Markup {
    let questions = seen.then.open_interactions().count() as u64;
    let live =
        seen.then.children.values().map(|children| u64::from(children.started.saturating_sub(children.ended.len())));
    let live: u64 = live.sum();
    html! {
        p { "It ends. Nothing that it has done is undone: roll it back for that." }
        h2 { "What stops" }
        (current(seen))
        @if questions > 0 { p { (count(questions, "question")) " to people will be withdrawn." } }
        @if live > 0 { p { (live) @if live == 1 { " child" } @else { " children" } " that run will be cancelled too." } }
    }
}

fn retries(seen: &Seen) -> Markup {
    html! {
        @if let Some(error) = &seen.shown.error {
            div.verdict.bad { div {
                p.scrolls[is_long(&error.message)] dir="auto" tabindex=[is_long(&error.message).then_some("0")] {
                    strong { (coded(&sentence(&seen.fault(&error.message, error.node.as_deref())))) }
                }
                p.hint { @if let Some(node) = &error.node { "At “" bdi { (seen.name_of(node)) } "” · " } "code " code { bdi { (error.code) } } }
            } }
        }
        p { "It goes on where it ended. What is done stays done." }
        h2 { "What goes on" }
        (nodes(seen, taken_up(seen)))
    }
}

fn taken_up(seen: &Seen) -> impl Iterator<Item = &NodeId> {
    let all = seen.then.nodes.iter();
    all.filter(|(_, state)| state.phase == Phase::Failed || state.was.is_some()).map(|(id, _)| id)
}

fn runs_again(seen: &Seen) -> Mark {
    Mark::nodes(taken_up(seen))
}

fn current(seen: &Seen) -> Markup {
    let open = seen.then.nodes.iter().filter(|(_, state)| state.phase.is_open());
    nodes(seen, open.map(|(id, _)| id))
}
