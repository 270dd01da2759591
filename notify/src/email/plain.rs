//! A mail's body as text.

use super::content::{Body, Content};
use crate::markdown;
use std::fmt::Write;

/// The body, its lines ended by line feeds.
pub(super) fn body(content: &Content) -> String {
    let mut out = format!("{}\n\n{}\n", content.headline, content.question);
    if !content.facts.is_empty() {
        out.push('\n');
        for (name, value) in &content.facts {
            let _ = writeln!(out, "{name}: {value}");
        }
    }
    if let Some(details) = content.details {
        let _ = write!(out, "\n{}\n", markdown::plain(details));
    }
    for part in &content.parts {
        let _ = write!(out, "\n{}:\n", part.title);
        match &part.body {
            Body::List(items) => items.iter().for_each(|item| {
                let _ = writeln!(out, "- {item}");
            }),
            Body::Verbatim(text) => text.lines().for_each(|line| {
                let _ = writeln!(out, "    {line}");
            }),
        }
    }
    if let Some(action) = &content.action {
        let _ = write!(out, "\n{}:\n{}\n", action.label, action.url);
    }
    if let Some(note) = &content.note {
        let _ = write!(out, "\n{note}\n");
    }
    // Two hyphens and a blank begin what programs take for a signature.
    let _ = write!(out, "\n-- \n{}\n", content.footer);
    out
}
