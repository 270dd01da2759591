//! The editor of workflow documents, `/new` and `/workflows/{id}/edit`: the text, its picture and its problems beside each
//! other. A text can be checked, run once without being saved, and saved.

mod answers;
mod check;
mod checked;
mod draft;
mod examples;
mod page;
mod problem;

pub use checked::problems;
pub use problem::Problem;

use crate::limits;
use api::Routes;
use axum::{
    extract::DefaultBodyLimit,
    routing::{get, post},
};

/// All routes.
pub fn routes() -> Routes {
    reads().merge(starts())
}

/// The editor as it is opened.
pub fn reads() -> Routes {
    Routes::new().route("/new", get(answers::new)).route("/workflows/{id}/edit", get(answers::edit))
}

/// What is done with its text.
pub fn starts() -> Routes {
    let routes = Routes::new()
        .route("/new", post(answers::sent_new))
        .route("/new/check", post(answers::part_of))
        .route("/workflows/{id}/edit", post(answers::sent_edit));
    routes.layer(DefaultBodyLimit::max(limits::EDITOR_BYTES))
}
