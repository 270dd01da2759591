//! The one way to start an execution that has no parent, for routes, events, schedules and the command line.

use crate::{
    drive::submit,
    limits,
    line::limit_in_force,
    locks::Locks,
    port::{Host, SavedWorkflow, StoreError},
};
use document::{InputViolation, Workflow, id::NodeId, parse, validate::Issue};
use futures::channel::oneshot;
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};
use stepwell_core::{
    admission::{looks_around, must_wait, refused_beside},
    command::{Asked, Command},
    error::Rejection,
    event::{InLine, Started},
    execution::Execution,
    id::ExecutionId,
    payload::Payload,
};

/// The start of one execution.
pub struct StartRequest {
    /// The tenant to whom the execution belongs.
    pub owner: String,
    /// The workflow to run.
    pub workflow: Arc<Workflow>,
    /// The version of the saved workflow, counted from 1; 0 for an inline document.
    pub version: u64,
    /// Whether the caller named the version, so that it may not be the latest.
    pub pinned: bool,
    /// The execution's input.
    pub input: Value,
    /// Metadata of the execution: free, and what lists can be filtered by.
    pub metadata: Map<String, Value>,
    /// Who starts the execution: the subject of a caller, or the source of an event.
    pub started_by: Option<String>,
    /// The trigger to start at. None: the trigger at which the API starts.
    pub trigger: Option<NodeId>,
    /// Route with key, which the execution's id is derived from, and the hash of the request. None: every start makes a
    /// new execution.
    pub idempotency: Option<(String, String)>,
    /// Whether a caller waits for the end of the execution, and is told of it by the host.
    pub awaited: bool,
    /// The place in a line that the execution takes: it is held back while another one of the line keeps it back.
    pub in_line: Option<InLine>,
}

impl StartRequest {
    /// A start of an inline document at the trigger of the API, without metadata, that nobody waits for.
    pub fn new(owner: &str, workflow: Arc<Workflow>, input: Value) -> Self {
        Self {
            owner: owner.into(),
            workflow,
            version: 0,
            pinned: false,
            input,
            metadata: Map::new(),
            started_by: None,
            trigger: None,
            idempotency: None,
            awaited: false,
            in_line: None,
        }
    }
}

/// Why nothing was started, and nothing recorded.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The input does not satisfy `input_schema` (422).
    #[error("the input does not satisfy the workflow's input_schema")]
    InvalidInput(Vec<InputViolation>),
    /// The metadata is larger than what may be kept of it (422).
    #[error(
        "the metadata is larger than {} bytes of JSON: keep what lists are filtered by, and put the rest into the input",
        limits::METADATA_BYTES
    )]
    TooMuchMetadata,
    /// The idempotency key was used with another request (422).
    #[error("this Idempotency-Key was used with another request")]
    KeyReused,
    /// There is no such workflow, or it was deleted (404).
    #[error("there is no workflow {0}")]
    NotFound(String),
    /// The saved document does not pass the checks of this release, which may be stricter than those at its saving
    /// (422).
    #[error("the saved workflow is not valid by the checks of this release: save it again, corrected")]
    Invalid(Vec<Issue>),
    /// The store failed: what was asked may succeed in a moment, unless its error is permanent.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules refused the start.
    #[error(transparent)]
    Refused(Rejection),
}

impl StartError {
    /// The code for machines. Where the request is at fault, it is the code of the API's problem.
    pub fn code(&self) -> &str {
        match self {
            Self::InvalidInput(_) => "invalid_input",
            Self::TooMuchMetadata => "metadata_too_large",
            Self::KeyReused => "idempotency_key_reused",
            Self::NotFound(_) => "not_found",
            Self::Invalid(_) => "invalid_workflow",
            Self::Store(StoreError::Permanent(_)) => "store_failed",
            Self::Store(_) => "unavailable",
            Self::Refused(_) => "refused",
        }
    }

    /// The error with all its details in one line, for logs and callers without HTTP.
    pub fn told(&self) -> String {
        let list: Vec<String> = match self {
            Self::InvalidInput(list) => list.iter().map(|one| format!("{} at `{}`", one.message, one.path)).collect(),
            Self::Invalid(list) => list.iter().map(|one| format!("{} at `{}`", one.message, one.path)).collect(),
            other => return other.to_string(),
        };
        format!("{self}: {}", list.join("; "))
    }

    /// Whether the same start may succeed in a moment.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(StoreError::Transient(_) | StoreError::Conflict))
    }
}

/// The saved workflow to start, and the number of its version: `version`, or the latest where that is None.
///
/// # Errors
/// [`StartError::NotFound`], [`StartError::Invalid`], and what the store says.
pub async fn latest(
    host: &dyn Host,
    owner: &str,
    id: &str,
    version: Option<u64>,
) -> Result<(Arc<Workflow>, u64), StartError> {
    // No workflow has a longer id, so no store is asked.
    let saved = if id.len() > limits::ID_BYTES { None } else { host.catalogue().saved(owner, id, version).await? };
    let saved = saved.filter(|saved| !saved.deleted);
    let saved = saved.ok_or_else(|| {
        let id: String = id.chars().take(limits::ID_BYTES).collect();
        StartError::NotFound(version.map_or(id.clone(), |version| format!("{id} in version {version}")))
    })?;
    Ok((parsed(host, &saved).await?, saved.version))
}

