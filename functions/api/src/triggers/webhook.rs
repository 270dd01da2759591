//! The routes that start executions by webhook.
//!
//! The input is the JSON body where it is an object, `{"body": …}` for any other JSON, and `{}` for an empty body. A
//! trigger with a `secret` takes signed bodies only. A signed body needs no token; then the parameter `owner` says
//! whose workflow is meant.

use crate::{
    Answered, App, Body, Caller, Open, Params, Path, Problem, Routes, Scope,
    executions::{
        idempotency::{key, keyed},
        start::{answer, patience},
    },
    limits,
    request::{json::parse_aside, turns},
    types,
};
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
    routing::post,
};
use document::{Trigger, WebhookTrigger, Workflow, canonical::Canonical, id::NodeId, json::Unique};
use engine::start::{StartRequest, latest, start};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;
use stepwell_core::interaction::Via;
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    // OpenAPI has no parameter for several segments of a path. The document shows the route with one segment, and this
    // one is added beside it.
    let deep = "/v1/triggers/{workflow_id}/{path}/{*rest}";
    Routes::new().routes(routes!(plain)).routes(routes!(with_path)).route(deep, post(with_deep_path))
}

/// Start by webhook.
#[utoipa::path(post, path = "/v1/triggers/{workflow_id}", operation_id = "webhook", tag = "triggers",
    request_body = Value,
    params(("workflow_id" = String, Path), ("owner" = Option<String>, Query), ("wait" = Option<f64>, Query),
        ("X-Stepwell-Signature" = Option<String>, Header, description = "sha256=HEX, HMAC of the body")),
    responses((status = 202, body = types::Accepted), (status = 200, body = types::Execution),
        types::Refused))]
async fn plain(
    caller: Open,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
    body: Body,
) -> Answered<Response> {
    hook(caller, &app, (&id, None), params, &headers, body).await
}

/// Start by webhook, at the trigger of that path.
#[utoipa::path(post, path = "/v1/triggers/{workflow_id}/{path}", operation_id = "webhook_path", tag = "triggers",
    request_body = Value,
    params(("workflow_id" = String, Path), ("path" = String, Path), ("owner" = Option<String>, Query),
        ("wait" = Option<f64>, Query),
        ("X-Stepwell-Signature" = Option<String>, Header, description = "sha256=HEX, HMAC of the body")),
    responses((status = 202, body = types::Accepted), (status = 200, body = types::Execution),
        types::Refused))]
async fn with_path(
    caller: Open,
    State(app): State<Arc<App>>,
    Path((id, path)): Path<(String, String)>,
    params: Params,
    headers: HeaderMap,
    body: Body,
) -> Answered<Response> {
    hook(caller, &app, (&id, Some(&path)), params, &headers, body).await
}

/// Start by webhook, at a trigger whose path has several segments.
async fn with_deep_path(
    caller: Open,
    State(app): State<Arc<App>>,
    Path((id, first, rest)): Path<(String, String, String)>,
    params: Params,
    headers: HeaderMap,
    body: Body,
) -> Answered<Response> {
    hook(caller, &app, (&id, Some(&format!("{first}/{rest}"))), params, &headers, body).await
}

/// Starts the workflow `id` at the webhook trigger at `path`, once the caller has proved to be entitled to it.
async fn hook(
    Open(caller): Open,
    app: &App,
    (id, path): (&str, Option<&str>),
    mut params: Params,
    headers: &HeaderMap,
    Body(body): Body,
) -> Answered<Response> {
    let patience = patience(&mut params)?;
    let owner = owner(&mut params)?;
    params.done()?;
    let signed_in = caller.is_some();
    let caller = match (caller, owner) {
        (Some(caller), _) => caller,
        (None, Some(owner)) => {
            let (scopes, groups) = (Vec::new(), Vec::new());
            Caller { owner, subject: "webhook".into(), scopes, groups, local: false, via: Via::Api }
        }
        (None, None) => return Err(unsigned("send a token, or name the owner with ?owner= and sign the body")),
    };
    let found = latest(&*app.host, &caller.owner, id, None).await.map_err(Problem::from);
    let found = found.and_then(|(workflow, version)| {
        let trigger = trigger_at(&workflow, path).map(|(node, hook)| (node, hook.secret.clone()));
        let trigger = trigger.ok_or_else(|| Problem::not_found("webhook", &address(id, path)))?;
        Ok((workflow, version, trigger))
    });
    let (workflow, version, (trigger, secret)) = match found {
        // A caller without proof must not learn which workflows there are.
        Err(problem) if !signed_in && problem.status() == StatusCode::NOT_FOUND => return Err(bad_signature()),
        found => found?,
    };
    match secret {
        Some(name) => check_signature(app, &caller.owner, &name, headers, &body).await?,
        None if signed_in => caller.require(Scope::Run)?,
        None => return Err(bad_signature()),
    }
    // The request is counted only after the proof, so that strangers use up nothing of what the owner may send.
    if let Some(rates) = &app.rates {
        rates.take(&caller.owner)?;
    }
    turns::take_from(&caller.owner).await;
    let input = input(headers, body).await?;
    let route = format!("/v1/triggers/{}", address(id, path));
    // GitHub repeats a delivery under the same id, which so serves as the key where the caller sends none.
    let delivery = headers.get("x-github-delivery").and_then(|value| value.to_str().ok());
    let idempotency = match (key(headers, &route, &Canonical(&input))?, delivery) {
        (None, Some(delivery)) => Some(keyed(&route, delivery, &Canonical(&input))),
        (key, _) => key,
    };
    let request = StartRequest {
        version,
        started_by: Some(caller.subject),
        trigger: Some(trigger),
        idempotency,
        ..StartRequest::new(&caller.owner, workflow, input)
    };
    answer(app, start(&*app.host, request).await?, patience).await
}

