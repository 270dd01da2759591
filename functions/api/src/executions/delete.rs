//! Deletion of executions that have ended.

use crate::{Admin, Answered, App, NoParams, Path, Problem, Routes, types};
use axum::{extract::State, http::StatusCode};
use engine::left::undoing_below;
use std::sync::Arc;
use stepwell_core::execution::{Execution, Status};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(delete))
}

/// Delete an ended execution with all its data.
#[utoipa::path(delete, path = "/v1/executions/{id}", operation_id = "delete_execution", tag = "executions",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204),
        types::Refused))]
async fn delete(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
) -> Answered<StatusCode> {
    let execution = app.execution(&caller.owner, &id).await?;
    let status = execution.status();
    if !status.is_terminal() {
        let detail = format!("execution {id} is {status}: cancel it first");
        return Err(Problem::conflict("not_ended", detail).with("execution_status", status.as_str()));
    }
    // A child hears of a cancel in a moment, and what it had undone by then is recorded until it has.
    if let Some(below) = undoing_below(app.host.as_ref(), &execution).await? {
        let detail = format!(
            "execution {below} below it is still being undone: try again in a moment, or cancel {id} once more"
        );
        return Err(Problem::conflict("not_ended", detail).with("execution_status", status.as_str()));
    }
    // A parent may yet read the output of its child where it has not ended, or can be retried.
    if let Some(parent) = &execution.started.parent
        && app.host.journal().load_lean(&parent.execution_id).await?.is_some_and(|parent| may_go_on(&parent))
    {
        let detail = format!("execution {id} is a child that {} still needs: it goes with it", parent.execution_id);
        return Err(Problem::conflict("parent_not_ended", detail).with("execution_status", status.as_str()));
    }
    app.host.journal().delete(execution.id()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether an execution has not ended, or has ended in a way after which it can be retried.
fn may_go_on(execution: &Execution) -> bool {
    !matches!(execution.end, Some(Status::Completed | Status::Skipped))
}
