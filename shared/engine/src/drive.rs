//! The four things that every host does around the rules: load, decide, commit, deliver.

use crate::port::{Commit, Host, Receipt, StoreError};
use document::{Body, NodeKind, Workflow};
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command},
    decide::decide,
    effect::Effect,
    error::Rejection,
    event::{Started, Turn},
    execution::Execution,
    id::ExecutionId,
    owed::due_at,
    payload::{BlobRef, Payload},
    task::NodeLog,
};

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

/// Commands to be decided on an execution, in order.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// The commands.
    pub asked: Vec<Asked>,
    /// What was captured on the way to them.
    pub logs: Vec<NodeLog>,
    /// Receipts of the messages that brought them.
    pub acks: Vec<Receipt>,
    /// The state that they were made from: where several processes write, it is tried first.
    pub seen: Option<Arc<Execution>>,
}

impl From<Command> for Submission {
    fn from(command: Command) -> Self {
        Asked::from(command).into()
    }
}

impl From<Asked> for Submission {
    fn from(asked: Asked) -> Self {
        vec![asked].into()
    }
}

impl From<Vec<Asked>> for Submission {
    fn from(asked: Vec<Asked>) -> Self {
        Self { asked, ..Self::default() }
    }
}

/// Decides commands and commits what they record in one write, together with the receipts of the messages that brought
/// them. On a conflict all are decided again on the new state; no node runs again.
/// `Ok(None)`: the execution does not exist, and no command starts it.
///
/// # Errors
/// What the store says. After an error nothing is known to be committed, and deciding again does no harm. That effects
/// could not be delivered is an error only where no one else makes up for it.
pub async fn submit(
    host: &dyn Host,
    id: &ExecutionId,
    submission: impl Into<Submission>,
) -> Result<Option<Submitted>, StoreError> {
    let Submission { asked, logs, acks, seen } = submission.into();
    let _exclusive = host.exclusive(id).await;
    // Whoever came from a state needs no more of it than the commands do; others want to see it.
    let lean = seen.is_some();
    let mut seen = seen.filter(|_| !host.delivers_in_commit());
    let mut conflicts = 0;
    loop {
        // A start is nearly always the first turn of its id: where it is not, the write says so.
        let fresh = conflicts == 0 && matches!(asked.first(), Some(Asked { command: Command::Start(_), .. }));
        let state = match seen.take() {
            Some(state) => Some(state),
            None if fresh => None,
            None if lean => host.load_lean(id).await?,
            None => host.load(id).await?,
        };
        let Some(mut batch) = decide_all(host, state, &asked).await? else { return Ok(None) };
        batch.decided.logs.clone_from(&logs);
        batch.decided.acks.clone_from(&acks);
        match finish(host, id, batch).await {
            Err(StoreError::Conflict) if conflicts < CONFLICTS => conflicts += 1,
            other => return other.map(Some),
        }
    }
}

/// Computes something from a lean state; where that read values that are missing, fetches them and computes it again.
/// So no more is fetched than what is read, and nobody has to say beforehand what that is.
///
/// # Errors
/// Where the store fails to bring a value.
pub async fn with_values<T>(
    host: &dyn Host,
    state: &Execution,
    mut compute: impl FnMut() -> T + Send,
) -> Result<T, StoreError> {
    loop {
        let computed = compute();
        let wanted: Vec<&Payload> = state.payloads().into_iter().filter(|payload| payload.wanted()).collect();
        if wanted.is_empty() {
            return Ok(computed);
        }
        host.fetch(state.id(), &wanted).await?;
    }
}

struct Batch {
    decided: Commit,
    replies: Vec<Result<(), Rejection>>,
}

