//! Patches an execution: makes the new document, proves that the execution can go on by it, and puts it on it.

mod equal;
mod pointer;

use crate::{
    drive::{Submission, rehearse, submit, with_values, workflow_of},
    limits,
    past::Past,
    port::{Host, StoreError},
};
use document::{Parsed, Workflow, parse, validate::Issue};
use equal::equal;
use futures::future::BoxFuture;
use json_patch::PatchOperation;
use pointer::absent;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use stepwell_core::{
    command::{Asked, Command},
    decide::stands_in_the_way,
    error::Rejection,
    event::{Patched, Request},
    execution::Execution,
    id::ExecutionId,
    patch::{Later, Obstacle, counts_later, prove},
    reading::Reading,
};

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct PatchRequest {
    /// The operations of a JSON Patch (RFC 6902), a list.
    pub operations: Value,
    /// What it is for, for people.
    pub description: Option<String>,
    /// Who asks.
    pub by: Option<String>,
    /// The request, where its client may send it again.
    pub request: Option<Request>,
}

/// Why an execution is not patched.
#[derive(Debug)]
pub enum Refused {
    /// There is no such execution.
    Missing,
    /// The operations are none, or cannot be applied.
    Operations(Wrong),
    /// The document that they make is not valid.
    Invalid(Vec<Issue>),
    /// The execution's past is not one of that document.
    InTheWay(Vec<Obstacle>),
    /// The document names this secret, which the caller may not name.
    Secret(String),
    /// The store failed.
    Store(StoreError),
    /// The rules refuse it.
    Rejected(Rejection),
}

/// What is wrong with the operations.
#[derive(Debug, PartialEq, Eq)]
pub struct Wrong {
    /// A code in `snake_case`: `invalid_operation`, `patch_failed`, `too_large`, `id_changed`.
    pub code: &'static str,
    /// Which operation, from 0; none where it is the list as a whole.
    pub operation: Option<usize>,
    /// What is wrong, for people.
    pub message: String,
}

/// What a patch came to.
#[derive(Clone, Debug)]
pub struct Done {
    /// The state after it; of a dry run the one before it.
    pub state: Arc<Execution>,
    /// The new document, with what the static checks advise against.
    pub parsed: Arc<Parsed>,
    /// What it changes and what does not count at once.
    pub later: Vec<Later>,
}

