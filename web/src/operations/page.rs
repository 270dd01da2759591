//! `GET /operations`: one section for each concern. What a host does not tell has no section; what cannot be read says why.

use super::{access, dead, health, schedules, tokens};
use crate::{
    desk::Asked,
    layout::{Place, View, shown},
    refused::why,
    session::Visit,
};
use api::Scope;
use axum::response::Response;
use maud::{Markup, html};

/// The page.
pub async fn page(visit: Visit) -> Response {
    let is_admin = visit.caller.scopes.contains(&Scope::Admin);
    let body = html! {
        div.page-head { h1 { "Operations" } }
        div.going {
            (health::health(&visit))
            (health::queue(&visit).await)
        }
        (section("dead", "Dead letters", dead::letters(&visit).await))
        (section("schedules", "Schedules", schedules::schedules(&visit).await))
        (section("jobs", "Jobs", access::jobs(&visit).await))
        (section("groups", "Groups", access::groups(&visit).await))
        @if is_admin {
            (section("tokens", "Tokens", tokens::tokens(&visit).await))
            (section("secrets", "Secrets", access::secrets(&visit).await))
        }
    };
    shown(&visit, View { place: Place::Operations, title: "Operations", scripts: &[], body })
}

/// A section with its heading.
fn section(id: &str, title: &str, body: Asked<Markup>) -> Markup {
    html! {
        section.panel aria-labelledby=(id) {
            h2 id=(id) { (title) }
            @match body {
                Ok(body) => (body),
                Err(refusal) => { p { "This cannot be shown." } (why(&refusal)) }
            }
        }
    }
}
