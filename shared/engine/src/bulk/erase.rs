//! Erasing an owner: a job that ends and removes all executions, and with them everything else that is kept of the owner.
//! What lets executions begin goes first, and again with each slice, so that nothing begins behind the job's back.
//!
//! The job itself stays as long as any job, since it is what tells that all is gone; and so do the tokens of the person who
//! asked for it, who could not look at the job without one.

use super::job::Outcome;
use crate::{
    drive::{Submission, submit},
    limits,
    port::{Action, ExecutionFilter, Host, Job, StoreError, Window},
    supervise::in_time,
};
use document::time::Time;
use std::{collections::BTreeMap, future::Future};
use stepwell_core::{
    command::{Asked, Command, Control},
    id::ExecutionId,
};

/// What one slice has removed beside executions.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Beside {
    /// How much of each kind.
    pub removed: BTreeMap<&'static str, u64>,
    /// Whether nothing was left, as far as there was time.
    pub all: bool,
}

/// Removes what is kept of a job's owner beside its executions, for a few seconds; nothing where the job is no erasure.
///
/// # Errors
/// What the host says. What was removed stays removed.
pub(super) async fn beside(host: &dyn Host, job: &Job) -> Result<Beside, StoreError> {
    let mut beside = Beside { removed: BTreeMap::new(), all: true };
    if job.action != Action::Erase {
        return Ok(beside);
    }
    let owner = job.owner.as_str();
    let until = host.now() + limits::ERASED_BESIDE;
    // Saved workflows go first, since schedules, events and webhooks start them.
    beside.take(host, until, "workflow_versions", || host.catalogue().erase_workflows(owner)).await?;
    beside.take(host, until, "tokens", || tokens(host, job)).await?;
    beside.take(host, until, "secrets", || secrets(host, owner)).await?;
    beside.take(host, until, "groups", || groups(host, owner)).await?;
    beside.take(host, until, "memories", || memories(host, owner)).await?;
    beside.take(host, until, "jobs", || host.jobs().erase_jobs(owner, &job.id)).await?;
    Ok(beside)
}

impl Beside {
    /// Removes some of one kind again and again until there is none, or the time is over.
    async fn take<F: Future<Output = Result<u64, StoreError>>>(
        &mut self,
        host: &dyn Host,
        until: Time,
        kind: &'static str,
        some: impl Fn() -> F,
    ) -> Result<(), StoreError> {
        loop {
            if host.now() >= until {
                self.all = false;
                return Ok(());
            }
            match some().await? {
                0 => return Ok(()),
                removed => *self.removed.entry(kind).or_insert(0) += removed,
            }
        }
    }
}

/// A page that is read anew each time, since what was on it is removed.
fn first() -> Window {
    Window { limit: limits::ERASED_PAGE, cursor: None }
}

/// The tokens of everybody but the one who asked.
async fn tokens(host: &dyn Host, job: &Job) -> Result<u64, StoreError> {
    let (mut removed, mut window) = (0, first());
    loop {
        let page = host.tokens().tokens(&job.owner, &window).await?;
        for token in page.items.iter().filter(|token| token.subject != job.created_by) {
            removed += u64::from(host.tokens().remove_token(&job.owner, token.id()).await?);
        }
        window.cursor = page.next_cursor;
        if removed > 0 || window.cursor.is_none() {
            return Ok(removed);
        }
    }
}

async fn secrets(host: &dyn Host, owner: &str) -> Result<u64, StoreError> {
    let (mut removed, mut window) = (0, first());
    loop {
        let page = host.secrets().secret_names(owner, &window).await?;
        for name in &page.items {
            removed += u64::from(host.secrets().remove_secret(owner, name).await?);
        }
        // A page may be empty and have a next one.
        window.cursor = page.next_cursor;
        if removed > 0 || window.cursor.is_none() {
            return Ok(removed);
        }
    }
}

async fn groups(host: &dyn Host, owner: &str) -> Result<u64, StoreError> {
    let mut removed = 0;
    for group in host.groups().groups(owner, &first()).await?.items {
        removed += u64::from(host.groups().remove_group(owner, &group.name).await?);
    }
    Ok(removed)
}

/// Conversations, those that count as forgotten too.
async fn memories(host: &dyn Host, owner: &str) -> Result<u64, StoreError> {
    let mut removed = 0;
    for one in host.memories().conversations(owner, None, &first(), Time(i64::MIN)).await?.items {
        removed += u64::from(host.memories().forget(owner, &one.key).await?);
    }
    Ok(removed)
}

/// Ends an execution, where it has not ended, and removes it with all below it.
pub(super) async fn execution(host: &dyn Host, job: &Job, id: &ExecutionId) -> Result<Outcome, StoreError> {
    if let Some(state) = host.journal().load_lean(id).await?
        && state.end.is_none()
    {
        let command = Command::Control { control: Control::Cancel, reason: job.reason.clone() };
        let asked = Asked::by(command, Some(job.created_by.clone()));
        let submission = Submission { asked: vec![asked], seen: Some(state), ..Submission::default() };
        submit(host, id, submission).await?;
    }
    match in_time(host, limits::ERASING_ONE, host.journal().delete(id)).await {
        // It was not cancelled, or somebody has it go on: it is asked again.
        Err(StoreError::Conflict) => Ok(Outcome::Left("it does not end".into())),
        removed => removed.map(|()| Outcome::Done),
    }
}

/// The executions that an erasure looks for once it has met all of its filter: those that began since the filter was made,
/// and a little before, since lists lag behind. None once nothing was found that way.
pub(super) fn later(job: &Job, now: Time) -> ExecutionFilter {
    let since = job.filter.until.map(|until| until.after_seconds(-limits::LISTS_LAG_SECONDS));
    let until = Some(Time(now.0.saturating_add(1)));
    ExecutionFilter { since, until, ..job.filter.clone() }
}
