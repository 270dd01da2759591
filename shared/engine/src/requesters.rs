//! Whether workflows have questions that whoever starts them may not decide.

use crate::{
    drive::workflow_of,
    limits,
    port::{Host, StoreError},
    start::parsed,
};
use document::{Workflow, time::Time};
use std::collections::BTreeSet;
use stepwell_core::execution::Execution;

/// Whether an execution that runs by this workflow, one above it, or a saved workflow that one of them runs has a question with
/// `allow_requester: false`: a person's yes in any of them is what the others go on by.
///
/// # Errors
/// Where the store fails.
pub async fn family_keeps_out(host: &dyn Host, execution: &Execution, workflow: &Workflow) -> Result<bool, StoreError> {
    if keeps_out(host, execution, workflow).await? {
        return Ok(true);
    }
    let mut parent = execution.started.parent.as_ref().map(|parent| parent.execution_id.clone());
    while let Some(id) = parent {
        let Some(above) = host.journal().load_lean(&id).await? else { break };
        if keeps_out(host, &above, &*workflow_of(host, &above).await?).await? {
            return Ok(true);
        }
        parent = above.started.parent.as_ref().map(|parent| parent.execution_id.clone());
    }
    Ok(false)
}

/// Whether a workflow by which an execution runs, or a saved one that it runs, has such a question. Of a saved one every version
/// counts by which a child may have run: the one of the execution's start, and all since. A workflow that runs more of them
/// than are looked at counts as one that has.
async fn keeps_out(host: &dyn Host, execution: &Execution, workflow: &Workflow) -> Result<bool, StoreError> {
    if workflow.keeps_requesters_out() {
        return Ok(true);
    }
    let own = |of: &Workflow| of.runs().into_iter().map(str::to_owned).collect::<Vec<String>>();
    let (mut known, mut waiting, mut looked_at) = (BTreeSet::new(), own(workflow), 0);
    if waiting.is_empty() {
        return Ok(false);
    }
    let (owner, begun) = (&execution.started.owner, begun(host, execution).await?);
    while let Some(id) = waiting.pop() {
        if !known.insert(id.clone()) {
            continue;
        }
        let mut version = host.catalogue().saved(owner, &id, None).await?;
        while let Some(saved) = version {
            looked_at += 1;
            if looked_at > limits::WORKFLOWS_BELOW {
                return Ok(true);
            }
            // What cannot be read cannot run either.
            if let Ok(below) = parsed(host, &saved).await {
                if below.keeps_requesters_out() {
                    return Ok(true);
                }
                waiting.extend(own(&below));
            }
            version = match saved.version {
                before if before > 1 && saved.saved_at >= begun => {
                    host.catalogue().saved(owner, &id, Some(before - 1)).await?
                }
                _ => None,
            };
        }
    }
    Ok(false)
}

/// When the first thing was recorded that an execution goes on by: a fork shares what another one did. Where that one is gone,
/// it may have begun at any time.
async fn begun(host: &dyn Host, execution: &Execution) -> Result<Time, StoreError> {
    let mut earliest = execution.started_at;
    let mut of = execution.started.forked.as_ref().map(|fork| fork.execution_id.clone());
    while let Some(id) = of {
        let Some(source) = host.journal().load_lean(&id).await? else { return Ok(Time(0)) };
        earliest = source.started_at;
        of = source.started.forked.as_ref().map(|fork| fork.execution_id.clone());
    }
    Ok(earliest)
}
