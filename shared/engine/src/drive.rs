//! The four things that every host does around the rules: load, decide, commit, deliver.

use crate::{
    ahead, delivery,
    port::{Ahead, Commit, Host, Receipt, StoreError},
    remember,
    seal::seal,
    told::Told,
};
use document::Workflow;
use std::sync::Arc;
use stepwell_core::{
    children::body_of,
    command::{Asked, Command},
    decide::decide,
    documents::Documents,
    effect::{Effect, Message},
    error::Rejection,
    event::{Started, Turn},
    execution::Execution,
    id::ExecutionId,
    payload::{BlobRef, Payload},
    reading::Missing,
    task::NodeLog,
};

/// What submitted commands led to.
#[derive(Clone, Debug)]
pub struct Submitted {
    /// The state after the commands, in which offloaded values may be missing (see [`with_values`]).
    pub state: Arc<Execution>,
    /// One reply for each command, in order: what the rules said to it.
    pub replies: Vec<Result<(), Rejection>>,
    /// Whether anything was committed. Hosts that acknowledge in the commit acknowledged the receipts with it.
    pub committed: bool,
    /// The step that the caller goes on with, whose message is held back; only where the submission said that it may.
    pub next: Option<Message>,
}

/// Conflicts after which a submission gives up for now. Each conflict means that another process made progress.
const CONFLICTS: u32 = 64;

/// Commands to be decided on one execution, in order.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// The commands, each with who asks.
    pub asked: Vec<Asked>,
    /// The lines that nodes wrote while they ran for these commands.
    pub logs: Vec<NodeLog>,
    /// Receipts of the messages that brought the commands.
    pub acks: Vec<Receipt>,
    /// The state that the commands were made from. Where several processes write, it is tried first, which saves a
    /// load.
    pub seen: Option<Arc<Execution>>,
    /// The workflow that is in force in the state that was seen, where the caller has it.
    pub workflow: Option<Arc<Workflow>>,
    /// Other documents that the commands put the execution on.
    pub documents: Vec<Arc<Workflow>>,
    /// Whether the caller can go on with the step that follows, and how far.
    pub ahead: Option<Ahead>,
    /// Says which effects the caller carries out, of those that lead to a state; none where it carries out none.
    pub settled: Option<fn(&Effect, &Execution) -> bool>,
}

