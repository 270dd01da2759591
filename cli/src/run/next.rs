//! Which question of an execution and its descendants is asked next: the first in the order of the document and of the
//! items.

use document::id::NodeId;
use engine::{
    drive::workflow_of,
    port::{Host, StoreError},
};
use futures::{FutureExt, future::BoxFuture};
use std::sync::Arc;
use stepwell_core::{
    decide::child_id,
    execution::{Execution, NodeState, Phase, Status},
    id::InteractionId,
    interaction::Interaction,
    view,
};

/// What is to be asked next.
#[derive(Default)]
pub struct Next {
    /// The first open question; none where nothing is asked.
    pub question: Option<InteractionId>,
    /// The first open question that the user may not answer, having started what asks it.
    kept_out: Option<InteractionId>,
    /// Whether something that was looked at on the way there is running, so that it may soon ask something that comes
    /// first.
    pub sooner: bool,
}

/// Looks for the next question of an execution and its descendants. One that the user may not answer comes last.
///
/// # Errors
/// What the store says.
pub async fn next(host: &dyn Host, state: Arc<Execution>) -> Result<Next, StoreError> {
    let mut next = Next::default();
    look(host, state, &mut next).await?;
    next.question = next.question.or(next.kept_out.take());
    Ok(next)
}

/// Looks through an execution, node by node in the document's order, and child by child in that of the items, up to the
/// first question.
fn look<'a>(host: &'a dyn Host, state: Arc<Execution>, next: &'a mut Next) -> BoxFuture<'a, Result<(), StoreError>> {
    async move {
        if state.status().is_terminal() || matches!(state.status(), Status::Paused | Status::Stuck) {
            return Ok(());
        }
        next.sooner |= state.held || state.nodes.values().any(|node| runs(node));
        let workflow = workflow_of(host, &state).await?;
        for node in &workflow.nodes {
            let Some(found) = state.node(&node.id) else { continue };
            if let Phase::Asking { interaction_id } = &found.phase {
                let me = local::server::local_subject();
                let keeps_out = |one: &Arc<Interaction>| view::keeps_out(one, &state, &me);
                match state.interaction(interaction_id.as_str()).is_some_and(keeps_out) {
                    true => next.kept_out = next.kept_out.take().or(Some(interaction_id.clone())),
                    false => next.question = Some(interaction_id.clone()),
                }
            } else if found.phase == Phase::Children {
                look_at_children(host, &state, &node.id, next).await?;
            }
            if next.question.is_some() {
                break;
            }
        }
        Ok(())
    }
    .boxed()
}

/// Looks through the children of a node that have not ended.
async fn look_at_children(
    host: &dyn Host,
    state: &Execution,
    node: &NodeId,
    next: &mut Next,
) -> Result<(), StoreError> {
    let Some(kids) = state.children.get(node) else { return Ok(()) };
    let activation = state.activation(node);
    for index in (0..kids.started).filter(|index| !kids.ended.contains(*index)) {
        let id = child_id(state.id(), &activation, kids.attempt, index);
        match host.journal().load_lean(&id).await? {
            Some(child) => look(host, child, next).await?,
            None => next.sooner = true,
        }
        if next.question.is_some() {
            break;
        }
    }
    Ok(())
}

/// Whether a node is due or runs, and so goes on within moments, or at least by itself.
fn runs(node: &NodeState) -> bool {
    matches!(node.phase, Phase::Due { at: None } | Phase::Intended { .. } | Phase::Unrouted)
}
