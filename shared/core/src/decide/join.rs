//! Joins and dead paths (execution model, §4).

use super::turn::Deciding;
use crate::{
    event::Event,
    execution::{EdgeState, Phase},
};
use document::{
    Join,
    graph::{EdgeIx, NodeIx},
    node::node_type::Mode,
};

/// What the incoming edges of a node mean for it so far.
pub(crate) enum Joined {
    /// The join is satisfied: the node runs, with its input along these live edges.
    Activate(Vec<EdgeIx>),
    /// The join can no longer be satisfied in this iteration: the node is skipped.
    Skip,
    /// Edges that are not resolved yet decide.
    Wait,
}

impl Deciding<'_> {
    /// Activates or skips a node once its incoming edges allow it. Edges that lose an `any` or `at_least` join find the
    /// node activated already, and do nothing.
    pub fn check_join(&mut self, ix: NodeIx) {
        if *self.phase(ix) != Phase::Idle {
            return;
        }
        match self.joined(ix) {
            Joined::Activate(via) => {
                let won = self.state.won.get(&self.node(ix).id).cloned();
                self.activate(ix, won.unwrap_or(via));
            }
            Joined::Skip => {
                self.record_skipped(self.node(ix).id.clone());
                self.touch_targets(ix);
            }
            Joined::Wait => {}
        }
    }

    /// Counts the live and the open edges into a node. Edges back to a loop are not among them.
    pub fn joined(&self, ix: NodeIx) -> Joined {
        let incoming = self.workflow.graph.incoming.get(ix).map_or(&[][..], Vec::as_slice);
        let state_of = |edge: EdgeIx| self.state.edges.get(edge).copied().unwrap_or_default();
        let live: Vec<EdgeIx> = incoming.iter().copied().filter(|&edge| state_of(edge) == EdgeState::Live).collect();
        let open = incoming.iter().filter(|&&edge| state_of(edge) == EdgeState::Open).count();
        let needed = match self.node(ix).join {
            Join::All if open > 0 => return Joined::Wait,
            Join::All | Join::Any => 1,
            Join::AtLeast(needed) => usize::try_from(needed).unwrap_or(usize::MAX),
        };
        if live.len() >= needed {
            Joined::Activate(live)
        } else if live.len() + open < needed {
            Joined::Skip
        } else {
            Joined::Wait
        }
    }

    /// Begins a visit to a node. A node that only computes a route is decided in this turn, any other one by a message.
    pub fn activate(&mut self, ix: NodeIx, via: Vec<EdgeIx>) {
        let node = self.node(ix);
        let left = self.state.visits.get(&node.id).copied().unwrap_or(0);
        let visit = self.state.node(&node.id).map_or(0, |state| state.visit).max(left) + 1;
        self.record(Event::NodeActivated { node: node.id.clone(), visit, via });
        if node.of.mode == Mode::Route {
            self.routing.push_back(ix);
        } else {
            self.send_step(ix, None);
        }
    }
}
