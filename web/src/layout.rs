//! What the pages of the dashboard have around them: who looks, and the menu.

use crate::{
    answered::page_of_session,
    assets::Asset,
    frame::{Page, whole},
    session::Visit,
};
use api::Scope;
use axum::{http::StatusCode, response::Response};
use maud::{Markup, html};
use std::time::Duration;

/// The parts of the dashboard, in the order of its menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// What needs somebody first.
    Overview,
    /// Saved workflows, and the editor.
    Workflows,
    /// Executions.
    Executions,
    /// Questions.
    Inbox,
    /// The host itself.
    Operations,
}

const PLACES: [(Place, &str, &str); 5] = [
    (Place::Overview, "", "Overview"),
    (Place::Workflows, "workflows", "Workflows"),
    (Place::Executions, "executions", "Executions"),
    (Place::Inbox, "inbox", "Inbox"),
    (Place::Operations, "operations", "Operations"),
];

/// A page of the dashboard.
pub struct View<'a> {
    /// The part that it belongs to.
    pub place: Place,
    /// What the browser's tab shows.
    pub title: &'a str,
    /// Modules that it loads.
    pub scripts: &'a [&'a Asset],
    /// What it shows.
    pub body: Markup,
}

/// A page of the dashboard for a visitor, with the menu.
pub fn shown(visit: &Visit, view: View<'_>) -> Response {
    answered(visit, StatusCode::OK, view)
}

/// A page of something that moves. A browser without scripts loads it again after a while, unless that is not wanted.
pub fn moving(visit: &Visit, view: View<'_>, again: Option<Duration>) -> Response {
    page_of_session(StatusCode::OK, whole(&Page { again, ..page(visit, view) }))
}

/// The same as [`shown`] with another status, such as that of a form that could not be taken.
pub fn answered(visit: &Visit, status: StatusCode, view: View<'_>) -> Response {
    page_of_session(status, whole(&page(visit, view)))
}

fn page<'a>(visit: &'a Visit, view: View<'a>) -> Page<'a> {
    let head = head(visit, view.place);
    let (title, scripts, body) = (view.title, view.scripts, view.body);
    Page { title, scripts, head, body, wide: true, ..Page::plain(&visit.up) }
}

fn head(visit: &Visit, here: Place) -> Markup {
    let up = &visit.up;
    html! {
        a.skip href="#main" { "Go to the content" }
        header.top {
            div.inner {
                a.brand href=(up) { "Stepwell" }
                nav aria-label="Main" {
                    ul {
                        @for (place, address, name) in PLACES {
                            li { a href={ (up) (address) } aria-current=[(place == here).then_some("page")] { (name) } }
                        }
                    }
                }
                @if [Scope::Run, Scope::Admin].iter().any(|scope| visit.caller.scopes.contains(scope)) {
                    a.button.small href={ (up) "new" } { "New workflow" }
                }
                div.who {
                    bdi title="Who you are here" { (visit.caller.subject) }
                    @if !visit.caller.local {
                        form.inline method="post" action={ (up) "sign-out" } {
                            (token(visit))
                            button.small { "Sign out" }
                        }
                    }
                }
            }
        }
    }
}

/// What every form of a page holds.
pub fn token(visit: &Visit) -> Markup {
    html! { input type="hidden" name="form_token" value=(visit.form_token); }
}

/// The box above a list that chooses all of its rows on a page. Only a script can, which shows it.
pub fn every_row() -> Markup {
    html! { label.every data-every hidden { input type="checkbox" autocomplete="off"; "All on this page" } }
}
