//! One execution: its picture, its time line, its values, its past, and what may be done with it.

mod agent;
mod aim;
mod attempts;
mod below;
mod control;
mod events;
mod head;
mod journal;
mod lent;
mod moves;
mod node;
mod pace;
mod page;
mod picture;
mod seen;
mod state;
mod timeline;
mod travel;
mod undone;
mod values;
mod visits;

use api::Routes;
use axum::{Extension, routing::get};
use pace::Pace;

/// The routes that change nothing.
pub fn reads() -> Routes {
    Routes::new()
        .route("/executions/{id}", get(page::page))
        .route("/executions/{id}/live", get(page::live).layer(Extension(Pace::default())))
        .route("/executions/{id}/events", get(events::events))
        .route("/executions/{id}/value", get(values::whole))
        .merge(control::reads())
}

/// The routes that change an execution, served where the API's own routes of control are.
pub fn controls() -> Routes {
    control::changes()
}
