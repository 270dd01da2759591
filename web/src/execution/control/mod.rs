//! What may be done with an execution. Each thing has a page that says what would come of it and changes nothing, and a
//! form on it that does it.

mod back;
mod backtrack;
mod fields;
mod fork;
mod patch;
mod simple;
mod unstick;

use super::{
    aim::{Aim, address},
    seen::Seen,
};
use crate::{
    answered::see_other,
    desk::{Asked, Refusal, part},
    layout::{Place, View, answered, shown},
    refused::{refused, why},
    session::Visit,
};
use api::Routes;
use axum::{
    http::StatusCode,
    response::Response,
    routing::{MethodRouter, get, post},
};
use maud::{Markup, html};
use simple::Verb;

/// The pages before something is done. They change nothing.
pub fn reads() -> Routes {
    each(
        get(simple::ask::<{ Verb::PAUSE }>),
        get(simple::ask::<{ Verb::RESUME }>),
        get(simple::ask::<{ Verb::CANCEL }>),
        get(simple::ask::<{ Verb::RETRY }>),
    )
    .route("/executions/{id}/rollback", get(back::ask))
    .route("/executions/{id}/backtrack", get(backtrack::ask))
    .route("/executions/{id}/fork", get(fork::ask))
    .route("/executions/{id}/patch", get(patch::ask))
    .route("/executions/{id}/unstick", get(unstick::ask))
}

/// The forms by which it is done.
pub fn changes() -> Routes {
    each(
        post(simple::act::<{ Verb::PAUSE }>),
        post(simple::act::<{ Verb::RESUME }>),
        post(simple::act::<{ Verb::CANCEL }>),
        post(simple::act::<{ Verb::RETRY }>),
    )
    .route("/executions/{id}/rollback", post(back::act))
    .route("/executions/{id}/backtrack", post(backtrack::act))
    .route("/executions/{id}/fork", post(fork::act))
    .route("/executions/{id}/patch", post(patch::act))
    .route("/executions/{id}/unstick", post(unstick::act))
}

type Handler = MethodRouter<std::sync::Arc<api::App>>;

fn each(pause: Handler, resume: Handler, cancel: Handler, retry: Handler) -> Routes {
    Routes::new()
        .route("/executions/{id}/pause", pause)
        .route("/executions/{id}/resume", resume)
        .route("/executions/{id}/cancel", cancel)
        .route("/executions/{id}/retry", retry)
}

/// An execution about which something is asked, as it is now.
async fn now(visit: &Visit, id: &str) -> Asked<Seen> {
    Seen::of(visit, id, Aim::default()).await
}

/// The address of a route of the API.
fn route(id: &str, what: &str) -> String {
    format!("/v1/executions/{}/{what}", part(id))
}

/// A page about one thing that may be done: its title, and what stands below.
fn page(visit: &Visit, seen: &Seen, title: &str, refusal: Option<&Refusal>, body: &Markup) -> Response {
    let body = html! {
        div.page-head { h1 { (title) } }
        p { "Execution " a href=(address(&visit.up, seen.newest.id().as_str())) { bdi { (seen.workflow.name) } " " (super::head::short(seen.newest.id().as_str())) }
            " " (super::state::of_execution(seen.newest.status()).told()) }
        @if let Some(refusal) = refusal {
            div.summary tabindex="-1" role="alert" { h2 { "This was not done" } (why(refusal)) }
        }
        section.panel.confirm { (body) }
    };
    let view = View { place: Place::Executions, title, scripts: &[], body };
    match refusal {
        Some(refusal) => answered(visit, status_of(refusal), view),
        None => shown(visit, view),
    }
}

fn status_of(refusal: &Refusal) -> StatusCode {
    if refusal.status.is_client_error() { refusal.status } else { StatusCode::INTERNAL_SERVER_ERROR }
}

/// Leads back to the page of an execution from one below it.
fn back_to(id: &str) -> Response {
    see_other(&format!("../{}", part(id)))
}

/// Whether nothing is known of what a page is about, so that there is no page to show a refusal on.
fn nothing(visit: &Visit, refusal: &Refusal) -> Response {
    refused(refusal, &visit.up)
}
