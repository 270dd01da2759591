//! `GET /`: what needs somebody first, then how everything goes.

mod bars;
mod nodes;
mod statuses;
mod urgent;

use crate::{
    answered::page_of_session,
    assets::LIST,
    desk::Asked,
    figures::{Figures, figures},
    layout::{Place, View, shown},
    limits,
    operations::queue_in_short,
    refused::refused,
    session::Visit,
};
use api::Routes;
use axum::{http::StatusCode, response::Response, routing::get};
use document::time::Time;
use maud::{Markup, html};
use std::sync::Arc;
use urgent::Urgent;

/// The routes.
pub fn routes() -> Routes {
    Routes::new().route("/", get(overview)).route("/overview/parts", get(fragment))
}

async fn overview(visit: Visit) -> Response {
    match parts(&visit).await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok(parts) => {
            let body = html! {
                div.page-head { h1 { "Overview" } }
                div #rows data-rows="overview/parts" { (parts) }
            };
            shown(&visit, View { place: Place::Overview, title: "Overview", scripts: &[&LIST], body })
        }
    }
}

/// The page without what is around it, by which it keeps itself up to date.
async fn fragment(visit: Visit) -> Response {
    // It stands in the first page, one folder higher.
    let visit = Visit { up: "./".into(), ..visit };
    match parts(&visit).await {
        Err(refusal) => refused(&refusal, "../"),
        Ok(parts) => page_of_session(StatusCode::OK, parts),
    }
}

async fn parts(visit: &Visit) -> Asked<Markup> {
    let urgent = Urgent::read(visit).await?;
    let day = figures(visit, None, Time(visit.now.0 - limits::DAY_MS)).await?;
    let queue = queue_in_short(visit).await;
    if urgent.is_empty() && day.counted == 0 && day.alive.is_empty() && !urgent.has_run {
        return Ok(welcome(&visit.up));
    }
    Ok(html! {
        (urgent.shown(visit))
        (going(visit, &day))
        (queue)
    })
}

fn going(visit: &Visit, day: &Arc<Figures>) -> Markup {
    html! {
        div.going {
            (statuses::statuses(&visit.up, day))
            (bars::bars(day))
        }
        (nodes::nodes(&visit.up, day))
        @if !day.is_all {
            p.soft { "Hours and nodes are counted from the newest " (day.counted) " executions." }
        }
    }
}

/// What a first visit says.
fn welcome(up: &str) -> Markup {
    html! {
        section.panel.welcome {
            h2 { "Nothing has run yet" }
            p { "A workflow is a document of nodes and edges. Start from an example, run it once, and watch it here." }
            div.actions {
                a.button.main href={ (up) "new" } { "Start from an example" }
                a.button href={ (up) "workflows" } { "Workflows" }
            }
        }
    }
}
