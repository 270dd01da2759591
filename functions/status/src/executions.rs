//! Executions: the list, and one of them.

use api::{Answered, App, Params, Path, Reader, Routes, cursor, read, schema};
use axum::{Json, extract::State};
use serde_json::{Map, Value};
use shared::{
    execution::Status,
    id::{ExecutionId, WorkflowId},
    port::ExecutionFilter,
};
use std::sync::Arc;
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list)).routes(routes!(one))
}

/// Executions, newest first; children only with `parent`.
#[utoipa::path(get, path = "/v1/executions", operation_id = "list_executions", tag = "executions",
    security(("bearer" = [])),
    params(("workflow_id" = Option<String>, Query),
        ("status" = Option<String>, Query, description = "One or several, with commas between them"),
        ("since" = Option<String>, Query, description = "Started at or after; RFC 3339"),
        ("until" = Option<String>, Query, description = "Started before; RFC 3339"),
        ("metadata.KEY" = Option<String>, Query, description = "Text that this key of the metadata equals"),
        ("parent" = Option<String>, Query), ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = schema::ExecutionPage),
        (status = "4XX", body = schema::ProblemDetails, content_type = "application/problem+json")))]
async fn list(caller: Reader, State(app): State<Arc<App>>, mut params: Params) -> Answered<Json<Value>> {
    let window = params.window("executions")?;
    let filter = filter(&caller.owner, &mut params)?;
    params.done()?;
    let page = app.host.executions(&filter, &window).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for head in &page.items {
        // One that was deleted meanwhile is left out.
        if let Some(execution) = app.host.load(&head.id).await? {
            items.push(read::execution(&app, &execution).await?);
        }
    }
    Ok(Json(cursor::page("executions", &page, items)))
}

fn filter(owner: &str, params: &mut Params) -> Answered<ExecutionFilter> {
    let mut statuses = Vec::new();
    for name in params.take_all("status").iter().flat_map(|text| text.split(',')).map(str::trim) {
        let hint = "give pending, running, paused, waiting_human, waiting, rolling_back, stuck, completed, failed, \
                    cancelled or skipped";
        let status = Status::parse(name);
        statuses.push(status.ok_or_else(|| Params::refuse("status", &format!("names no status: `{name}`"), hint))?);
    }
    let metadata = params.take_prefixed("metadata.").into_iter().map(|(key, text)| (key, Value::String(text)));
    Ok(ExecutionFilter {
        owner: owner.to_owned(),
        workflow_id: params.take("workflow_id")?.map(WorkflowId::from),
        statuses,
        since: params.time("since")?,
        until: params.time("until")?,
        metadata: metadata.collect::<Map<_, _>>(),
        parent: params.take("parent")?.map(ExecutionId::from),
    })
}

/// One execution.
#[utoipa::path(get, path = "/v1/executions/{id}", operation_id = "get_execution", tag = "executions",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = schema::Execution),
        (status = "4XX", body = schema::ProblemDetails, content_type = "application/problem+json")))]
async fn one(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Answered<Json<Value>> {
    params.done()?;
    let execution = app.execution(&caller.owner, &id).await?;
    Ok(Json(read::execution(&app, &execution).await?))
}
