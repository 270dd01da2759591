//! What is asked of an execution as a whole: one file per command, with what they share here.

mod cancel;
mod dead_letter;
mod pause;
mod resume;
mod retry;

pub(super) use dead_letter::dead_letter;
pub(super) use resume::{route_recorded, send_due};

use super::turn::Deciding;
use crate::{
    below::tell,
    command::Control,
    effect::ChildControl,
    error::Rejection,
    execution::{Phase, Status},
};
use document::graph::NodeIx;

/// Does what is asked, or refuses in a status in which it makes no sense.
pub(super) fn control(
    turn: &mut Deciding<'_>,
    control: Control,
    status: Status,
    reason: Option<String>,
) -> Result<(), Rejection> {
    match control {
        Control::Pause => pause::pause(turn, status, reason),
        Control::Resume => resume::resume(turn, status, reason),
        Control::Cancel => cancel::cancel(turn, status, reason),
        Control::Retry => retry::retry(turn, status, reason, 0),
    }
}

/// Ends a child that its parent no longer undoes.
pub(super) fn leave_undone(turn: &mut Deciding<'_>, reason: Option<String>) -> Result<(), Rejection> {
    cancel::leave_undone(turn, reason)
}

/// Has a child that is undone whole stand still, or go on, as its parent does.
pub(super) fn stand_still(turn: &mut Deciding<'_>, still: bool, reason: Option<String>) -> Result<(), Rejection> {
    if !turn.state.is_being_undone() {
        return Err(Rejection::Stale("nobody undoes it"));
    }
    match still {
        true => pause::stand(turn, reason),
        false => resume::go_on(turn, reason),
    }
    Ok(())
}

/// Lets a child go on that its parent takes up by this retry.
pub(super) fn take_up(
    turn: &mut Deciding<'_>,
    status: Status,
    by_parent: u32,
    reason: Option<String>,
) -> Result<(), Rejection> {
    retry::retry(turn, status, reason, by_parent)
}

impl Deciding<'_> {
    /// Resolves the joins that were touched, without deciding whether anything ended.
    pub fn settle_joins(&mut self) {
        while self.state.end.is_none() {
            let Some(ix) = self.touched.pop_front() else { break };
            self.check_join(ix);
        }
    }

    /// Passes a control on to the child that is undone next.
    pub fn control_undone(&mut self, control: ChildControl) {
        let effect = crate::below::tell_undone(&self.state, control);
        effect.into_iter().for_each(|effect| self.request(effect));
    }

    /// Passes a control on to those children of a node that were asked for and have not ended.
    pub fn control_children(&mut self, ix: NodeIx, control: ChildControl) {
        let id = self.node(ix).id.clone();
        if !self.state.node(&id).is_some_and(|node| node.phase == Phase::Children) {
            return;
        }
        let Some(children) = self.state.children.get(&id).cloned() else { return };
        let activation = self.state.activation(&id);
        for effect in tell(&self.state, &activation, &children, control) {
            self.request(effect);
        }
    }
}
