//! Pause, resume, cancel, and what a message that cannot be processed does.

use super::turn::Deciding;
use crate::{
    effect::{Control, Effect, Message, Work},
    error::{Error, Rejection},
    event::Event,
    execution::{Phase, Status},
    owed::{Since, owed},
};
use document::graph::NodeIx;

/// No node starts after this turn. Asking twice is no error: the children are told once more.
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

/// What is due is enqueued, and what arrived in the meantime takes effect.
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
    if !turn.state.held && turn.state.nodes.is_empty() {
        super::start::begin_at_trigger(turn);
        return Ok(());
    }
    send_due(turn);
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

/// Closes everything that is open. Asking twice is no error: children and parent are told once more.
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

/// A message that kept failing: the execution is stuck until somebody moves the message back. Where something was
/// activated since it got stuck, the message may be of that: it is stuck once more.
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

    /// Passes a control on to the children of a node that have started and not ended.
    pub fn control_children(&mut self, ix: NodeIx, control: Control) {
        let id = self.node(ix).id.clone();
        if !self.state.node(&id).is_some_and(|node| node.phase == Phase::Children) {
            return;
        }
        let Some(children) = self.state.children.get(&id).cloned() else { return };
        let activation = self.state.activation(&id);
        for index in (0..children.started).filter(|&index| !children.ended.contains(index)) {
            let execution = super::child_id(self.state.id(), &activation, children.attempt, index);
            let message = Message { execution, work: Work::Control { control } };
            self.request(Effect::Send { message, at: None });
        }
    }
}
