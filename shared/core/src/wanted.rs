//! What a parent wants of its children, by the state that it is in now: messages to children overtake each other.

use crate::{
    children::is_taken_up,
    command::{Command, Control},
    effect::ChildControl,
    event::{Parent, Said},
    execution::{Children, Execution, Instruction, NodeState, Phase, Status},
    id::Activation,
};
use std::sync::Arc;

/// What a parent in this state wants of the children that an attempt has started.
pub fn wish(parent: &Execution, activation: &Activation, attempt: u32) -> ChildControl {
    match () {
        () if !parent.waits_for_children(activation, attempt) => ChildControl::Cancel,
        () if parent.paused => ChildControl::Pause,
        () => ChildControl::Resume,
    }
}

/// The same of one child, by how it stands itself; none of the parent's state stands for a parent that is gone.
pub fn wish_for(parent: Option<&Execution>, child: &Execution) -> ChildControl {
    let (Some(parent), Some(of)) = (parent, &child.started.parent) else { return ChildControl::Cancel };
    // One that is being undone stands still as its parent does.
    if child.is_being_undone() && undoes(parent, of) {
        return if parent.paused { ChildControl::Pause } else { ChildControl::Resume };
    }
    match wish(parent, &of.activation, of.attempt) {
        ChildControl::Cancel => stop(parent, child),
        other => other,
    }
}

/// The children of which one goes on that has ended, since their parent was retried and its turn has come; none where it does
/// not.
pub fn taken_up_with<'a>(parent: Option<&'a Execution>, child: &Execution) -> Option<&'a Children> {
    let (parent, of) = (parent?, child.started.parent.as_ref()?);
    let kids = parent.children.get(&of.activation.node).filter(|kids| of.index < kids.asked())?;
    (child.end == Some(Status::Cancelled) || is_taken_up(parent, child)).then_some(kids)
}

/// In whose name a parent asks something of the children that an attempt has started, by what it was asked for last; nobody's
/// where that is not the reason.
pub fn in_the_name_of(
    parent: &Execution,
    activation: &Activation,
    attempt: u32,
    control: ChildControl,
) -> Option<Instruction> {
    let dropped = |node: &NodeState| node.visit == activation.visit && matches!(node.was, Some(Phase::Children));
    let still = match control {
        ChildControl::Pause => parent.paused,
        ChildControl::Resume => !parent.paused,
        ChildControl::Retry => parent.end.is_none(),
        // Those for which it did not wait at its end were no longer needed before.
        ChildControl::Cancel => {
            let latest = parent.children.get(&activation.node).is_some_and(|kids| kids.attempt == attempt);
            parent.end == Some(Status::Cancelled) && latest && parent.node(&activation.node).is_some_and(dropped)
        }
    };
    instruction(parent, control).filter(|_| still)
}

/// In whose name a parent that was retried takes up a child that failed with it.
pub fn taken_up_by(parent: &Execution) -> Option<Instruction> {
    instruction(parent, ChildControl::Retry)
}

/// What an execution was asked for last, as those below it are told. Nobody asked where it was asked for something else,
/// or by an earlier release, which did not note it.
fn instruction(asked: &Execution, control: ChildControl) -> Option<Instruction> {
    let found = asked.instructed.as_deref().filter(|found| found.control == control)?;
    let above = found.said.above.clone().unwrap_or_else(|| asked.id().clone());
    Some(Instruction { said: Said { above: Some(above), ..found.said.clone() }, ..found.clone() })
}

/// In whose name an execution that goes back undoes its children, and why; none where nobody asked it, or an earlier release did.
pub fn undone_in_the_name_of(parent: &Execution, control: ChildControl) -> Option<Instruction> {
    let rolling = parent.rolling.as_ref()?;
    let above = rolling.asked.above.clone().unwrap_or_else(|| parent.id().clone());
    let said = Said { reason: rolling.asked.reason.clone(), above: Some(above) };
    Some(Instruction { control, by: rolling.by.clone(), said })
}

/// In whose name a child is asked to do as its parent does, and why where nobody said.
/// None of the parent's state stands for a parent that is gone.
pub fn name_for(
    parent: Option<&Execution>,
    child: &Execution,
    control: ChildControl,
) -> (Option<Instruction>, &'static str) {
    let (Some(parent), Some(of)) = (parent, &child.started.parent) else {
        return (None, if child.is_being_undone() { LEFT } else { why(control) });
    };
    match (undoes(parent, of), child.is_being_undone()) {
        (true, false) => (undone_in_the_name_of(parent, control), GOES_BACK),
        (true, true) => (instruction(parent, control), why(control)),
        // It stops with its parent, or was left by it.
        (false, true) => (instruction(parent, control).filter(|_| parent.end == Some(Status::Cancelled)), LEFT),
        (false, false) => (in_the_name_of(parent, &of.activation, of.attempt, control), why(control)),
    }
}

/// The reason that is recorded in a child's journal where nobody gave one.
fn why(control: ChildControl) -> &'static str {
    match control {
        ChildControl::Pause => "its parent was paused",
        ChildControl::Resume => "its parent was resumed",
        ChildControl::Retry => "its parent was retried",
        ChildControl::Cancel => NO_LONGER,
    }
}

const NO_LONGER: &str = "its parent no longer needs it";

/// Why a child stops and is undone.
pub const GOES_BACK: &str = "its parent goes back";

/// Whether an execution goes back, and has that child of its own still to undo.
fn undoes(parent: &Execution, of: &Parent) -> bool {
    let rolling = parent.rolling.as_ref().filter(|_| parent.end.is_none());
    rolling.is_some_and(|rolling| rolling.undoes(&of.activation, of.attempt, of.index))
}

/// Whether a child that is being undone was left as it is: its parent went on without that, or ended.
/// None of the parent's state stands for a parent that is gone.
pub fn is_left(parent: Option<&Execution>, child: &Execution) -> bool {
    let undone = |of: &Parent| parent.is_some_and(|parent| undoes(parent, of));
    child.is_being_undone() && child.started.parent.as_ref().is_some_and(|of| !undone(of))
}

/// Why a child ends that was left as it is.
pub const LEFT: &str = "its parent left it as it is";

/// What is asked of a child in the place of this: one that was left as it is, and has not heard of it, only has its end to
/// come. Whoever wants it cancelled, or out of what it is stuck in, has it end.
pub fn instead(parent: Option<&Execution>, child: &Execution, command: Command) -> Command {
    match command {
        Command::Control { control: Control::Cancel, reason } | Command::Unstick { reason, .. }
            if is_left(parent, child) =>
        {
            Command::LeaveUndone { reason: reason.or_else(|| Some(LEFT.into())) }
        }
        other => other,
    }
}

/// How a child stops that its parent does not wait for. One that is cancelled hears no more of the requests that it has sent.
/// So where it is to be undone, and has begun what can be undone, it stands still until then.
pub fn stop(parent: &Execution, child: &Execution) -> ChildControl {
    let undone = |of: &Parent| undoes(parent, of);
    let begun = |node: &Arc<NodeState>| matches!(node.phase, Phase::Intended { .. } | Phase::Children);
    let stands = child.started.parent.as_ref().is_some_and(undone) && child.nodes.values().any(begun);
    if stands { ChildControl::Pause } else { ChildControl::Cancel }
}
