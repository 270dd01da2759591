//! Export and import: an execution moves to another host, part by part.

use crate::{
    Admin, Answered, App, Json, Params, Path, Problem, Routes,
    executions::control::root_of,
    limits,
    types::{Conflict, ExportPiece, Imported, Refused},
};
use axum::extract::{DefaultBodyLimit, State};
use engine::{
    moving::{self, Importer, Refusal},
    port::StoreError,
};
use std::sync::Arc;
use stepwell_core::execution::Execution;
use utoipa_axum::routes;

pub(crate) fn exports() -> Routes {
    Routes::new().routes(routes!(export))
}

pub(crate) fn imports() -> Routes {
    Routes::new().routes(routes!(import)).layer(DefaultBodyLimit::max(limits::IMPORT_BYTES))
}

/// A part of an execution, for another host: the turns after `after`, as many as fit into an answer.
#[utoipa::path(get, path = "/v1/executions/{id}/export", operation_id = "export_execution", tag = "executions",
    security(("bearer" = [])),
    params(("id" = String, Path),
        ("after" = Option<u64>, Query, description = "The number of the last turn of the part before; 0 for the first"),
        ("of" = Option<u64>, Query, description = "The `of` of the first part, so that all show one moment"),
        ("root" = Option<String>, Query, description = "For a child: the execution without a parent that is exported")),
    responses((status = 200, body = ExportPiece),
        Conflict, Refused))]
async fn export(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut params: Params,
) -> Answered<axum::Json<ExportPiece>> {
    let (after, of, root) = (params.number("after")?.unwrap_or(0), params.number("of")?, params.name("root")?);
    params.done()?;
    let execution = app.execution(&caller.owner, &id).await?;
    within(&app, &execution, root.as_deref()).await?;
    if execution.arrives() {
        let detail = format!("the import of execution {id} is not complete: import its file again, and export it then");
        return Err(Problem::conflict("not_imported", detail));
    }
    let of = of.unwrap_or(execution.seq);
    if !(1..=execution.seq).contains(&of) {
        return Err(Params::refuse("of", "is no turn of the execution", "send the `of` of the first part, unchanged"));
    }
    if after >= of {
        return Err(Params::refuse("after", "is not before the last turn", "there is nothing more to export"));
    }
    let piece = moving::export(&*app.host, execution.id(), after, of, limits::PAGE_BYTES).await;
    let piece = piece.map_err(|error| not_whole(&id, error))?;
    Ok(axum::Json(piece.into()))
}

/// What is said where the store has lost something of an execution, without which no host could go on with it.
fn not_whole(id: &str, error: StoreError) -> Problem {
    let StoreError::Permanent(why) = error else { return error.into() };
    tracing::error!(%why, execution = %id, "it cannot be exported whole");
    let detail = format!("execution {id} cannot be exported whole: {why}: restore the store from a backup");
    Problem::conflict("value_lost", detail)
}

/// Refuses a child by itself: on another host nobody would wait for it.
async fn within(app: &App, execution: &Execution, named: Option<&str>) -> Answered<()> {
    let root = root_of(app, execution).await?;
    match (root, named) {
        (None, None) => Ok(()),
        (Some(root), Some(named)) if root.as_str() == named => Ok(()),
        (None, Some(named)) if execution.id().as_str() == named => Ok(()),
        (root, _) => {
            let root = root.as_ref().unwrap_or(execution.id());
            let id = execution.id();
            let detail = format!("execution {id} belongs to {root}: export {root}, with which its children go");
            Err(Problem::conflict("child_of_another", detail).with("root", root.as_str()))
        }
    }
}

/// Take in a part of an execution of another host. Parts come in order, and may come again; one of an execution that has
/// another journal here is refused. The execution goes on once its last part has come, with `complete`.
#[utoipa::path(post, path = "/v1/executions/import", operation_id = "import_execution", tag = "executions",
    security(("bearer" = [])), request_body = ExportPiece,
    params(("dry_run" = Option<bool>, Query, description = "Only say what would become of the part")),
    responses((status = 200, body = Imported),
        Conflict, Refused))]
async fn import(
    caller: Admin,
    State(app): State<Arc<App>>,
    mut params: Params,
    Json(piece): Json<ExportPiece>,
) -> Answered<axum::Json<Imported>> {
    let rehearse = params.flag("dry_run")?;
    params.done()?;
    let id = piece.execution_id.clone();
    let to = Importer { owner: &caller.owner, by: &caller.subject };
    let outcome = moving::import(&*app.host, &to, &piece.into(), rehearse).await?;
    let outcome = outcome.map_err(|refusal| refused(&id, &refusal))?;
    Ok(axum::Json(Imported::of(id, &outcome)))
}

/// The problem that a refusal is told by.
fn refused(id: &str, refusal: &Refusal) -> Problem {
    let why = refusal.to_string();
    match refusal {
        Refusal::Damaged(_) => {
            let hint = "export the execution again, with a release that is not newer than this host";
            Problem::field("invalid_export", "", format!("execution {id} cannot be imported: {why}"), hint)
        }
        Refusal::AnotherJournal(_) => Problem::conflict("exists_with_another_journal", why),
        Refusal::Gap(turns) => {
            Problem::conflict("out_of_order", format!("execution {id}: {why}")).with("turns", *turns)
        }
        Refusal::Orphan(parent) => {
            Problem::conflict("child_of_another", format!("execution {id}: {why}")).with("parent", parent.as_str())
        }
    }
}
