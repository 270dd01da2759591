//! The choices of loops, decided again.

use super::{differs::ends, obstacle::Why, walk::Walk};
use crate::{decide::Deciding, event::Event};
use document::{
    graph::{EdgeIx, NodeIx},
    id::NodeId,
};

impl Walk<'_> {
    /// A loop was entered, with these items.
    pub fn enters(&mut self, event: &Event, node: &NodeId) {
        let Event::LoopEntered { items, bound, .. } = event else { return };
        let Some(&ix) = self.new.graph.index.get(node).filter(|_| self.differs.config(node.as_str())) else { return };
        let Some(config) = self.new.nodes[ix].kind.as_loop() else { return };
        let now = self.first(|turn| turn.enter_loop(ix, config));
        let same = match (&now, items) {
            (Some(Event::LoopEntered { items: Some(now), .. }), Some(items)) => self.is_same(now, items),
            (Some(Event::LoopEntered { items: None, .. }), None) => true,
            _ => false,
        };
        // A loop that goes on would go on to the bound that was rendered when it was entered.
        let bounded = matches!(&now, Some(Event::LoopEntered { bound: now, .. }) if now == bound);
        let same = same && (bounded || !self.is_open(node, self.visit(node)));
        if !same {
            let message = format!(
                "loop {node} would not have been entered so: leave what it goes through, and how often at most"
            );
            self.stands(node.as_str(), self.visit(node), event, Why::IterationChanged, message);
        }
    }

    /// An iteration began. Gives the edges along which it did.
    pub fn iterates(&mut self, event: &Event, node: &NodeId, live: &[EdgeIx]) -> Vec<EdgeIx> {
        let same = self.differs.same(live);
        let Some(&ix) = self.new.graph.index.get(node).filter(|_| self.differs.iterates(node.as_str())) else {
            return same;
        };
        match self.first(|turn: &mut Deciding<'_>| turn.next_iteration(ix)) {
            Some(Event::LoopIterated { live: now, .. }) if ends(self.new, &now) == self.differs.ends(live) => now,
            _ => {
                let message =
                    format!("loop {node} began another iteration, and would not have, or would have led elsewhere");
                self.stands(node.as_str(), self.visit(node), event, Why::IterationChanged, message);
                same
            }
        }
    }

    /// A loop was over.
    pub fn leaves(&mut self, event: &Event, node: &NodeId, visit: u32, ix: NodeIx) {
        if !self.differs.iterates(node.as_str()) {
            return;
        }
        let now = self.first(|turn| turn.next_iteration(ix));
        if !matches!(now, Some(Event::NodeSucceeded { .. })) {
            let message = format!("loop {node} was over, and would have gone on");
            self.stands(node.as_str(), visit, event, Why::IterationChanged, message);
        }
    }

    /// A `break` ended a loop: it must be the one around it.
    pub fn breaks(&mut self, event: &Event, node: &NodeId, by: &NodeId) {
        let index = &self.new.graph.index;
        let around = index.get(by).and_then(|&ix| self.new.graph.around.get(ix).copied().flatten());
        if around != index.get(node).copied() {
            let message = format!("node {by} ended loop {node}, and would no longer stand in it");
            self.stands(by.as_str(), self.visit(by), event, Why::IterationChanged, message);
        }
    }

    fn visit(&self, node: &NodeId) -> u32 {
        self.then.node(node).map_or(0, |found| found.visit)
    }
}
