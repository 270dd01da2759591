//! Where the past begins in another execution: of what led to the checkpoint of a fork only the state is known.

use super::{obstacle::Why, walk::Walk};
use crate::{
    event::{Event, Turn},
    evolve::bring_back,
    execution::{EdgeState, Phase},
    rollback::{Fork, Point},
};
use document::graph::EdgeIx;
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