/// Reads the parameter `owner`, by which a caller without a token says whose workflow is meant.
fn owner(params: &mut Params) -> Answered<Option<String>> {
    match params.take("owner")? {
        Some(long) if long.len() > limits::OWNER_BYTES => {
            Err(Params::refuse("owner", "is too long", "give 255 bytes at most"))
        }
        owner => Ok(owner),
    }
}

fn address(id: &str, path: Option<&str>) -> String {
    path.map_or_else(|| id.to_owned(), |path| format!("{id}/{path}"))
}

/// The webhook trigger at a path, and the id of its node. Slashes at the ends of the configured path do not count.
fn trigger_at<'a>(workflow: &'a Workflow, path: Option<&str>) -> Option<(NodeId, &'a WebhookTrigger)> {
    workflow.nodes.iter().find_map(|node| {
        let Trigger::Webhook(hook) = node.kind.trigger()? else { return None };
        let own = hook.path.as_deref().map(|path| path.trim_matches('/')).filter(|path| !path.is_empty());
        (own == path).then(|| (node.id.clone(), hook))
    })
}

/// Checks that the body is signed with the secret of this name.
///
/// # Errors
/// 401 `invalid_signature`, the same where the secret is not stored, and what the store says.
async fn check_signature(app: &App, owner: &str, name: &str, headers: &HeaderMap, body: &[u8]) -> Answered<()> {
    let secret = app.host.secrets().secret(owner, name).await?;
    let sent = ["x-stepwell-signature", "x-hub-signature-256"].iter().find_map(|header| headers.get(*header));
    let sent = sent.and_then(|value| value.to_str().ok()).and_then(signature);
    match (secret, sent) {
        (Some(secret), Some(sent)) if verifies(secret.value.as_bytes(), body, &sent) => Ok(()),
        (None, _) => {
            tracing::warn!(secret = name, "a webhook names a secret that is not stored");
            Err(bad_signature())
        }
        _ => Err(bad_signature()),
    }
}

/// The 32 bytes of a signature `sha256=HEX`; None where it is not of that form.
fn signature(text: &str) -> Option<Vec<u8>> {
    let hex = text.trim().strip_prefix("sha256=")?;
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    (0..32).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).ok()).collect()
}

/// Whether `sent` is the HMAC-SHA-256 of the body under the secret. Compares in constant time.
fn verifies(secret: &[u8], body: &[u8], sent: &[u8]) -> bool {
    Hmac::<Sha256>::new_from_slice(secret).is_ok_and(|mut mac| {
        mac.update(body);
        mac.verify_slice(sent).is_ok()
    })
}

fn bad_signature() -> Problem {
    let detail = "the signature is missing or wrong: send `X-Stepwell-Signature: sha256=HEX`, the HMAC-SHA-256 of the \
                  body under the trigger's secret";
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_signature", detail)
}

fn unsigned(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
        .with_header(header::WWW_AUTHENTICATE, r#"Bearer realm="stepwell""#)
}

/// The input of the execution that a body gives; the module's description has the rules.
async fn input(headers: &HeaderMap, body: Bytes) -> Answered<Value> {
    if body.is_empty() {
        return Ok(json!({}));
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/json" && !(kind.starts_with("application/") && kind.ends_with("+json")) {
        let detail = "send the body as JSON, with `Content-Type: application/json`";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
    }
    Ok(match parse_aside(body).await.map(|Unique(value)| value)? {
        Value::Object(fields) => Value::Object(fields),
        other => json!({ "body": other }),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Secret, body and signature are GitHub's documented example ("Validating webhook deliveries").
    #[test]
    fn githubs_example_verifies_and_a_changed_body_does_not() {
        let sent = signature("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17").unwrap();
        assert!(verifies(b"It's a Secret to Everybody", b"Hello, World!", &sent));
        assert!(!verifies(b"It's a Secret to Everybody", b"Hello, World?", &sent));
        assert_eq!(signature("sha1=00"), None);
        assert_eq!(signature("sha256=zz"), None);
    }
}
