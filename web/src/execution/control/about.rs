//! What the pages have in common on which something is asked about an execution.

use crate::{
    answered::see_other,
    assets::{Asset, ZOOM},
    desk::{Asked, Refusal, part},
    execution::{
        aim::{Aim, address},
        seen::Seen,
    },
    layout::{Place, View, answered, shown},
    look::{short_id, status},
    refused::{refused, why},
    session::Visit,
};
use api::Scope;
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};

/// An execution about which something is asked, as it is now.
pub async fn now(visit: &Visit, id: &str) -> Asked<Seen> {
    Seen::of(visit, id, Aim::default()).await
}

/// The address of a route of the API.
pub fn route(id: &str, what: &str) -> String {
    format!("/v1/executions/{}/{what}", part(id))
}

/// A page about one thing that may be done: its title, and what stands below.
pub fn page(visit: &Visit, seen: &Seen, title: &str, refusal: Option<&Refusal>, body: &Markup) -> Response {
    page_with(visit, seen, title, refusal, &[&ZOOM], body)
}

/// The same with other modules.
pub fn page_with(
    visit: &Visit,
    seen: &Seen,
    title: &str,
    refusal: Option<&Refusal>,
    scripts: &[&Asset],
    body: &Markup,
) -> Response {
    // Whoever may do none of it is told so before a form is filled in for nothing.
    if let Err(problem) = visit.caller.require(Scope::Run) {
        return nothing(visit, &problem.into());
    }
    let body = html! {
        div.page-head { h1 { (title) } }
        p.of-what { "Execution " a href=(address(&visit.up, seen.newest.id().as_str())) { bdi { (seen.workflow.name) } " " (short_id(seen.newest.id().as_str())) }
            " " (status(seen.newest.status())) }
        @if let Some(refusal) = refusal {
            div.summary tabindex="-1" role="alert" { h2 { "This was not done" } (why(refusal)) }
        }
        section.panel.confirm { (body) }
    };
    let view = View { place: Place::Executions, title, scripts, body };
    match refusal {
        Some(refusal) => answered(visit, status_of(refusal), view),
        None => shown(visit, view),
    }
}

fn status_of(refusal: &Refusal) -> StatusCode {
    if refusal.status.is_client_error() { refusal.status } else { StatusCode::INTERNAL_SERVER_ERROR }
}

/// Leads back to the page of an execution from one below it.
pub fn back_to(id: &str) -> Response {
    see_other(&format!("../{}", part(id)))
}

/// Whether nothing is known of what a page is about, so that there is no page to show a refusal on.
pub fn nothing(visit: &Visit, refusal: &Refusal) -> Response {
    refused(refusal, &visit.up)
}
