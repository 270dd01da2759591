//! What a parent wants of its children, by the state that it is in now: messages to children overtake each other.

use crate::{
    effect::ChildControl,
    event::Parent,
    execution::{Execution, NodeState, Phase},
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

/// How a child stops that its parent does not wait for. One that is cancelled hears no more of the requests that it has sent.
/// So where it is to be undone, and has begun what can be undone, it stands still until then.
pub fn stop(parent: &Execution, child: &Execution) -> ChildControl {
    let undone = |of: &Parent| {
        let rolling = parent.rolling.as_ref().filter(|_| parent.end.is_none());
        rolling.is_some_and(|rolling| rolling.undoes(&of.activation, of.attempt, of.index))
    };
    let begun = |node: &Arc<NodeState>| matches!(node.phase, Phase::Intended { .. } | Phase::Children);
    let stands = child.started.parent.as_ref().is_some_and(undone) && child.nodes.values().any(begun);
    if stands { ChildControl::Pause } else { ChildControl::Cancel }
}
