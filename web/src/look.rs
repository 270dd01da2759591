//! How the status of an execution looks: a sign and a word. The class by which the stylesheet colours it only repeats them.

use maud::{Markup, html};
use stepwell_core::execution::Status;

/// The sign and the word of a status.
pub fn words(status: Status) -> (&'static str, &'static str) {
    match status {
        Status::Pending => ("○", "Pending"),
        Status::Running => ("▶", "Running"),
        Status::Paused => ("‖", "Paused"),
        Status::WaitingHuman => ("?", "Waiting for people"),
        Status::Waiting => ("◔", "Waiting"),
        Status::RollingBack => ("↺", "Rolling back"),
        Status::Stuck => ("!", "Stuck"),
        Status::Completed => ("✓", "Completed"),
        Status::Failed => ("✕", "Failed"),
        Status::Cancelled => ("⊘", "Cancelled"),
        Status::Skipped => ("–", "Skipped"),
    }
}

/// A status as pages show it.
pub fn status(status: Status) -> Markup {
    let (sign, word) = words(status);
    html! { span class={ "status " (status.as_str()) } { span aria-hidden="true" { (sign) } " " (word) } }
}

/// An id by its beginning, which holds the moment at which it was made; the whole is its title.
pub fn short_id(id: &str) -> Markup {
    const LEAST: usize = 13;
    match id.char_indices().nth(LEAST) {
        Some((end, _)) => html! { code title=(id) { (&id[..end]) "…" } },
        None => html! { code { (id) } },
    }
}
