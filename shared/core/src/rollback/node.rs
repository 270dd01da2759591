//! To which checkpoint an execution goes back where a node is named.

use super::{Rollback, Unreachable};
use crate::{execution::Execution, payload::Payload};
use document::{Workflow, id::NodeId, node::node_type::Mode};
use serde_json::Value;

/// The rollback that a backtrack to a node is: to the checkpoint in which the node was due at its latest visit. A node
/// that is decided in the turn that activates it was due in none: then it is the checkpoint before.
///
/// # Errors
/// Where the node was never visited in what led to the present state, or before the fork that the execution is, and where it
/// can be given no other input, since it is due in no checkpoint.
pub fn to_node(
    workflow: &Workflow,
    state: &Execution,
    node: &NodeId,
    input: Option<Value>,
) -> Result<Rollback, Unreachable> {
    let visited = state.node(node).filter(|found| found.visit > 0);
    if let (Some(found), Some(fork)) = (visited, &state.started.forked)
        && found.activated_seq == 0
    {
        return Err(Unreachable::Shared { node: node.clone(), of: fork.execution_id.clone() });
    }
    let visited = visited.filter(|found| found.activated_seq > 0);
    let (Some(found), Some(of)) = (visited, workflow.node(node.as_str())) else {
        return Err(Unreachable::NotVisited(node.clone()));
    };
    let at_once = of.of.mode == Mode::Route;
    // What the first turn reached waits for a message, but for the trigger; any other is decided where it is reached.
    if input.is_some() && at_once && (of.kind.trigger().is_some() || found.activated_seq > 1) {
        return Err(Unreachable::DecidedAtOnce(node.clone()));
    }
    let to = found.activated_seq.saturating_sub(u64::from(at_once)).max(1);
    Ok(Rollback { node: Some(node.clone()), input: input.map(Payload::new), ..Rollback::to(to) })
}
