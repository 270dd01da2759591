//! The routes of what agents remember of conversations.

use crate::{Answered, App, NoParams, Params, Path, Problem, Routes, Scope, SignedIn, request::cursor, types};
use axum::{extract::State, http::StatusCode};
use engine::limits;
use std::sync::Arc;
use utoipa_axum::routes;

/// The routes of memories.
pub fn routes() -> Routes {
    Routes::new().routes(routes!(list_memories)).routes(routes!(get_memory, remove_memory))
}

/// The conversations that agents of the caller's owner remember, by their keys: those of the caller alone, but to an admin.
#[utoipa::path(get, path = "/v1/memories", operation_id = "list_memories", tag = "admin", security(("bearer" = [])),
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::MemoryPage), types::Refused))]
async fn list_memories(
    caller: SignedIn,
    State(app): State<Arc<App>>,
    mut params: Params,
) -> Answered<axum::Json<types::Page<types::Memory>>> {
    let sees_all = caller.has_all_conversations(Scope::Read)?;
    let window = params.window("memories")?;
    params.done()?;
    let of = (!sees_all).then_some(caller.subject.as_str());
    let page = app.host.memories().conversations(&caller.owner, of, &window, app.host.now()).await?;
    Ok(axum::Json(cursor::page("memories", &page, page.items.iter().map(types::Memory::from).collect())))
}

/// One conversation with its last messages: one of the caller alone, but to an admin.
#[utoipa::path(get, path = "/v1/memories/{key}", operation_id = "get_memory", tag = "admin", security(("bearer" = [])),
    params(("key" = String, Path)),
    responses((status = 200, body = types::MemoryWithMessages), types::Refused))]
async fn get_memory(
    caller: SignedIn,
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    _: NoParams,
) -> Answered<axum::Json<types::MemoryWithMessages>> {
    caller.has_all_conversations(Scope::Read)?;
    let (memories, now) = (app.host.memories(), app.host.now());
    let Some(head) = memories.conversation(&caller.owner, &key, now).await? else {
        return Err(Problem::not_found("memory", &key));
    };
    caller.may_see([head.by.as_deref()])?;
    let most = usize::try_from(limits::REMEMBERED).unwrap_or(usize::MAX);
    let found = memories.recall(&caller.owner, &key, most, now).await?;
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

/// Forget a conversation: one of the caller alone, but for an admin. Whoever may say something may have it forgotten.
#[utoipa::path(delete, path = "/v1/memories/{key}", operation_id = "remove_memory", tag = "admin",
    security(("bearer" = [])), params(("key" = String, Path)),
    responses((status = 204), types::Refused))]
async fn remove_memory(
    caller: SignedIn,
    State(app): State<Arc<App>>,
    Path(key): Path<String>,
    _: NoParams,
) -> Answered<StatusCode> {
    let memories = app.host.memories();
    caller.has_all_conversations(Scope::Run)?;
    if let Some(head) = memories.conversation(&caller.owner, &key, app.host.now()).await? {
        caller.may_see([head.by.as_deref()])?;
    }
    match memories.forget(&caller.owner, &key).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("memory", &key)),
    }
}
