//! What a rollback makes of nodes that the state alone does not tell: what is being undone, and afterwards what was undone
//! and what was left behind. The state is that of the checkpoint again then, as if nothing had come after it; the turns know.

use super::{seen::Seen, state::Look};
use document::id::NodeId;
use std::collections::BTreeMap;
use stepwell_core::{
    event::{Event, Turn, Unstick},
    execution::Execution,
    rollback::Rolling,
    view::{self, NodeStatus},
};

/// How nodes look because of a rollback, in place of what their state says.
pub type Marks = BTreeMap<NodeId, Look>;

/// What a rollback makes of a node. Of several things of one node the last in this order is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// It ran, and nothing undoes that.
    Left,
    /// Its last attempt failed before the rollback.
    Failed,
    /// What it did is undone.
    Undone,
    /// Somebody has said that it is not to be undone.
    Skipped,
    /// It will be undone.
    Due,
    /// It is being undone.
    Undoing,
    /// It could not be undone.
    Stuck,
}

impl Mark {
    fn look(self) -> Look {
        let look = |class, sign, word| Look { class, sign, word };
        match self {
            Self::Left => look("left", "–", "Left behind"),
            Self::Failed => look("left failed", "✕", "Failed before"),
            Self::Undone => look("reverted", "↺", "Undone"),
            Self::Skipped => look("left", "–", "Not undone"),
            Self::Due => look("reverting", "↺", "To be undone"),
            Self::Undoing => look("reverting", "↺", "Being undone"),
            Self::Stuck => look("failed", "!", "Cannot be undone"),
        }
    }
}

/// How nodes look because of a rollback: the one at work, or those in the turns.
pub fn marks(seen: &Seen, turns: &[Turn]) -> Marks {
    let marks = match &seen.then.rolling {
        Some(rolling) => at_work(rolling, seen.then.stuck.is_some(), &skipped(turns)),
        None => afterwards(&seen.then, turns),
    };
    marks.into_iter().map(|(node, mark)| (node, mark.look())).collect()
}

/// The plan of a rollback at work, as far as it is done.
fn at_work(rolling: &Rolling, is_stuck: bool, skipped: &[(NodeId, u32)]) -> BTreeMap<NodeId, Mark> {
    let mut marks: BTreeMap<NodeId, Mark> = BTreeMap::new();
    let undo = rolling.plan.iter().flat_map(|plan| plan.undo.iter().enumerate());
    for (number, undo) in undo {
        let (node, visit) = (&undo.activation.node, undo.activation.visit);
        let mark = match number.cmp(&rolling.next) {
            std::cmp::Ordering::Less if skipped.contains(&(node.clone(), visit)) => Mark::Skipped,
            std::cmp::Ordering::Less => Mark::Undone,
            std::cmp::Ordering::Equal if is_stuck => Mark::Stuck,
            std::cmp::Ordering::Equal => Mark::Undoing,
            std::cmp::Ordering::Greater => Mark::Due,
        };
        marks.entry(node.clone()).and_modify(|before| *before = mark.max(*before)).or_insert(mark);
    }
    marks
}

/// What somebody has said that it is not to be undone.
fn skipped(turns: &[Turn]) -> Vec<(NodeId, u32)> {
    let mut skipped = Vec::new();
    for turn in turns {
        let by_hand = said(turn) == Some(Unstick::Skip);
        skipped.extend(turn.events.iter().filter(|_| by_hand).filter_map(|event| match event {
            Event::Compensated { node, visit, .. } => Some((node.clone(), *visit)),
            _ => None,
        }));
    }
    skipped
}

/// The way out of `stuck` that a turn takes.
fn said(turn: &Turn) -> Option<Unstick> {
    turn.events.iter().find_map(|event| match event {
        Event::ExecutionUnstuck { action, .. } => Some(*action),
        _ => None,
    })
}

/// What rollbacks have made of nodes that the state knows nothing of: of others it tells by itself.
fn afterwards(then: &Execution, turns: &[Turn]) -> BTreeMap<NodeId, Mark> {
    let mut marks = left(turns);
    let silent =
        |node: &NodeId| matches!(view::node_status(then.node(node)), NodeStatus::Pending | NodeStatus::Cancelled);
    marks.retain(|node, _| silent(node));
    marks
}

/// What rollbacks in the turns did to nodes that nothing has happened to since.
fn left(turns: &[Turn]) -> BTreeMap<NodeId, Mark> {
    let (mut marks, mut ran) = (BTreeMap::new(), BTreeMap::new());
    for turn in turns {
        for event in &turn.events {
            match event {
                Event::NodeSucceeded { node, .. } => {
                    marks.remove(node);
                    ran.insert(node.clone(), Mark::Left);
                }
                Event::NodeFailed { node, .. } => {
                    marks.remove(node);
                    ran.insert(node.clone(), Mark::Failed);
                }
                Event::NodeActivated { node, .. } | Event::AttemptIntended { node, .. } => {
                    marks.remove(node);
                }
                Event::Compensated { node, skipped, .. } => {
                    let mark = match said(turn) {
                        Some(Unstick::Skip) => Some(Mark::Skipped),
                        Some(Unstick::MarkDone) => Some(Mark::Undone),
                        // What has done nothing has nothing to undo.
                        _ => (!skipped).then_some(Mark::Undone),
                    };
                    if let Some(mark) = mark {
                        let before = ran.entry(node.clone()).or_insert(mark);
                        *before = mark.max(*before);
                    }
                }
                Event::RolledBack { .. } => marks.append(&mut ran),
                _ => {}
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use document::time::Time;
    use serde_json::{Value, json};

    fn turn(seq: u64, events: &[Value]) -> Turn {
        let events = events.iter().map(|event| serde_json::from_value(event.clone()).unwrap()).collect();
        Turn { seq, at: Time(0), by: None, request: None, events }
    }

    fn undone(node: &str, skipped: bool) -> Value {
        json!({"type": "compensated", "node": node, "visit": 1, "attempt": 1, "skipped": skipped})
    }

    #[test]
    fn what_was_undone_and_what_was_left_behind_is_told_until_it_runs_again() {
        let ran = |node: &str| json!({"type": "node_succeeded", "node": node, "visit": 1, "attempt": 1, "port": "success", "output": null});
        let failed = json!({"type": "node_failed", "node": "card", "visit": 1, "attempt": 1, "error": {"code": "c", "message": "m"}});
        let back = json!({"type": "rolled_back", "deadline": 0});
        let stuck = |action: &str| json!({"type": "execution_unstuck", "action": action});
        let turns = [
            turn(1, &[ran("flight"), ran("hotel"), ran("car"), ran("mail"), failed]),
            turn(2, &[undone("flight", false)]),
            turn(3, &[stuck("skip"), undone("hotel", true)]),
            turn(4, &[stuck("mark_done"), undone("car", true), back]),
        ];
        let all = |names: &[(&str, Mark)]| names.iter().map(|(node, mark)| (NodeId::from(*node), *mark)).collect();
        let told: BTreeMap<NodeId, Mark> = all(&[
            ("car", Mark::Undone),
            ("card", Mark::Failed),
            ("flight", Mark::Undone),
            ("hotel", Mark::Skipped),
            ("mail", Mark::Left),
        ]);
        assert_eq!(left(&turns), told);
        let again = turn(5, &[json!({"type": "node_activated", "node": "flight", "visit": 1})]);
        assert!(!left(&[&turns[..], &[again]].concat()).contains_key("flight"));
        assert_eq!(skipped(&turns), [("hotel".into(), 1)]);
        assert!(left(&turns[..3]).is_empty(), "nothing has come back yet");
    }
}
