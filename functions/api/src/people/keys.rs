//! The keys that sign receipts.

use crate::{Admin, Answered, App, MaybeJson, NoParams, Problem, Reader, Routes, types};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::sync::Arc;
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(list_keys, rotate_keys))
}

/// The public keys that sign receipts or did, newest first. All owners of a host share them.
#[utoipa::path(get, path = "/v1/keys", operation_id = "list_keys", tag = "interactions", security(("bearer" = [])),
    responses((status = 200, body = types::Keys), types::Refused))]
async fn list_keys(_: Reader, State(app): State<Arc<App>>, _: NoParams) -> Answered<axum::Json<types::Keys>> {
    let keys = match app.host.signer() {
        Some(signer) => signer.keys().await?,
        None => Vec::new(),
    };
    Ok(axum::Json(types::Keys { items: keys.into_iter().map(types::Key::from).collect() }))
}

/// Make a new key that signs receipts from now on. The public keys before it stay in the list, so that what they signed
/// can be checked.
#[utoipa::path(post, path = "/v1/keys", operation_id = "rotate_keys", tag = "interactions", security(("bearer" = [])),
    request_body = types::NoFields,
    responses((status = 201, body = types::Key), types::Conflict, types::Refused))]
async fn rotate_keys(
    _: Admin,
    State(app): State<Arc<App>>,
    _: NoParams,
    MaybeJson(types::NoFields {}): MaybeJson<types::NoFields>,
) -> Answered<Response> {
    let Some(signer) = app.host.signer() else {
        return Err(Problem::conflict("signs_nothing", "this host signs no receipts, so it has no key to replace"));
    };
    let key = types::Key::from(signer.rotate().await?);
    Ok((StatusCode::CREATED, axum::Json(key)).into_response())
}
