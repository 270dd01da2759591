//! Fork: a new execution begins at a checkpoint of another, whose recorded outcomes it shares. What the other did is
//! never compensated by it.

use super::{Point, Unreachable};
use crate::{event::Turn, evolve::evolved, execution::Execution, id::ExecutionId, payload::Payload, reading::Reading};
use document::Workflow;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where a forked execution begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fork {
    /// The execution that it is forked from.
    pub execution_id: ExecutionId,
    /// The checkpoint.
    pub point: Point,
    /// The events from outside that were kept then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<(String, Payload)>,
}

impl Fork {
    /// Every value that the fork takes along.
    pub fn payloads(&self) -> Vec<&Payload> {
        let mut all = self.point.payloads();
        all.extend(self.signals.iter().map(|(_, payload)| payload));
        all
    }
}

impl Fork {
    /// Replaces every value that the fork takes along.
    pub fn replace_payloads(&mut self, by: &dyn Fn(&Payload) -> Payload) {
        let point = &mut self.point;
        for node in point.nodes.values_mut().map(Arc::make_mut) {
            node.output.iter_mut().chain(&mut node.given).for_each(|payload| *payload = by(payload));
        }
        for state in point.loops.values_mut().map(Arc::make_mut) {
            state.items.iter_mut().chain(&mut state.outputs).for_each(|payload| *payload = by(payload));
        }
        for kids in point.children.values_mut().map(Arc::make_mut) {
            kids.items = by(&kids.items);
        }
        self.signals.iter_mut().for_each(|(_, payload)| *payload = by(payload));
    }
}

/// A fork at a checkpoint of an execution. `turns` are its turns from the first on, at least up to the checkpoint.
///
/// # Errors
/// Why nothing can begin there. What a rollback left behind can.
pub fn fork(workflow: &Workflow, turns: &[Turn], to: u64, reading: &Reading) -> Result<Fork, Unreachable> {
    let newest = turns.last().map_or(0, |turn| turn.seq);
    if to == 0 {
        return Err(Unreachable::Missing(to));
    }
    let mut state: Option<Execution> = None;
    for turn in turns.iter().take_while(|turn| turn.seq <= to) {
        let next = evolved(workflow, state.take(), turn, reading);
        state = Some(next.map_err(|error| Unreachable::Broken(error.to_string()))?);
    }
    let then = state.filter(|state| state.seq == to).ok_or(Unreachable::Ahead { to, newest })?;
    if then.end.is_some() {
        return Err(Unreachable::Ended(to));
    }
    if then.rolling.is_some() {
        return Err(Unreachable::LeftBehind(to));
    }
    let point = Point::of(&then, turns.last().and_then(crate::view::finished_node).cloned());
    Ok(Fork { execution_id: then.id().clone(), point, signals: then.signals })
}