/// What a caller makes sure of before a document is taken: that its code parses, that its secrets may be named.
pub type Checks<'c> = &'c (dyn Fn(Arc<Parsed>) -> BoxFuture<'c, Result<(), Refused>> + Send + Sync);

/// Patches an execution, or with `dry_run` only tells whether it could be. Where it moved on meanwhile, all is decided
/// again on its new state.
///
/// # Errors
/// What the store says.
pub async fn patch(
    host: &dyn Host,
    id: &ExecutionId,
    asked: PatchRequest,
    checks: Checks<'_>,
    dry_run: bool,
) -> Result<Result<Done, Refused>, StoreError> {
    for _ in 0..limits::PLANS {
        let Some(state) = host.journal().load_lean(id).await? else { return Ok(Err(Refused::Missing)) };
        let status = state.status();
        if let Some(why) = stands_in_the_way(status, state.rolling.is_some()) {
            let message = format!("the execution is {status}: {why}");
            return Ok(Err(Refused::Rejected(Rejection::Status { status, message })));
        }
        let workflow = workflow_of(host, &state).await?;
        let parsed = match made(host, &workflow, &asked.operations).await? {
            Ok(parsed) => Arc::new(parsed),
            Err(refused) => return Ok(Err(refused)),
        };
        if let Err(refused) = checks(parsed.clone()).await {
            return Ok(Err(refused));
        }
        let new = parsed.workflow.clone();
        let past = Past::of(host, &state).await?;
        let proof = || Reading::of(|reading| prove(past.ran_by.documents(), &past.turns, &state, &new, reading));
        let patched = match with_values(host, id, proof).await? {
            Ok(patched) => patched,
            Err(obstacles) => return Ok(Err(Refused::InTheWay(obstacles))),
        };
        let patched =
            Patched { operations: asked.operations.clone(), description: asked.description.clone(), ..patched };
        let command = Command::Patch { patched: Box::new(patched), seq: state.seq };
        let command = Asked { request: asked.request.clone(), ..Asked::by(command, asked.by.clone()) };
        let later = later(host, &workflow, &new, &state).await?;
        let reply = if dry_run {
            let reply = rehearse(host, &state, &command, std::slice::from_ref(&new)).await?;
            reply.map(|()| state)
        } else {
            host.catalogue().keep_workflow(&new).await?;
            let submission = Submission { documents: vec![new], ..Submission::of(vec![command], &state, &workflow) };
            let Some(mut submitted) = submit(host, id, submission).await? else { return Ok(Err(Refused::Missing)) };
            submitted.replies.pop().unwrap_or(Ok(())).map(|()| submitted.state)
        };
        match reply {
            Ok(state) => return Ok(Ok(Done { state, parsed, later })),
            Err(Rejection::MovedOn(_)) => {}
            Err(rejection) => return Ok(Err(Refused::Rejected(rejection))),
        }
    }
    Err(StoreError::Conflict)
}

/// What of a new document does not count at once in an execution that ran by another one: times that run already, and a
/// limit that only a saved version sets.
///
/// # Errors
/// What the store says.
pub async fn later(
    host: &dyn Host,
    old: &Workflow,
    new: &Workflow,
    before: &Execution,
) -> Result<Vec<Later>, StoreError> {
    let mut later = counts_later(old, new, before);
    let (owner, limit) = (&before.started.owner, |workflow: &Workflow| workflow.settings.max_concurrency);
    if limit(old) != limit(new) && host.catalogue().saved(owner, new.id.as_str(), None).await?.is_some() {
        let message = "the `max_concurrency` of the latest saved version counts for all executions of the workflow, and not                        that of one of them: save a version";
        later.push(Later { code: "max_concurrency_not_in_force", node: None, message: message.into() });
    }
    Ok(later)
}

/// The document that operations make of another one, read and checked beside the threads that others wait for.
///
/// # Errors
/// Where the host stops before it is read.
pub async fn made(
    host: &dyn Host,
    workflow: &Workflow,
    operations: &Value,
) -> Result<Result<Parsed, Refused>, StoreError> {
    let (document, operations) = ((*workflow.document).clone(), operations.clone());
    let made: Arc<Mutex<Option<Result<Parsed, Refused>>>> = Arc::default();
    let put = made.clone();
    let work = move || {
        let read = applied(document, &operations)
            .map_err(Refused::Operations)
            .and_then(|document| parse(&document).map_err(Refused::Invalid));
        *put.lock().unwrap_or_else(PoisonError::into_inner) = Some(read);
    };
    host.aside(Box::new(work)).await;
    let read = made.lock().unwrap_or_else(PoisonError::into_inner).take();
    let read = read.ok_or_else(|| StoreError::Transient("the host stops".into()))?;
    Ok(read.and_then(|parsed| same_id(workflow, parsed)))
}

/// Refuses another id: executions are listed by the workflow that they were started with.
fn same_id(workflow: &Workflow, parsed: Parsed) -> Result<Parsed, Refused> {
    if parsed.workflow.id == workflow.id {
        return Ok(parsed);
    }
    let message = format!("the workflow of an execution keeps its id, {}", workflow.id);
    Err(Refused::Operations(Wrong { code: "id_changed", operation: None, message }))
}

/// Applies operations one after the other. `copy` can double a document, so its size is looked at after each.
///
/// # Errors
/// What is wrong with which of them.
pub fn applied(mut document: Value, operations: &Value) -> Result<Value, Wrong> {
    let wrong = |code, operation, message| Wrong { code, operation, message };
    let Some(list) = operations.as_array() else {
        let message = "a JSON Patch is a list of operations (RFC 6902)".to_owned();
        return Err(wrong("invalid_operation", None, message));
    };
    if list.len() > limits::PATCH_OPERATIONS {
        let message = format!("{} operations: a patch has {} at most", list.len(), limits::PATCH_OPERATIONS);
        return Err(wrong("too_large", None, message));
    }
    for (number, one) in list.iter().enumerate() {
        let operation: PatchOperation = serde_json::from_value(one.clone()).map_err(|error| {
            wrong("invalid_operation", Some(number), format!("operation {number} is none: {error}"))
        })?;
        if let PatchOperation::Test(test) = &operation
            && document.pointer(test.path.as_str()).is_some_and(|found| equal(found, &test.value))
        {
            continue;
        }
        let grows = matches!(operation, PatchOperation::Copy(_));
        json_patch::patch(&mut document, std::slice::from_ref(&operation)).map_err(|error| {
            let why = absent(&document, &operation).unwrap_or_else(|| error.kind.to_string());
            let message = format!("operation {number} (`{}`) cannot be applied: {why}", operation.path());
            wrong("patch_failed", Some(number), message)
        })?;
        let most = limits::REQUEST_BYTES;
        if grows && serde_json::to_vec(&document).map_or(0, |text| text.len()) > most {
            return Err(wrong("too_large", Some(number), format!("the document would have more than {most} bytes")));
        }
    }
    Ok(document)
}
