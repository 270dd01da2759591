//! What the pages have in common on which something is asked about an execution.

use crate::{
    answered::see_other,
    assets::{Asset, ZOOM},
    desk::{Asked, Refusal, part},
    execution::{
        aim::{Aim, address},
        head::button,
        seen::Seen,
    },
    layout::{Place, View, answered, shown},
    look::{doing, short_id, status},
    refused::{self, refused},
    session::Visit,
};
use api::Scope;
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use stepwell_core::decide::admitted::{Ask, admitted};

/// An execution about which something is asked, as it is now.
pub async fn now(visit: &Visit, id: &str) -> Asked<Seen> {
    Seen::of(visit, id, Aim::default()).await
}

/// The address of a route of the API.
pub fn route(id: &str, what: &str) -> String {
    format!("/v1/executions/{}/{what}", part(id))
}

/// Why what was asked was not done, to stand beside its button, with what may be asked as the execution is by now.
pub fn not_done(visit: &Visit, seen: &Seen, refusal: Option<&Refusal>) -> Markup {
    not_done_with(visit, seen, refusal, &html! {})
}

/// The same, with what the page said `before` that was confirmed, where it says something else by now.
pub fn not_done_with(visit: &Visit, seen: &Seen, refusal: Option<&Refusal>, before: &Markup) -> Markup {
    // What is wrong with what was typed is corrected where it was typed, and what stands in the way of a change says where.
    let is_of_state =
        refusal.is_some_and(|refusal| refusal.status == StatusCode::CONFLICT && refusal.problem.errors.is_empty());
    let base = address(&visit.up, seen.newest.id().as_str());
    let ways = if is_of_state { admitted(&seen.newest) } else { Vec::new() };
    let doing = doing(&seen.newest, &seen.workflow);
    // What would come of it has changed, and can be confirmed again.
    let is_shown_anew = refusal.is_some_and(|refusal| refusal.problem.code == "changed_meanwhile");
    let next = html! {
        @if is_of_state && is_shown_anew {
            (before)
            p dir="auto" { "By now: " (doing) }
            @if ways.contains(&Ask::Pause) { p { "Where it goes on all the time, " a href={ (base) "/pause" } { "pause it" } " first." } }
        } @else if is_of_state {
            // The refusal says how the execution ended.
            @if !seen.newest.status().is_terminal() { p dir="auto" { "By now: " (doing) } }
            @if ways.is_empty() { p { "Nothing can be done with it until that is over." } } @else {
                p { "What you can do instead: "
                    @for (at, way) in ways.iter().enumerate() {
                        @let (path, word) = button(*way);
                        @if at > 0 { ", " }
                        a href={ (base) "/" (path) } { (word) }
                    } "." }
            }
        }
    };
    // What may be asked is told by the links below, and once.
    let short = refusal.filter(|_| is_of_state && !ways.is_empty()).cloned().map(|mut refusal| {
        let without = refusal
            .problem
            .detail
            .strip_suffix(seen.newest.status().possible())
            .map(|rest| rest.trim_end_matches([';', ' ']).to_owned());
        refusal.problem.detail = without.unwrap_or(refusal.problem.detail);
        refusal
    });
    refused::not_done(short.as_ref().or(refusal), &next)
}

/// A page about one thing that may be done: its title, and what stands below, which says beside the button why it was refused.
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
