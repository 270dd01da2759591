//! The page of something that was not done, or that is not there.

use crate::{answered::plain_page, desk::Refusal, frame::notice, look::coded, words::capital};
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
    let words = html! { (why(refusal)) p { a href=(up) { "Go to the overview" } } };
    plain_page(refusal.status, notice(title, &words, up))
}

/// Why something was refused, with every fault and what to do about it.
pub fn why(refusal: &Refusal) -> Markup {
    let problem = &refusal.problem;
    html! {
        p { (coded(&capital(&problem.detail))) "." }
        @if !problem.errors.is_empty() {
            ul.faults {
                @for fault in &problem.errors {
                    li {
                        @if let Some(node) = &fault.node { strong { bdi { (node) } } ": " }
                        (coded(&fault.message))
                        @if !fault.path.is_empty() { " " code { (fault.path) } }
                        @if let Some(hint) = &fault.hint { br; span.hint { (coded(hint)) } }
                    }
                }
            }
        }
    }
}
