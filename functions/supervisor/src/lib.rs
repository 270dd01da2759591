//! The supervisor: what time and accidents ask for. It decides nothing; the rules do.

use shared::{
    command::Command,
    drive::{submit, workflow_of},
    effect::{Message, Work},
    id::{ExecutionId, WorkflowId},
    owed::{Since, owed},
    port::{Host, StoreError},
};

/// Executions looked at in one sweep, so that one sweep never starves the other work.
const SWEEP: usize = 200;

/// Fails executions whose own timeout has passed. Returns how many. One that cannot be ended is told in the log and
/// keeps no other waiting.
///
/// # Errors
/// Where the store fails for all of them; the next sweep goes on.
pub async fn end_timed_out(host: &dyn Host) -> Result<usize, StoreError> {
    let mut swept = Swept::default();
    for id in &host.timed_out(host.now(), SWEEP).await? {
        let ended = submit(host, id, vec![Command::Timeout.into()], Vec::new(), Vec::new()).await;
        swept.count(id, "an execution past its timeout could not be ended", ended.map(drop));
    }
    swept.outcome()
}

/// Removes ended executions that `retention_days` no longer keeps. Returns how many. One that cannot be removed is told
/// in the log and keeps no other waiting.
///
/// # Errors
/// Where the store fails for all of them; the next sweep goes on.
pub async fn remove_expired(host: &dyn Host) -> Result<usize, StoreError> {
    let mut swept = Swept::default();
    for id in &host.expired(host.now(), SWEEP).await? {
        swept.count(id, "an execution past its retention could not be removed", host.delete(id).await.map(drop));
    }
    swept.outcome()
}

/// What a sweep came to.
#[derive(Default)]
struct Swept {
    done: usize,
    failed: Option<StoreError>,
}

impl Swept {
    fn count(&mut self, id: &ExecutionId, what: &str, outcome: Result<(), StoreError>) {
        match outcome {
            Ok(()) => self.done += 1,
            Err(error) => {
                tracing::warn!(%error, execution = %id, "{what}");
                self.failed = Some(error);
            }
        }
    }

    fn outcome(self) -> Result<usize, StoreError> {
        match self.failed {
            Some(error) if self.done == 0 => Err(error),
            _ => Ok(self.done),
        }
    }
}

/// Records that a message could not be processed, so that somebody sees it: the execution is stuck.
///
/// # Errors
/// Where the store fails: the dead letter stays where it is.
pub async fn bury(host: &dyn Host, message: &Message, error: &str) -> Result<(), StoreError> {
    let about = match &message.work {
        Work::Step { activation, attempt, .. } => format!("attempt {attempt} of node {}", activation.node),
        Work::Timer { activation, .. } => format!("the timer of node {}", activation.node),
        Work::StartChildren { activation, .. } => format!("starting the children of node {}", activation.node),
        Work::ChildEnded { activation, index, .. } => format!("the end of child {index} of node {}", activation.node),
        Work::Timeout => "the execution's timeout".to_owned(),
        Work::Control { .. } => "what its parent asked".to_owned(),
        Work::Admit => "its admission".to_owned(),
    };
    let command = Command::DeadLetter { about, error: error.to_owned() };
    submit(host, &message.execution, vec![command.into()], Vec::new(), Vec::new()).await.map(drop)
}

/// Lets executions in that `max_concurrency` held back, oldest first, up to the bound.
///
/// # Errors
/// Where the store fails; the next end of an execution tries again.
pub async fn admit(host: &dyn Host, owner: &str, workflow: &WorkflowId, limit: u64) -> Result<(), StoreError> {
    loop {
        match host.held(owner, workflow).await? {
            (Some(oldest), active) if active < limit => {
                submit(host, &oldest, vec![Command::Admit.into()], Vec::new(), Vec::new()).await?;
            }
            _ => return Ok(()),
        }
    }
}

/// Delivers everything that an execution still owes, again where it was delivered before.
///
/// # Errors
/// Where the store fails or the execution's workflow is lost.
pub async fn redeliver(host: &dyn Host, id: &ExecutionId) -> Result<usize, StoreError> {
    let Some(state) = host.load(id).await? else { return Ok(0) };
    let workflow = workflow_of(host, &state.started).await?;
    let effects = owed(&workflow, &state, Since::Ever);
    if !effects.is_empty() {
        host.deliver(id, &effects).await?;
    }
    Ok(effects.len())
}
