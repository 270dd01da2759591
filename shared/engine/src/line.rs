//! The line of the executions that `max_concurrency` holds back: which limit counts, and when they are looked at again.

use crate::{
    delivery,
    drive::workflow_of,
    port::{Catalogue, Host, StoreError},
};
use document::{Workflow, id::WorkflowId, parse};
use std::sync::Arc;
use stepwell_core::{
    admission::in_force,
    id::ExecutionId,
    owed::{Since, owed},
};

/// The limit that counts for the executions of a workflow: that of its latest saved version, also where it was deleted;
/// `own`, where it was never saved, or where this release cannot read what was saved.
///
/// # Errors
/// What the store says.
pub async fn limit_in_force(
    catalogue: &dyn Catalogue,
    owner: &str,
    workflow: &WorkflowId,
    own: Option<u64>,
) -> Result<Option<u64>, StoreError> {
    let Some(saved) = catalogue.saved(owner, workflow.as_str(), None).await? else { return Ok(in_force(None, own)) };
    let latest = match catalogue.workflow(&saved.hash).await? {
        Some(kept) => Some(kept),
        None => parse(&saved.document).ok().map(|parsed| parsed.workflow),
    };
    Ok(in_force(latest.as_ref().map(|latest| &latest.settings), own))
}

/// Saves a version of a workflow, and lets in whom its limit no longer holds back. Returns the version, and whether it is
/// new.
///
/// # Errors
/// What [`Catalogue::save`] says. That nobody could be let in is no error, since the workflow is saved: the next end of
/// an execution tries again, and so does whoever looks after those that are held back.
pub async fn save(
    host: &dyn Host,
    owner: &str,
    workflow: &Arc<Workflow>,
    expected: Option<u64>,
) -> Result<(u64, bool), StoreError> {
    let saved = host.catalogue().save(owner, workflow, expected, host.now()).await?;
    if let Err(error) = host.outbox().let_in(owner, &workflow.id).await {
        tracing::warn!(%error, workflow = %workflow.id, "who is held back waits for the next end of an execution");
    }
    Ok(saved)
}

/// Looks, as a host starts, at the executions that are first in their lines: the process before it may have ended
/// between a save and its admissions, or may have been of a release that forgot them. What fails is logged.
pub async fn look_at_lines(host: &dyn Host) {
    let first = host.admission().first_in_line().await;
    let first = first.unwrap_or_else(|error| {
        tracing::warn!(%error, "executions that max_concurrency holds back wait for the next end of another");
        Vec::new()
    });
    for id in first {
        if let Err(error) = ask_again(host, &id).await {
            tracing::warn!(%error, execution = %id, "it waits for the next end of another execution");
        }
    }
}

/// Asks once more for the admission of an execution that is held back.
async fn ask_again(host: &dyn Host, id: &ExecutionId) -> Result<(), StoreError> {
    let Some(state) = host.journal().load_lean(id).await?.filter(|state| state.held) else { return Ok(()) };
    let workflow = workflow_of(host, &state).await?;
    delivery::deliver(host, id, &owed(&workflow, &state, Since::Ever)).await
}
