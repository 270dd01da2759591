//! The routes of what agents remember of conversations.

use crate::{Admin, Answered, App, NoParams, Params, Path, Problem, Routes, request::cursor, types};
use axum::{extract::State, http::StatusCode};
use engine::{limits, port::Conversation};
use std::sync::Arc;
use utoipa_axum::routes;

/// The routes of memories.
pub fn routes() -> Routes {
    Routes::new().routes(routes!(list_memories)).routes(routes!(get_memory, remove_memory))
}

/// The conversations that agents of the caller's owner remember, by their keys.
#[utoipa::path(get, path = "/v1/memories", operation_id = "list_memories", tag = "admin", security(("bearer" = [])),
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::MemoryPage), types::Refused))]
async fn list_memories(
    caller: Admin,
    State(app): State<Arc<App>>,
    mut params: Params,
) -> Answered<axum::Json<types::Page<types::Memory>>> {
    let window = params.window("memories")?;
    params.done()?;
    let page = app.host.memories().conversations(&caller.owner, &window, app.host.now()).await?;
    let rows = page.items.iter().map(types::Memory::from).collect();
    Ok(axum::Json(cursor::page("memories", &page, rows)))
}

/// One conversation with its last messages.
#[utoipa::path(get, path = "/v1/memories/{key}", operation_id = "get_memory", tag = "admin", security(("bearer" = [])),
    params(("key" = String, Path)),
    responses((status = 200, body = types::MemoryWithMessages), types::Refused))]
async fn get_memory(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    _: NoParams,
) -> Answered<axum::Json<types::MemoryWithMessages>> {
    let most = usize::try_from(limits::REMEMBERED).unwrap_or(usize::MAX);
    let found = app.host.memories().recall(&caller.owner, &key, most, app.host.now()).await?;
    let Some(last) = found.last() else { return Err(Problem::not_found("memory", &key)) };
    let until = found.iter().map(|said| said.until).max().unwrap_or(last.until);
    let head = Conversation { key, at: last.at, until };
    let memory = types::Memory::from(&head);
    let messages = found.into_iter().flat_map(|said| said.messages);
    let messages = messages.filter_map(|message| serde_json::to_value(message).ok()).collect();
    Ok(axum::Json(types::MemoryWithMessages {
        key: memory.key,
        updated_at: memory.updated_at,
        expires_at: memory.expires_at,
        messages,
    }))
}

/// Forget a conversation.
#[utoipa::path(delete, path = "/v1/memories/{key}", operation_id = "remove_memory", tag = "admin",
    security(("bearer" = [])), params(("key" = String, Path)),
    responses((status = 204), types::Refused))]
async fn remove_memory(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    _: NoParams,
) -> Answered<StatusCode> {
    match app.host.memories().forget(&caller.owner, &key).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("memory", &key)),
    }
}
