//! `GET` and `POST /workflows/{id}/start`: starts a workflow by a form.

use super::{
    read::{may, version_of},
    start_form,
};
use crate::{
    answered::see_other,
    desk::{Refusal, part},
    form::{Faults, Field, Pairs, Shown},
    layout::{Place, View, answered, token},
    refused::refused,
    session::{Sent, Visit, nonce},
};
use api::{
    Params, Scope,
    types::{Accepted, Workflow},
};
use axum::{
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode},
    response::Response,
};
use maud::{Markup, html};

/// The header by which a form that is sent twice starts one execution.
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The form of a version of a workflow, with what was typed.
pub struct Start<'w> {
    workflow: &'w Workflow,
    /// Whether the form starts an older version.
    is_older: bool,
    field: Field,
    pairs: Pairs,
}

impl<'w> Start<'w> {
    /// The form as nobody has filled it in yet.
    pub fn of(workflow: &'w Workflow, latest: u64) -> Self {
        let field = start_form::field(&workflow.document);
        let pairs = start_form::start(&field);
        Self { workflow, is_older: workflow.version != latest, field, pairs }
    }

    /// The form.
    pub fn form(&self, visit: &Visit, faults: &Faults) -> Markup {
        let action = format!("{}workflows/{}/start", visit.up, part(&self.workflow.id));
        html! {
            form.start method="post" action=(action) accept-charset="utf-8" {
                // The Enter key presses the first button of a form, which must not be one that adds a row.
                button.unseen type="submit" tabindex="-1" aria-hidden="true" { "Start" }
                (token(visit))
                @if let Some(key) = nonce() { input type="hidden" name="key" value=(key); }
                @if self.is_older { input type="hidden" name="version" value=(self.workflow.version); }
                (start_form::fields(&self.field, Shown { pairs: &self.pairs, faults }))
                // With nothing wrong in the fields it is said beside the button.
                @if faults.is_refusal() { (faults.summary(str::to_owned)) }
                div.actions {
                    button.main { "Start" @if self.is_older { " version " (self.workflow.version) } }
                }
            }
        }
    }

    fn page(&self, visit: &Visit, status: StatusCode, faults: &Faults) -> Response {
        let title = format!("Start {}", self.workflow.name);
        let body = html! {
            div.page-head {
                h1 { "Start " bdi { (self.workflow.name) } }
                a href={ (visit.up) "workflows/" (part(&self.workflow.id)) } { "To the workflow" }
            }
            @if !faults.is_refusal() { (faults.summary(|name| start_form::label(&self.field, name))) }
            section.panel.form { (self.form(visit, faults)) }
        };
        answered(visit, status, View { place: Place::Workflows, title: &title, scripts: &[], body })
    }
}

/// The form on a page of its own.
pub async fn show(visit: Visit, Path(id): Path<String>, params: Params) -> Response {
    let read = async {
        params.done()?;
        if !may(&visit, Scope::Run) {
            let detail = "starting a workflow needs the scope `run`";
            return Err(Refusal::new(StatusCode::FORBIDDEN, "missing_scope", detail));
        }
        version_of(&visit, &id, None).await
    };
    match read.await {
        Ok(workflow) => Start::of(&workflow, workflow.version).page(&visit, StatusCode::OK, &Faults::default()),
        Err(refusal) => refused(&refusal, &visit.up),
    }
}

/// Takes the form.
pub async fn start(Path(id): Path<String>, Sent { visit, pairs }: Sent) -> Response {
    let version = pairs.get("version").and_then(|version| version.parse::<u64>().ok());
    let latest = match version_of(&visit, &id, None).await {
        Ok(latest) => latest,
        Err(refusal) => return refused(&refusal, &visit.up),
    };
    let workflow = match version.filter(|version| *version != latest.version) {
        None => Ok(latest.clone()),
        Some(version) => version_of(&visit, &id, Some(version)).await,
    };
    let workflow = match workflow {
        Ok(workflow) => workflow,
        Err(refusal) => return refused(&refusal, &visit.up),
    };
    let mut form = Start { pairs: pairs.clone(), ..Start::of(&workflow, latest.version) };
    let (body, names) = match start_form::read(&form.field, &pairs) {
        start_form::Read::Rows(rows) => {
            form.pairs = rows;
            return form.page(&visit, StatusCode::OK, &Faults::default());
        }
        start_form::Read::Wrong(faults) => return form.page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &faults),
        start_form::Read::Body(body, names) => (body, names),
    };
    let headers = key(pairs.get("key").unwrap_or_default());
    let path = format!("/v1/workflows/{}/executions", part(&id));
    match visit.desk.send_with::<Accepted>(Method::POST, &path, headers, &body).await {
        Ok(accepted) => see_other(&format!("{}executions/{}", visit.up, part(&accepted.execution_id))),
        Err(refusal) => {
            let mut faults = start_form::refused(&form.field, &refusal.problem.errors, &names);
            if faults.is_empty() {
                faults.add_whole(format!("It was not started: {}.", refusal.problem.detail));
            }
            form.page(&visit, refusal.status, &faults)
        }
    }
}

/// The headers of a start that is known by a key.
pub fn key(key: &str) -> HeaderMap {
    let value = HeaderValue::from_str(key).ok().filter(|value| !value.is_empty());
    value.map(|value| HeaderMap::from_iter([(KEY, value)])).unwrap_or_default()
}
