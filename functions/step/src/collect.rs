//! Gathering what the children of `map` and `workflow` nodes gave.

use crate::{children::at_once, step::too_large};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use shared::{
    decide::child_id,
    error::Error,
    execution::{Execution, Status},
    id::{Activation, ExecutionId},
    limits,
    payload::weight,
    port::{Host, StoreError},
    task::{Failure, Outcome},
    workflow::{NodeKind, Workflow},
};
use std::sync::Arc;

/// What is wanted of a child. Its state has more, and there may be many children.
struct Given {
    id: ExecutionId,
    status: Status,
    output: Value,
    error: Option<Error>,
}

/// Gathers what the children of an activation gave, in their order. Where that is more than an output can have, the rest
/// is not read.
///
/// # Errors
/// Where the store fails.
pub async fn collect(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    activation: &Activation,
    attempt: u32,
) -> Result<Outcome, StoreError> {
    let kids = state.children.get(&activation.node);
    let count = kids.map_or(0, |kids| kids.count);
    let ids = match workflow.graph.index.get(&activation.node).map(|&ix| &workflow.nodes[ix].kind) {
        Some(NodeKind::Workflow(children)) => Some(children),
        _ => None,
    };
    // Of an item that failed nothing is shown.
    let is_shown = |index: u32| ids.is_some() || !kids.is_some_and(|kids| kids.failed.contains(index));
    let reads = (0..count).map(|index| {
        let id = is_shown(index).then(|| child_id(state.id(), activation, attempt, index));
        read(host, id)
    });
    let (mut gathered, mut bytes) = (Vec::new(), 0);
    let mut reads = stream::iter(reads).buffered(at_once(host));
    while let Some(given) = reads.next().await {
        let given = given?;
        bytes += given.as_ref().map_or(0, |given| weight(&given.output, limits::OUTCOME_BYTES));
        if bytes > limits::OUTCOME_BYTES {
            return Ok(Outcome::Failed(too_large()));
        }
        gathered.push(given);
    }
    let output = match ids {
        Some(children) if !children.list => match gathered.into_iter().next().flatten() {
            Some(child) if child.status == Status::Completed => child.output,
            other => return Ok(Outcome::Failed(why(other))),
        },
        Some(children) => {
            let list = children.workflow_ids.iter().zip(gathered).map(|(id, child)| {
                let status = child.as_ref().map_or(Status::Failed, |child| child.status);
                let (execution_id, output) = child.map(|child| (child.id, child.output)).unzip();
                json!({ "workflow_id": id, "execution_id": execution_id, "status": status, "output": output })
            });
            Value::Array(list.collect())
        }
        None => Value::Array(
            gathered.into_iter().map(|child| child.map(|child| child.output).unwrap_or_default()).collect(),
        ),
    };
    Ok(Outcome::Succeeded { port: "success".into(), output })
}

/// Reads a child, and of its values the output alone. None where there is none to read.
async fn read(host: &dyn Host, id: Option<ExecutionId>) -> Result<Option<Given>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let Some(child) = host.load_lean(&id).await? else { return Ok(None) };
    let missing: Vec<_> = child.output.iter().filter(|output| output.missing().is_some()).collect();
    if !missing.is_empty() {
        host.fetch(&id, &missing).await?;
    }
    let output = child.output.as_ref().map(|output| output.value().clone()).unwrap_or_default();
    Ok(Some(Given { status: child.status(), output, error: child.error.clone(), id }))
}

fn why(child: Option<Given>) -> Failure {
    let message =
        child.and_then(|child| child.error).map_or_else(|| "it did not complete".into(), |error| error.message);
    Failure::new("child_failed", format!("the child failed: {message}")).retryable()
}