/// The workflow of a saved version. It is parsed here only where the host does not keep it in parsed form.
///
/// # Errors
/// [`StartError::Invalid`], and what the store says.
pub async fn parsed(host: &dyn Host, saved: &SavedWorkflow) -> Result<Arc<Workflow>, StartError> {
    match host.catalogue().workflow(&saved.hash).await? {
        Some(kept) => Ok(kept),
        None => Ok(parse(&saved.document).map_err(StartError::Invalid)?.workflow),
    }
}

/// Every way in which the input does not satisfy the workflow's schema.
async fn violations(host: &dyn Host, request: &mut StartRequest) -> Result<Vec<InputViolation>, StoreError> {
    if request.workflow.takes_at_once(&request.input) {
        return Ok(Vec::new());
    }
    let (workflow, input) = (request.workflow.clone(), std::mem::take(&mut request.input));
    let (sender, checked) = oneshot::channel();
    let check = move || {
        let violations = workflow.check_input(&input);
        // Nobody takes it where the caller went away meanwhile.
        let _ = sender.send((input, violations));
    };
    host.aside(Box::new(check)).await;
    let stopping = || StoreError::Transient("the host stops before the input is checked".into());
    let (input, violations) = checked.await.map_err(|_| stopping())?;
    request.input = input;
    Ok(violations)
}

/// Locks by owner and workflow, so that starts which look at the workflow's other executions come one after the other.
/// All hosts of one process share them.
static STARTS: LazyLock<Locks> = LazyLock::new(Locks::default);

/// Starts an execution: checks its input, then submits the start. The execution is durable when this returns, and
/// nothing of it has run. With an idempotency key that was used before, returns the execution of then.
///
/// # Errors
/// A [`StartError`]; nothing was recorded then.
pub async fn start(host: &dyn Host, mut request: StartRequest) -> Result<Arc<Execution>, StartError> {
    let id = match &request.idempotency {
        None => host.new_id(),
        Some((key, hash)) => match replay(host, &request.owner, key, hash).await? {
            Ok(existing) => return Ok(existing),
            Err(id) => id,
        },
    };
    tracing::Span::current().record("execution", id.as_str());
    let violations = violations(host, &mut request).await?;
    if !violations.is_empty() {
        return Err(StartError::InvalidInput(violations));
    }
    let metadata = serde_json::to_vec(&request.metadata).map_or(usize::MAX, |text| text.len());
    if metadata > limits::METADATA_BYTES {
        return Err(StartError::TooMuchMetadata);
    }
    // An execution names its workflow by the hash, so the workflow must be there before it.
    host.catalogue().keep_workflow(&request.workflow).await?;
    let limit = limit_of(host, &request).await?;
    if !looks_around(request.workflow.settings.overlap, limit) {
        let found = match &request.in_line {
            Some(_) => Found { looked_around: true, held: is_behind(host, &request).await?, skipped: None },
            None => Found::default(),
        };
        return submit_start(host, &id, request, found).await;
    }
    // Two starts that look at the workflow's other executions at the same time would both find none. The lock keeps the
    // starts of this process apart, the turn those of several processes.
    let (owner, workflow) = (request.owner.clone(), request.workflow.id.clone());
    let _turn = STARTS.hold(&format!("{owner}\n{workflow}")).await;
    let ticket = host.admission().enter(&owner, &workflow).await?;
    let started = start_in_turn(host, &id, request, limit).await;
    // A turn that cannot be given back ends by itself after a while, so the start is no failure.
    if let Err(error) = host.admission().leave(&owner, &workflow, &ticket).await {
        tracing::warn!(%error, %workflow, "the turn to start could not be given back");
    }
    started
}

/// Starts an execution of a workflow that looks at its other executions. The caller has the turn, so that no other
/// start comes in between.
async fn start_in_turn(
    host: &dyn Host,
    id: &ExecutionId,
    request: StartRequest,
    limit: Option<u64>,
) -> Result<Arc<Execution>, StartError> {
    let skipped = overlap(host, &request).await?;
    let held = skipped.is_none() && (is_behind(host, &request).await? || waits(host, &request, limit).await?);
    submit_start(host, id, request, Found { looked_around: true, held, skipped }).await
}

/// What a start found among the other executions of its workflow.
#[derive(Default)]
struct Found {
    /// Whether it looked at them.
    looked_around: bool,
    /// Whether `max_concurrency`, or another execution of its line, holds it back.
    held: bool,
    /// Why `overlap` refuses it; none where it does not.
    skipped: Option<String>,
}

