//! The first turns of a child: its start, and what its first nodes compute, in one write. An item of a `map` that only
//! computes takes no message and no further write, and is over by the time its parent hears that it was started.

use super::{report::report, secrets::Vault};
use crate::{
    drive::{self, with_values},
    limits,
    port::{Host, StoreError},
    prepare::{Prepared, prepare},
};
use document::{NodeKind, Workflow};
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command},
    decide::{Decided, decide},
    effect::{Effect, Message, Work},
    error::Rejection,
    event::Started,
    execution::{Execution, Phase},
    id::Activation,
};

/// The commands of a child's first turns. Nodes that do anything but compute, and those beside which others are due, are left
/// to messages, as all are beyond a bound.
///
/// # Errors
/// Where the store cannot bring a value that is read.
pub(super) async fn commands(
    host: &dyn Host,
    workflow: &Arc<Workflow>,
    started: Started,
) -> Result<Vec<Asked>, StoreError> {
    let mut asked: Vec<Asked> = vec![Command::Start(Box::new(started.clone())).into()];
    // What is not in memory was handed down: the child has nothing in the store yet.
    let id = drive::keeper(None, &started);
    let now = host.now();
    let mut before: Option<Execution> = None;
    while asked.len() <= limits::COMPUTED_AT_START {
        let Some(last) = asked.last() else { break };
        let next = || match decide(workflow, before.as_ref(), last.clone(), now) {
            Err(Rejection::Needs(missing)) => Err(missing),
            other => Ok(other),
        };
        let Ok(Decided { state, effects, .. }) = with_values(host, id, next).await? else { break };
        let Some((activation, attempt)) = computes(workflow, &state, &effects) else { break };
        let vault = Vault::for_node(host, &state, workflow, &activation.node).await?;
        let prepared = || prepare(workflow, &state, &activation, attempt, now, &vault);
        let Prepared::Report(outcome) = with_values(host, id, prepared).await? else { break };
        asked.push(report(activation, attempt, outcome, None));
        before = Some(state);
    }
    Ok(asked)
}

/// The attempt that a turn is followed by, where it only computes and nothing else is due.
fn computes(workflow: &Workflow, state: &Execution, effects: &[Effect]) -> Option<(Activation, u32)> {
    let [Effect::Send { message: Message { execution, work: Work::Step { activation, attempt, .. } }, at: None }] =
        effects
    else {
        return None;
    };
    let node = workflow.node(activation.node.as_str()).filter(|_| execution == state.id())?;
    matches!(node.kind, NodeKind::Compute(_)).then(|| (activation.clone(), *attempt))
}

/// Whether an effect of the first turns is carried out by whoever writes them: the message of a step that is over, and that
/// of the child's end.
pub(super) fn is_settled(effect: &Effect, state: &Execution) -> bool {
    let Effect::Send { message: Message { execution, work }, .. } = effect else { return false };
    match work {
        Work::Step { activation, attempt, .. } if execution == state.id() => {
            let node = state.node(&activation.node).filter(|node| node.visit == activation.visit);
            let waits = |phase: &Phase| matches!(phase, Phase::Due { .. } | Phase::Intended { .. } | Phase::Looping);
            !node.is_some_and(|node| node.attempt <= *attempt && waits(&node.phase))
        }
        Work::ChildEnded { .. } => true,
        _ => false,
    }
}
