//! The four things that every host does around the rules: load, decide, commit, deliver.

use crate::{
    command::{Asked, Command},
    decide::decide,
    effect::Effect,
    error::Rejection,
    event::Turn,
    execution::Execution,
    id::ExecutionId,
    port::{Commit, Host, NodeLog, Receipt, StoreError},
    workflow::{Body, NodeKind, Workflow},
};
use std::sync::Arc;

/// What came of submitted commands.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// The state after them.
    pub state: Arc<Execution>,
    /// One reply per command, in order.
    pub replies: Vec<Result<(), Rejection>>,
    /// Whether anything was committed, and so the receipts with it.
    pub committed: bool,
}

/// Conflicts after which a submission gives up for now: each means that somebody else made progress.
const CONFLICTS: u32 = 64;

/// Decides commands on an execution, in order, and commits what they record in one write, together with the receipts
/// of the messages that brought them. On a conflict all are decided again on the new state; no node runs again.
/// `Ok(None)`: the execution does not exist, and no command starts it.
///
/// # Errors
/// What the store says. After an error nothing is known to be committed, and deciding again does no harm.
pub async fn submit(
    host: &dyn Host,
    id: &ExecutionId,
    asked: Vec<Asked>,
    logs: Vec<NodeLog>,
    acks: Vec<Receipt>,
) -> Result<Option<Submitted>, StoreError> {
    let _exclusive = host.exclusive(id).await;
    let mut conflicts = 0;
    loop {
        // A start is nearly always the first turn of its id: where it is not, the write says so.
        let fresh = conflicts == 0 && matches!(asked.first(), Some(Asked { command: Command::Start(_), .. }));
        let state = if fresh { None } else { host.load(id).await? };
        let Some(mut batch) = decide_all(host, state, &asked).await? else { return Ok(None) };
        batch.decided.logs.clone_from(&logs);
        batch.decided.acks.clone_from(&acks);
        match finish(host, id, batch).await {
            Err(StoreError::Conflict) if conflicts < CONFLICTS => conflicts += 1,
            other => return other.map(Some),
        }
    }
}

struct Batch {
    decided: Commit,
    replies: Vec<Result<(), Rejection>>,
}

async fn decide_all(
    host: &dyn Host,
    mut state: Option<Arc<Execution>>,
    asked: &[Asked],
) -> Result<Option<Batch>, StoreError> {
    let workflow = match (&state, asked.first().map(|first| &first.command)) {
        (Some(state), _) => workflow_of(host, &state.started).await?,
        (None, Some(Command::Start(started))) => workflow_of(host, started).await?,
        _ => return Ok(None),
    };
    let now = host.now();
    let (mut turns, mut effects, mut replies) = (Vec::<Turn>::new(), Vec::<Effect>::new(), Vec::new());
    for one in asked {
        match decide(&workflow, state.as_deref(), one.clone(), now) {
            Ok(decided) => {
                effects.extend(decided.effects);
                if let Some(turn) = decided.turn {
                    turns.push(turn);
                    state = Some(Arc::new(decided.state));
                }
                replies.push(Ok(()));
            }
            Err(rejection) => replies.push(Err(rejection)),
        }
    }
    let Some(state) = state else { return Ok(None) };
    let blobs = if turns.is_empty() { Vec::new() } else { offload(&state) };
    let decided = Commit { turns, state, effects, logs: Vec::new(), blobs, acks: Vec::new() };
    Ok(Some(Batch { decided, replies }))
}

async fn finish(host: &dyn Host, id: &ExecutionId, batch: Batch) -> Result<Submitted, StoreError> {
    let Batch { decided, replies } = batch;
    let (state, effects) = (decided.state.clone(), decided.effects.clone());
    let committed = !decided.turns.is_empty();
    if committed {
        host.commit(decided).await?;
    }
    let delivered = committed && host.delivers_in_commit();
    if !effects.is_empty() && !delivered {
        host.deliver(id, &effects).await?;
    }
    Ok(Submitted { state, replies, committed })
}

/// Values that are too large to be kept inline, with what is to be written for them.
fn offload(state: &Execution) -> Vec<(crate::payload::BlobRef, Vec<u8>)> {
    state.payloads().into_iter().filter_map(crate::payload::Payload::offload).collect()
}

/// The workflow that an execution runs: its document, or the body of a `map` inside it.
///
/// # Errors
/// Where the host has lost the document, or it has no such body.
pub async fn workflow_of(host: &dyn Host, started: &crate::event::Started) -> Result<Arc<Workflow>, StoreError> {
    let missing = || StoreError::Permanent(format!("the workflow {} is not stored", started.workflow_hash));
    let mut workflow = host.workflow(&started.workflow_hash).await?.ok_or_else(missing)?;
    for node in &started.body {
        let body = match workflow.graph.index.get(node).map(|&ix| &workflow.nodes[ix].kind) {
            Some(NodeKind::Map(map)) => match &map.body {
                Body::Inline(body) => body.clone(),
                Body::Saved(_) => return Err(missing()),
            },
            _ => return Err(missing()),
        };
        workflow = body;
    }
    Ok(workflow)
}
