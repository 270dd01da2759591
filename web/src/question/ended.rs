//! How a question ended, in words.

use super::{Found, people::by, words};
use crate::{moment::moment, words::capital};
use maud::{Markup, html};
use stepwell_core::interaction::{Interaction, InteractionStatus};

/// How the end of a question looks: a sign, and the class of its colour.
pub fn sign(one: &Interaction) -> (&'static str, &'static str) {
    match one.status {
        InteractionStatus::Answered => words::sign(one.decision.as_deref().unwrap_or_default()),
        InteractionStatus::Pending | InteractionStatus::TimedOut | InteractionStatus::Cancelled => ("○", "wait"),
    }
}

/// What was decided by whom, or why nothing was, and when.
pub fn how(found: &Found) -> Markup {
    let one = &found.interaction;
    html! {
        @match one.status {
            InteractionStatus::Answered | InteractionStatus::Pending => {
                @if words::is_free(one.kind) { strong { "Answered" } }
                @else { "Decided: " strong { bdi { (capital(&words::decision(one, one.decision.as_deref().unwrap_or_default()))) } } }
                (by(found))
            }
            InteractionStatus::TimedOut => {
                "The time to answer ended before enough people had answered"
                @if let Some(decided) = words::by_deadline(one) {
                    ", so the deadline decided: " strong { bdi { (decided) } }
                }
            }
            InteractionStatus::Cancelled => "Withdrawn: the workflow does not need an answer any more",
        }
        @if let Some(at) = one.decided_at { ", on " (moment(at)) }
        "."
    }
}

/// What is said on the page of a question, beside the form, once it takes no answer of its reader any more.
pub fn meanwhile(found: &Found) -> Markup {
    let is_given_away = found.interaction.is_open() || found.person.is_none();
    let sign = if is_given_away { "○" } else { sign(&found.interaction).0 };
    html! {
        // It is calm, however it ended: nothing is wrong with what its reader did.
        div.verdict.wait {
            span aria-hidden="true" { (sign) }
            div {
                p { @if is_given_away { "You are not asked any more: this question was given to somebody else." }
                    @else { (how(found)) } }
                p { "What you have typed was not sent. It stays here until you " a href="" { "load the page again" } "." }
            }
        }
    }
}
