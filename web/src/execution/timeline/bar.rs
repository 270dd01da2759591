//! What a bar of the timeline stands for: how it is drawn, and in words.

use super::spans::{Doing, Ended, Span};
use crate::words::took;

/// Bars that are narrower, in percent, are shown by signs too: what took no time is seen as well, and how it ended. Where somebody
/// zooms, the bar itself shows.
pub const SHORT: f64 = 3.0;

/// The class of a bar, by which it is drawn.
pub fn class(span: &Span) -> &'static str {
    match (&span.ended, span.doing) {
        (Ended::Failed(_), Doing::Undoing) => "undo failed",
        (Ended::Failed(_), _) => "run failed",
        (Ended::Dropped, _) => "run dropped",
        (Ended::Open, Doing::Running) => "run open",
        (_, Doing::Running) => "run",
        (_, Doing::Waiting) => "wait",
        (_, Doing::Asking) => "ask",
        (_, Doing::Below) => "below",
        (_, Doing::Undoing) => "undo",
    }
}

/// A bar in words.
pub fn told(span: &Span, name: &str) -> String {
    let doing = match span.doing {
        Doing::Running => "ran",
        Doing::Waiting => "waited",
        Doing::Asking => "asked people",
        Doing::Below => "had its loop or children run",
        Doing::Undoing => "was undone",
    };
    let long = match (span.begin, span.end) {
        (Some(begin), Some(end)) => format!(" for {}", took(end.since(begin))),
        (Some(_), None) => " and goes on".to_owned(),
        (None, _) => " since before this part of the journal".to_owned(),
    };
    let ended = match &span.ended {
        Ended::Failed(code) => format!(" and failed ({code})"),
        Ended::Dropped => " and was dropped".to_owned(),
        Ended::Open | Ended::Done => String::new(),
    };
    let visit = if span.visit > 0 { format!(", visit {}", span.visit) } else { String::new() };
    let left = if span.left { "; rolled back" } else { "" };
    format!("{name}{visit}, attempt {}: {doing}{long}{ended}{left}", span.attempt)
}
