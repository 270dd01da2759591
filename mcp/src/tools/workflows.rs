//! `list_workflows`, `start_workflow`, `get_execution`.

use crate::{
    arguments::{read, tool},
    call::{Call, Done},
    patience::follow,
    result,
    started::{come_to, started},
};
use api::{
    desk::{part, query},
    executions::wait,
    types::{Execution, Page, StartBody, WorkflowRow},
};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    limit: Option<u32>,
    cursor: Option<String>,
}

/// What `list_workflows` is.
pub fn list_tool() -> Tool {
    let properties = json!({
        "limit": { "type": "integer", "minimum": 1, "maximum": 200, "description": "How many, 50 by default" },
        "cursor": { "type": "string", "description": "The next_cursor of the page before" }
    });
    let about = "Lists the saved workflows that start_workflow can start: id, name, description and version.";
    tool("list_workflows", about, properties, &[]).annotate(ToolAnnotations::new().read_only(true))
}

/// Lists saved workflows.
pub async fn list(call: &Call<'_>, arguments: JsonObject) -> Done {
    let List { limit, cursor } = match read(arguments) {
        Ok(wanted) => wanted,
        Err(misfit) => return Ok(misfit),
    };
    let limit = limit.map(|limit| limit.to_string()).unwrap_or_default();
    let asked = query([("limit", limit.as_str()), ("cursor", cursor.as_deref().unwrap_or_default())]);
    let page: Page<WorkflowRow> = call.desk.get(&format!("/v1/workflows{asked}")).await?;
    Ok(result::value(&page))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Start {
    workflow_id: String,
    input: Option<Value>,
    version: Option<u64>,
    metadata: Option<Map<String, Value>>,
    idempotency_key: Option<String>,
    wait_seconds: Option<f64>,
}

/// What `start_workflow` is.
pub fn start_tool() -> Tool {
    let properties = json!({
        "workflow_id": { "type": "string" },
        "input": { "description": "What the execution starts with, by the workflow's input_schema; {} where absent" },
        "version": { "type": "integer", "minimum": 1, "description": "The saved version; the latest where absent" },
        "metadata": { "type": "object", "description": "Data of your own, kept with the execution" },
        "idempotency_key": { "type": "string", "description": "The same key starts the same execution once" },
        "wait_seconds": { "type": "number", "minimum": 0, "maximum": 25,
            "description": "How long to wait for the end or a question to a person; 25 where absent" }
    });
    let about = "Starts a saved workflow, and waits until it ends or asks a person. Where that takes longer, the result \
        has the execution_id to ask for with get_execution.";
    tool("start_workflow", about, properties, &["workflow_id"])
}

/// Starts a saved workflow.
pub async fn start(call: &Call<'_>, arguments: JsonObject) -> Done {
    let Start { workflow_id, input, version, metadata, idempotency_key, wait_seconds } = match read(arguments) {
        Ok(wanted) => wanted,
        Err(misfit) => return Ok(misfit),
    };
    let body = StartBody { input, version, metadata };
    let started = started(call, &workflow_id, body, idempotency_key.as_deref()).await;
    let accepted = match started {
        Ok(accepted) => accepted?,
        Err(misfit) => return Ok(misfit),
    };
    let patience = call.wait(wait_seconds);
    Ok(result::value(&come_to(call, &accepted.execution_id, patience, wait::ended_or_asks).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Get {
    execution_id: String,
    wait_seconds: Option<f64>,
}

/// What `get_execution` is.
pub fn get_tool() -> Tool {
    let properties = json!({
        "execution_id": { "type": "string" },
        "wait_seconds": { "type": "number", "minimum": 0, "maximum": 25,
            "description": "How long to wait for its end; 0 where absent" }
    });
    let about = "Shows an execution: status, output or error, and the questions to people that are open.";
    tool("get_execution", about, properties, &["execution_id"]).annotate(ToolAnnotations::new().read_only(true))
}

/// Shows an execution, once it has ended or the time is over.
pub async fn get(call: &Call<'_>, arguments: JsonObject) -> Done {
    let Get { execution_id, wait_seconds } = match read(arguments) {
        Ok(wanted) => wanted,
        Err(misfit) => return Ok(misfit),
    };
    let path = format!("/v1/executions/{}", part(&execution_id));
    let mut shown: Execution = call.desk.get(&path).await?;
    let patience = call.wait(wait_seconds.or(Some(0.0)));
    if !shown.status.is_terminal() && !patience.is_zero() {
        follow(call, &execution_id, patience, |state| state.status().is_terminal()).await?;
        shown = call.desk.get(&path).await?;
    }
    Ok(result::value(&shown))
}
