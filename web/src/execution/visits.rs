//! How often nodes were visited, as the picture and the panel of a node say it: the visits that led to the present state, and
//! those that rollbacks took back. The number of a visit tells neither: a rollback leaves out none, and what was due at its
//! checkpoint has its number again.

use super::{
    seen::Seen,
    timeline::{Doing, Span},
};
use crate::words::count;
use document::id::NodeId;
use std::collections::{BTreeMap, BTreeSet};

/// The visits of one node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visits {
    /// Those that led to the state that is looked at.
    pub now: u64,
    /// Those that were rolled back.
    pub back: u64,
}

/// The visits of each node, by the timeline's spans. Where the spans do not begin with the execution, the number of the last
/// visit is all that is known.
pub fn visits(seen: &Seen, spans: &[Span], is_whole: bool) -> BTreeMap<NodeId, Visits> {
    match is_whole {
        true => counted(spans),
        false => {
            let nodes = seen.then.nodes.iter();
            nodes.map(|(id, state)| (id.clone(), Visits { now: state.visit.into(), back: 0 })).collect()
        }
    }
}

fn counted(spans: &[Span]) -> BTreeMap<NodeId, Visits> {
    // A visit of which a part counts was taken up again where a rollback came back to.
    let mut found: BTreeMap<&NodeId, BTreeMap<(u32, u32), bool>> = BTreeMap::new();
    for span in spans.iter().filter(|span| span.doing != Doing::Undoing) {
        let counts = found.entry(&span.node).or_default().entry((span.round, span.visit)).or_default();
        *counts |= !span.left;
    }
    let told = |all: BTreeMap<(u32, u32), bool>| {
        let now: BTreeSet<u32> = all.iter().filter(|(_, counts)| **counts).map(|((_, visit), _)| *visit).collect();
        Visits { now: now.len() as u64, back: all.values().filter(|counts| !**counts).count() as u64 }
    };
    found.into_iter().map(|(node, all)| (node.clone(), told(all))).collect()
}

impl Visits {
    /// In words, what matters most first; one visit alone is not told.
    pub fn told(self) -> impl Iterator<Item = String> {
        let now = (self.now > 1).then(|| count(self.now, "visit"));
        let back = (self.back > 0).then(|| format!("{} rolled back", count(self.back, "visit")));
        now.into_iter().chain(back)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::timeline::Ended, *};

    #[test]
    fn a_visit_is_counted_once_whether_it_was_rolled_back_or_taken_up_again() {
        let span = |round, visit, left| Span {
            node: NodeId::from("a"),
            visit,
            attempt: 1,
            doing: Doing::Running,
            begin: None,
            end: None,
            ended: Ended::Done,
            round,
            left,
            seq: 1,
        };
        let told = |spans: &[Span]| counted(spans)["a"].told().collect::<Vec<_>>().join(", ");
        let undoing = Span { doing: Doing::Undoing, ..span(1, 1, false) };
        assert_eq!(told(&[span(0, 1, true), undoing, span(1, 1, false)]), "1 visit rolled back");
        let three = |round, first: u32, left| (first..first + 3).map(move |visit| span(round, visit, left));
        let spans: Vec<Span> = three(0, 1, true).chain(three(1, 4, false)).collect();
        assert_eq!(told(&spans), "3 visits, 3 visits rolled back");
        // The second attempt was left behind, and is made again.
        assert_eq!(told(&[span(0, 1, false), span(0, 1, true), span(1, 1, false)]), "");
    }
}
