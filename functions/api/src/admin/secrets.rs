//! The routes that store, list and remove secrets. None of them shows a value.

use crate::{Admin, Answered, App, Json, NoParams, Params, Path, Problem, Routes, limits, request::cursor, types};
use axum::{extract::State, http::StatusCode};
use document::validate::Severity;
use engine::{
    limits::MASKED_BYTES,
    port::{ANY_HOST, Secret},
};
use futures::{StreamExt, stream};
use std::sync::Arc;
use utoipa_axum::routes;

/// The routes of secrets.
pub fn routes() -> Routes {
    Routes::new().routes(routes!(list_secrets)).routes(routes!(set_secret, remove_secret))
}

/// The credentials of the caller's owner, without their values.
#[utoipa::path(get, path = "/v1/secrets", operation_id = "list_secrets", tag = "admin", security(("bearer" = [])),
    params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::SecretPage), types::Refused))]
async fn list_secrets(
    caller: Admin,
    State(app): State<Arc<App>>,
    mut params: Params,
) -> Answered<axum::Json<types::Page<types::SecretRow>>> {
    let window = params.window("secrets")?;
    params.done()?;
    let page = app.host.secrets().secret_names(&caller.owner, &window).await?;
    let row = async |name: &String| {
        // One that cannot be opened, since the folder has another key, is listed all the same: it is to be removed.
        let secret = app.host.secrets().secret(&caller.owner, name).await.ok().flatten();
        let (hosts, for_inline) = secret.map(|secret| (secret.hosts, secret.for_inline)).unzip();
        types::SecretRow { name: name.clone(), hosts, for_inline }
    };
    let rows = stream::iter(&page.items).map(row).buffered(limits::SECRETS_AT_ONCE).collect().await;
    Ok(axum::Json(cursor::page("secrets", &page, rows)))
}

/// Remove a credential of the caller's owner: what names it fails from then on.
#[utoipa::path(delete, path = "/v1/secrets/{name}", operation_id = "remove_secret", tag = "admin",
    security(("bearer" = [])), params(("name" = String, Path)),
    responses((status = 204), types::Refused))]
async fn remove_secret(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    _: NoParams,
) -> Answered<StatusCode> {
    match app.host.secrets().remove_secret(&caller.owner, &name).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("secret", &name)),
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
    check(&name, &body)?;
    let types::SecretBody { value, hosts, for_inline } = body;
    let hosts = hosts.unwrap_or_else(Secret::any_host);
    let is_masked = value.len() >= MASKED_BYTES;
    let secret = Secret { value, hosts: hosts.clone(), for_inline };
    app.host.secrets().set_secret(&caller.owner, &name, secret).await?;
    let open = hosts.iter().any(|host| host.trim() == ANY_HOST).then(|| without_hosts(for_inline));
    let warnings = open.into_iter().chain((!is_masked).then(too_short)).collect();
    Ok(axum::Json(types::StoredSecret { name, hosts, for_inline, warnings }))
}

fn check(name: &str, body: &types::SecretBody) -> Answered<()> {
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
    let mut hosts = body.hosts.iter().flatten().enumerate();
    if let Some((index, host)) = hosts.find(|(_, host)| !Secret::is_host(host)) {
        let hint = "give a name or an address alone, such as api.example.com or 127.0.0.1:9000, or * for any host";
        let message = format!("`{host}` is no host: no request would ever match it");
        return Err(Problem::field("invalid_field", &format!("/hosts/{index}"), message, hint));
    }
    Ok(())
}

/// The warning about a secret that may go to any host.
fn without_hosts(for_inline: bool) -> types::Fault {
    let who = if for_inline { "whoever may start executions" } else { "whoever saves a workflow" };
    let message = format!("the secret may be sent to any host, so {who} can have it sent to any server");
    warning("secret_without_hosts", "/hosts", message, "store it with the hosts that it is for")
}

/// The warning about a secret that would be recorded as it is, where a server gives it back.
fn too_short() -> types::Fault {
    let message = format!("values under {MASKED_BYTES} bytes are not masked in what is recorded");
    warning("secret_not_masked", "/value", message, "use a longer one")
}

fn warning(code: &str, path: &str, message: String, hint: &str) -> types::Fault {
    types::Fault {
        code: code.into(),
        severity: Some(Severity::Warning),
        path: path.into(),
        node: None,
        message,
        hint: Some(hint.into()),
    }
}
