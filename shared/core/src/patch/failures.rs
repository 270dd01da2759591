//! What became of failures, decided again.

use super::{obstacle::Why, walk::Walk};
use crate::{
    agent::{Tries, used_up},
    decide::Deciding,
    event::Event,
    execution::Phase,
    payload::Payload,
    sight::Sight,
};
use document::{NodeKind, graph::NodeIx, id::NodeId};

impl Walk<'_> {
    /// A failed attempt that was followed by another one.
    pub fn tries_again(&mut self, event: &Event, node: &NodeId, visit: u32) {
        let Event::AttemptFailed { attempt, error, unknown, .. } = event else { return };
        let by_people = self.then.node(node).is_some_and(|found| matches!(found.phase, Phase::Asking { .. }));
        let of = self.new.node(node.as_str()).filter(|_| self.differs.retries(node.as_str()));
        let Some(of) = of.filter(|_| !by_people && !self.is_open(node, visit)) else { return };
        let tries = Tries::of(of, self.then.node(node), *attempt).without(&used_up(error.details.as_ref()));
        let once = *unknown && of.delivery == document::Delivery::AtMostOnce;
        if once || tries.is_last() {
            let message =
                format!("attempt {attempt} of node {node} was followed by another one, and would have been the last");
            self.stands(node.as_str(), visit, event, Why::FailureHandled, message);
        }
    }

    /// A failure for good.
    pub fn fails(&mut self, event: &Event, node: &NodeId, visit: u32) {
        let Event::NodeFailed { attempt, error, .. } = event else { return };
        let Some(ix) = self.ix(node).filter(|_| !self.is_open(node, visit)) else { return };
        let recorded = self.then.node(node).filter(|found| found.phase == Phase::Unrouted);
        let recorded = recorded.and_then(|found| Some((found.port.clone()?, found.output.clone().unwrap_or_default())));
        let otherwise = match recorded {
            Some((port, output)) => self.finds_its_way(ix, &port, &output),
            None => self.would_not_fail(ix, *attempt, &error.code),
        };
        if otherwise {
            let message = format!(
                "attempt {attempt} of node {node} failed for good, and would not have: change it where it runs next"
            );
            self.stands(node.as_str(), visit, event, Why::FailureHandled, message);
        }
    }

    /// Whether the way on from an outcome can be decided, which could not be then.
    fn finds_its_way(&self, ix: NodeIx, port: &str, output: &Payload) -> bool {
        self.differs.routes(self.new.nodes[ix].id.as_str(), port)
            && Deciding::new(self.new.into(), self.then.clone(), self.at, self.reading)
                .is_ok_and(|mut turn| turn.live_edges(ix, port, output).is_ok())
    }

    /// Whether a node would not have failed with this code, or would have been tried again.
    fn would_not_fail(&self, ix: NodeIx, attempt: u32, code: &str) -> bool {
        let of = &self.new.nodes[ix];
        let id = of.id.as_str();
        let fails = |now: Option<Event>| matches!(now, Some(Event::NodeFailed { error, .. }) if error.code == code);
        match &of.kind {
            NodeKind::Route(route) if self.phase(ix) != Phase::Looping => {
                self.differs.config(id) && !fails(self.first(|turn| turn.decide_routing(ix, route)))
            }
            NodeKind::Route(_) => self.differs.iterates(id) && !fails(self.first(|turn| turn.next_iteration(ix))),
            NodeKind::Compute(config) => {
                let sight = Sight::of_config(self.new, &self.then, ix, self.reading);
                self.differs.config(id) && config.compute(&sight.scope()).is_ok()
            }
            NodeKind::Lend(_) => false,
            NodeKind::Run(_) | NodeKind::Wait(_) | NodeKind::Children(_) | NodeKind::Agent(_) => {
                self.differs.retries(id) && !Tries::of(of, self.then.node(&of.id), attempt).is_last()
            }
        }
    }

    /// What became of a failure: the rules make the same of it.
    pub fn failure(&mut self, event: &Event, node: &NodeId, visit: u32) {
        let differs = self.differs.failures(node.as_str());
        let Some(ix) = self.ix(node).filter(|_| differs && !self.is_open(node, visit)) else { return };
        let Some(error) = self.then.node(node).and_then(|found| found.error.clone()) else { return };
        let now = self.first(|turn| turn.route_failure(ix, error));
        let same = match (event, &now) {
            (Event::NodeRouted { port, .. }, Some(Event::NodeRouted { port: now, .. })) => port == now,
            (Event::InteractionOpened { .. }, Some(Event::InteractionOpened { .. }))
            | (Event::ExecutionFailed { .. }, Some(Event::ExecutionFailed { .. })) => true,
            _ => false,
        };
        if !same {
            let message = format!("the failure of node {node} would have been dealt with in another way");
            self.stands(node.as_str(), visit, event, Why::FailureHandled, message);
        }
    }
}
