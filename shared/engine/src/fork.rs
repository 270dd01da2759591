//! Forks an execution: a new one begins at one of its checkpoints.

use crate::{
    drive::{document_of, submit, with_values},
    past::Past,
    port::{Host, StoreError},
    rollback::Refused,
    start::{StartError, replay as started_before},
};
use document::Workflow;
use serde_json::Value;
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command},
    decide::not_here,
    event::{Event, Started, Turn},
    evolve::put_on,
    execution::Execution,
    id::ExecutionId,
    patch::prove,
    payload::Payload,
    reading::Reading,
    replay::{self, Recorded, Visited, resumable},
    rollback::{Fork, fork_of, state_at},
    status::Status,
};

/// What a fork is made of.
#[derive(Clone, Debug, Default)]
pub struct ForkRequest {
    /// The checkpoint at which it begins.
    pub checkpoint: u64,
    /// The input in place of that of the other execution; none for the same.
    pub input: Option<Value>,
    /// The document in place of that of the checkpoint; none for the same. The past up to the checkpoint must be one of it.
    pub workflow: Option<Arc<Workflow>>,
    /// Who forks.
    pub by: Option<String>,
    /// Route with key, which the new execution's id is derived from, and the hash of the request. None: every request makes
    /// a new execution.
    pub idempotency: Option<(String, String)>,
}

/// Starts an execution at a checkpoint of another. It is durable when this returns. Neither `overlap` nor
/// `max_concurrency` holds it back: whoever forks has looked.
///
/// # Errors
/// What the store says, and that a key was used for another request.
pub async fn start_fork(
    host: &dyn Host,
    of: &ExecutionId,
    request: ForkRequest,
) -> Result<Result<Arc<Execution>, Refused>, StartError> {
    let Some(other) = host.journal().load_lean(of).await? else { return Ok(Err(Refused::Missing)) };
    let id = match &request.idempotency {
        None => host.new_id(),
        Some((key, hash)) => match started_before(host, &other.started.owner, key, hash).await? {
            Ok(existing) => return Ok(Ok(existing)),
            Err(id) => id,
        },
    };
    let begun = match begins(host, &other, &request).await? {
        Ok(begun) => begun,
        Err(refused) => return Ok(Err(refused)),
    };
    let Begun { fork, workflow, .. } = begun;
    let fork = taken_along(host, of, fork).await?;
    let input = match request.input {
        Some(input) => Payload::new(input),
        None => own(host, of, &other.started.input).await?,
    };
    let started = Started {
        execution_id: id.clone(),
        workflow_version: other.started.workflow_version,
        owner: other.started.owner.clone(),
        trigger: other.started.trigger.clone(),
        metadata: other.started.metadata.clone(),
        started_by: request.by.clone(),
        also_started_by: other.started.requesters_but(request.by.as_deref()),
        request_hash: request.idempotency.map(|(_, hash)| hash),
        descendants: host.most_descendants(),
        input,
        forked: Some(Box::new(fork)),
        ..Started::new(id.clone(), &workflow, Value::Null, host.now())
    };
    if let Some(new) = &request.workflow {
        host.catalogue().keep_workflow(new).await?;
    }
    let asked = Asked::by(Command::Start(Box::new(started)), request.by);
    let submitted = submit(host, &id, asked).await?;
    let submitted = submitted.ok_or_else(|| StoreError::Permanent(format!("{id} was not started")))?;
    Ok(Ok(submitted.state))
}

/// Where a fork begins.
struct Begun {
    fork: Fork,
    /// What it runs.
    workflow: Arc<Workflow>,
    past: Past,
    /// The hash of a patched document that was in force at the checkpoint.
    in_force: Option<String>,
}

/// Finds the state at the checkpoint, and puts it on the patched document where one is asked for.
async fn begins(
    host: &dyn Host,
    other: &Execution,
    request: &ForkRequest,
) -> Result<Result<Begun, Refused>, StoreError> {
    if other.arrives() {
        return Ok(Err(Refused::Rejected(not_here(other))));
    }
    let past = Past::of(host, other).await?;
    let documents = past.ran_by.documents();
    let then = || Reading::of(|reading| state_at(documents, &past.turns, request.checkpoint, reading));
    let mut then = match with_values(host, other.id(), then).await? {
        Ok(then) => then,
        Err(unreachable) => return Ok(Err(Refused::Unreachable(unreachable))),
    };
    let in_force = then.patched.clone();
    let mut workflow = document_of(host, &then.started, then.workflow_hash()).await?;
    if let Some(new) = &request.workflow {
        let until: Vec<Turn> = past.turns.iter().take_while(|turn| turn.seq <= then.seq).cloned().collect();
        let proof = || Reading::of(|reading| prove(documents, &until, &then, new, reading));
        match with_values(host, other.id(), proof).await? {
            Ok(patched) => put_on(&mut then, &patched, host.now()),
            Err(obstacles) => return Ok(Err(Refused::InTheWay(obstacles))),
        }
        workflow = new.clone();
    }
    let fork = fork_of(&then, &past.turns);
    Ok(Ok(Begun { fork, workflow, past, in_force }))
}

