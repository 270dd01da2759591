//! `GET /`: what needs somebody first, then how everything goes.

use crate::{
    layout::{Place, View, shown},
    session::Visit,
};
use api::Routes;
use axum::{response::Response, routing::get};
use maud::html;

/// The route.
pub fn routes() -> Routes {
    Routes::new().route("/", get(overview))
}

async fn overview(visit: Visit) -> Response {
    let body = html! { div.page-head { h1 { "Overview" } } };
    shown(&visit, View { place: Place::Overview, title: "Overview", scripts: &[], body })
}
