//! The timeline: a bar for each attempt and each wait on one axis of time, a row for each node. Places are shares of the
//! width, so that the script zooms by making the drawing wider.

mod axis;
mod bar;
mod signs;
mod spans;

pub use spans::{Doing, Ended, Span, spans};

use super::{aim::address, seen::Seen};
use crate::{look::stripes, moment::moment, words::took};
use axis::{Axis, FEW, MANY, SOME};
use bar::{SHORT, class, told};
use document::{id::NodeId, time::Time};
use maud::{Markup, html};
use signs::Signs;
use std::time::Duration;
use stepwell_core::event::Turn;

/// Width of the sign of a short bar, in pixels. The stylesheet leaves as much room behind the end of the axis.
const SIGN: i64 = 9;

/// From the beginning of one sign to that of the next, in pixels: each has its border.
const SIGNS_APART: i64 = SIGN + 2;

/// Where a word of the axis may have its middle, in percent; one that stands further to the right ends at its mark.
const ROOM: f64 = 90.0;

/// Whether turns begin with the first of their execution.
pub fn is_whole(turns: &[Turn]) -> bool {
    turns.first().is_none_or(|turn| turn.seq == 1)
}

/// The timeline of some turns up to a moment; `is_whole` says whether they begin with the first.
pub fn timeline(seen: &Seen, up: &str, spans: &[Span], until: Time, is_whole: bool) -> Markup {
    let begin = spans.iter().filter_map(|span| span.begin.or(span.end)).min().unwrap_or(seen.then.started_at);
    let end = spans.iter().filter_map(|span| span.end).fold(until.max(begin), Time::max);
    let axis = Axis::of(begin, end);
    let mut nodes: Vec<&NodeId> = Vec::new();
    for span in spans {
        if !nodes.contains(&&span.node) {
            nodes.push(&span.node);
        }
    }
    html! {
        section.panel #timeline data-part {
            h2 { "Timeline" }
            @if nodes.is_empty() {
                p.empty { "Nothing has run yet." }
            } @else {
                p.hint { "From " (moment(begin)) ", " (took(Duration::from_millis(axis.length.unsigned_abs()))) (until_then(seen))
                    @if !is_whole { "; earlier turns are in the journal" } "." }
                (legend(spans))
                div.timeline data-zoom="timeline" {
                    ol.names { li.axis aria-hidden="true" {} @for node in &nodes { li { (name(seen, up, node)) } } }
                    div.pane tabindex="0" role="region" aria-label="Timeline" { (drawing(seen, &axis, &nodes, spans, end)) }
                }
            }
        }
    }
}

/// What a length of time is the length of.
fn until_then(seen: &Seen) -> &'static str {
    match seen.aim.at {
        Some(_) => " until then",
        None if seen.is_live() => " so far",
        None => " in all",
    }
}

fn name(seen: &Seen, up: &str, node: &NodeId) -> Markup {
    let here = address(up, seen.then.id().as_str());
    let known = seen.workflow.node(node.as_str());
    let text = known.map_or(node.as_str(), |node| &node.name);
    html! {
        @if known.is_some() {
            a href={ (here) (seen.aim.on(node.as_str()).query()) "#node" } title=(text) { bdi { (text) } }
        } @else { bdi title=(text) { (text) } }
    }
}

/// What the bars mean that there are.
fn legend(spans: &[Span]) -> Markup {
    let kinds = [
        ("run", "ran"),
        ("run open", "still running"),
        ("run failed", "failed"),
        ("wait", "waited"),
        ("ask", "asked people"),
        ("below", "loop or children"),
        ("run dropped", "dropped"),
        ("undo", "undone"),
        ("undo failed", "not undone"),
    ];
    html! {
        ul.legend {
            @for (kind, word) in kinds.into_iter().filter(|(kind, _)| spans.iter().any(|span| class(span) == *kind)) {
                li { svg width="20" height="12" aria-hidden="true" { rect.bar.(kind) width="20" height="12" rx="2" {} } " " (word) }
            }
        }
    }
}

