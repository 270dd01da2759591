//! What people call the workflows whose questions a list shows.

use crate::{limits, question::origin, session::Visit};
use api::types::Interaction;
use futures::{StreamExt, stream};
use std::collections::BTreeMap;
use stepwell_core::id::ExecutionId;

/// The names of the workflows that ask, by the execution that does. Where one cannot be read, the id of its workflow stands
/// for it: a list of questions does not fail for a name.
pub async fn names(visit: &Visit, questions: &[Interaction]) -> BTreeMap<String, String> {
    let asking: BTreeMap<&str, &str> =
        questions.iter().map(|one| (one.execution_id.as_str(), one.workflow_id.as_str())).collect();
    let loads: Vec<_> = asking
        .into_iter()
        .map(|(id, workflow)| async move {
            let name = name(visit, id).await.unwrap_or_else(|| workflow.to_owned());
            (id.to_owned(), name)
        })
        .collect();
    stream::iter(loads).buffered(limits::FIGURES_AT_ONCE).collect().await
}

async fn name(visit: &Visit, execution: &str) -> Option<String> {
    let execution = visit.app.host.journal().load_lean(&ExecutionId::from(execution)).await.ok().flatten()?;
    let workflow = visit.app.workflow(&execution).await.ok()?;
    Some(origin(&visit.app, &execution, &workflow).await)
}
