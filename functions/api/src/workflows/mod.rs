//! The routes of saved workflows: save, replace, list, read, delete and check.

mod draft;
mod graph;
pub(crate) mod host_checks;
mod refusal;
mod version;
mod whatif;

use crate::{
    Admin, Answered, AnyDocument, App, NoParams, Params, Path, Problem, Reader, Routes,
    request::{aside::aside, cursor},
    types::{self, Fault},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use document::{Parsed, parse, validate::Severity};
use engine::{line, port::StoreError};
pub(crate) use refusal::refused;
use std::sync::Arc;
use utoipa_axum::routes;
use version::saved_version;

/// The ids that no workflow may have: their addresses, such as `/v1/workflows/validate`, are those of other routes.
const HIDDEN: [&str; 2] = ["draft", "validate"];

/// The route of drafts by itself, for the one function that asks models on request.
pub fn drafts() -> Routes {
    draft::routes()
}

/// The routes of saved workflows, and of what is said about a document.
pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(save, list))
        .routes(routes!(check))
        .routes(routes!(read, replace, delete))
        .merge(draft::routes())
        .merge(graph::routes())
        .merge(whatif::routes())
}

/// Save a workflow: version 1, or the next version of its id.
#[utoipa::path(post, path = "/v1/workflows", operation_id = "save_workflow", tag = "workflows",
    security(("bearer" = [])), request_body(content((types::Document = "application/json"), (types::Document = "application/yaml"))),
    responses((status = 201, body = types::Saved, description = "A new version"),
        (status = 200, body = types::Saved, description = "The latest version has this content already"),
        types::Refused))]
async fn save(
    caller: Admin,
    State(app): State<Arc<App>>,
    _: NoParams,
    AnyDocument(document): AnyDocument,
) -> Answered<Response> {
    let parsed = aside(move || parse(&document)).await?.map_err(|issues| refused(&issues, ""))?;
    let parsed = host_checks::whole(&app, &caller.owner, parsed).await.map_err(|issues| refused(&issues, ""))?;
    keep(&app, &caller.owner, parsed, None, StatusCode::CREATED).await
}

/// Save the next version of a workflow.
#[utoipa::path(put, path = "/v1/workflows/{id}", operation_id = "replace_workflow", tag = "workflows",
    security(("bearer" = [])), request_body(content((types::Document = "application/json"), (types::Document = "application/yaml"))),
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The latest version, as \"3\"")),
    responses((status = 200, body = types::Saved), (status = 412, body = types::ProblemDetails,
        content_type = "application/problem+json", description = "Another version was saved meanwhile"),
        types::Refused))]
async fn replace(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    headers: HeaderMap,
    AnyDocument(mut document): AnyDocument,
) -> Answered<Response> {
    let expected = if_match(&headers)?;
    let latest = app.host.catalogue().saved(&caller.owner, &id, None).await?;
    let Some(latest) = latest else { return Err(Problem::not_found("workflow", &id)) };
    if let Some(fields) = document.as_object_mut() {
        fields.entry("id").or_insert_with(|| id.as_str().into());
    }
    let parsed = aside(move || parse(&document)).await?.map_err(|issues| refused(&issues, ""))?;
    let parsed = host_checks::whole(&app, &caller.owner, parsed).await.map_err(|issues| refused(&issues, ""))?;
    if parsed.workflow.id.as_str() != id {
        let message = format!("the document's id is {}, the address says {id}", parsed.workflow.id);
        return Err(Problem::field("id_mismatch", "/id", message, "leave `id` out, or make them the same"));
    }
    if expected.is_some_and(|expected| expected != latest.version) {
        return Err(overtaken(latest.version));
    }
    keep(&app, &caller.owner, parsed, expected, StatusCode::OK).await
}

/// Saves a document. `expected` is the version that must be the latest; `fresh` is the status where a new version is
/// made.
///
/// # Errors
/// 412 where another version is the latest, 422 for a hidden id, and what the store says.
async fn keep(app: &App, owner: &str, parsed: Parsed, expected: Option<u64>, fresh: StatusCode) -> Answered<Response> {
    let doubts = host_checks::doubts(app, &parsed);
    let Parsed { workflow, mut warnings, .. } = parsed;
    warnings.extend(doubts);
    if HIDDEN.contains(&workflow.id.as_str()) {
        let message = format!("no workflow can have the id {}: its address is that of another route", workflow.id);
        return Err(Problem::field("invalid_field", "/id", message, "give it another id"));
    }
    let (version, is_new) = match line::save(&*app.host, owner, &workflow, expected).await {
        Err(StoreError::Conflict) if expected.is_some() => {
            let latest = app.host.catalogue().saved(owner, workflow.id.as_str(), None).await?;
            return Err(overtaken(latest.map_or(0, |latest| latest.version)));
        }
        saved => saved?,
    };
    let lacking = host_checks::secrets(app, owner, &workflow).await;
    let unmanned = host_checks::groups(app, owner, &workflow).await;
    let body = types::Saved {
        id: workflow.id.to_string(),
        version,
        hash: workflow.hash.clone(),
        warnings: warnings.iter().map(Fault::from).chain(lacking).chain(unmanned).collect(),
    };
    let status = if is_new { fresh } else { StatusCode::OK };
    Ok((status, [(header::ETAG, format!("\"{version}\""))], axum::Json(body)).into_response())
}

