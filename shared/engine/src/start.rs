//! One way to start an execution, for every route, command line and node that does.

use crate::{
    drive::submit,
    limits,
    locks::Locks,
    port::{Host, SavedWorkflow, StoreError},
};
use document::{InputViolation, Overlap, Workflow, id::NodeId, parse, validate::Issue};
use serde_json::{Map, Value};
use std::sync::{Arc, LazyLock};
use stepwell_core::{
    command::{Asked, Command},
    error::Rejection,
    event::Started,
    execution::{Execution, Status},
    id::ExecutionId,
    payload::Payload,
};

/// What is to be started.
pub struct StartRequest {
    /// The tenant.
    pub owner: String,
    /// The document.
    pub workflow: Arc<Workflow>,
    /// The saved version; 0 for an inline document.
    pub version: u64,
    /// The execution's input.
    pub input: Value,
    /// Free, for lists.
    pub metadata: Map<String, Value>,
    /// The subject who starts it.
    pub started_by: Option<String>,
    /// None: the one that the API starts at.
    pub trigger: Option<NodeId>,
    /// Route and key, and the hash of the request: the same key gives the same execution.
    pub idempotency: Option<(String, String)>,
    /// A caller waits for the end, and is told of it by the host.
    pub awaited: bool,
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
    /// The saved document does not pass the checks of this release, which are stricter than those it was saved by (422).
    #[error("the saved workflow is not valid by the checks of this release: save it again, corrected")]
    Invalid(Vec<Issue>),
    /// Storage failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The rules refused it.
    #[error(transparent)]
    Refused(Rejection),
}

impl StartError {
    /// Its code, as in a problem of the API.
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

    /// All of it in one line, for logs and callers without HTTP.
    pub fn told(&self) -> String {
        let list: Vec<String> = match self {
            Self::InvalidInput(list) => list.iter().map(|one| format!("{} at `{}`", one.message, one.path)).collect(),
            Self::Invalid(list) => list.iter().map(|one| format!("{} at `{}`", one.message, one.path)).collect(),
            other => return other.to_string(),
        };
        format!("{self}: {}", list.join("; "))
    }

    /// Whether the same start may come about in a moment.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Store(StoreError::Transient(_) | StoreError::Conflict))
    }
}

/// A version of a saved workflow that can be started, the latest by default.
///
/// # Errors
/// [`StartError::NotFound`], [`StartError::Invalid`], and what the store says.
pub async fn latest(
    host: &dyn Host,
    owner: &str,
    id: &str,
    version: Option<u64>,
) -> Result<(Arc<Workflow>, u64), StartError> {
    // Nothing longer was ever saved, and no store need be asked.
    let saved = if id.len() > limits::ID_BYTES { None } else { host.saved(owner, id, version).await? };
    let saved = saved.filter(|saved| !saved.deleted);
    let saved = saved.ok_or_else(|| StartError::NotFound(id.chars().take(limits::ID_BYTES).collect()))?;
    Ok((parsed(host, &saved).await?, saved.version))
}

/// The parsed document of a saved version; parsed anew only where the host does not keep it.
///
/// # Errors
/// [`StartError::Invalid`], and what the store says.
pub async fn parsed(host: &dyn Host, saved: &SavedWorkflow) -> Result<Arc<Workflow>, StartError> {
    match host.workflow(&saved.hash).await? {
        Some(kept) => Ok(kept),
        None => Ok(parse(&saved.document).map_err(StartError::Invalid)?.workflow),
    }
}

/// Starts of workflows that look at their other executions, one after the other. Hosts of one process share it.
static STARTS: LazyLock<Locks> = LazyLock::new(Locks::default);

