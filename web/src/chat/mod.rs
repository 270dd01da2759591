//! The page of a conversation with a workflow: what was said, what is asked, and a field for the next message. It works by
//! forms; with a script an answer appears as it is given.

mod asked;
mod page;
mod seen;
mod sent;

use api::Routes;
use axum::routing::{get, post};

/// All routes.
pub fn routes() -> Routes {
    Routes::new()
        .route("/chat/{workflow_id}", get(page::page).post(sent::say))
        .route("/chat/{workflow_id}/answer", post(sent::answer))
        .route("/chat/{workflow_id}/stream", post(sent::stream))
}
