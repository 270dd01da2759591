//! The attempts of the selected node, as the timeline's spans tell them.

use super::timeline::{Doing, Ended, Span};
use crate::{limits, moment::stamp, words::took};
use document::Node;
use maud::{Markup, html};

/// Milliseconds of the latest attempt of a node that failed, where the timeline shows all of it. For how long people are asked
/// about the failure is no time of the attempt's.
pub fn failed(node: &Node, spans: &[Span]) -> Option<u64> {
    let is_failed = |span: &&Span| !span.left && span.doing != Doing::Undoing && matches!(span.ended, Ended::Failed(_));
    let span = spans.iter().rev().filter(|span| span.node == node.id).find(is_failed)?;
    span.begin.zip(span.end).map(|(begin, end)| end.since(begin).as_millis() as u64)
}

/// The table; nothing where there was one attempt alone, unless a rollback left it behind. Of an agent, whose every step is an attempt to the engine, its visits
/// and what failed.
pub fn attempts(node: &Node, spans: &[Span], is_agent: bool) -> Markup {
    let own: Vec<&Span> = spans.iter().filter(|span| span.node == node.id).collect();
    let own = if is_agent { visits(&own) } else { ends(&own) };
    let shown = own.iter().rev().take(limits::ATTEMPTS);
    let title = if is_agent { "Visits" } else { "Attempts" };
    html! {
        @if own.len() > 1 || own.iter().any(|span| span.left) {
            h3 { (title) }
            div.scroll tabindex="0" role="region" aria-label=(title) { table.list.attempts {
                thead { tr {
                    th scope="col" { "Visit" }
                    @if !is_agent { th scope="col" { "Attempt" } }
                    th scope="col" { "Began" } th.number scope="col" { "Took" } th scope="col" { "Ended" }
                } }
                tbody { @for span in shown { tr {
                    td { @if span.visit > 0 { (span.visit) } }
                    @if !is_agent { td { (span.attempt) } }
                    td { @if let Some(begin) = span.begin { (stamp(begin)) } }
                    td.number { @if let (Some(begin), Some(end)) = (span.begin, span.end) { (took(end.since(begin))) } }
                    td {
                        (ended(span))
                        @if span.left { span.hint { ", rolled back" } }
                    }
                } } }
            } }
            @if own.len() > limits::ATTEMPTS { p.hint { "The newest " (limits::ATTEMPTS) " of " (own.len()) "." } }
        }
    }
}

fn ended(span: &Span) -> Markup {
    let undoes = span.doing == Doing::Undoing;
    html! {
        @match &span.ended {
            Ended::Open => "goes on",
            Ended::Done if undoes => "undone",
            Ended::Done => "done",
            Ended::Dropped => "dropped",
            Ended::Failed(code) => { @if undoes { "not undone: " } @else { "failed: " } code { (code) } }
        }
    }
}

/// One for each attempt. Of one that was due and then asked, or had its children run, the last part tells how it ended: of one
/// that failed and then asked what is to be done, the failure.
fn ends(own: &[&Span]) -> Vec<Span> {
    // After a rollback visits are counted from its checkpoint on, and what undoes a visit has its number.
    let key = |one: &Span| (one.round, one.doing == Doing::Undoing, one.visit, one.attempt);
    let same = |one: &Span, other: &Span| key(one) == key(other);
    let has_failed =
        |ix: usize| own[..ix].iter().any(|other| same(own[ix], other) && matches!(other.ended, Ended::Failed(_)));
    let asks_about_it = |ix: usize| own[ix].doing == Doing::Asking && has_failed(ix);
    let is_last = |ix: usize| {
        !asks_about_it(ix) && !(ix + 1..own.len()).any(|later| same(own[ix], own[later]) && !asks_about_it(later))
    };
    own.iter().enumerate().filter(|(ix, _)| is_last(*ix)).map(|(_, span)| (*span).clone()).collect()
}

/// One for each visit, from its beginning to its end, and one for each step that failed before.
fn visits(own: &[&Span]) -> Vec<Span> {
    let mut rows = Vec::new();
    for (ix, span) in own.iter().enumerate() {
        let same = |other: &&&Span| (other.round, other.visit) == (span.round, span.visit);
        let is_last = own[ix + 1..].iter().find(same).is_none();
        if is_last {
            let begin = own.iter().find(same).and_then(|first| first.begin);
            rows.push(Span { begin, ..(*span).clone() });
        } else if matches!(span.ended, Ended::Failed(_)) {
            rows.push((*span).clone());
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use document::{id::NodeId, time::Time};

    fn span(visit: u32, attempt: u32, (begin, end): (i64, i64), ended: Ended) -> Span {
        let (begin, end) = (Some(Time(begin)), Some(Time(end)));
        let (node, doing) = (NodeId::from("a"), Doing::Running);
        Span { node, visit, attempt, doing, begin, end, ended, round: 0, left: false, seq: 1 }
    }

    #[test]
    fn a_rollback_loses_no_attempt_of_the_same_number() {
        let before = Span { left: true, ..span(1, 1, (0, 10), Ended::Done) };
        let undone = Span { round: 1, doing: Doing::Undoing, ..span(1, 1, (20, 30), Ended::Done) };
        let since = Span { round: 1, ..span(1, 1, (40, 50), Ended::Done) };
        assert_eq!(ends(&[&before, &undone, &since]).len(), 3);
    }

    #[test]
    fn how_long_people_are_asked_about_a_failure_is_no_time_of_it() {
        let error = || Ended::Failed("broken".into());
        let asks = Span { doing: Doing::Asking, ..span(1, 1, (3, 6_000), Ended::Done) };
        let spans = [span(1, 1, (0, 3), error()), asks, span(1, 2, (6_000, 6_070), error())];
        let own: Vec<&Span> = spans.iter().collect();
        let told: Vec<_> = ends(&own).into_iter().map(|one| (one.attempt, one.begin, one.ended)).collect();
        assert_eq!(told, [(1, Some(Time(0)), error()), (2, Some(Time(6_000)), error())]);
    }

    #[test]
    fn an_agent_has_a_row_for_each_visit_and_for_what_failed() {
        let spans = [
            span(1, 1, (0, 10), Ended::Done),
            span(1, 2, (10, 15), Ended::Failed("model_failed".into())),
            span(1, 3, (20, 90), Ended::Done),
            span(2, 1, (100, 130), Ended::Done),
        ];
        let own: Vec<&Span> = spans.iter().collect();
        let times: Vec<_> = visits(&own).into_iter().map(|one| (one.visit, one.begin, one.end)).collect();
        let at = |begin, end| (Some(Time(begin)), Some(Time(end)));
        assert_eq!(
            times,
            [(1, at(10, 15)), (1, at(0, 90)), (2, at(100, 130))].map(|(visit, (begin, end))| (visit, begin, end))
        );
        assert_eq!(ends(&own).len(), 4);
        assert_eq!(visits(&own[..1]).len(), 1);
    }
}
