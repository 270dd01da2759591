//! How an execution ends, and what its end closes.

use super::turn::Deciding;
use crate::{
    error::Error,
    event::Event,
    execution::{EdgeState, Phase},
    owed::end_effects,
    payload::Payload,
    sight::Sight,
};
use document::{OnError, graph::NodeIx};
use expression::Template;
use serde_json::{Map, Value};

impl Deciding<'_> {
    /// Completes the execution where nothing is due, running or waiting. It fails instead if the document's `output`
    /// cannot be evaluated.
    pub fn complete_if_over(&mut self) {
        if self.state.held || self.state.nodes.values().any(|node| node.phase.is_open()) {
            return;
        }
        match self.result() {
            Ok(output) => self.complete(output),
            Err(error) => self.fail_execution(error),
        }
    }

    /// The execution's result: what the document's `output` yields, or the default.
    fn result(&self) -> Result<Payload, Error> {
        let Some(output) = &self.workflow.output else { return Ok(self.default_result()) };
        let sight = Sight::of_document(self.workflow, &self.state, self.reading);
        match output.eval(&sight.scope()) {
            Ok(value) => Ok(Payload::new(value)),
            Err(error) => Err(Error::new(error.code, format!("the workflow's `output`: {}", error.message))),
        }
    }

    /// The default result: the output of the one node that ended its path, or `{node: output}` where several did.
    fn default_result(&self) -> Payload {
        let mut ends: Vec<(NodeIx, Payload)> = (0..self.workflow.nodes.len())
            .filter(|&ix| self.ended_its_path(ix))
            .filter_map(|ix| Some((ix, self.state.node(&self.node(ix).id)?.output.clone()?)))
            .collect();
        if ends.len() == 1 {
            return ends.remove(0).1;
        }
        let all: Map<String, Value> = ends
            .into_iter()
            .map(|(ix, output)| (self.node(ix).id.to_string(), self.reading.value(&output).clone()))
            .collect();
        if all.is_empty() { Payload::default() } else { Payload::new(Value::Object(all)) }
    }

    /// Whether a node finished and no live edge out of it led to a node that ran. A loop's port `loop` does not count,
    /// and nodes inside of loops never end a path.
    fn ended_its_path(&self, ix: NodeIx) -> bool {
        let graph = &self.workflow.graph;
        let is_loop = !graph.body[ix].is_empty();
        *self.phase(ix) == Phase::Finished
            && graph.around[ix].is_none()
            && !graph.out[ix].iter().any(|&edge| {
                let out = &self.workflow.edges[edge];
                let ran =
                    || self.state.node(&out.to).is_some_and(|node| node.visit > 0 && node.phase != Phase::Skipped);
                !(is_loop && out.port == "loop") && self.state.edges.get(edge) == Some(&EdgeState::Live) && ran()
            })
    }

    /// Completes the execution at a `succeed` node, whose output becomes the result.
    pub fn succeed(&mut self, ix: NodeIx, output: Option<&Template>) {
        match self.rendered_or_input(ix, output) {
            Ok(output) => {
                self.finish(ix, "success", output.clone(), None);
                self.complete(output);
            }
            Err(error) => self.fail_node(ix, error, false),
        }
    }

    /// Fails the execution at a `fail` node, with the code and the message of its config. If one of them cannot be
    /// rendered, the execution fails with that error.
    pub fn fail_by_node(&mut self, ix: NodeIx, code: Option<&Template>, message: Option<&Template>) {
        let id = self.node(ix).id.clone();
        let text = |template: Option<&Template>, otherwise: &str| match template {
            None => Ok(otherwise.to_owned()),
            Some(_) => self.rendered_or_input(ix, template).map(|value| match self.reading.value(&value) {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
        };
        let error = match (text(code, "failed"), text(message, "the workflow's fail node was reached")) {
            (Ok(code), Ok(message)) => Error::new(&code, message),
            (Err(error), _) | (_, Err(error)) => error,
        };
        let (visit, attempt) = self.state.node(&id).map_or((1, 1), |node| (node.visit, node.attempt.max(1)));
        let error = Error { node: Some(id.clone()), attempt: Some(attempt), ..error };
        self.record(Event::NodeFailed { node: id, visit, attempt, error: error.clone(), unknown: false });
        self.end_failed(ix, error);
    }

    /// Ends the execution with the failure of a node that nothing is to handle. Of the policies only that one counts which
    /// ends it too.
    pub fn end_failed(&mut self, ix: NodeIx, error: Error) {
        match self.node(ix).on_error {
            OnError::Rollback => self.undo_and_fail(ix, error),
            OnError::Fail | OnError::Continue | OnError::AskHuman => self.fail_execution(error),
        }
    }

    fn complete(&mut self, output: Payload) {
        self.close_all();
        self.record(Event::ExecutionCompleted { output });
        self.tell_of_end(None);
    }

    /// Fails the execution: what else was due is dropped, what is open is closed.
    pub fn fail_execution(&mut self, error: Error) {
        self.close_all();
        let message = error.message.clone();
        self.record(Event::ExecutionFailed { error });
        self.tell_of_end(Some(message));
    }

    /// Closes every question, timer and child that is open, and drops what this turn had still to decide.
    pub fn close_all(&mut self) {
        self.touched.clear();
        self.routing.clear();
        for ix in 0..self.workflow.nodes.len() {
            self.close(ix);
        }
    }

    /// Asks for the effects that an ended execution owes to others. `error` says why it did not complete; none where it
    /// completed.
    pub fn tell_of_end(&mut self, error: Option<String>) {
        for effect in end_effects(&self.state, error) {
            self.request(effect);
        }
    }
}
