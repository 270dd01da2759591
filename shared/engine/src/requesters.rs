//! Whether a workflow has questions that whoever starts it may not decide.

use crate::{
    limits,
    port::{Host, StoreError},
    start::parsed,
};
use document::Workflow;
use std::{collections::BTreeSet, sync::Arc};

/// Whether a workflow, or a saved one that it runs as things stand, has a question with `allow_requester: false`. One that
/// runs more of them than are looked at counts as one that has.
///
/// # Errors
/// Where the store fails.
pub async fn keeps_out(host: &dyn Host, owner: &str, workflow: &Workflow) -> Result<bool, StoreError> {
    if workflow.keeps_requesters_out() {
        return Ok(true);
    }
    let own = |of: &Workflow| of.runs().into_iter().map(str::to_owned).collect::<Vec<String>>();
    let (mut known, mut waiting) = (BTreeSet::new(), own(workflow));
    while let Some(id) = waiting.pop() {
        if !known.insert(id.clone()) {
            continue;
        }
        if known.len() > limits::WORKFLOWS_BELOW {
            return Ok(true);
        }
        let Some(saved) = host.catalogue().saved(owner, &id, None).await? else { continue };
        // What cannot be read cannot run either.
        let Ok(below): Result<Arc<Workflow>, _> = parsed(host, &saved).await else { continue };
        if below.keeps_requesters_out() {
            return Ok(true);
        }
        waiting.extend(own(&below));
    }
    Ok(false)
}
