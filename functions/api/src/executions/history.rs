//! The journal of an execution, and its state as it was after one of its turns.

use crate::{
    Answered, App, Params, Path, Problem, Reader, Routes,
    executions::read,
    limits,
    request::{cursor, page::Room},
    types,
};
use axum::{Json, extract::State};
use std::sync::Arc;
use stepwell_core::execution::Execution;
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(history)).routes(routes!(checkpoint))
}

/// The turns of an execution, oldest first.
#[utoipa::path(get, path = "/v1/executions/{id}/history", operation_id = "get_history", tag = "executions",
    security(("bearer" = [])),
    params(("id" = String, Path), ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::History),
        types::Refused))]
async fn history(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut params: Params,
) -> Answered<Json<types::History>> {
    let execution = app.execution(&caller.owner, &id).await?;
    let list = format!("history {id}");
    let window = params.window(&list)?;
    params.done()?;
    let after = window.cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let (history, last) = items(&app, &execution, after, window.limit).await?;
    let next_cursor = (last < execution.seq && !history.is_empty()).then(|| cursor::write(&list, &last.to_string()));
    Ok(Json(types::History { execution_id: id, history, total: execution.seq.max(last), next_cursor }))
}

/// The turns after the one numbered `after`, at most `limit` and as many as fit on a page, and the number of the last.
async fn items(app: &App, execution: &Execution, after: u64, limit: usize) -> Answered<(Vec<types::Turn>, u64)> {
    let (mut items, mut last, mut room) = (Vec::new(), after, Room::default());
    while items.len() < limit {
        let bite = limits::TURNS_PER_BITE.min(limit - items.len());
        let turns = app.host.journal().turns_lean(execution.id(), last, bite).await?;
        for turn in &turns {
            let item = types::Turn::from(turn);
            if !room.takes_item(&item) {
                return Ok((items, last));
            }
            items.push(item);
            last = turn.seq;
        }
        if turns.len() < bite {
            break;
        }
    }
    Ok((items, last))
}

/// The state as it was after a turn.
#[utoipa::path(get, path = "/v1/executions/{id}/checkpoints/{checkpoint}", operation_id = "get_checkpoint",
    tag = "executions", security(("bearer" = [])), params(("id" = String, Path), ("checkpoint" = String, Path)),
    responses((status = 200, body = types::Checkpoint),
        types::Refused))]
async fn checkpoint(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path((id, checkpoint)): Path<(String, String)>,
    params: Params,
) -> Answered<Json<types::Checkpoint>> {
    params.done()?;
    let execution = app.execution(&caller.owner, &id).await?;
    let seq = checkpoint.parse::<u64>().ok().filter(|seq| (1..=execution.seq).contains(seq));
    let seq = seq.ok_or_else(|| Problem::not_found("checkpoint", &checkpoint))?;
    let turns = read::turns_to(&app, &execution, seq).await?;
    let Some(last) = turns.last().filter(|turn| turn.seq == seq) else {
        return Err(Problem::not_found("checkpoint", &checkpoint));
    };
    let then = read::folded(&app, &execution, &turns).await?;
    let workflow = app.workflow(&then).await?;
    let shown = read::with_values_that_fit(&app, &then, |values| {
        let nodes = types::Nodes::of(&then, &workflow, &[], values).items;
        types::Checkpoint::of(last, types::Execution::of(&then, &workflow, values), nodes)
    });
    Ok(Json(shown.await?))
}
