//! Rollback: the epoch grows first, so that nothing old can change anything; then one thing after the other is undone,
//! the latest first; then the checkpoint comes back (execution model, §6).

mod restore;
mod undo;
mod unstick;

pub(super) use undo::{child_undone, intend, stop_awaiting, take_up, undone};
pub(super) use unstick::unstick;

use super::turn::Deciding;
use crate::{
    effect::Work,
    error::{Error, Rejection},
    event::{Event, Unstick},
    execution::Status,
    id::Activation,
    payload::Payload,
    rollback::{After, Plan, Rollback},
    task::Outcome,
};
use std::sync::Arc;

/// Begins a rollback, as planned.
pub(super) fn begin(turn: &mut Deciding<'_>, rollback: Rollback, plan: Arc<Plan>, seq: u64) -> Result<(), Rejection> {
    let present = turn.state.seq.saturating_sub(1);
    if seq != present {
        return Err(Rejection::MovedOn(present));
    }
    if turn.state.end == Some(Status::Skipped) {
        return Err(Rejection::instead(Status::Skipped, "it has done nothing"));
    }
    if turn.state.undone_for.is_some() {
        return Err(Rejection::Stale("it is undone whole"));
    }
    if let Some(begun) = under_way(turn, &rollback) {
        return Err(Rejection::Repeated(begun));
    }
    let then = plan.point.as_ref().and_then(|point| point.patched.as_deref());
    if plan.point.is_some() && !turn.has_document(then) {
        return Err(Rejection::lacking(then.unwrap_or(&turn.state.started.workflow_hash)));
    }
    turn.close_all();
    // A child is paused with its parent, which waits from now on until it is undone, and tells it nothing else.
    if turn.state.paused && matches!(rollback.after, After::Cancel { .. }) {
        turn.record(Event::ExecutionResumed(turn.said(rollback.reason.clone())));
    }
    let epoch = turn.state.epoch + 1;
    turn.stop_children();
    turn.record(Event::RollbackBegun { rollback, epoch, plan });
    turn.undo_next();
    Ok(())
}

/// The turn in which the very rollback began that is asked for, where it goes on: a second click asks for nothing else.
fn under_way(turn: &Deciding<'_>, asked: &Rollback) -> Option<u64> {
    let rolling = turn.state.rolling.as_ref()?;
    let goes_on = turn.state.end.is_none() && turn.state.stuck.is_none() && rolling.begun > 0;
    let Rollback { to, compensate, after, input, node, reason: _, above: _ } = &rolling.asked;
    let same = (to, compensate, after) == (&asked.to, &asked.compensate, &asked.after);
    let same = same && (input, node) == (&asked.input, &asked.node);
    (goes_on && same).then_some(rolling.begun)
}

/// Records what came of an attempt that still ran when a rollback began.
pub(super) fn late(
    turn: &mut Deciding<'_>,
    activation: &Activation,
    outcome: Outcome<Payload>,
) -> Option<Result<(), Rejection>> {
    use crate::rollback::Ended;
    let number = turn.state.rolling.as_ref()?.awaited(activation)?;
    let ended = match outcome {
        Outcome::Succeeded { output, .. } => Ended::Succeeded { output },
        Outcome::Failed(_) => Ended::Failed,
        Outcome::Unknown(_) => Ended::Unknown,
    };
    let (node, visit) = (activation.node.clone(), activation.visit);
    turn.record(Event::AwaitedEnded { node, visit, ended });
    if turn.state.rolling.as_ref().is_some_and(|rolling| rolling.next == number) {
        turn.undo_next();
    }
    Some(Ok(()))
}

impl Deciding<'_> {
    /// Asks for a rollback whose plan is made by a message, since it takes the journal.
    pub fn ask_rollback(&mut self, rollback: Rollback) {
        self.touched.clear();
        self.routing.clear();
        self.record(Event::RollbackAsked { rollback });
        self.send(Work::RollBack, None);
    }

    /// Asks for what is undone next, or brings the checkpoint back where all is undone. Nothing while the execution is
    /// paused.
    pub fn undo_next(&mut self) {
        while let Some(rolling) =
            self.state.rolling.clone().filter(|_| !self.state.paused && self.state.stuck.is_none())
        {
            if rolling.plan.is_none() {
                return self.send(Work::RollBack, None);
            }
            let Some(current) = rolling.current() else { return self.finish_rollback() };
            // Of an attempt that certainly did nothing, nothing is undone.
            if matches!(rolling.ended(), Some(crate::rollback::Ended::Failed)) {
                let (node, visit) = (current.activation.node.clone(), current.activation.visit);
                self.record(Event::Compensated { node, visit, index: None, attempt: 0, skipped: true });
                continue;
            }
            return self.send(Work::Undo(crate::owed::undoing(&self.state, &rolling)), rolling.due);
        }
    }

    /// Tells the children to stop that stand still until a rollback undoes them, since it is cut short. Those that another
    /// one undoes go on standing still.
    pub fn stop_children(&mut self) {
        let Some(rolling) = self.state.rolling.clone() else { return };
        for effect in crate::below::left_standing(&self.state, &rolling) {
            self.request(effect);
        }
    }

    /// Makes a rollback stuck at what cannot be undone, until a person finds the way out.
    pub(super) fn stuck_in_rollback(&mut self, error: Error) {
        self.record(Event::ExecutionStuck { error: error.clone() });
        let after = self.state.rolling.as_ref().map(|rolling| rolling.asked.after.clone());
        if let Some(After::Cancel { epoch }) = after {
            self.tell_parent_undone(epoch, Some(error.message));
        }
    }

    /// Records that a person found the way out, and whether it is passed on to a child that is stuck since this turn of it.
    pub(super) fn unstuck(&mut self, action: Unstick, reason: Option<String>, below: Option<u64>) {
        let said = self.said(reason);
        self.record(Event::ExecutionUnstuck { action, said, below });
    }

    /// Tells the parent of a child that the child is undone, or why not.
    pub(super) fn tell_parent_undone(&mut self, epoch: u32, error: Option<String>) {
        if let Some(effect) = crate::owed::child_undone(&self.state, epoch, error) {
            self.request(effect);
        }
    }
}
