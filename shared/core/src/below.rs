//! What an execution tells its children.

use crate::{
    effect::{ChildControl, Effect, Message, Work},
    execution::{Children, Execution},
    id::{Activation, ExecutionId, child_id},
    limits::CHILDREN_IN_A_SLICE,
    rollback::{Rolling, Undo},
};
use std::{ops::Range, sync::Arc};

/// Cancels children that still run although their node no longer waits for them.
pub(crate) fn unwanted_children(state: &Execution) -> Vec<Effect> {
    let mut effects = Vec::new();
    for (id, kids) in &state.children {
        let activation = Activation { visit: kids.visit, ..state.activation(id) };
        let waits = state.waits_for_children(&activation, kids.attempt);
        if !waits {
            effects.extend(tell(state, &activation, kids, ChildControl::Cancel));
        }
    }
    effects
}

/// Cancels the children that a rollback was still to undo: they stand still until then.
pub(crate) fn left_standing(state: &Execution, rolling: &Rolling) -> Vec<Effect> {
    let Some(plan) = &rolling.plan else { return unwanted_children(state) };
    let ids = plan.undo.iter().skip(rolling.next).filter_map(|undo: &Undo| undo.child_of(state.id()));
    ids.map(|id| told(id, ChildControl::Cancel)).collect()
}

/// Tells the child that is undone next what its parent wants; none where the parent undoes a node, or nothing.
pub(crate) fn tell_undone(state: &Execution, control: ChildControl) -> Option<Effect> {
    let id = state.rolling.as_ref()?.current()?.child_of(state.id())?;
    Some(told(id, control))
}

/// Ends the children that were to be undone and that people left as they are. One that ended before it was done with those
/// below it leaves them too.
pub(crate) fn left_alone(state: &Execution) -> Vec<Effect> {
    let mut effects: Vec<Effect> = state.left.iter().map(|id| told(id.clone(), ChildControl::Cancel)).collect();
    let planned = |rolling: &&Arc<Rolling>| state.end.is_some() && rolling.plan.is_some();
    if let Some(rolling) = state.rolling.as_ref().filter(planned) {
        effects.extend(left_standing(state, rolling));
    }
    effects
}

/// Tells the children of an attempt that were asked for and have not ended what their parent wants. Where they are many,
/// one message to the parent itself stands for all of them: [`Work::TellChildren`], by which they are told in slices.
pub(crate) fn tell(state: &Execution, activation: &Activation, kids: &Children, control: ChildControl) -> Vec<Effect> {
    let attempt = kids.attempt;
    if kids.living() <= CHILDREN_IN_A_SLICE {
        let running = (0..kids.started).filter(|index| !kids.ended.contains(*index));
        return running.map(|index| tell_one(state.id(), activation, attempt, index, control)).collect();
    }
    let work = Work::TellChildren { activation: activation.clone(), attempt, control, from: 0, to: kids.started };
    vec![Effect::Send { message: Message { execution: state.id().clone(), work }, at: None }]
}

/// What one [`Work::TellChildren`] leads to: messages to the first children of a range that have not ended, and where
/// those are a whole slice, a message about the rest of the range.
pub fn tell_slice(
    state: &Execution,
    activation: &Activation,
    attempt: u32,
    control: ChildControl,
    range: Range<u32>,
) -> Vec<Effect> {
    let same = |kids: &&Arc<Children>| kids.visit == activation.visit && kids.attempt == attempt;
    let kids = state.children.get(&activation.node).filter(same);
    let mut running = range.clone().filter(|index| !kids.is_some_and(|kids| kids.ended.contains(*index)));
    let slice = running.by_ref().take(CHILDREN_IN_A_SLICE as usize);
    let mut effects: Vec<Effect> =
        slice.map(|index| tell_one(state.id(), activation, attempt, index, control)).collect();
    if let Some(from) = running.next() {
        let work = Work::TellChildren { activation: activation.clone(), attempt, control, from, to: range.end };
        effects.push(Effect::Send { message: Message { execution: state.id().clone(), work }, at: None });
    }
    effects
}

/// Tells one child of an attempt what its parent wants.
pub(crate) fn tell_one(
    parent: &ExecutionId,
    activation: &Activation,
    attempt: u32,
    index: u32,
    control: ChildControl,
) -> Effect {
    told(child_id(parent, activation, attempt, index), control)
}

fn told(execution: ExecutionId, control: ChildControl) -> Effect {
    Effect::Send { message: Message { execution, work: Work::Control { control } }, at: None }
}
