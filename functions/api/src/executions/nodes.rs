//! The nodes of an execution, and the log lines captured from them.

use crate::{
    Answered, App, Params, Path, Reader, Routes, executions::read::with_values_that_fit, limits, request::cursor, types,
};
use axum::{Json, extract::State};
use document::Workflow;
use engine::port::Window;
use std::{collections::HashMap, sync::Arc};
use stepwell_core::{execution::Execution, task::NodeLog};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(nodes)).routes(routes!(logs))
}

/// What each node of an execution has done. Of each node's lines the first hundred; the rest is on `/logs`.
#[utoipa::path(get, path = "/v1/executions/{id}/nodes", operation_id = "list_nodes", tag = "executions",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 200, body = types::Nodes),
        types::Refused))]
async fn nodes(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
) -> Answered<Json<types::Nodes>> {
    params.done()?;
    let execution = app.execution(&caller.owner, &id).await?;
    let workflow = app.workflow(&execution).await?;
    let lines = first_lines(&app, &execution, &workflow).await?;
    let show = |values: &mut types::Values| types::Nodes::of(&execution, &workflow, &lines, values);
    Ok(Json(with_values_that_fit(&app, &execution, show).await?))
}

/// The first [`limits::NODE_LOG_LINES`] lines of each node. The log holds the lines of all nodes in one list, so pages
/// are read until every node that ran and can write lines has its share, [`limits::NODE_LOG_PAGES`] pages at most.
async fn first_lines(app: &App, execution: &Execution, workflow: &Workflow) -> Answered<Vec<NodeLog>> {
    let writers = workflow.nodes.iter().filter(|node| node.of.writes_lines);
    let ran = writers.filter(|node| execution.node(&node.id).is_some_and(|state| state.visit > 0));
    // How many lines each node may still get. A node that has its share is removed, and none is left when all have.
    let mut room: HashMap<&str, usize> = ran.map(|node| (node.id.as_str(), limits::NODE_LOG_LINES)).collect();
    let mut kept = Vec::new();
    let mut window = Window { limit: limits::PAGE_ITEMS, cursor: None };
    for _ in 0..limits::NODE_LOG_PAGES {
        if room.is_empty() {
            break;
        }
        let page = app.host.journal().logs(execution.id(), &window).await?;
        for line in page.items {
            let Some(left) = room.get_mut(line.node.as_str()) else { continue };
            *left -= 1;
            if *left == 0 {
                room.remove(line.node.as_str());
            }
            kept.push(line);
        }
        match page.next_cursor {
            Some(next) => window.cursor = Some(next),
            None => break,
        }
    }
    Ok(kept)
}

/// Captured lines, oldest first.
#[utoipa::path(get, path = "/v1/executions/{id}/logs", operation_id = "list_logs", tag = "executions",
    security(("bearer" = [])),
    params(("id" = String, Path), ("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::LogPage),
        types::Refused))]
async fn logs(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut params: Params,
) -> Answered<Json<types::Page<types::LogLine>>> {
    let execution = app.execution(&caller.owner, &id).await?;
    let list = format!("logs {id}");
    let window = params.window(&list)?;
    params.done()?;
    let page = app.host.journal().logs(execution.id(), &window).await?;
    let items = page.items.iter().map(types::LogLine::from).collect();
    Ok(Json(cursor::page(&list, &page, items)))
}
