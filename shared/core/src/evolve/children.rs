//! How events of children change the state.

use super::node::node_mut;
use crate::{
    event::{Event, Planned},
    execution::{Children, Execution, Phase},
};
use std::sync::Arc;

pub(super) fn apply_children(state: &mut Execution, event: &Event) {
    match event {
        Event::ChildrenPlanned(planned) => {
            let at_work = node_mut(state, &planned.node);
            at_work.phase = Phase::Children;
            at_work.timeout_at = planned.timeout_at;
            let children = as_planned(planned, at_work.attempt.max(1));
            state.children.insert(planned.node.clone(), Arc::new(children));
        }
        Event::ChildrenStarted { node, to, .. } => {
            if let Some(children) = state.children.get_mut(node) {
                Arc::make_mut(children).ask_for(*to);
            }
        }
        Event::ChildrenEnded { node, completed, failed, .. } => {
            let Some(children) = state.children.get_mut(node).map(Arc::make_mut) else { return };
            for &index in completed.iter().chain(failed) {
                children.ended.insert(index);
                children.asking.remove(&index);
                children.ceased.remove(&index);
            }
            for &index in failed {
                children.failed.insert(index);
            }
            // All children ended: the node's step collects their outputs.
            if children.ended.len() == children.count {
                node_mut(state, node).phase = Phase::Due { at: None };
            }
        }
        Event::ChildrenAsked { node, asking, ceased, .. } => {
            let Some(children) = state.children.get_mut(node).map(Arc::make_mut) else { return };
            for &(index, seq) in asking {
                children.ceased.remove(&index);
                children.asking.insert(index, seq);
            }
            for &(index, seq) in ceased {
                children.asking.remove(&index);
                children.ceased.insert(index, seq);
            }
        }
        _ => {}
    }
}

/// The children of an attempt before any is asked for.
fn as_planned(planned: &Planned, attempt: u32) -> Children {
    Children {
        visit: planned.visit,
        attempt,
        count: planned.count,
        items: planned.items.clone(),
        at_once: planned.at_once,
        tolerated: planned.tolerated,
        started: 0,
        reopened: 0,
        again: None,
        outdated: false,
        kept: Vec::new(),
        ended: Default::default(),
        failed: Default::default(),
        asking: Default::default(),
        ceased: Default::default(),
    }
}

/// In how many children of nodes that wait for them a person is asked, as far as they have told.
pub(super) fn asking(state: &Execution) -> usize {
    let below = state.children.iter().filter(|(node, _)| state.is_asked_below(node));
    below.map(|(_, kids)| kids.asking.len()).sum()
}

/// Whether a person is no longer asked in some child since an event: the child has told so or has ended, or its node
/// waits for it no more. `before` is in how many one was [asked](asking) before the event.
pub(super) fn ceased(state: &Execution, event: &Event, before: usize) -> bool {
    matches!(event, Event::ChildrenAsked { ceased, .. } if !ceased.is_empty()) || asking(state) < before
}

/// Notes at the end of a turn whether people are asked in an execution that has a parent. True where that has changed,
/// so that the parent is to be told.
pub(super) fn note_asking(state: &mut Execution) -> bool {
    if state.started.parent.is_none() || state.asks_people() == state.asks {
        return false;
    }
    state.asks = !state.asks;
    state.asks_seq = state.seq;
    true
}
