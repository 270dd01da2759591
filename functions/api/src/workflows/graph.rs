//! The route that draws a picture of a workflow.

use super::version::saved_version;
use crate::{Answered, App, Params, Path, Reader, Routes, request::aside::aside, types};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use document::{Workflow, picture};
use engine::start::parsed;
use std::sync::Arc;
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(graph))
}

/// A picture of a workflow.
#[utoipa::path(get, path = "/v1/workflows/{id}/graph", operation_id = "workflow_graph", tag = "workflows",
    security(("bearer" = [])),
    params(("id" = String, Path), ("version" = Option<u64>, Query),
        ("format" = Option<String>, Query, description = "mermaid (default), dot or svg")),
    responses((status = 200, body = String, content_type = "text/plain"),
        types::Refused))]
async fn graph(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut params: Params,
) -> Answered<Response> {
    let format = params.take("format")?.unwrap_or_else(|| "mermaid".into());
    let saved = saved_version(&app, &caller.owner, &id, &mut params).await?;
    params.done()?;
    let workflow = parsed(&*app.host, &saved).await?;
    let (kind, draw): (_, fn(&Workflow) -> String) = match format.as_str() {
        "mermaid" => ("text/plain; charset=utf-8", picture::mermaid),
        "dot" => ("text/vnd.graphviz; charset=utf-8", picture::dot),
        "svg" => ("image/svg+xml", picture::svg),
        _ => return Err(Params::refuse("format", "is not one of the formats", "give mermaid, dot or svg")),
    };
    let text = aside(move || draw(&workflow)).await?;
    // The names in a document are text from anybody. A browser that opens the picture must run nothing of it.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_SECURITY_POLICY, policy)], text).into_response())
}
