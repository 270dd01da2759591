//! The first turn of an execution, and its admission where `max_concurrency` held it back.

use super::turn::{Decided, Deciding};
use crate::{
    effect::Effect,
    error::Rejection,
    event::{Event, Started},
    evolve::begin,
    id::{Activation, ExecutionId, derive},
};
use document::{Workflow, time::Time};

/// Accepts an execution. The trigger is decided in this turn; whatever comes after it is left to messages, so that
/// a caller has its answer before any node runs.
pub(super) fn start(
    workflow: &Workflow,
    started: Started,
    by: Option<String>,
    now: Time,
) -> Result<Decided, Rejection> {
    let mut state = begin(workflow, &started, now);
    state.seq = 0;
    let (held, skipped) = (started.held, started.skipped.is_some());
    let mut turn = Deciding::new(workflow, state, now);
    turn.record_started(Event::ExecutionStarted(Box::new(started)));
    if skipped {
        turn.tell_of_end(Some("skipped".into()));
    } else if !held {
        begin_at_trigger(&mut turn);
    } else if let Some(limit) = workflow.settings.max_concurrency {
        // The last of those under way may have ended since somebody looked: nobody else would let this one in.
        let workflow = turn.state.started.workflow_id.clone();
        turn.request(Effect::Admit { workflow, limit });
    }
    Ok(turn.done(by))
}

/// Lets an execution go on that `max_concurrency` held back.
pub(super) fn admit(turn: &mut Deciding<'_>) -> Result<(), Rejection> {
    if !turn.state.held {
        return Err(Rejection::Stale("it was admitted already"));
    }
    turn.record(Event::ExecutionAdmitted);
    if !turn.state.paused {
        begin_at_trigger(turn);
    }
    Ok(())
}

pub(super) fn begin_at_trigger(turn: &mut Deciding<'_>) {
    turn.hops = 0;
    let chosen = turn.state.started.trigger.clone();
    for ix in 0..turn.workflow.nodes.len() {
        let node = turn.node(ix);
        if node.kind.is_trigger() {
            if Some(&node.id) == chosen.as_ref() {
                let output = turn.state.started.input.clone();
                let live = turn.live_edges(ix, "success", &output);
                turn.record(Event::NodeTriggered { node: node.id.clone(), live });
            } else {
                turn.record_skipped(node.id.clone());
            }
            turn.touch_targets(ix);
        } else if chosen.is_none() && turn.workflow.graph.incoming[ix].is_empty() && !only_lends(turn.workflow, ix) {
            turn.activate(ix, Vec::new());
        }
    }
    turn.settle();
}

/// Whether a node only hands others a resource, by typed connections: those never activate, and it never runs.
fn only_lends(workflow: &Workflow, ix: usize) -> bool {
    let node = &workflow.nodes[ix].id;
    let lends = workflow.edges.iter().any(|edge| edge.from == *node && !edge.is_main());
    lends && workflow.graph.out[ix].is_empty()
}

/// The id of a child, the same however often it is started. Every attempt of its node has children of its own.
pub fn child_id(parent: &ExecutionId, activation: &Activation, attempt: u32, index: u32) -> ExecutionId {
    let (activation, index, attempt) = (activation.to_string(), index.to_string(), attempt.to_string());
    let first = ["child", parent.as_str(), &activation, &index, &attempt];
    derive(if attempt == "1" { &first[..4] } else { &first }).into()
}
