//! Loops: entering, iterating, breaking (execution model, §4).

use super::turn::Deciding;
use crate::{
    effect::Purpose,
    error::Error,
    event::Event,
    evolve::input_of,
    execution::Phase,
    interaction::InteractionStatus,
    payload::Payload,
    sight::{Sight, last_of},
};
use document::{Loop, Over, Setting, graph::NodeIx};
use expression::{Expr, ExprError, Template};
use serde_json::{Value, json};

impl Deciding<'_> {
    /// Enters a loop. A `for_each` evaluates its list once, here, and fails before its first item where there is no list
    /// or a longer one than the loop may go through.
    pub fn enter_loop(&mut self, ix: NodeIx, config: &Loop) {
        let entered = self.rendered_bound(ix, config).and_then(|bound| {
            let items = match &config.over {
                Over::While(_) => None,
                Over::ForEach(list) => {
                    let most = bound.unwrap_or_else(|| self.bound_of(config));
                    Some(self.list_of(ix, list, most)?)
                }
            };
            Ok((items, bound))
        });
        match entered {
            Ok((items, bound)) => {
                let count = items.as_ref().map(|items| items.len() as u64);
                let items = items.map(|items| Payload::new(Value::Array(items)));
                self.record(Event::LoopEntered { node: self.node(ix).id.clone(), items, count, bound });
            }
            Err(error) => self.fail_node(ix, error, false),
        }
    }

    /// The bound that a template of `max_iterations` yields, once for all iterations; none where the document says it.
    fn rendered_bound(&self, ix: NodeIx, config: &Loop) -> Result<Option<u64>, Error> {
        let Some(most) = &config.max_iterations else { return Ok(None) };
        let sight = Sight::of_config(self.workflow, &self.state, ix, self.reading);
        most.rendered(&sight.scope()).map_err(|error| Error::new(error.code, error.message))
    }

    /// The list of a `for_each`, which may have so many items.
    fn list_of(&mut self, ix: NodeIx, list: &Expr, bound: u64) -> Result<Vec<Value>, Error> {
        let sight = Sight::of_config(self.workflow, &self.state, ix, self.reading);
        let value = list.eval(&sight.scope());
        drop(sight);
        match value {
            Ok(Value::Array(items)) if items.len() as u64 <= bound => Ok(items),
            Ok(Value::Array(items)) => {
                let message = format!(
                    "`for_each` has {} items, and the loop goes through {bound}: raise `max_iterations`, or use a `map`",
                    items.len()
                );
                Err(Error::new("loop_limit_exceeded", message))
            }
            Ok(_) => {
                let wrong = ExprError { code: "evaluation_error", message: format!("`{}` is no list", list.source()) };
                self.undecided(ix, "`for_each`", "it has no items", &wrong).map(|()| Vec::new())
            }
            Err(error) => self.undecided(ix, "`for_each`", "it has no items", &error).map(|()| Vec::new()),
        }
    }

    /// Iterations after which a loop is over, where no template said so when it was entered.
    fn bound_of(&self, config: &Loop) -> u64 {
        let given = config.max_iterations.as_ref().and_then(Setting::literal);
        given.unwrap_or(self.workflow.settings.max_loop_iterations)
    }

    /// A loop in whose body nothing is due, running or waiting, so that its next iteration can be decided. A loop that
    /// was just entered is one too.
    pub fn ended_iteration(&self) -> Option<NodeIx> {
        self.state.loops.keys().find_map(|id| {
            let ix = *self.workflow.graph.index.get(id)?;
            let over = *self.phase(ix) == Phase::Looping
                && self.workflow.graph.body.get(ix)?.iter().all(|&inner| !self.phase(inner).is_open());
            over.then_some(ix)
        })
    }

    /// Begins the next iteration of a loop, or leaves the loop. False where the turn has made all its hops, and a
    /// continuation message goes on.
    pub fn next_iteration(&mut self, ix: NodeIx) -> bool {
        if self.hops == 0 {
            self.send_step(ix, None);
            return false;
        }
        self.hops -= 1;
        let node = self.node(ix);
        let Some(config) = node.kind.as_loop() else { return false };
        let Some(current) = self.state.loops.get(&node.id).cloned() else { return false };
        let last = last_of(self.workflow, &self.state, ix, self.reading);
        // When the loop is over, its output lists the values of all iterations, the last one included.
        let goes_on = match current.broken {
            Some(_) => Ok(false),
            None => self.goes_on(ix, config, current.begun, &last),
        };
        let goes_on = match goes_on {
            Ok(goes_on) => goes_on,
            Err(error) => {
                self.fail_node(ix, error, false);
                return true;
            }
        };
        if !goes_on {
            let mut items: Vec<Value> =
                current.outputs.iter().map(|output| self.reading.value(output).clone()).collect();
            if current.begun > 0 {
                items.push(self.reading.value(&last).clone());
            }
            let output = json!({ "iterations": current.begun, "last": self.reading.value(&last), "items": items });
            self.finish(ix, "done", Payload::new(output), None);
            return true;
        }
        // A loop that passes its bound ends the execution: no `on_error` lets it go on (workflow format, §5).
        let bound = current.bound.unwrap_or_else(|| self.bound_of(config));
        if current.begun >= bound {
            let message =
                format!("loop {} passed {bound} iterations: raise `max_iterations` or end it sooner", node.id);
            let error =
                Error { node: Some(node.id.clone()), attempt: Some(1), ..Error::new("loop_limit_exceeded", message) };
            let (node, visit) = (node.id.clone(), self.state.node(&node.id).map_or(1, |state| state.visit));
            self.record(Event::NodeFailed { node, visit, attempt: 1, error: error.clone(), unknown: false });
            self.end_failed(ix, error);
            return true;
        }
        self.begin_iteration(ix, &current, &last);
        true
    }

    /// Records that an iteration begins, and touches the nodes at which it enters the body.
    fn begin_iteration(&mut self, ix: NodeIx, current: &crate::execution::LoopState, last: &Payload) {
        // What the body is given: the item, or for a `while` the last iteration's value, at first the loop's own input.
        let output = match &current.items {
            Some(items) => {
                Payload::new(self.reading.value(items).get(current.begun as usize).cloned().unwrap_or_default())
            }
            None if current.begun == 0 => input_of(self.workflow, &self.state, ix, self.reading),
            None => last.clone(),
        };
        let live = match self.live_edges(ix, "loop", &output) {
            Ok(live) => live,
            Err(error) => return self.fail_node(ix, error, false),
        };
        let node = self.node(ix).id.clone();
        self.record(Event::LoopIterated { node, iteration: current.begun + 1, live });
        for edge in self.edges_along(ix, "loop") {
            if let Some(&to) = self.workflow.graph.index.get(&self.workflow.edges[edge].to) {
                self.touched.push_back(to);
            }
        }
    }

    /// Whether another iteration follows.
    fn goes_on(&mut self, ix: NodeIx, config: &Loop, begun: u64, last: &Payload) -> Result<bool, Error> {
        match &config.over {
            Over::ForEach(_) => {
                let items = self.state.loops.get(&self.node(ix).id).and_then(|state| state.items.clone());
                Ok(items
                    .is_some_and(|items| (begun as usize) < self.reading.value(&items).as_array().map_or(0, Vec::len)))
            }
            Over::While(condition) => {
                let sight = Sight::of_loop(self.workflow, &self.state, ix, begun, last, self.reading);
                let verdict = condition.eval_bool(&sight.scope());
                drop(sight);
                verdict.or_else(|error| self.undecided(ix, "`while`", "the loop is over", &error).map(|()| false))
            }
        }
    }

    /// Ends the loop around a `break` node. The node's output becomes the value of the iteration, and what else is open
    /// in the body is closed.
    pub fn break_loop(&mut self, ix: NodeIx, output: Option<&Template>) {
        let value = match self.rendered_or_input(ix, output) {
            Ok(value) => value,
            Err(error) => return self.fail_node(ix, error, false),
        };
        let by = self.node(ix).id.clone();
        self.finish(ix, "success", value, None);
        let Some(around) = self.workflow.graph.around.get(ix).copied().flatten() else { return };
        let body = self.workflow.graph.body.get(around).cloned().unwrap_or_default();
        for &inner in &body {
            self.close(inner);
        }
        // Nodes of the body that this turn had still to decide are dropped as well.
        self.touched.retain(|node| !body.contains(node));
        self.routing.retain(|node| !body.contains(node));
        self.record(Event::LoopBroken { node: self.node(around).id.clone(), by });
    }

    /// The value of a rendered template, or the node's input where the config has no template.
    pub fn rendered_or_input(&self, ix: NodeIx, template: Option<&Template>) -> Result<Payload, Error> {
        let Some(template) = template else { return Ok(input_of(self.workflow, &self.state, ix, self.reading)) };
        let sight = Sight::of_config(self.workflow, &self.state, ix, self.reading);
        match template.render(&sight.scope()) {
            Ok(value) => Ok(Payload::new(value)),
            Err(error) => Err(Error::new(error.code, error.message)),
        }
    }

    /// Closes what a node that is no longer needed has open: its question, its timers, its children.
    pub fn close(&mut self, ix: NodeIx) {
        self.drop_timeout(ix);
        self.close_as(ix, InteractionStatus::Cancelled);
    }

    /// Closes what a node waits for, but for the timer of its `timeout_seconds`. A question gets the given status.
    pub fn close_as(&mut self, ix: NodeIx, status: InteractionStatus) {
        let id = self.node(ix).id.clone();
        match self.phase(ix).clone() {
            Phase::Asking { interaction_id } => self.close_interaction(&interaction_id, status),
            Phase::Waiting { until: Some(_), .. } => self.drop_timer(&id, Purpose::Wait),
            Phase::Children => self.control_children(ix, crate::effect::ChildControl::Cancel),
            _ => {}
        }
    }
}