async fn decide_all(
    host: &dyn Host,
    state: Option<Arc<Execution>>,
    asked: &[Asked],
) -> Result<Option<Batch>, StoreError> {
    let workflow = match (&state, asked.first().map(|first| &first.command)) {
        (Some(state), _) => workflow_of(host, &state.started).await?,
        (None, Some(Command::Start(started))) => workflow_of(host, started).await?,
        _ => return Ok(None),
    };
    let now = host.now();
    let decided = match &state {
        Some(before) => with_values(host, before, || decide_each(&workflow, state.clone(), asked, now)).await?,
        None => decide_each(&workflow, None, asked, now),
    };
    let Some(mut batch) = decided else { return Ok(None) };
    let decided = &mut batch.decided;
    if !decided.turns.is_empty() {
        decided.blobs = offload(decided, host.inline_bytes());
        decided.due = if host.delivers_in_commit() { None } else { due_at(&workflow, &decided.state) };
    }
    Ok(Some(batch))
}

fn decide_each(
    workflow: &Workflow,
    mut state: Option<Arc<Execution>>,
    asked: &[Asked],
    now: document::time::Time,
) -> Option<Batch> {
    let (mut turns, mut effects, mut replies) = (Vec::<Turn>::new(), Vec::<Effect>::new(), Vec::new());
    for one in asked {
        match decide(workflow, state.as_deref(), one.clone(), now) {
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
    let decided =
        Commit { turns, state: state?, effects, logs: Vec::new(), blobs: Vec::new(), acks: Vec::new(), due: None };
    Some(Batch { decided, replies })
}

/// Values that are too large to be kept inline, each once, with what is to be written for them.
fn offload(decided: &Commit, inline: usize) -> Vec<(BlobRef, Vec<u8>)> {
    let mut blobs = Vec::<(BlobRef, Vec<u8>)>::new();
    for (blob, bytes) in values(decided).filter_map(|value| value.offload(inline)) {
        if !blobs.iter().any(|(other, _)| *other == blob) {
            blobs.push((blob, bytes));
        }
    }
    blobs
}

/// Every value that a commit writes; one that its turns and its state share comes twice.
fn values(decided: &Commit) -> impl Iterator<Item = &Payload> {
    decided.turns.iter().flat_map(Turn::payloads).chain(decided.state.payloads())
}

async fn finish(host: &dyn Host, id: &ExecutionId, batch: Batch) -> Result<Submitted, StoreError> {
    let Batch { decided, replies } = batch;
    let (state, effects) = (decided.state.clone(), decided.effects.clone());
    let committed = !decided.turns.is_empty();
    if committed {
        let offloaded = !decided.blobs.is_empty();
        let values: Vec<Payload> = if offloaded { values(&decided).cloned().collect() } else { Vec::new() };
        host.commit(decided).await?;
        if offloaded {
            values.iter().for_each(Payload::stored);
        }
    }
    let delivered = committed && host.delivers_in_commit();
    match (effects.is_empty() || delivered, committed) {
        (true, _) => {}
        (false, true) => host.deliver_committed(id, &effects).await?,
        (false, false) => host.deliver(id, &effects).await?,
    }
    Ok(Submitted { state, replies, committed })
}

/// The workflow that an execution runs: its document, or the body of a `map` inside it.
///
/// # Errors
/// Where the host has lost the document, or it has no such body.
pub async fn workflow_of(host: &dyn Host, started: &Started) -> Result<Arc<Workflow>, StoreError> {
    let missing = || StoreError::Permanent(format!("the workflow {} is not stored", started.workflow_hash));
    let root = host.workflow(&started.workflow_hash).await?.ok_or_else(missing)?;
    body_of(root, started).ok_or_else(missing)
}

/// The body that an execution runs, of the document that it was started with.
pub fn body_of(root: Arc<Workflow>, started: &Started) -> Option<Arc<Workflow>> {
    started.body.iter().try_fold(root, |workflow, node| {
        match &workflow.nodes.get(*workflow.graph.index.get(node)?)?.kind {
            NodeKind::Map(map) => match &map.body {
                Body::Inline(body) => Some(body.clone()),
                Body::Saved(_) => None,
            },
            _ => None,
        }
    })
}