/// Reads the header `If-Match`: the version that must be the latest. None where it is absent or `*`.
fn if_match(headers: &HeaderMap) -> Answered<Option<u64>> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let version = text.trim_start_matches("W/").trim_matches('"').parse().ok();
    version.map(Some).ok_or_else(|| {
        let hint = "send the latest version in quotes, such as \"3\"";
        Problem::field("invalid_if_match", "", "this If-Match is not a version", hint)
    })
}

/// A 412 `version_mismatch` that names the latest version.
fn overtaken(latest: u64) -> Problem {
    let detail = format!("the latest version is {latest}: read it, make your change to it, and send it again");
    Problem::new(StatusCode::PRECONDITION_FAILED, "version_mismatch", detail).with("version", latest)
}

/// The latest versions, by id.
#[utoipa::path(get, path = "/v1/workflows", operation_id = "list_workflows", tag = "workflows",
    security(("bearer" = [])), params(("limit" = Option<u32>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = types::WorkflowPage),
        types::Refused))]
async fn list(
    caller: Reader,
    State(app): State<Arc<App>>,
    mut params: Params,
) -> Answered<axum::Json<types::Page<types::WorkflowRow>>> {
    let window = params.window("workflows")?;
    params.done()?;
    let page = app.host.catalogue().list(&caller.owner, &window).await?;
    // The store gives null for a document that it cannot read.
    let (lost, read): (Vec<_>, Vec<_>) = page.items.iter().partition(|saved| saved.document.is_null());
    let shown = cursor::page("workflows", &page, read.into_iter().map(types::WorkflowRow::from).collect());
    Ok(axum::Json(types::Page { unreadable: lost.iter().map(|saved| saved.id.to_string()).collect(), ..shown }))
}

/// One version of a workflow, the latest by default.
#[utoipa::path(get, path = "/v1/workflows/{id}", operation_id = "get_workflow", tag = "workflows",
    security(("bearer" = [])), params(("id" = String, Path), ("version" = Option<u64>, Query)),
    responses((status = 200, body = types::Workflow),
        types::Refused))]
async fn read(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    mut params: Params,
) -> Answered<Response> {
    let saved = saved_version(&app, &caller.owner, &id, &mut params).await?;
    params.done()?;
    let version = saved.version;
    Ok(([(header::ETAG, format!("\"{version}\""))], axum::Json(types::Workflow::from(saved))).into_response())
}

/// No new starts; its executions live on.
#[utoipa::path(delete, path = "/v1/workflows/{id}", operation_id = "delete_workflow", tag = "workflows",
    security(("bearer" = [])), params(("id" = String, Path)),
    responses((status = 204), types::Refused))]
async fn delete(
    caller: Admin,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
) -> Answered<StatusCode> {
    match app.host.catalogue().delete_workflow(&caller.owner, &id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found("workflow", &id)),
    }
}

/// The static checks; nothing is saved. A channel that this host has not set up is a warning, and an error with
/// `host=true`.
#[utoipa::path(post, path = "/v1/workflows/validate", operation_id = "validate_workflow", tag = "workflows",
    security(("bearer" = [])), request_body(content((types::Document = "application/json"), (types::Document = "application/yaml"))),
    params(("host" = Option<bool>, Query, description = "Whether what this host has not set up is an error")),
    responses((status = 200, body = types::Checked),
        types::Refused))]
async fn check(
    caller: Reader,
    State(app): State<Arc<App>>,
    mut params: Params,
    AnyDocument(document): AnyDocument,
) -> Answered<axum::Json<types::Checked>> {
    let on_host = params.flag("host")?;
    params.done()?;
    let unconfigured = if on_host { Severity::Error } else { Severity::Warning };
    Ok(axum::Json(host_checks::checked(&app, &caller.owner, document, unconfigured).await?))
}