/// The id of the execution that an idempotency key starts. It is derived from owner and key, so no host keeps keys.
pub fn id_of(owner: &str, key: &str) -> ExecutionId {
    stepwell_core::id::derive(&[owner, key]).into()
}

/// The execution that an idempotency key has started before, or the id of the one that it will start.
///
/// # Errors
/// [`StartError::KeyReused`] where the key was used with a request of another hash, and what the store says.
pub async fn replay(
    host: &dyn Host,
    owner: &str,
    key: &str,
    hash: &str,
) -> Result<Result<Arc<Execution>, ExecutionId>, StartError> {
    let id = id_of(owner, key);
    match host.journal().load_lean(&id).await? {
        None => Ok(Err(id)),
        // An execution that was imported has the id that its file names.
        Some(existing) if existing.started.owner != owner => Err(StartError::KeyReused),
        Some(existing) if existing.started.request_hash.as_deref() == Some(hash) => Ok(Ok(existing)),
        Some(_) => Err(StartError::KeyReused),
    }
}

/// Submits the start.
async fn submit_start(
    host: &dyn Host,
    id: &ExecutionId,
    request: StartRequest,
    found: Found,
) -> Result<Arc<Execution>, StartError> {
    let workflow = &request.workflow;
    let request_hash = request.idempotency.map(|(_, hash)| hash);
    let started = Started {
        format: 1,
        execution_id: id.clone(),
        owner: request.owner,
        workflow_id: workflow.id.clone(),
        workflow_version: request.version,
        workflow_hash: workflow.hash.clone(),
        body: Vec::new(),
        trigger: request.trigger.or_else(|| api_trigger(workflow)),
        input: Payload::new(request.input),
        metadata: request.metadata,
        started_by: request.started_by.clone(),
        also_started_by: Vec::new(),
        parent: None,
        item: None,
        args: None,
        inherited: Vec::new(),
        request_hash: request_hash.clone(),
        deadline: host.now().after_seconds(workflow.settings.timeout_seconds),
        awaited: request.awaited,
        held: found.held,
        looked_around: found.looked_around,
        taken_up: 0,
        in_line: request.in_line,
        descendants: host.most_descendants(),
        forked: None,
        imported: None,
        skipped: found.skipped,
    };
    let asked = Asked::by(Command::Start(Box::new(started)), request.started_by);
    let submitted = submit(host, id, asked).await?;
    let submitted = submitted.ok_or_else(|| StoreError::Permanent(format!("{id} was not started")))?;
    match submitted.replies.into_iter().next() {
        // The id exists: another start under the same key was committed since this one looked.
        Some(Err(Rejection::Stale(_))) if request_hash.is_some() => {
            if submitted.state.started.request_hash == request_hash {
                Ok(submitted.state)
            } else {
                Err(StartError::KeyReused)
            }
        }
        Some(Err(rejection)) => Err(StartError::Refused(rejection)),
        _ => Ok(submitted.state),
    }
}

/// The trigger at which the API starts an execution.
fn api_trigger(workflow: &Workflow) -> Option<NodeId> {
    workflow.trigger_for_api().and_then(|ix| workflow.nodes.get(ix)).map(|node| node.id.clone())
}

/// Why `settings.overlap` refuses the start; None where it does not.
async fn overlap(host: &dyn Host, request: &StartRequest) -> Result<Option<String>, StoreError> {
    let Some((statuses, reason)) = refused_beside(request.workflow.settings.overlap) else { return Ok(None) };
    let another = host.admission().another(&request.owner, &request.workflow.id, statuses).await?;
    Ok(another.then(|| reason.to_owned()))
}

/// The `max_concurrency` that counts for the start: that of the latest version, whichever is started. A document that is
/// sent along is bound by a saved one of its id where it names a limit itself, and by none otherwise.
async fn limit_of(host: &dyn Host, request: &StartRequest) -> Result<Option<u64>, StoreError> {
    let own = request.workflow.settings.max_concurrency;
    let is_known = match request.version {
        0 => own.is_none(),
        _ => !request.pinned,
    };
    if is_known {
        return Ok(own);
    }
    limit_in_force(host.catalogue(), &request.owner, &request.workflow.id, own).await
}

/// Whether another execution of its line keeps the start back.
async fn is_behind(host: &dyn Host, request: &StartRequest) -> Result<bool, StoreError> {
    let Some(place) = &request.in_line else { return Ok(false) };
    Ok(host.admission().ahead(&request.owner, &request.workflow.id, place).await? > 0)
}

/// Whether the limit in force holds the start back.
async fn waits(host: &dyn Host, request: &StartRequest, limit: Option<u64>) -> Result<bool, StoreError> {
    if limit.is_none() {
        return Ok(false);
    }
    let (oldest_held, under_way) = host.admission().held(&request.owner, &request.workflow.id).await?;
    Ok(must_wait(limit, oldest_held.is_some(), under_way))
}
