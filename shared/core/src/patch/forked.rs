//! Where the past begins in another execution: of what led to the checkpoint of a fork only the state is known.

use super::{begun::is_open, obstacle::Why, walk::Walk};
use crate::{
    decide::Joined,
    event::{Event, Turn},
    evolve::bring_back,
    execution::{EdgeState, Phase},
    rollback::{Fork, Point},
};
use document::{graph::EdgeIx, node::node_type::Mode};
use std::sync::Arc;

impl Walk<'_> {
    /// Begins at the checkpoint of a fork. An edge of the new document is as the same edge of the old one was; one that is
    /// new and whose beginning had come to an end is dead where another port was taken. Of all others nobody knows.
    pub fn comes_from(&mut self, fork: &Fork, first: &Turn) {
        let Some(event) = first.events.first() else { return };
        let edges = self.edges_of(&fork.point, event);
        let mut point = Point { edges: Arc::new(edges), ..fork.point.clone() };
        for (id, node) in &mut point.nodes {
            if node.via.is_empty() {
                continue;
            }
            let same = self.differs.same(&node.via);
            if same.len() != node.via.len() {
                let message = format!("node {id} was reached before the fork by an edge that is no longer there");
                self.stands(id.as_str(), node.visit, event, Why::NotVisited, message);
            }
            Arc::make_mut(node).via = same;
        }
        bring_back(&mut self.then, &point, Some(&fork.execution_id), false);
        self.then.signals.clone_from(&fork.signals);
        self.keeps_what_was_decided(&fork.point, event);
        self.no_longer_skips();
    }

    /// What came of nodes before the fork is known, and not what would have come of them by another config.
    fn keeps_what_was_decided(&mut self, point: &Point, event: &Event) {
        for (id, node) in point.nodes.iter().filter(|(_, node)| node.visit > 0 && !is_open(node)) {
            let Some(of) = self.new.node(id.as_str()) else { continue };
            let decides = match of.of.mode {
                Mode::Route | Mode::Compute => true,
                Mode::Run | Mode::Wait | Mode::Children | Mode::Agent | Mode::Lend => false,
            };
            if decides && self.differs.config(id.as_str()) {
                let message =
                    format!("what node {id} would have decided before the fork cannot be told: leave its config");
                self.stands(id.as_str(), node.visit, event, Why::CannotTell, message);
            }
        }
        for id in point.loops.keys().filter(|id| self.differs.iterates(id.as_str())).cloned().collect::<Vec<_>>() {
            let message = format!("how loop {id} would have gone before the fork cannot be told: leave it as it is");
            self.stands(
                id.as_str(),
                point.nodes.get(&id).map_or(0, |node| node.visit),
                event,
                Why::CannotTell,
                message,
            );
        }
    }

    /// Nodes that were skipped before the fork may be reached by edges of the new document.
    fn no_longer_skips(&mut self) {
        for ix in self.new.graph.order.clone() {
            let id = self.new.nodes[ix].id.clone();
            if self.phase(ix) != Phase::Skipped || matches!(self.joined(ix), Some(Joined::Skip) | None) {
                continue;
            }
            if let Some(node) = self.then.nodes.get_mut(&id) {
                Arc::make_mut(node).phase = Phase::Idle;
            }
            let edges = Arc::make_mut(&mut self.then.edges);
            for &edge in &self.new.graph.out[ix] {
                edges[edge] = EdgeState::Open;
            }
            if self.new.graph.around[ix].is_none() {
                self.then.skipped = self.then.skipped.saturating_sub(1);
            }
        }
    }

    fn edges_of(&mut self, point: &Point, event: &Event) -> Vec<EdgeState> {
        let mut edges = vec![EdgeState::Open; self.new.edges.len()];
        let mut known = vec![false; edges.len()];
        for (old, state) in point.edges.iter().enumerate() {
            match self.differs.edge(old) {
                Some(new) => (edges[new], known[new]) = (*state, true),
                None if *state == EdgeState::Live => {
                    let from = self.differs.old.edges[old].from.clone();
                    let message = format!("node {from} led along an edge before the fork that is no longer there");
                    self.stands(from.as_str(), 0, event, Why::RouteChanged, message);
                }
                None => {}
            }
        }
        for new in (0..edges.len()).filter(|new| !known[*new]).collect::<Vec<EdgeIx>>() {
            let edge = &self.new.edges[new];
            let Some(from) = point.nodes.get(&edge.from).filter(|_| edge.is_main()) else { continue };
            match (&from.phase, &from.port) {
                (Phase::Skipped, _) => edges[new] = EdgeState::Dead,
                (Phase::Finished, Some(port)) if *port != edge.port && edge.port != "loop" => {
                    edges[new] = EdgeState::Dead
                }
                (Phase::Finished | Phase::Looping | Phase::Dropped, _) => {
                    let message =
                        format!("whether node {} led along a new edge before the fork cannot be told", edge.from);
                    self.stands(edge.from.as_str(), 0, event, Why::CannotTell, message);
                }
                _ => {}
            }
        }
        edges
    }
}
