//! Decides again, by the new document, what the rules once decided: each recorded event is one that the new document would
//! have led to, or stands in the way.

use super::{
    differs::{beginnings, ends},
    obstacle::Why,
    walk::Walk,
};
use crate::{
    decide::{Deciding, Joined},
    event::Event,
    execution::Phase,
    payload::Payload,
    sight::Sight,
};
use document::{
    NodeKind,
    graph::{EdgeIx, NodeIx},
    id::NodeId,
};

impl Walk<'_> {
    /// A recorded event in terms of the new document. What the new document would not have led to is noted.
    pub fn taken(&mut self, event: &Event) -> Event {
        let mut taken = event.clone();
        match &mut taken {
            Event::NodeTriggered { node, live } => {
                let input = self.then.started.input.clone();
                *live = self.route(event, node, 1, "success", &input, live);
            }
            Event::NodeActivated { node, visit, via } => *via = self.join(event, node, *visit, via),
            Event::NodeSucceeded { node, visit, port, output, live, .. } => {
                self.outcome(event, node, *visit, port, output);
                if let Some(live) = live {
                    *live = self.route(event, node, *visit, port, output, live);
                }
            }
            Event::NodeRouted { node, visit, port, output, live } => {
                let recorded = self.then.node(node).and_then(|found| found.port.clone().and(found.output.clone()));
                *live = match recorded {
                    Some(recorded) => self.route(event, node, *visit, port, &recorded, live),
                    None => {
                        self.failure(event, node, *visit);
                        let output = output.clone().unwrap_or_default();
                        self.route(event, node, *visit, port, &output, live)
                    }
                };
            }
            Event::LoopEntered { node, .. } => self.enters(event, node),
            Event::LoopIterated { node, live, .. } => *live = self.iterates(event, node, live),
            Event::LoopBroken { node, by } => self.breaks(event, node, by),
            Event::AttemptFailed { node, visit, .. } => self.tries_again(event, node, *visit),
            Event::NodeFailed { node, visit, .. } => self.fails(event, node, *visit),
            Event::InteractionOpened { interaction: one, .. } if one.on_error => {
                self.failure(event, &one.activation.node, one.activation.visit);
            }
            Event::ExecutionFailed { error } => {
                if let Some((node, visit)) =
                    error.node.as_ref().and_then(|node| Some((node, self.then.node(node)?.visit)))
                {
                    let of_itself = self.then.node(node).is_some_and(|found| found.phase == Phase::Unrouted);
                    if of_itself {
                        self.failure(event, node, visit);
                    }
                }
            }
            // Nothing else is a choice that a document makes.
            _ => {}
        }
        taken
    }

    /// What the rules do first on the state as it would have become; none where they do nothing.
    pub fn first<T>(&self, does: impl FnOnce(&mut Deciding<'_>) -> T) -> Option<Event> {
        let mut turn = Deciding::new(self.new.into(), self.then.clone(), self.at, self.reading).ok()?;
        does(&mut turn);
        turn.recorded().iter().find(|event| !matches!(event, Event::Warning { .. })).cloned()
    }

    pub fn ix(&self, node: &NodeId) -> Option<NodeIx> {
        self.new.graph.index.get(node).copied()
    }

    /// The live edges out of a node.
    fn route(
        &mut self,
        event: &Event,
        node: &NodeId,
        visit: u32,
        port: &str,
        output: &Payload,
        live: &[EdgeIx],
    ) -> Vec<EdgeIx> {
        let same = self.differs.same(live);
        let Some(ix) = self.ix(node).filter(|_| self.differs.routes(node.as_str(), port)) else { return same };
        let mut turn = match Deciding::new(self.new.into(), self.then.clone(), self.at, self.reading) {
            Ok(turn) => turn,
            Err(_) => return same,
        };
        let led_to = self.differs.ends(live);
        match turn.live_edges(ix, port, output) {
            Ok(now) if ends(self.new, &now) == led_to => now,
            Ok(now) => {
                let would = ends(self.new, &now);
                let named = |ends: &[&str]| if ends.is_empty() { "nowhere".into() } else { ends.join(", ") };
                let message = format!(
                    "node {node} led to {} by `{port}`, and would have led to {}: change what comes later, or go back to \
                     before it",
                    named(&led_to),
                    named(&would)
                );
                self.stands(node.as_str(), visit, event, Why::RouteChanged, message);
                same
            }
            Err(error) => {
                let message = format!("where node {node} would have led cannot be told: {}", error.message);
                self.stands(node.as_str(), visit, event, Why::RouteChanged, message);
                same
            }
        }
    }

    /// The edges along which a node was reached.
    fn join(&mut self, event: &Event, node: &NodeId, visit: u32, via: &[EdgeIx]) -> Vec<EdgeIx> {
        let same = self.differs.same(via);
        // An edge with another condition is another edge, although it leads from the same node to the same one. Whether it
        // would have been live is told where that node came to its end.
        let joins = self.differs.joins(node.as_str());
        let differs = joins || same.len() != via.len();
        let Some(ix) = self.ix(node).filter(|_| differs) else { return same };
        let then = beginnings(self.differs.old, via);
        let first = |now: &Vec<EdgeIx>| self.satisfied.get(&ix).is_none_or(|first| first == now);
        match self.joined(ix) {
            Some(Joined::Activate(now)) if first(&now) && beginnings(self.new, &now) == then => now,
            _ if !joins => same,
            _ => {
                let message =
                    format!("node {node} would not have been reached then: leave the edges into it, or its join");
                self.stands(node.as_str(), visit, event, Why::NotVisited, message);
                same
            }
        }
    }

    /// Whether no way leads to a node any more.
    pub fn is_passed(&self, ix: NodeIx) -> bool {
        matches!(self.joined(ix), Some(Joined::Skip))
    }

    /// Whether a node that was skipped is skipped by the new document too. Where it is not, it may still be reached.
    pub fn passes(&self, node: &NodeId) -> bool {
        self.ix(node).is_some_and(|ix| self.phase(ix) == Phase::Idle && self.is_passed(ix))
    }

    /// What came of a node: by a choice or a computation that is another one now it would be something else.
    fn outcome(&mut self, event: &Event, node: &NodeId, visit: u32, port: &str, output: &Payload) {
        let Some(ix) = self.ix(node) else { return };
        let of = &self.new.nodes[ix];
        let asked = self.then.node(node).is_some_and(|found| matches!(found.phase, Phase::Asking { .. }));
        if self.by_hand || asked && of.kind.human().is_none() {
            return;
        }
        match &of.kind {
            NodeKind::Route(route) if self.differs.config(node.as_str()) && self.phase(ix) != Phase::Looping => {
                let now = self.first(|turn| turn.decide_routing(ix, route));
                match now {
                    Some(Event::NodeSucceeded { port: now, .. }) if now != port => {
                        let message = format!("node {node} took `{port}`, and would have taken `{now}`");
                        self.stands(node.as_str(), visit, event, Why::RouteChanged, message);
                    }
                    Some(Event::NodeSucceeded { output: now, .. }) if !self.is_same(&now, output) => {
                        let message = format!("node {node} would have had another output");
                        self.stands(node.as_str(), visit, event, Why::OutputChanged, message);
                    }
                    Some(Event::NodeSucceeded { .. }) => {}
                    _ => {
                        let message = format!("node {node} took `{port}`, and would have failed");
                        self.stands(node.as_str(), visit, event, Why::RouteChanged, message);
                    }
                }
            }
            NodeKind::Route(_) if self.phase(ix) == Phase::Looping => self.leaves(event, node, visit, ix),
            NodeKind::Compute(config) if self.differs.config(node.as_str()) => {
                let sight = Sight::of_config(self.new, &self.then, ix, self.reading);
                let now = config.compute(&sight.scope());
                drop(sight);
                if now.ok().as_ref() != Some(self.reading.value(output)) {
                    let message = format!("node {node} has computed another output: change what comes after it");
                    self.stands(node.as_str(), visit, event, Why::OutputChanged, message);
                }
            }
            NodeKind::Route(_) | NodeKind::Compute(_) | NodeKind::Lend(_) => {}
            NodeKind::Run(_) | NodeKind::Wait(_) | NodeKind::Children(_) | NodeKind::Agent(_) => {
                if !of.ports.iter().any(|known| known == port) {
                    let message = format!("node {node} took `{port}`, which it no longer has");
                    self.stands(node.as_str(), visit, event, Why::RouteChanged, message);
                }
            }
        }
    }

    pub fn is_same(&self, one: &Payload, other: &Payload) -> bool {
        one.is_same(other) || self.reading.value(one) == self.reading.value(other)
    }
}
