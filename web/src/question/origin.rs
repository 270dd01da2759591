//! What people call the workflow that asks. A part of a workflow that runs by itself, such as the call of a tool, has an id
//! for a name; people know it by the workflow and the nodes that it belongs to.

use crate::{limits, words::beginning};
use api::App;
use document::Workflow;
use stepwell_core::execution::Execution;

/// How many levels of parts within parts are named: more do not fit on a line.
const LEVELS: usize = 4;

/// The name, such as `Refund agent · Decide on the refund · Pay back`. Where what lies above cannot be read, the own name
/// stands for it: a question does not fail for a name.
pub async fn origin(app: &App, execution: &Execution, workflow: &Workflow) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut name = workflow.name.clone();
    let mut started = execution.started.clone();
    while let (Some(parent), Some(step), true) = (&started.parent, started.body.last(), parts.len() < LEVELS) {
        let Ok(Some(above)) = app.host.journal().load_lean(&parent.execution_id).await else { break };
        let Ok(document) = app.workflow(&above).await else { break };
        let called = |id: &str| document.node(id).map_or_else(|| id.to_owned(), |node| node.name.clone());
        let node = parent.activation.node.as_str();
        // A tool stands in the way to it as `agent/tool`, and what else follows says that a person was to be asked.
        let tool = step.as_str().strip_prefix(node).and_then(|rest| rest.strip_prefix('/'));
        let tool = tool.and_then(|rest| rest.split('/').next()).map(called);
        parts.splice(0..0, [called(node)].into_iter().chain(tool));
        name.clone_from(&document.name);
        started = above.started.clone();
    }
    let all = std::iter::once(&name).chain(&parts).map(|part| beginning(part, limits::NAME));
    all.collect::<Vec<_>>().join(" · ")
}