/// A value of the new execution's own: what is offloaded of one execution is removed with it.
async fn own(host: &dyn Host, of: &ExecutionId, payload: &Payload) -> Result<Payload, StoreError> {
    with_values(host, of, || Reading::of(|reading| payload.alike(reading.value(payload).clone()))).await
}

/// The fork with values of its own.
async fn taken_along(host: &dyn Host, of: &ExecutionId, mut fork: Fork) -> Result<Fork, StoreError> {
    let fetch_all = || {
        Reading::of(|reading| {
            for payload in fork.payloads() {
                let _ = reading.value(payload);
            }
        })
    };
    with_values(host, of, fetch_all).await?;
    fork.replace_payloads(&|payload| payload.value().cloned().map(|value| payload.alike(value)).unwrap_or_default());
    Ok(fork)
}

/// What a fork would come to by the outcomes that were recorded after its checkpoint.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The checkpoint.
    pub checkpoint: u64,
    /// How it would end; none where that cannot be told.
    pub end: Option<Status>,
    /// The result, where it would complete.
    pub output: Option<Value>,
    /// The visits that would come to an end, each with the port that it would take, in order. They are counted from the
    /// checkpoint.
    pub runs: Vec<(Visited, Option<String>)>,
    /// Visits that would run, wait or ask, and of which no outcome was recorded.
    pub would_run: Vec<Visited>,
    /// Visits that would ask people, once for each question.
    pub asks: Vec<Visited>,
}

/// Replays an execution from a checkpoint on, by the outcomes that it recorded after it: what a fork would do, without any
/// effect.
///
/// # Errors
/// What the store says.
pub async fn preview(
    host: &dyn Host,
    of: &ExecutionId,
    request: &ForkRequest,
) -> Result<Result<Preview, Refused>, StoreError> {
    let Some(other) = host.journal().load_lean(of).await? else { return Ok(Err(Refused::Missing)) };
    let begun = match begins(host, &other, request).await? {
        Ok(begun) => begun,
        Err(refused) => return Ok(Err(refused)),
    };
    let Begun { fork, workflow, past, in_force } = begun;
    let fork = resumable(fork);
    let since = came_after(&past.turns, request.checkpoint);
    let recorded = past.ran_by.recorded(&other.started, in_force.as_deref(), since);
    let at = fork.point.at;
    let started = Started {
        input: request.input.clone().map_or_else(|| other.started.input.clone(), Payload::new),
        forked: Some(Box::new(fork)),
        workflow_hash: workflow.hash.clone(),
        ..(*other.started).clone()
    };
    let replayed = with_values(host, of, || replay::replay(&workflow, &started, at, &recorded)).await?;
    let Some(replayed) = replayed else { return Ok(Err(Refused::Missing)) };
    let runs = Recorded::of(&workflow, &replayed.turns).ran();
    let end = replayed.end();
    let would_run = replayed.would_run.into_iter().chain(replayed.as_open).collect();
    let result = replayed.state.output.as_ref();
    let read = || Reading::of(|reading| result.map(|output| reading.value(output).clone()));
    let output = with_values(host, of, read).await?;
    Ok(Ok(Preview { checkpoint: request.checkpoint, end, output, runs, would_run, asks: replayed.asks }))
}

/// The turns after a checkpoint, up to where the execution went back to before it.
fn came_after(turns: &[Turn], checkpoint: u64) -> &[Turn] {
    let from = turns.partition_point(|turn| turn.seq <= checkpoint);
    let goes_before =
        |event: &Event| matches!(event, Event::RollbackBegun { rollback, .. } if rollback.to < checkpoint);
    let turns = turns.get(from..).unwrap_or_default();
    let until = turns.iter().position(|turn| turn.events.iter().any(goes_before)).unwrap_or(turns.len());
    turns.get(..until).unwrap_or_default()
}
