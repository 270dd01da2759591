//! Short bars of one node that follow close on each other. On each other they could not be told apart, so their signs stand beside
//! each other: one for however many alike.

use super::{
    axis::Axis,
    bar::{SHORT, class, told},
    spans::Span,
};
use document::{id::NodeId, time::Time};

/// Titles of bars alike that one sign has; further ones are counted.
const TITLES: usize = 4;

/// Classes of bars that follow each other, each with the titles of those alike.
type Alike = Vec<(&'static str, Vec<String>)>;

/// The signs of short bars that follow close on each other.
#[derive(Debug, PartialEq)]
pub struct Signs<'a> {
    /// Their node.
    pub node: &'a NodeId,
    /// Where the first of them begins, in percent.
    pub from: f64,
    /// The class and the title of each.
    pub all: Vec<(&'static str, String)>,
}

/// The signs of the short bars of a node, which is called `name`.
pub fn beside<'a>(axis: &Axis, spans: &[Span], node: &'a NodeId, name: &str, end: Time) -> Vec<Signs<'a>> {
    let place = |span: &Span| (axis.place(span.begin.unwrap_or(axis.begin)), axis.place(span.end.unwrap_or(end)));
    let mut found: Vec<(Signs<'a>, Alike, f64)> = Vec::new();
    for span in spans.iter().filter(|span| span.node == *node) {
        let (from, to) = place(span);
        if to - from >= SHORT {
            continue;
        }
        let (kind, title) = (class(span), told(span, name));
        // A row of many short bars has its signs along all of it, and no hole behind the first.
        let joins = |(signs, alike, last): &&mut (Signs<'_>, Alike, f64)| {
            from - *last < SHORT && from - signs.from < SHORT * alike.len() as f64
        };
        match found.last_mut().filter(joins) {
            Some((_, alike, last)) => {
                *last = to;
                match alike.last_mut().filter(|(before, _)| *before == kind) {
                    Some((_, titles)) => titles.push(title),
                    None => alike.push((kind, vec![title])),
                }
            }
            None => found.push((Signs { node, from, all: Vec::new() }, vec![(kind, vec![title])], to)),
        }
    }
    let titled = |(kind, titles): (&'static str, Vec<String>)| (kind, in_one(&titles));
    found.into_iter().map(|(signs, alike, _)| Signs { all: alike.into_iter().map(titled).collect(), ..signs }).collect()
}

fn in_one(titles: &[String]) -> String {
    let told = titles[..titles.len().min(TITLES)].join("; ");
    match titles.len().saturating_sub(TITLES) {
        0 => told,
        more => format!("{told}; and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::spans::{Doing, Ended},
        *,
    };

    #[test]
    fn short_bars_that_differ_stand_beside_each_other_and_those_alike_are_one() {
        let node = NodeId::from("a");
        let span = |doing, begin: i64, end: i64| Span {
            node: node.clone(),
            visit: 1,
            attempt: 1,
            doing,
            begin: Some(Time(begin)),
            end: Some(Time(end)),
            ended: Ended::Done,
            round: 0,
            left: false,
            seq: 1,
        };
        let (ran, undone) = (Doing::Running, Doing::Undoing);
        let spans = [
            span(ran, 0, 1),
            span(ran, 2, 3),
            span(undone, 4, 5),
            span(ran, 6, 7),
            span(ran, 300, 301),
            span(ran, 500, 900),
        ];
        let axis = Axis::of(Time(0), Time(1_000));
        let signs = beside(&axis, &spans, &node, "A", Time(1_000));
        let kinds = |signs: &Signs<'_>| signs.all.iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
        assert_eq!(signs.iter().map(kinds).collect::<Vec<_>>(), [vec!["run", "undo", "run"], vec!["run"]]);
        assert!(signs[0].all[0].1.contains("; "), "{:?}", signs[0]);
    }

    #[test]
    fn a_long_row_of_short_bars_has_signs_all_along() {
        let node = NodeId::from("a");
        let wait = |at: i64| Span {
            node: node.clone(),
            visit: 1,
            attempt: 1,
            doing: Doing::Waiting,
            begin: Some(Time(at)),
            end: Some(Time(at + 10)),
            ended: Ended::Done,
            round: 0,
            left: false,
            seq: 1,
        };
        let spans: Vec<Span> = (0..50).map(|n| wait(n * 20)).collect();
        let axis = Axis::of(Time(0), Time(1_000));
        let signs = beside(&axis, &spans, &node, "A", Time(1_000));
        let gaps = signs.windows(2).map(|two| two[1].from - two[0].from);
        assert!(gaps.clone().count() > 10 && gaps.fold(0.0, f64::max) < 2.0 * SHORT, "{signs:?}");
    }
}
