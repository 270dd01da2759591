//! What nodes do outside of an execution. Where they run again, after a checkpoint or in a fork, they do it once more: a
//! recorded outcome is no reason for the world not to be asked twice, and pages say so before anybody confirms.

use super::fields::named;
use crate::{execution::seen::Seen, session::Visit};
use api::{
    executions::read,
    types::{CheckpointId, WouldCompensate, WouldGoBack},
};
use document::{Node, node::node_type::Mode};
use maud::{Markup, html};
use stepwell_core::execution::{Execution, NodeState, Phase};

/// What a node does once more where it runs again; none for one that only computes, chooses or waits.
pub fn again(node: &Node) -> Option<&'static str> {
    match node.of.mode {
        Mode::Run => Some("does again what it does outside"),
        Mode::Agent => Some("asks its model again, which may use its tools again"),
        Mode::Children => Some("starts its executions again, with what they do outside"),
        Mode::Wait if node.kind.human().is_some() => Some("asks people again"),
        Mode::Wait | Mode::Route | Mode::Compute | Mode::Lend => None,
    }
}

/// The nodes that going back leaves as they are, as [`stays`] tells them.
pub async fn stays_of<'a>(visit: &Visit, seen: &'a Seen, would: &WouldGoBack) -> Vec<&'a Node> {
    // Where the checkpoint cannot be read the API has said so already.
    let to = CheckpointId(would.checkpoint_id.clone()).number().unwrap_or_default();
    let then = read::state_at(&visit.app, &seen.newest, to).await.ok();
    then.as_ref().map(|then| stays(seen, then, &would.would_compensate)).unwrap_or_default()
}

/// The nodes that did something outside since a checkpoint, as `then` is, and that a rollback to it leaves as they are: what
/// they did is not undone, and is done once more when they run again.
fn stays<'a>(seen: &'a Seen, then: &Execution, undone: &[WouldCompensate]) -> Vec<&'a Node> {
    let is_undone = |node: &Node| undone.iter().any(|one| one.node == node.id.as_str() && one.child.is_none());
    let ran = |node: &&Node| ran_since(then.node(&node.id), seen.newest.node(&node.id));
    let does = |node: &&Node| node.of.mode.does_io() && !is_undone(node);
    seen.workflow.nodes.iter().filter(does).filter(ran).collect()
}

/// Whether a node ran, or runs, since it was as it was then.
fn ran_since(then: Option<&NodeState>, now: Option<&NodeState>) -> bool {
    let Some(now) = now else { return false };
    let ended = |state: &NodeState| (state.visit, state.attempts);
    let runs = matches!(now.phase, Phase::Intended { .. });
    runs || now.attempts > 0 && then.is_none_or(|then| ended(then) != ended(now))
}

/// What is left as it is; nothing where nothing is.
pub fn left(seen: &Seen, stays: &[&Node], would: &WouldGoBack) -> Markup {
    html! {
        @if !stays.is_empty() {
            h2 { "What stays as it is" }
            p { "What these nodes did outside since then is not undone, since they do not declare how (" code { "compensate" }
                "). Where they run again, it is done once more." }
            ul.plain-list {
                @for node in stays { li {
                    (named(seen, node.id.as_str()))
                    @if would.would_run.iter().any(|id| *id == node.id.as_str()) { " · " strong { "runs again at once" } }
                } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn a_node_ran_since_where_an_attempt_has_ended_since_or_runs() {
        let state = |visit: u32, attempts: u32, phase: &str| -> NodeState {
            let phase = json!({"is": phase, "deadline": 0});
            let state = json!({"visit": visit, "phase": phase, "attempt": 1, "attempts": attempts, "activated_at": 0, "activated_seq": 1});
            serde_json::from_value(state).unwrap()
        };
        let (due, done, runs) = (state(1, 0, "due"), state(1, 1, "finished"), state(1, 0, "intended"));
        assert!(!ran_since(None, None) && !ran_since(None, Some(&due)));
        assert!(
            ran_since(None, Some(&done)) && ran_since(Some(&due), Some(&done)) && ran_since(Some(&due), Some(&runs))
        );
        assert!(!ran_since(Some(&done), Some(&done)) && ran_since(Some(&done), Some(&state(2, 2, "finished"))));
    }
}
