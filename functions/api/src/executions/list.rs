//! The list of executions, and one of them.

use crate::{
    Answered, App, Params, Path, Reader, Routes,
    executions::read,
    limits,
    request::{
        cursor, filter,
        page::{self, Room},
        unreadable::Unreadable,
    },
    types,
};
use axum::{Json, extract::State};
use engine::{port::Head, questions::Reads};
use futures::{StreamExt, TryStreamExt, stream};
use std::{collections::HashMap, sync::Arc};
use stepwell_core::{execution::Execution, id::ExecutionId, payload::Payload};
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
    responses((status = 200, body = types::ExecutionPage),
        types::Refused))]
async fn list(
    caller: Reader,
    State(app): State<Arc<App>>,
    mut params: Params,
) -> Answered<Json<types::Page<types::Execution>>> {
    let mut window = params.window("executions")?;
    let filter = filter::executions(&caller.owner, &mut params)?;
    params.done()?;
    let mut page = app.host.index().executions(&filter, &window).await?;
    let (unreadable, reads) = (Unreadable::default(), Reads::default());
    let mut shown = rows(&app, &page.items, &unreadable, &reads).await?;
    if shown.len() < page.items.len() {
        // Not all rows fit. A host gives cursors for the ends of its pages alone, so it is asked for a page that is as
        // long as what fits. Rows that were made before are used again.
        window.limit = shown.len();
        let ids: Vec<_> = page.items.iter().map(|head| head.id.clone()).collect();
        page = app.host.index().executions(&filter, &window).await?;
        let mut known: HashMap<_, _> = ids.into_iter().zip(shown).collect();
        shown = Vec::new();
        for head in &page.items {
            shown.push(match known.remove(&head.id) {
                Some(row) => row,
                None => row(&app, &head.id, &unreadable, &reads).await?,
            });
        }
    }
    // An execution that was deleted meanwhile has no row.
    let shown = cursor::page("executions", &page, shown.into_iter().flatten().collect());
    Ok(Json(types::Page { unreadable: unreadable.ids(), ..shown }))
}

/// Makes the rows of a page, as many as fit. None stands for an execution that was deleted meanwhile.
async fn rows(
    app: &App,
    heads: &[Head],
    unreadable: &Unreadable,
    reads: &Reads,
) -> Answered<Vec<Option<types::Execution>>> {
    let (mut shown, mut values, mut room) = (Vec::new(), Room::default(), Room::default());
    // Few states are in memory at a time. They come without offloaded values, but with their sizes: a value that is too
    // large for the page is not fetched.
    for few in heads.chunks(limits::ROWS_AT_ONCE) {
        let loads: Vec<_> = few.iter().map(|head| lean(app, &head.id, unreadable)).collect();
        let states: Vec<_> = stream::iter(loads).buffered(limits::ROWS_AT_ONCE).try_collect().await?;
        let fits = |state: &&Option<Arc<Execution>>| values.takes(state.as_deref().map_or(0, missing_bytes));
        let count = states.iter().take_while(fits).count();
        let row = |at: usize| shown_row(app, states.get(at).cloned().flatten(), unreadable, reads);
        let made = page::rows(count, &mut room, row).await?;
        let is_full = made.len() < few.len();
        shown.extend(made);
        if is_full {
            break;
        }
    }
    Ok(shown)
}

/// The state of an execution without its offloaded values; None where it was deleted meanwhile, or cannot be read.
async fn lean(app: &App, id: &ExecutionId, unreadable: &Unreadable) -> Answered<Option<Arc<Execution>>> {
    unreadable.spare(id.as_str(), app.host.journal().load_lean(id).await.map_err(Into::into))
}

async fn row(
    app: &App,
    id: &ExecutionId,
    unreadable: &Unreadable,
    reads: &Reads,
) -> Answered<Option<types::Execution>> {
    shown_row(app, lean(app, id, unreadable).await?, unreadable, reads).await
}

/// One execution of the list; None where it was deleted meanwhile.
async fn shown_row(
    app: &App,
    state: Option<Arc<Execution>>,
    unreadable: &Unreadable,
    reads: &Reads,
) -> Answered<Option<types::Execution>> {
    match state {
        // Its values are read only now.
        Some(state) => unreadable.spare(state.id().as_str(), read::one_of_many(app, &state, reads).await.map(Some)),
        None => Ok(None),
    }
}

/// Bytes of the values that a row shows and that are still to be fetched.
fn missing_bytes(state: &Execution) -> usize {
    let shown = [Some(&state.started.input), state.output.as_ref()];
    shown.into_iter().flatten().filter_map(Payload::missing).map(|blob| blob.bytes as usize).sum()
}

/// One execution.
#[utoipa::path(get, path = "/v1/executions/{id}", operation_id = "get_execution", tag = "executions",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = types::Execution),
        types::Refused))]
async fn one(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Answered<Json<types::Execution>> {
    params.done()?;
    let execution = app.execution(&caller.owner, &id).await?;
    Ok(Json(read::execution(&app, &execution).await?))
}
