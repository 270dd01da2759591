//! Saved workflows: the list, one of them with its picture and its figures, its versions, a form to start it, and its
//! deletion.

mod delete;
mod difference;
mod document;
mod list;
mod nodes;
mod one;
mod picture;
mod read;
mod runs;
mod start;
mod start_form;
mod versions;

pub use document::compact;
pub use picture::drawn;
pub use read::{is_chat, may};
pub use start::key;

use api::Routes;
use axum::routing::{get, post};

/// All routes.
pub fn routes() -> Routes {
    reads().merge(starts())
}

/// The pages that change nothing.
pub fn reads() -> Routes {
    Routes::new()
        .route("/workflows", get(list::list))
        .route("/workflows/{id}", get(one::one))
        .route("/workflows/{id}/difference", get(versions::difference))
        .route("/workflows/{id}/start", get(start::show))
        .route("/workflows/{id}/delete", get(delete::show))
}

/// The forms of these pages.
pub fn starts() -> Routes {
    Routes::new()
        .route("/workflows/{id}/start", post(start::start))
        .route("/workflows/{id}/delete", post(delete::delete))
}
