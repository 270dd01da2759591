//! The routes that make, list and revoke API tokens, and those of secrets, groups and memories.

mod groups;
mod memories;
pub(crate) mod owner;
mod secrets;
pub mod token;

use crate::{
    Admin, Answered, App, Json, NoParams, Params, Path, Problem, Routes, admin::token::issue, request::cursor, types,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use utoipa_axum::routes;

/// The routes of tokens, secrets, groups and memories.
pub fn routes() -> Routes {
    let tokens = Routes::new().routes(routes!(create_token, list_tokens)).routes(routes!(revoke_token));
    tokens.merge(secrets::routes()).merge(groups::routes()).merge(memories::routes())
}

/// Make a token of the caller's owner. It is shown this once; only its hash is kept.
#[utoipa::path(post, path = "/v1/tokens", operation_id = "create_token", tag = "admin", security(("bearer" = [])),
    request_body = types::TokenBody,
    responses((status = 201, body = types::NewToken),
        types::Refused))]
async fn create_token(
    caller: Admin,
    State(app): State<Arc<App>>,
    _: NoParams,
    Json(body): Json<types::TokenBody>,
) -> Answered<Response> {
    let shown = issue(&*app.host, &caller.owner, body).await?;
    Ok((StatusCode::CREATED, axum::Json(shown)).into_response())
}

/// The tokens of the caller's owner, those that have ended too. None can be shown itself.
#[utoipa::path(get, path = "/v1/tokens", operation_id = "list_tokens", tag = "admin", security(("bearer" = [])),
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::TokenPage), types::Refused))]
async fn list_tokens(
    caller: Admin,
    State(app): State<Arc<App>>,
    mut params: Params,
) -> Answered<axum::Json<types::Page<types::TokenRow>>> {
    let window = params.window("tokens")?;
    params.done()?;
    let page = app.host.tokens().tokens(&caller.owner, &window).await?;
    let now = app.host.now();
    let rows = page.items.iter().map(|token| types::TokenRow::of(token, now)).collect();
    Ok(axum::Json(cursor::page("tokens", &page, rows)))
}

/// Revoke a token of the caller's owner: requests that bear it are refused from then on.
#[utoipa::path(delete, path = "/v1/tokens/{id}", operation_id = "revoke_token", tag = "admin",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204), types::Refused))]
async fn revoke_token(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
) -> Answered<StatusCode> {
    match app.host.tokens().remove_token(&caller.owner, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("token", &id)),
    }
}