impl Submission {
    /// Commands that were made from a state, by one who has the workflow too.
    pub fn of(asked: Vec<Asked>, seen: &Arc<Execution>, workflow: &Arc<Workflow>) -> Self {
        Self { asked, seen: Some(seen.clone()), workflow: Some(workflow.clone()), ..Self::default() }
    }
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
/// them. On a conflict all commands are decided again on the new state; no node runs again. `Ok(None)` means that the
/// execution does not exist, and no command starts it.
///
/// # Errors
/// What the store says. After an error it is not known whether anything was committed, and deciding again does no harm.
/// Effects that could not be delivered are an error only on hosts where nothing else delivers them later.
pub async fn submit(
    host: &dyn Host,
    id: &ExecutionId,
    submission: impl Into<Submission>,
) -> Result<Option<Submitted>, StoreError> {
    let Submission { asked, logs, acks, seen, workflow, documents, ahead, settled } = submission.into();
    let of_seen = seen.as_ref().map(|seen| seen.workflow_hash().to_owned());
    let logs: Arc<[NodeLog]> = logs.into();
    // A host that is the only writer avoids conflicts by waiting here.
    let _exclusive = host.journal().exclusive(id).await;
    let mut seen = seen.filter(|_| delivery::tries_what_was_seen(host));
    let mut conflicts = 0;
    loop {
        // A start is nearly always the first turn of its id, so nothing is loaded for it: where it is not, the write
        // conflicts.
        let fresh = conflicts == 0 && matches!(asked.first(), Some(Asked { command: Command::Start(_), .. }));
        let state = match seen.take() {
            Some(state) => Some(state),
            None if fresh => None,
            // Only the values that the commands read are fetched. A caller that shows more of the state fetches that.
            None => host.journal().load_lean(id).await?,
        };
        // The execution may have been put on another document since the caller looked.
        let same = |state: &Arc<Execution>| of_seen.as_deref() == Some(state.workflow_hash());
        let workflow = workflow.as_ref().filter(|_| state.as_ref().is_none_or(same));
        let Some(mut batch) = decide_all(host, state, workflow, &documents, &asked, ahead).await? else {
            return Ok(None);
        };
        if let Some(settled) = settled {
            let Commit { effects, state, .. } = &mut batch.decided;
            effects.retain(|effect| !settled(effect, state));
        }
        batch.decided.logs.clone_from(&logs);
        batch.decided.acks.clone_from(&acks);
        match finish(host, id, batch).await {
            Err(StoreError::Conflict) if conflicts < CONFLICTS => conflicts += 1,
            other => return other.map(Some),
        }
    }
}

/// What the rules would say to a command on this state, which may put it on one of `others`. Nothing is recorded.
///
/// # Errors
/// What the store says.
pub async fn rehearse(
    host: &dyn Host,
    state: &Arc<Execution>,
    asked: &Asked,
    others: &[Arc<Workflow>],
) -> Result<Result<(), Rejection>, StoreError> {
    let workflow = workflow_of(host, state).await?;
    let now = host.now();
    let documents = Documents::new(&workflow, others);
    let decide = || match decide(documents, Some(&**state), asked.clone(), now) {
        Ok(_) => Ok(Ok(())),
        Err(Rejection::Needs(missing)) => Err(missing),
        Err(rejection) => Ok(Err(rejection)),
    };
    with_values(host, state.id(), decide).await
}

/// Computes something from the values of an execution. Those that it lacks are fetched and it is computed again: no more
/// is fetched than what is read, and no caller has to say beforehand what that is.
///
/// # Errors
/// What the store says where it cannot bring a value.
pub async fn with_values<T>(
    host: &dyn Host,
    id: &ExecutionId,
    mut compute: impl FnMut() -> Result<T, Missing> + Send,
) -> Result<T, StoreError> {
    loop {
        match compute() {
            Ok(computed) => return Ok(computed),
            Err(missing) => host.journal().fetch(id, &missing.payloads()).await?,
        }
    }
}

/// Decided commands: what to commit, and a reply for each.
struct Batch {
    decided: Commit,
    replies: Vec<Result<(), Rejection>>,
    /// The step with which the caller goes on.
    next: Option<Message>,
}

/// The execution whose values in the store are read while it is decided on another: of a child that does not exist yet, its
/// parent, which has handed them down.
pub(crate) fn keeper<'a>(state: Option<&Execution>, started: &'a Started) -> &'a ExecutionId {
    let parent = started.parent.as_ref().filter(|_| state.is_none());
    parent.map_or(&started.execution_id, |parent| &parent.execution_id)
}

/// Decides all commands, and completes the commit with the values to offload. None where the execution does not exist
/// and no command starts it.
async fn decide_all(
    host: &dyn Host,
    state: Option<Arc<Execution>>,
    workflow: Option<&Arc<Workflow>>,
    others: &[Arc<Workflow>],
    asked: &[Asked],
    ahead: Option<Ahead>,
) -> Result<Option<Batch>, StoreError> {
    let (started, hash) = match (&state, asked.first().map(|first| &first.command)) {
        (Some(state), _) => (&*state.started, state.workflow_hash()),
        (None, Some(Command::Start(started))) => (&**started, started.workflow_hash.as_str()),
        _ => return Ok(None),
    };
    let workflow = match workflow {
        Some(workflow) => workflow.clone(),
        None => document_of(host, started, hash).await?,
    };
    let now = host.now();
    let documents = Documents::new(&workflow, others);
    let decide = || decide_each(documents, state.clone(), asked, now);
    let keeper = keeper(state.as_deref(), started);
    let Some(mut batch) = with_values(host, keeper, decide).await? else { return Ok(None) };
    let decided = &mut batch.decided;
    if !decided.turns.is_empty() {
        seal(host, decided).await?;
        decided.blobs = offload(decided, host.journal().inline_bytes());
        let after = documents.of(&decided.state).unwrap_or(&workflow);
        delivery::schedule(host, after, decided);
        batch.next = ahead.and_then(|ahead| ahead::choose(&ahead, after, decided));
    }
    Ok(Some(batch))
}

