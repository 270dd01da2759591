//! The routes that make, list and revoke API tokens, and store secrets.

pub mod token;

use crate::{
    Admin, Answered, App, Json, NoParams, Params, Path, Problem, Routes, admin::token::issue, limits, request::cursor,
    types,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use document::validate::Severity;
use engine::port::{ANY_HOST, Secret};
use std::sync::Arc;
use utoipa_axum::routes;

/// The routes of tokens and secrets.
pub fn routes() -> Routes {
    Routes::new().routes(routes!(create_token, list_tokens)).routes(routes!(revoke_token)).routes(routes!(set_secret))
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

/// Store a credential of the caller's owner.
#[utoipa::path(put, path = "/v1/secrets/{name}", operation_id = "set_secret", tag = "admin",
    security(("bearer" = [])), request_body = types::SecretBody, params(("name" = String, Path)),
    responses((status = 200, body = types::StoredSecret), types::Refused))]
async fn set_secret(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    _: NoParams,
    Json(body): Json<types::SecretBody>,
) -> Answered<axum::Json<types::StoredSecret>> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.len() > engine::limits::ID_BYTES
        || name.starts_with(|c: char| c.is_ascii_digit())
        || !name.chars().all(good)
    {
        let hint = "use 1 to 64 of A-Z a-z 0-9 _, and no digit first: expressions read it as secrets.NAME";
        return Err(Problem::field("invalid_name", "", format!("`{name}` cannot name a secret"), hint));
    }
    if body.value.is_empty() || body.value.len() > limits::SECRET_BYTES {
        let hint = "give 1 to 65536 bytes";
        return Err(Problem::field("invalid_field", "/value", "this value cannot be stored", hint));
    }
    let types::SecretBody { value, hosts, for_inline } = body;
    let hosts = hosts.unwrap_or_else(Secret::any_host);
    let secret = Secret { value, hosts: hosts.clone(), for_inline };
    app.host.secrets().set_secret(&caller.owner, &name, secret).await?;
    let warnings = if hosts.iter().any(|host| host == ANY_HOST) { vec![without_hosts(for_inline)] } else { Vec::new() };
    Ok(axum::Json(types::StoredSecret { name, hosts, for_inline, warnings }))
}

/// The warning about a secret that may go to any host.
fn without_hosts(for_inline: bool) -> types::Fault {
    let who = if for_inline { "whoever may start executions" } else { "whoever saves a workflow" };
    types::Fault {
        code: "secret_without_hosts".into(),
        severity: Some(Severity::Warning),
        path: "/hosts".into(),
        node: None,
        message: format!("the secret may be sent to any host, so {who} can have it sent to any server"),
        hint: Some("store it with the hosts that it is for".into()),
    }
}
