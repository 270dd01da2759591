//! The page after an answer: what was recorded, and what is still needed.

use crate::{
    frame::{Page, whole},
    question::{
        Found, people,
        shown::{asked_of, details, facts, tool},
        words,
    },
};
use maud::{Markup, html};
use stepwell_core::interaction::{InteractionStatus, Response};

/// The page about the person's last answer.
pub fn recorded(found: &Found, token: &str, mine: &Response) -> Markup {
    let one = &found.interaction;
    let asked = words::question(one);
    let body = html! {
        article.card {
            header {
                p.kicker { (words::kind(one.kind)) " · " bdi { (found.called) } }
                h1 { "Your answer is recorded" }
            }
            div.verdict.good role="status" {
                span aria-hidden="true" { "✓" }
                p { (outcome(found)) }
            }
            section aria-labelledby="question" {
                h2 #question { "The question" }
                p.plain dir="auto" { (asked) }
                (details(found))
                (people::own(found, mine))
            }
            (tool(found))
            (asked_of(found))
            (facts(found))
            @if one.is_open() {
                div.actions { a.button href={ "../" (token) } { "Change your answer" } }
            }
        }
    };
    let foot = closing();
    whole(&Page { title: "Your answer is recorded", body, foot, ..Page::plain("../../") })
}

/// The foot of a page on which there is nothing more to do.
pub fn closing() -> Markup {
    html! { p { "You can close this page." } }
}

fn outcome(found: &Found) -> Markup {
    let one = &found.interaction;
    match (one.status, &one.decision) {
        (InteractionStatus::Pending, _) => html! { "The question is still open: " (people::still_needed(found)) },
        (InteractionStatus::Answered, _) if words::is_free(one.kind) => {
            html! { "Your answer was taken. Nothing more is needed from you." }
        }
        (InteractionStatus::Answered, Some(decision)) => html! {
            "The question is decided: " strong { bdi { (words::decision(one, decision)) } } ". Nothing more is needed from you."
        },
        (InteractionStatus::Answered, None) => html! { "The question is decided. Nothing more is needed from you." },
        (InteractionStatus::TimedOut, _) => {
            html! {
                "The time to answer ended afterwards, before enough people had answered"
                @if let Some(decided) = words::by_deadline(one) {
                    ", so the deadline decided: " strong { bdi { (decided) } }
                }
                "."
            }
        }
        (InteractionStatus::Cancelled, _) => html! { "The question was withdrawn afterwards." },
    }
}
