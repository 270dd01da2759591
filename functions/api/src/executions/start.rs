//! The routes that start executions: of a saved workflow, and of a document that is sent along.

use crate::{
    Answered, App, Caller, Json, MaybeJson, Params, Path, Problem, Routes, Runner,
    executions::{idempotency::key, read, wait},
    limits,
    request::aside::aside,
    types,
    workflows::{host_checks, refused},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use document::{
    Workflow,
    canonical::{Canonical, CanonicalMap},
};
use engine::{
    inline::forbidden_secret,
    start::{StartRequest, latest, replay, start},
};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::{sync::Arc, time::Duration};
use stepwell_core::execution::Execution;
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(start_saved)).routes(routes!(start_inline))
}

/// Start an execution of a saved workflow.
///
/// Answers at once, before any node has run; with `wait`, as soon as it ends or waits for a person.
#[utoipa::path(post, path = "/v1/workflows/{id}/executions", operation_id = "start_execution", tag = "executions",
    security(("bearer" = [])), request_body = types::StartBody,
    params(("id" = String, Path), ("wait" = Option<f64>, Query, description = "Seconds, 25 at most"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same execution")),
    responses((status = 202, body = types::Accepted), (status = 200, body = types::Execution),
        types::Refused))]
async fn start_saved(
    caller: Runner,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    params: Params,
    headers: HeaderMap,
    MaybeJson(body): MaybeJson<types::StartBody>,
) -> Answered<Response> {
    let asked = Asked { pinned: body.version.is_some(), ..Asked::of(params, body.input, body.metadata)? };
    let request =
        SavedRequest { input: Canonical(&asked.input), metadata: CanonicalMap(&asked.metadata), version: body.version };
    let idempotency = key(&headers, &format!("/v1/workflows/{id}/executions"), &request)?;
    if let Some((key, hash)) = &idempotency {
        // The execution that this key started before is found first, so that a repeated start succeeds even where the
        // workflow was deleted in between.
        if let Ok(existing) = replay(&*app.host, &caller.owner, key, hash).await? {
            return answer(&app, existing, asked.patience).await;
        }
    }
    let found = latest(&*app.host, &caller.owner, &id, body.version).await?;
    asked.start(&app, &caller, found, idempotency).await
}

/// Start an execution of a document that is sent along.
#[utoipa::path(post, path = "/v1/executions", operation_id = "start_inline_execution", tag = "executions",
    security(("bearer" = [])), request_body = types::InlineBody,
    params(("wait" = Option<f64>, Query, description = "Seconds, 25 at most"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same key gives the same execution")),
    responses((status = 202, body = types::Accepted), (status = 200, body = types::Execution),
        types::Refused))]
async fn start_inline(
    caller: Runner,
    State(app): State<Arc<App>>,
    params: Params,
    headers: HeaderMap,
    Json(body): Json<types::InlineBody>,
) -> Answered<Response> {
    let asked = Asked::of(params, body.input, body.metadata)?;
    let (input, metadata) = (Canonical(&asked.input), CanonicalMap(&asked.metadata));
    let request = InlineRequest { input, metadata, workflow: Canonical(&body.workflow) };
    let idempotency = key(&headers, "/v1/executions", &request)?;
    let workflow = body.workflow;
    let parsed = aside(move || document::parse(&workflow)).await?.map_err(|issues| refused(&issues, "/workflow"))?;
    let late = host_checks::cut_off(&app, &parsed);
    if !late.is_empty() {
        return Err(refused(&late, "/workflow"));
    }
    if let Some(name) = forbidden_secret(&*app.host, &caller.owner, &caller.scopes, &parsed.workflow).await? {
        return Err(secret_not_allowed(name));
    }
    // No version is saved: the document is kept with its execution alone, which version 0 stands for.
    asked.start(&app, &caller, (parsed.workflow, 0), idempotency).await
}

/// The refusal of a document that names a secret which an admin did not allow for it.
pub(crate) fn secret_not_allowed(name: &str) -> Problem {
    let detail = format!(
        "the document names the secret {name}, which only a caller with the scope `admin` may name in a document that \
         is sent along: have the workflow saved, or the secret stored with `for_inline`"
    );
    Problem::new(StatusCode::FORBIDDEN, "secret_not_allowed", detail)
}

/// What tells one start of a saved workflow from another under the same key. Fields are in their sorted order.
#[derive(Serialize)]
struct SavedRequest<'a> {
    input: Canonical<'a>,
    metadata: CanonicalMap<'a>,
    version: Option<u64>,
}

/// The same of an inline document.
#[derive(Serialize)]
struct InlineRequest<'a> {
    input: Canonical<'a>,
    metadata: CanonicalMap<'a>,
    workflow: Canonical<'a>,
}

/// What both routes are asked alike.
struct Asked {
    /// Whether the caller names the version of a saved workflow.
    pinned: bool,
    input: Value,
    metadata: Map<String, Value>,
    /// For how long the caller waits for the execution; None: not at all.
    patience: Option<Duration>,
}

impl Asked {
    /// Reads the parameters, and fills in what a body leaves out.
    ///
    /// # Errors
    /// 422 for parameters that there are not.
    fn of(mut params: Params, input: Option<Value>, metadata: Option<Map<String, Value>>) -> Answered<Self> {
        let patience = patience(&mut params)?;
        params.done()?;
        Ok(Self {
            pinned: false,
            input: input.unwrap_or_else(|| json!({})),
            metadata: metadata.unwrap_or_default(),
            patience,
        })
    }

    /// Starts an execution of a workflow, of that version, and answers.
    async fn start(
        self,
        app: &App,
        caller: &Caller,
        (workflow, version): (Arc<Workflow>, u64),
        idempotency: Option<(String, String)>,
    ) -> Answered<Response> {
        let request = StartRequest {
            owner: caller.owner.clone(),
            workflow,
            version,
            pinned: self.pinned,
            input: self.input,
            metadata: self.metadata,
            started_by: Some(caller.subject.clone()),
            trigger: None,
            idempotency,
            awaited: false,
            in_line: None,
        };
        answer(app, start(&*app.host, request).await?, self.patience).await
    }
}

/// Reads the parameter `wait`: for how long the caller waits for the execution. None where it is absent.
///
/// # Errors
/// 422 where it is no number from 0 to 25 seconds.
pub(crate) fn patience(params: &mut Params) -> Answered<Option<Duration>> {
    let Some(seconds) = params.number::<f64>("wait")? else { return Ok(None) };
    if !(0.0..=limits::WAIT.as_secs_f64()).contains(&seconds) {
        return Err(Params::refuse("wait", "is out of range", "give 0 to 25 seconds, and ask again after that"));
    }
    Ok(Some(Duration::from_secs_f64(seconds)))
}

/// Answers a start: 202 with links at once; with `patience` 200 with the whole execution as soon as it has ended or
/// waits for a person, and 202 where it has not got there by then.
pub(crate) async fn answer(app: &App, execution: Arc<Execution>, patience: Option<Duration>) -> Answered<Response> {
    let mut execution = execution;
    if let Some(patience) = patience {
        execution = wait::until(app, execution, patience, wait::ended_or_asks).await?;
        if wait::ended_or_asks(&execution) {
            return Ok(axum::Json(read::execution(app, &execution).await?).into_response());
        }
    }
    Ok((StatusCode::ACCEPTED, axum::Json(types::Accepted::of(&execution))).into_response())
}