fn drawing(seen: &Seen, axis: &Axis, nodes: &[&NodeId], spans: &[Span], end: Time) -> Markup {
    // A row is as high as a letter of the drawing, which the stylesheet says: on a phone names have a line of their own in it.
    let rows = nodes.len() + 1;
    let row_of = |node: &NodeId| nodes.iter().position(|one| *one == node).unwrap_or_default() + 1;
    html! {
        svg.bars width="100%" height={ (rows) "em" } role="img" aria-label={ "Timeline of " (nodes.len()) " nodes; the journal tells the same in words" } {
            (stripes())
            (patterns())
            (marks(&axis.marks(FEW), "few"))
            (marks(&axis.marks(SOME), "some"))
            (marks(&axis.marks(MANY), "many"))
            // An attempt that took no time would not be seen below the wait after it.
            @for span in spans.iter().filter(|span| !is_over(span)).chain(spans.iter().filter(|span| is_over(span))) {
                @let (from, to) = (axis.place(span.begin.unwrap_or(axis.begin)), axis.place(span.end.unwrap_or(end)));
                rect.bar.exact[to - from < SHORT].(class(span)) x=(percent(from)) width=(percent(to - from))
                    y={ (row_of(&span.node)) "em" } height="0.95rem" rx="2" { title { (told(span, seen.name_of(span.node.as_str()))) } }
            }
            @for signs in nodes.iter().flat_map(|node| signs::beside(axis, spans, node, seen.name_of(node.as_str()), end)) { (group(&signs, row_of(signs.node))) }
        }
    }
}

/// Short bars as signs beside each other. The first begins when its bar does; where there are several, the last does so at the
/// right end of the axis at the latest.
fn group(signs: &Signs<'_>, row: usize) -> Markup {
    let wide = (signs.all.len() as i64 - 1) * SIGNS_APART;
    let left = -(signs.from / 100.0 * wide as f64).ceil() as i64;
    html! {
        svg.sign x=(percent(signs.from)) width="1" height="100%" {
            @for (at, (kind, title)) in signs.all.iter().enumerate() {
                rect.bar.(kind) x=(left + at as i64 * SIGNS_APART) width=(SIGN) y={ (row) "em" } height="0.95rem" rx="2" { title { (title) } }
            }
        }
    }
}

/// The patterns of bars beside the stripes of what failed: no two of them differ by their colours alone.
fn patterns() -> Markup {
    let pattern = |id: &str, inside: Markup| {
        html! { pattern id=(id) width="6" height="6" patternUnits="userSpaceOnUse" { rect.gap width="6" height="6" {} (inside) } }
    };
    html! {
        defs {
            (pattern("bar-goes-on", html! { path.mark d="M0 6 3 3 0 0" {} }))
            (pattern("bar-dropped", html! { path.mark d="M3 0V6" {} }))
            (pattern("bar-asked", html! { circle.mark cx="3" cy="3" r="1.4" {} }))
            (pattern("bar-not-undone", html! { path.mark d="M0 0 6 6M0 6 6 0" {} }))
        }
    }
}

/// The marks of the axis: few on a phone, and many where the timeline is zoomed. The stylesheet shows those that have room.
fn marks(marks: &[(f64, String)], which: &str) -> Markup {
    html! {
        g.marks.(which) {
            @for (place, word) in marks {
                line.mark x1=(percent(*place)) x2=(percent(*place)) y1="1em" y2="100%" {}
                @let (anchor, by) = if *place == 0.0 { ("start", "4") } else if *place < ROOM { ("middle", "0") } else { ("end", "0") };
                text.mark x=(percent(*place)) dx=(by) y="1.1rem" text-anchor=(anchor) { (word) }
            }
        }
    }
}

/// Whether a bar is drawn over others: what ran over what waited.
fn is_over(span: &Span) -> bool {
    matches!(span.doing, Doing::Running | Doing::Undoing)
}

fn percent(share: f64) -> String {
    format!("{share:.3}%")
}
