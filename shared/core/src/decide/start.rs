//! The first turn of an execution, and its admission where it was held back.

use super::turn::{Decided, Deciding};
use crate::{
    documents::Documents,
    effect::Effect,
    error::Rejection,
    event::{Event, Started},
    evolve::begin,
    reading::Reading,
};
use document::{Workflow, time::Time};

/// Accepts an execution. Only the trigger is decided in this turn. Whatever comes after it is left to messages, so that
/// the caller has an answer before any node runs.
pub(super) fn start(
    documents: Documents<'_>,
    started: Started,
    by: Option<String>,
    now: Time,
    reading: &Reading,
) -> Result<Decided, Rejection> {
    let lacking = || Rejection::lacking(&started.workflow_hash);
    let workflow = documents.named(&started, None).ok_or_else(lacking)?;
    let mut state = begin(workflow, &started, now);
    // `begin` gives the state after the first turn, and the turn counts itself.
    state.seq = 0;
    let (held, skipped) = (started.held, started.skipped.is_some());
    let mut turn = Deciding::new(documents, state, now, reading)?;
    turn.record_started(Event::ExecutionStarted(Box::new(started)));
    if skipped {
        turn.tell_of_end(Some("skipped".into()));
    } else if let Some(fork) = turn.state.started.forked.clone() {
        // A caller waits for this turn, so routing nodes are left to continuation messages.
        turn.hops = 0;
        turn.go_on_from(&fork.point.questions);
    } else if !held {
        begin_at_trigger(&mut turn);
    } else {
        // The last execution under way may have ended since the caller counted them, or the limit may have been raised,
        // and then no end would let this one in. So it asks for its own admission.
        let workflow = turn.state.started.workflow_id.clone();
        turn.request(Effect::Admit { workflow });
    }
    Ok(turn.done(by, None))
}

/// Lets an execution go on that was held back.
pub(super) fn admit(turn: &mut Deciding<'_>) -> Result<(), Rejection> {
    if !turn.state.held {
        return Err(Rejection::Stale("it was admitted already"));
    }
    turn.record(Event::ExecutionAdmitted);
    if !turn.state.stands_still() {
        begin_at_trigger(turn);
    }
    Ok(())
}

/// Begins at the trigger that started the execution, and skips all other triggers. The body of a map has no trigger: it
/// begins at its nodes without incoming edges.
pub(super) fn begin_at_trigger(turn: &mut Deciding<'_>) {
    // A caller waits for this turn, so routing nodes after the trigger are left to continuation messages.
    turn.hops = 0;
    let chosen = turn.state.started.trigger.clone();
    for ix in 0..turn.workflow.nodes.len() {
        let node = turn.node(ix);
        if node.kind.trigger().is_some() {
            if Some(&node.id) == chosen.as_ref() {
                let output = turn.state.started.input.clone();
                match turn.live_edges(ix, "success", &output) {
                    Ok(live) => turn.record(Event::NodeTriggered { node: node.id.clone(), live }),
                    Err(error) => {
                        // The failure is handled as that of any other node, so the trigger becomes one.
                        turn.record(Event::NodeActivated { node: node.id.clone(), visit: 1, via: Vec::new() });
                        turn.fail_node(ix, error, false);
                        continue;
                    }
                }
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

/// Whether a node only lends a resource to others by typed connections, such as `ai_tool`. These activate nothing, so
/// the node never runs.
fn only_lends(workflow: &Workflow, ix: usize) -> bool {
    let node = &workflow.nodes[ix].id;
    let lends = workflow.edges.iter().any(|edge| edge.from == *node && !edge.is_main());
    lends && workflow.graph.out[ix].is_empty()
}
