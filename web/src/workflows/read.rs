//! What the pages of workflows read alike.

use crate::{
    desk::{Asked, part, query},
    limits,
    session::Visit,
};
use api::{Scope, types::Workflow};
use document::time::Time;

/// Whether the visitor may do what needs a scope: pages offer nothing else.
pub fn may(visit: &Visit, scope: Scope) -> bool {
    visit.caller.scopes.contains(&scope)
}

/// Since when the figures of these pages count.
pub fn since(now: Time) -> Time {
    Time(now.0.saturating_sub(i64::try_from(limits::FIGURES_OF.as_millis()).unwrap_or(i64::MAX)))
}

/// Whether a workflow answers messages.
pub fn is_chat(workflow: &Workflow) -> bool {
    let nodes = workflow.document["nodes"].as_array();
    nodes.into_iter().flatten().any(|node| node["type"] == "chat_trigger")
}

/// The latest version of a workflow, or one that is named. A deleted workflow can be read by version alone.
pub async fn version_of(visit: &Visit, id: &str, version: Option<u64>) -> Asked<Workflow> {
    let version = version.map(|version| version.to_string()).unwrap_or_default();
    visit.desk.get(&format!("/v1/workflows/{}{}", part(id), query([("version", version.as_str())]))).await
}
