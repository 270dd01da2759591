//! The page of something that was not done, or that is not there.

use crate::{
    answered::plain_page,
    desk::{Refusal, query},
    frame::notice,
    limits,
    look::{coded, plainly},
    session::back,
    words::sentence,
};
use api::types::Fault;
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

/// The page, with the status of the refusal.
pub fn refused(refusal: &Refusal, up: &str) -> Response {
    let title = match refusal.status {
        StatusCode::NOT_FOUND => "There is nothing here",
        StatusCode::FORBIDDEN => "You may not do this",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests",
        status if status.is_server_error() => "Something went wrong",
        _ => "This cannot be done",
    };
    let words = html! { (why(refusal)) (ways(up)) };
    plain_page(refusal.status, notice(title, &words, up))
}

/// The ways on from the page of something that was not done: back, and to the overview.
fn ways(up: &str) -> Markup {
    html! {
        p {
            @if let Some(back) = back() { a href=(back) { "Back to where you were" } " · " }
            a href=(up) { "Go to the overview" }
        }
    }
}

/// The page about things that were chosen in a list, with the way back to what was chosen there: `list` is the list's address.
pub fn refused_choice(refusal: &Refusal, up: &str, list: &str, chosen: &[String]) -> Response {
    let ids = if chosen.len() <= limits::CHOSEN_KEPT { chosen.join(",") } else { String::new() };
    let words = html! { (why(refusal)) p { a href={ (list) (query([("chosen", ids.as_str())])) } { "Back, and choose otherwise" } } };
    plain_page(refusal.status, notice("This cannot be done", &words, up))
}

/// Why the form of a page was refused, to stand where it was sent from: the browser goes there. `next` says what may be done
/// instead.
pub fn not_done(refusal: Option<&Refusal>, next: &Markup) -> Markup {
    html! {
        @if let Some(refusal) = refusal {
            div.summary tabindex="-1" role="alert" autofocus { h2 { "This was not done" } (why(refusal)) (next) }
        }
    }
}

/// Why something was refused, with every fault and what to do about it.
pub fn why(refusal: &Refusal) -> Markup {
    let problem = &refusal.problem;
    // What the sentence says already is not said again, in other letters.
    let said = problem.detail.to_lowercase();
    let adds = |fault: &&Fault| !said.contains(fault.message.to_lowercase().trim_end_matches('.'));
    let hints = problem.errors.iter().filter(|fault| !adds(fault)).filter_map(|fault| fault.hint.as_deref());
    html! {
        p { (coded(&sentence(&plainly(&problem.detail)))) }
        @for hint in hints.filter(|hint| !hint.is_empty()) { p.hint { (coded(&sentence(hint))) } }
        @if problem.errors.iter().any(|fault| adds(&fault)) {
            ul.faults {
                @for fault in problem.errors.iter().filter(adds) {
                    li {
                        @if let Some(node) = &fault.node { strong { bdi { (node) } } ": " }
                        (coded(&sentence(&fault.message)))
                        @if !fault.path.is_empty() { " " code { (fault.path) } }
                        @if let Some(hint) = &fault.hint { br; span.hint { (coded(&sentence(hint))) } }
                    }
                }
            }
        }
    }
}
