//! The routes that every service has: `GET /health`, `GET /metrics`, `GET /openapi.json` and `GET /v1/schema`.

use crate::{App, Reader, Routes, service::metrics, types};
use axum::{Extension, Json, body::Bytes, extract::State, http::header, response::IntoResponse};
use std::sync::{Arc, LazyLock};
use utoipa_axum::{router::OpenApiRouter, routes};

/// The text of the OpenAPI document, which all answers share: anybody may ask for it.
#[derive(Clone)]
pub(crate) struct Document(pub Bytes);

pub(crate) fn routes() -> Routes {
    OpenApiRouter::new()
        .routes(routes!(health))
        .routes(routes!(numbers))
        .routes(routes!(document))
        .routes(routes!(schema))
}

/// Whether the service lives, and what its host can do. Needs no token.
#[utoipa::path(get, path = "/health", operation_id = "health", tag = "system",
    responses((status = 200, body = types::Health)))]
async fn health(State(app): State<Arc<App>>) -> Json<types::Health> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Json(types::Health { status: "ok".into(), version, host: app.abilities.clone() })
}

/// Numbers in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", operation_id = "metrics", tag = "system", security(("bearer" = [])),
    responses((status = 200, body = String, content_type = "text/plain")))]
async fn numbers(State(app): State<Arc<App>>, _caller: Reader) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], metrics::text(&(app.metrics)().await))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "openapi", tag = "system",
    responses((status = 200, body = serde_json::Value, content_type = "application/json")))]
async fn document(Extension(Document(text)): Extension<Document>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], text)
}

/// The schema as text, made when it is first asked for: all answers share it.
static SCHEMA: LazyLock<Bytes> = LazyLock::new(|| format!("{:#}\n", document::format::schema()).into());

/// The JSON Schema (2020-12) of the workflow format, for editors: they complete and underline by it. Needs no token.
#[utoipa::path(get, path = "/v1/schema", operation_id = "schema", tag = "system",
    responses((status = 200, body = serde_json::Value, content_type = "application/json")))]
async fn schema() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], SCHEMA.clone())
}