/// Decides commands one after the other, each on the state that the ones before it led to. None where the execution does
/// not exist and no command starts it.
fn decide_each(
    documents: Documents<'_>,
    before: Option<Arc<Execution>>,
    asked: &[Asked],
    now: document::time::Time,
) -> Result<Option<Batch>, Missing> {
    let mut state = before.clone();
    let (mut turns, mut effects, mut replies) = (Vec::<Turn>::new(), Vec::<Effect>::new(), Vec::new());
    for one in asked {
        match decide(documents, state.as_deref(), one.clone(), now) {
            Ok(decided) => {
                effects.extend(decided.effects);
                if let Some(turn) = decided.turn {
                    turns.push(turn);
                    state = Some(Arc::new(decided.state));
                }
                replies.push(Ok(()));
            }
            Err(Rejection::Needs(missing)) => return Err(missing),
            Err(rejection) => replies.push(Err(rejection)),
        }
    }
    let Some(state) = state else { return Ok(None) };
    let decided =
        Commit { before, turns, state, effects, logs: Arc::default(), blobs: Vec::new(), acks: Vec::new(), due: None };
    Ok(Some(Batch { decided, replies, next: None }))
}

/// The values that are too large to be kept inline, each once, with the JSON to write for them.
pub(crate) fn offload(decided: &Commit, inline: usize) -> Vec<(BlobRef, Vec<u8>)> {
    let mut blobs = Vec::<(BlobRef, Vec<u8>)>::new();
    for (blob, bytes) in values(decided).filter_map(|value| value.offload(inline)) {
        if !blobs.iter().any(|(other, _)| *other == blob) {
            blobs.push((blob, bytes));
        }
    }
    blobs
}

/// Every value that a commit writes. A value that its turns and its state share comes twice.
fn values(decided: &Commit) -> impl Iterator<Item = &Payload> {
    decided.turns.iter().flat_map(Turn::payloads).chain(decided.state.payloads())
}

/// Commits a batch and delivers its effects.
async fn finish(host: &dyn Host, id: &ExecutionId, batch: Batch) -> Result<Submitted, StoreError> {
    let Batch { mut decided, replies, next } = batch;
    let state = decided.state.clone();
    let committed = !decided.turns.is_empty();
    if committed {
        let words = delivery::words_of(host, &mut decided);
        let left = delivery::left_by(host, &decided);
        let offloaded = !decided.blobs.is_empty();
        // The commit takes the batch, so the values are kept here to be marked as stored once it is durable.
        let values: Vec<Payload> = if offloaded { values(&decided).cloned().collect() } else { Vec::new() };
        let told = Told::of(&decided);
        host.journal().commit(decided).await?;
        told.tell();
        if offloaded {
            values.iter().for_each(Payload::stored);
        }
        remember::keep(host, &words).await?;
        if !left.is_empty() {
            host.outbox().deliver_committed(id, &left).await?;
        }
    } else {
        // Effects may be owed although nothing was recorded, as when an execution is cancelled twice.
        delivery::deliver(host, id, &decided.effects).await?;
    }
    Ok(Submitted { state, replies, committed, next })
}

/// The workflow that an execution runs by now: its document, or the inline body of a `map` inside of the document.
///
/// # Errors
/// What the store says, and `Permanent` where the host has lost the document or the document has no such body.
pub async fn workflow_of(host: &dyn Host, state: &Execution) -> Result<Arc<Workflow>, StoreError> {
    document_of(host, &state.started, state.workflow_hash()).await
}

/// The document of that hash, as an execution that was started so runs by it.
///
/// # Errors
/// Those of [`workflow_of`].
pub async fn document_of(host: &dyn Host, started: &Started, hash: &str) -> Result<Arc<Workflow>, StoreError> {
    let missing = || StoreError::Permanent(format!("the workflow {hash} is not stored"));
    let root = host.catalogue().workflow(hash).await?.ok_or_else(missing)?;
    body_of(root, &started.body).map_err(|_| missing())
}
