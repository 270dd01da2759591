//! From an outcome to what comes next: edges, joins, skipped nodes, iterations, and the end of the execution.

use super::turn::Deciding;
use crate::{
    error::Error,
    event::Event,
    execution::Phase,
    payload::Payload,
    rollback::{After, Rollback},
    sight::Sight,
};
use document::{
    Branch, NodeKind, OnConditionError, OnError, Route,
    graph::{EdgeIx, NodeIx},
};
use expression::ExprError;
use serde_json::json;

impl Deciding<'_> {
    /// The live edges out of a node: those whose port was taken and whose condition is true.
    ///
    /// # Errors
    /// Where a condition cannot be evaluated, `condition_error`; the document may let its edge be dead instead.
    pub fn live_edges(&mut self, ix: NodeIx, port: &str, output: &Payload) -> Result<Vec<EdgeIx>, Error> {
        let along = self.edges_along(ix, port);
        if along.iter().all(|&edge| self.workflow.edges[edge].condition.is_none()) {
            return Ok(along);
        }
        let sight = Sight::of_edge(self.workflow, &self.state, ix, output, port, self.reading);
        let scope = sight.scope();
        let (mut live, mut wrong) = (Vec::new(), Vec::new());
        for edge in along {
            match self.workflow.edges[edge].condition.as_ref().map(|condition| condition.eval_bool(&scope)) {
                None | Some(Ok(true)) => live.push(edge),
                Some(Ok(false)) => {}
                Some(Err(error)) => wrong.push((edge, error)),
            }
        }
        drop(sight);
        for (edge, error) in wrong {
            let condition = format!("the condition of the edge to {}", self.workflow.edges[edge].to);
            self.undecided(ix, &condition, "the edge is dead", &error)?;
        }
        Ok(live)
    }

    /// What a condition that cannot be evaluated means: an error, or a warning where the document lets the condition
    /// count as false. `otherwise` says what follows then.
    pub fn undecided(&mut self, ix: NodeIx, what: &str, otherwise: &str, error: &ExprError) -> Result<(), Error> {
        match self.workflow.settings.on_condition_error {
            OnConditionError::Fail => {
                Err(Error::new("condition_error", format!("{what} cannot be evaluated: {}", error.message)))
            }
            OnConditionError::Default => {
                let node = self.node(ix).id.clone();
                self.warn(&node, "condition_error", format!("{what} cannot be evaluated, so {otherwise}: {error}"));
                Ok(())
            }
        }
    }

    /// Notes the targets of a node's edges, so that `settle` checks their joins.
    pub fn touch_targets(&mut self, ix: NodeIx) {
        for &edge in self.workflow.graph.out.get(ix).map_or(&[][..], Vec::as_slice) {
            if let Some(&to) = self.workflow.graph.index.get(&self.workflow.edges[edge].to) {
                self.touched.push_back(to);
            }
        }
    }

    /// Follows everything that this turn resolved, until nothing is left to decide in it.
    pub fn settle(&mut self) {
        while self.state.end.is_none() && !self.state.stands_still() {
            // Joins come first, then routing nodes: a loop's iteration is over, and so is the execution, only where
            // nothing else is left to decide.
            if let Some(ix) = self.touched.pop_front() {
                self.check_join(ix);
            } else if let Some(ix) = self.routing.pop_front() {
                self.hop(ix);
            } else if let Some(ix) = self.ended_iteration() {
                if !self.next_iteration(ix) {
                    break;
                }
            } else {
                self.complete_if_over();
                break;
            }
        }
        self.start_waiting();
    }

    /// Decides a routing node now, or leaves it to a continuation message once the turn has made
    /// `limits::HOPS_PER_TURN` hops.
    fn hop(&mut self, ix: NodeIx) {
        let NodeKind::Route(route) = &self.node(ix).kind else { return };
        if self.hops == 0 {
            self.send_step(ix, None);
        } else {
            self.hops -= 1;
            self.decide_routing(ix, route);
        }
    }

    /// Resolves the edges of a node whose outcome was recorded while the execution was paused.
    pub fn route_recorded(&mut self, ix: NodeIx) {
        let id = self.node(ix).id.clone();
        let Some(node) = self.state.node(&id).cloned() else { return };
        if node.phase != Phase::Unrouted || self.state.end.is_some() {
            return;
        }
        match (node.port, node.error) {
            (Some(port), _) => {
                let output = node.output.unwrap_or_default();
                let live = match self.live_edges(ix, &port, &output) {
                    Ok(live) => live,
                    Err(error) => return self.fail_node(ix, error, false),
                };
                self.record(Event::NodeRouted { node: id, visit: node.visit, port, output: None, live });
                self.touch_targets(ix);
            }
            (None, Some(error)) => self.route_failure(ix, error),
            (None, None) => {}
        }
    }

    /// Records that a node failed for good, and handles the failure. While the execution is paused, resuming it handles
    /// the failure.
    pub fn fail_node(&mut self, ix: NodeIx, error: Error, unknown: bool) {
        let id = self.node(ix).id.clone();
        let (visit, attempt) = self.state.node(&id).map_or((0, 1), |node| (node.visit, node.attempt.max(1)));
        let error = Error { node: Some(id.clone()), attempt: Some(attempt), ..error };
        self.drop_timeout(ix);
        self.record(Event::NodeFailed { node: id, visit, attempt, error: error.clone(), unknown });
        if !self.state.stands_still() {
            self.route_failure(ix, error);
        }
    }

    /// Decides what follows from a failure: the port `error` is taken where an edge out of it is live, otherwise
    /// `on_error` says what happens. Where a condition on these ways cannot be evaluated, nothing is left to handle it,
    /// and the execution fails.
    pub fn route_failure(&mut self, ix: NodeIx, error: Error) {
        let output = Payload::new(json!({ "error": error }));
        let node = self.node(ix);
        let (id, policy) = (node.id.clone(), node.on_error);
        let visit = self.state.node(&id).map_or(0, |node| node.visit);
        let (port, live) = match (self.live_edges(ix, "error", &output), policy) {
            (Ok(live), _) if !live.is_empty() => ("error", Ok(live)),
            (Ok(_), OnError::Continue) if node.of.may_go_on() => ("success", self.live_edges(ix, "success", &output)),
            (Ok(_), OnError::AskHuman) if !self.is_aborted(ix) => return self.ask_about(ix, &error),
            (Ok(_), OnError::Rollback) => return self.undo_and_fail(ix, error),
            (Ok(_), _) => return self.fail_execution(error),
            (Err(undecided), _) => ("error", Err(undecided)),
        };
        let live = match live {
            Ok(live) => live,
            Err(undecided) => {
                return self.fail_execution(Error { node: Some(id), attempt: error.attempt, ..undecided });
            }
        };
        self.record(Event::NodeRouted { node: id, visit, port: port.into(), output: Some(output), live });
        self.touch_targets(ix);
    }

    /// Undoes what was done, and fails the execution then.
    pub fn undo_and_fail(&mut self, ix: NodeIx, error: Error) {
        let reason = Some(format!("node {} failed", self.node(ix).id));
        self.ask_rollback(Rollback { after: After::Fail { error }, reason, ..Rollback::to(1) });
    }

    /// Decides a node that only computes a route.
    pub fn decide_routing(&mut self, ix: NodeIx, route: &Route) {
        match route {
            Route::Trigger(_) => {
                let output = self.state.started.input.clone();
                self.finish(ix, "success", output, None);
            }
            Route::Branch(branch) => self.decide_branch(ix, branch),
            Route::Loop(config) => self.enter_loop(ix, config),
            Route::Break(config) => self.break_loop(ix, config.output.as_ref()),
            Route::Succeed(config) => self.succeed(ix, config.output.as_ref()),
            Route::Fail(config) => self.fail_by_node(ix, config.code.as_ref(), config.message.as_ref()),
        }
    }

    /// Takes the port of the first rule that is true, or the default port.
    fn decide_branch(&mut self, ix: NodeIx, branch: &Branch) {
        let sight = Sight::of_config(self.workflow, &self.state, ix, self.reading);
        let scope = sight.scope();
        let (mut taken, mut wrong) = (None, Vec::new());
        for rule in &branch.rules {
            match rule.when.eval_bool(&scope) {
                Ok(true) => {
                    taken = Some(rule.port.as_str());
                    break;
                }
                Ok(false) => {}
                Err(error) => wrong.push((rule, error)),
            }
        }
        // What went wrong is told only now, because the scope borrowed the state.
        drop(sight);
        for (rule, error) in wrong {
            let what = format!("the rule for port {}", rule.port);
            if let Err(error) = self.undecided(ix, &what, "it is passed over", &error) {
                return self.fail_node(ix, error, false);
            }
        }
        let output = crate::evolve::input_of(self.workflow, &self.state, ix, self.reading);
        match taken.or(branch.default.as_deref()) {
            Some(port) => self.finish(ix, port, output, None),
            None => {
                let message = "no rule of the branch is true, and it has no default: add `default`";
                self.fail_node(ix, Error::new("no_rule_matched", message), false);
            }
        }
    }
}
