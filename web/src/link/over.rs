//! The pages of links that lead to no open question, each with its own reason.

use crate::{
    frame::{Page, notice, whole},
    moment::moment,
    question::{
        Found,
        ended::sign as ended_as,
        people,
        shown::{asked_of, details, facts, tool},
        words,
    },
    words::capital,
};
use maud::{Markup, html};
use stepwell_core::interaction::InteractionStatus;

/// A link that nobody was given.
pub fn unknown() -> Markup {
    let body = html! {
        p { "This link leads to no question. Check that the whole address was copied from the message; if it was, ask \
             whoever sent it to you for a new one." }
    };
    notice("This link is unknown", &body, "../")
}

/// Why nobody answers here any more: the person is not asked any more, or the question is over.
pub fn over(found: &Found, up: &str) -> Markup {
    match (&found.person, found.interaction.status) {
        (None, _) => notice(
            "You are not asked any more",
            &html! { p { "This question was given to somebody else. Nothing is needed from you." } },
            up,
        ),
        (Some(_), InteractionStatus::Cancelled) => ended(
            found,
            "This question was withdrawn",
            up,
            &html! {
                "The workflow does not need an answer any more, so nobody can give one."
            },
        ),
        (Some(_), InteractionStatus::TimedOut) => ended(
            found,
            "The time to answer is over",
            up,
            &html! {
                "Not enough people had answered by " (moment(closed(found))) ", so "
                @if let Some(decided) = words::by_deadline(&found.interaction) {
                    "the deadline decided: " strong { bdi { (decided) } } "."
                } @else { "the workflow went on without." }
            },
        ),
        (Some(_), InteractionStatus::Answered | InteractionStatus::Pending) => decided(found, up),
    }
}

/// The page of a question that people decided: by whom, what, and when.
fn decided(found: &Found, up: &str) -> Markup {
    let one = &found.interaction;
    let decision = one.decision.as_deref().unwrap_or_default();
    let title = if words::is_free(one.kind) { "This question is answered" } else { "This question is decided" };
    ended(
        found,
        title,
        up,
        &html! {
            strong { bdi { (capital(&words::decision(one, decision))) } }
            (people::by(found))
            ", on " (moment(closed(found))) ". Nothing more is needed from you."
        },
    )
}

fn closed(found: &Found) -> document::time::Time {
    found.interaction.decided_at.unwrap_or(found.now)
}

fn ended(found: &Found, title: &str, up: &str, reason: &Markup) -> Markup {
    let one = &found.interaction;
    let (sign, class) = ended_as(one);
    let body = html! {
        article.card {
            header {
                p.kicker { (words::kind(one.kind)) " · " bdi { (found.called) } }
                h1 { (title) }
            }
            div class={ "verdict " (class) } { span aria-hidden="true" { (sign) } p { (reason) } }
            section aria-labelledby="question" {
                h2 #question { "The question" }
                p.plain dir="auto" { (words::question(one)) }
                (details(found))
                @if let (Some(mine), _) = found.mine() { (people::own(found, mine)) }
            }
            (tool(found))
            (asked_of(found))
            (facts(found))
        }
    };
    whole(&Page { title, body, ..Page::plain(up) })
}