/// Starts an execution: checks its input, then asks the rules. Durable when it returns; nothing has run yet.
pub async fn start(host: &dyn Host, request: StartRequest) -> Result<Arc<Execution>, StartError> {
    let id = match &request.idempotency {
        None => host.new_id(),
        Some((key, hash)) => match replay(host, &request.owner, key, hash).await? {
            Ok(existing) => return Ok(existing),
            Err(id) => id,
        },
    };
    tracing::Span::current().record("execution", id.as_str());
    let violations = request.workflow.check_input(&request.input);
    if !violations.is_empty() {
        return Err(StartError::InvalidInput(violations));
    }
    let metadata = serde_json::to_vec(&request.metadata).map_or(usize::MAX, |text| text.len());
    if metadata > limits::METADATA_BYTES {
        return Err(StartError::TooMuchMetadata);
    }
    host.keep_workflow(&request.workflow).await?;
    let settings = &request.workflow.settings;
    let looks_around = settings.overlap != Overlap::Allow || settings.max_concurrency.is_some();
    if !looks_around {
        return submit_start(host, &id, request, None, false).await;
    }
    let (owner, workflow) = (request.owner.clone(), request.workflow.id.clone());
    let _turn = STARTS.hold(&format!("{owner}\n{workflow}")).await;
    let ticket = host.enter(&owner, &workflow).await?;
    let started = start_in_turn(host, &id, request).await;
    // Whoever cannot give the turn back loses it after a while: the start itself counts.
    if let Err(error) = host.leave(&owner, &workflow, &ticket).await {
        tracing::warn!(%error, %workflow, "the turn to start could not be given back");
    }
    started
}

/// Starts an execution of a workflow that looks at its other executions, while nobody else does.
async fn start_in_turn(host: &dyn Host, id: &ExecutionId, request: StartRequest) -> Result<Arc<Execution>, StartError> {
    let skipped = overlap(host, &request).await?;
    let held = skipped.is_none() && must_wait(host, &request).await?;
    submit_start(host, id, request, skipped, held).await
}

/// The id of the execution that a key starts.
pub fn id_of(owner: &str, key: &str) -> ExecutionId {
    stepwell_core::id::derive(&[owner, key]).into()
}

/// The execution that a key started before, or the id that it will start.
pub async fn replay(
    host: &dyn Host,
    owner: &str,
    key: &str,
    hash: &str,
) -> Result<Result<Arc<Execution>, ExecutionId>, StartError> {
    let id = id_of(owner, key);
    match host.load(&id).await? {
        None => Ok(Err(id)),
        Some(existing) if existing.started.request_hash.as_deref() == Some(hash) => Ok(Ok(existing)),
        Some(_) => Err(StartError::KeyReused),
    }
}

async fn submit_start(
    host: &dyn Host,
    id: &ExecutionId,
    request: StartRequest,
    skipped: Option<String>,
    held: bool,
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
        parent: None,
        item: None,
        inherited: Vec::new(),
        request_hash: request_hash.clone(),
        deadline: host.now().after_seconds(workflow.settings.timeout_seconds),
        awaited: request.awaited,
        held,
        skipped,
    };
    let asked = Asked { command: Command::Start(Box::new(started)), by: request.started_by };
    let submitted = submit(host, id, asked).await?;
    let submitted = submitted.ok_or_else(|| StoreError::Permanent(format!("{id} was not started")))?;
    match submitted.replies.into_iter().next() {
        // The same key at the same time: the other start came first.
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

fn api_trigger(workflow: &Workflow) -> Option<NodeId> {
    workflow.trigger_for_api().and_then(|ix| workflow.nodes.get(ix)).map(|node| node.id.clone())
}

/// Why `settings.overlap` refuses it.
async fn overlap(host: &dyn Host, request: &StartRequest) -> Result<Option<String>, StoreError> {
    let (statuses, reason): (&[Status], &str) = match request.workflow.settings.overlap {
        Overlap::Allow => return Ok(None),
        Overlap::SkipIfPaused => (
            &[Status::Paused, Status::WaitingHuman],
            "another execution of the workflow is paused or waits for a person (overlap: skip_if_paused)",
        ),
        Overlap::SkipIfActive => (
            &[
                Status::Pending,
                Status::Running,
                Status::Paused,
                Status::WaitingHuman,
                Status::Waiting,
                Status::RollingBack,
                Status::Stuck,
            ],
            "another execution of the workflow has not ended (overlap: skip_if_active)",
        ),
    };
    let another = host.another(&request.owner, &request.workflow.id, statuses).await?;
    Ok(another.then(|| reason.to_owned()))
}

/// Whether `settings.max_concurrency` holds it back: first come, first served.
async fn must_wait(host: &dyn Host, request: &StartRequest) -> Result<bool, StoreError> {
    let Some(most) = request.workflow.settings.max_concurrency else { return Ok(false) };
    let (oldest_held, under_way) = host.held(&request.owner, &request.workflow.id).await?;
    Ok(oldest_held.is_some() || under_way >= most)
}
