//! Patch: the execution goes on by another document. That its past is one of the new document was proved before
//! ([`crate::patch`]); what follows from the new document is decided here, by the rules as ever.

use super::turn::Deciding;
use crate::{
    effect::Effect,
    error::Rejection,
    event::{Event, Patched},
    execution::{Phase, Status},
};
use document::graph::NodeIx;

/// Puts an execution on its new document, and begins what that has due.
pub(super) fn patch(turn: &mut Deciding<'_>, status: Status, patched: Patched, seq: u64) -> Result<(), Rejection> {
    let present = turn.state.seq.saturating_sub(1);
    if seq != present {
        return Err(Rejection::MovedOn(present));
    }
    if let Some(why) = stands_in_the_way(status, turn.state.rolling.is_some()) {
        return Err(Rejection::status(status, why));
    }
    if !turn.has_document(Some(&patched.hash)) {
        return Err(Rejection::lacking(&patched.hash));
    }
    // It runs by this document already.
    if patched.hash == turn.state.workflow_hash() {
        return Ok(());
    }
    turn.record(Event::WorkflowPatched(Box::new(patched)));
    // Where no version of the workflow is saved the limit of its own document holds it back, which may be another one now.
    if turn.state.held && turn.state.end.is_none() {
        let workflow = turn.state.started.workflow_id.clone();
        turn.request(Effect::Admit { workflow });
    }
    // What has ended goes on by a retry, and what has not begun by its admission.
    if turn.state.end.is_some() || turn.state.nodes.is_empty() {
        return Ok(());
    }
    turn.look_at_joins();
    turn.settle();
    Ok(())
}

/// Why an execution in this status takes no patch; none where it does. `rolling`: it goes back.
pub fn stands_in_the_way(status: Status, rolling: bool) -> Option<&'static str> {
    match status {
        Status::Completed => Some("nothing of it is left to run: roll it back to before what you change, or fork it"),
        Status::Skipped => Some("it never ran: start it anew"),
        _ if rolling => Some("it goes back: patch it when that is done"),
        _ => None,
    }
}

impl Deciding<'_> {
    /// Has the joins looked at that a patch may have satisfied, or made impossible: those of nodes that were not reached
    /// in the present iterations. A fork may
    /// begin by a patched workflow. Where nothing was patched, each was looked at when its edges were resolved.
    pub fn look_at_joins(&mut self) {
        if self.state.patched.is_none() && self.state.started.forked.is_none() {
            return;
        }
        let idle = |ix: &NodeIx| {
            let at_work = |around: NodeIx| *self.phase(around) == Phase::Looping;
            *self.phase(*ix) == Phase::Idle && self.workflow.graph.loops_around(*ix).into_iter().all(at_work)
        };
        let idle: Vec<NodeIx> = (0..self.workflow.nodes.len()).filter(idle).collect();
        self.touched.extend(idle);
    }
}
