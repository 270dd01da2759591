//! Time travel: a slider over the checkpoints, and a step back and forth. It is a form that works by its button; the script
//! follows the slider as it moves.

use super::{aim::address, seen::Seen};
use crate::{desk::query, session::Visit};
use api::Scope;
use maud::{Markup, html};

/// The slider.
pub fn slider(visit: &Visit, seen: &Seen) -> Markup {
    let (id, newest) = (seen.newest.id().as_str(), seen.newest.seq);
    let here = address(&visit.up, id);
    let at = seen.aim.at.unwrap_or(newest);
    html! {
        form.travel #travel method="get" action=(here) data-newest=(newest) {
            label for="at" { "Checkpoint" }
            // Without a value that the browser would keep when the page is loaded again.
            input #at type="range" name="at" min="1" max=(newest) value=(at) step="1" autocomplete="off";
            output for="at" { (at) " of " (newest) }
            @if let Some(node) = &seen.aim.node { input type="hidden" name="node" value=(node); }
            @for fold in &seen.aim.flipped { input type="hidden" name="fold" value=(fold); }
            button.small { "Show checkpoint" }
        }
    }
}

/// The ways from the checkpoint that is looked at.
pub fn ways(visit: &Visit, seen: &Seen) -> Markup {
    let (id, newest) = (seen.newest.id().as_str(), seen.newest.seq);
    let here = address(&visit.up, id);
    let at = seen.aim.at.unwrap_or(newest);
    let may_run = visit.caller.scopes.contains(&Scope::Run);
    let to = |path: &str| format!("{here}/{path}{}", query([("to", at.to_string().as_str())]));
    html! {
        nav.ways #ways data-part aria-label="Checkpoints" {
            span {
                @if at > 1 { a rel="prev" href={ (here) (seen.aim.at(Some(at - 1)).query()) } { "← Checkpoint before" } }
                @if seen.aim.at.is_some() && at < newest {
                    " " a rel="next" href={ (here) (seen.aim.at(Some(at + 1)).query()) } { "Checkpoint after →" }
                }
                @if seen.aim.at.is_some() { " " a href={ (here) (seen.aim.at(None).query()) } { "Back to now" } }
            }
            @if seen.aim.at.is_some() && may_run {
                " " span {
                    a.button.small href=(to("rollback")) { "Roll back to here" }
                    " " a.button.small href=(to("fork")) { "Fork from here" }
                }
            }
        }
    }
}
