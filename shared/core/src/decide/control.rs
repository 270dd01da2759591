//! Pause, resume and cancel; and what happens to an execution whose message cannot be processed.

use super::turn::Deciding;
use crate::{
    effect::{Control, Effect, Message, Work},
    error::{Error, Rejection},
    event::Event,
    execution::{Phase, Status},
    id::child_id,
    owed::{Since, owed},
};
use document::graph::NodeIx;

/// Pauses an execution: no node starts after this turn. Pausing twice is no error: the children are told once more,
/// because the first message to them may be lost.
pub(super) fn pause(turn: &mut Deciding<'_>, status: Status, reason: Option<String>) -> Result<(), Rejection> {
    if status.is_terminal() {
        return Err(refused(status, "it cannot be paused"));
    }
    if !turn.state.paused {
        turn.record(Event::ExecutionPaused { reason });
    }
    for ix in 0..turn.workflow.nodes.len() {
        turn.control_children(ix, Control::Pause);
    }
    Ok(())
}

/// Resumes an execution: what is due is enqueued, and what was recorded during the pause takes effect.
pub(super) fn resume(turn: &mut Deciding<'_>, status: Status, reason: Option<String>) -> Result<(), Rejection> {
    if status.is_terminal() {
        return Err(refused(status, "it cannot be resumed"));
    }
    let paused = turn.state.paused;
    if paused {
        turn.record(Event::ExecutionResumed { reason });
    }
    for ix in 0..turn.workflow.nodes.len() {
        turn.control_children(ix, Control::Resume);
        if paused && *turn.phase(ix) == Phase::Children {
            turn.start_after_pause(ix);
        }
    }
    if !paused {
        return Ok(());
    }
    // An execution that was admitted while it was paused has not begun yet.
    if !turn.state.held && turn.state.nodes.is_empty() {
        super::start::begin_at_trigger(turn);
        return Ok(());
    }
    send_due(turn);
    // Outcomes take effect in the order in which they were recorded, each with the joins that it satisfies: so an `any`
    // join is won by the same edge as without the pause.
    let mut recorded: Vec<NodeIx> =
        (0..turn.workflow.nodes.len()).filter(|&ix| *turn.phase(ix) == Phase::Unrouted).collect();
    recorded.sort_by_key(|&ix| turn.state.node(&turn.node(ix).id).map_or(0, |node| node.finished_seq));
    for ix in recorded {
        turn.route_recorded(ix);
        turn.settle_joins();
    }
    turn.settle();
    Ok(())
}

/// Cancels an execution: all that is open is closed. Cancelling twice is no error: children and parent are told once
/// more.
pub(super) fn cancel(turn: &mut Deciding<'_>, status: Status, reason: Option<String>) -> Result<(), Rejection> {
    match status {
        Status::Cancelled => {
            for effect in owed(turn.workflow, &turn.state, Since::Ever) {
                turn.request(effect);
            }
            Ok(())
        }
        _ if status.is_terminal() => Err(refused(status, "it cannot be cancelled")),
        _ => {
            turn.close_all();
            turn.record(Event::ExecutionCancelled { reason });
            turn.tell_of_end(Some("it was cancelled".into()));
            Ok(())
        }
    }
}

/// Records that a message kept failing: the execution is stuck until somebody moves the message back to the queue. An
/// execution that is stuck already gets stuck anew only where a node was activated since, because the message may
/// belong to that node.
pub(super) fn dead_letter(turn: &mut Deciding<'_>, about: &str, error: &str) -> Result<(), Rejection> {
    let state = &turn.state;
    let goes_on = state.nodes.values().any(|node| node.phase.is_open() && !state.is_stuck_at(node));
    if state.stuck.is_some() && !goes_on {
        return Err(Rejection::Stale("it is stuck already"));
    }
    let message = format!("{about} could not be processed: {error}");
    turn.record(Event::ExecutionStuck { error: Error::new("dead_letter", message) });
    Ok(())
}

/// Enqueues every activation that is due.
pub(super) fn send_due(turn: &mut Deciding<'_>) {
    for ix in 0..turn.workflow.nodes.len() {
        match *turn.phase(ix) {
            Phase::Due { at } => turn.send_step(ix, at),
            // The attempt may still run. At its deadline the message finds that its outcome is unknown.
            Phase::Intended { deadline } => turn.send_step(ix, Some(deadline)),
            _ => {}
        }
    }
}

fn refused(status: Status, what: &str) -> Rejection {
    Rejection::Status { status, message: format!("the execution is {status}: {what}") }
}

impl Deciding<'_> {
    /// Resolves the joins that were touched, without deciding whether anything ended.
    pub fn settle_joins(&mut self) {
        while self.state.end.is_none() {
            let Some(ix) = self.touched.pop_front() else { break };
            self.check_join(ix);
        }
    }

    /// Passes a control on to those children of a node that were asked for and have not ended.
    pub fn control_children(&mut self, ix: NodeIx, control: Control) {
        let id = self.node(ix).id.clone();
        if !self.state.node(&id).is_some_and(|node| node.phase == Phase::Children) {
            return;
        }
        let Some(children) = self.state.children.get(&id).cloned() else { return };
        let activation = self.state.activation(&id);
        for index in (0..children.started).filter(|&index| !children.ended.contains(index)) {
            let execution = child_id(self.state.id(), &activation, children.attempt, index);
            let message = Message { execution, work: Work::Control { control } };
            self.request(Effect::Send { message, at: None });
        }
    }
}
