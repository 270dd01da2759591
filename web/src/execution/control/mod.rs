//! What may be done with an execution. Each thing has a page that says what would come of it and changes nothing, and a
//! form on it that does it.

mod about;
mod back;
mod backtrack;
mod confirmed;
mod fields;
mod fork;
mod outside;
mod patch;
mod simple;
mod unstick;

use api::Routes;
use axum::routing::{MethodRouter, get, post};
use simple::Verb;

/// The pages before something is done. They change nothing.
pub fn reads() -> Routes {
    each(
        get(simple::ask::<{ Verb::PAUSE }>),
        get(simple::ask::<{ Verb::RESUME }>),
        get(simple::ask::<{ Verb::CANCEL }>),
        get(simple::ask::<{ Verb::RETRY }>),
    )
    .route("/executions/{id}/rollback", get(back::ask))
    .route("/executions/{id}/backtrack", get(backtrack::ask))
    .route("/executions/{id}/fork", get(fork::ask))
    .route("/executions/{id}/patch", get(patch::ask))
    .route("/executions/{id}/unstick", get(unstick::ask))
}

/// The forms by which it is done.
pub fn changes() -> Routes {
    each(
        post(simple::act::<{ Verb::PAUSE }>),
        post(simple::act::<{ Verb::RESUME }>),
        post(simple::act::<{ Verb::CANCEL }>),
        post(simple::act::<{ Verb::RETRY }>),
    )
    .route("/executions/{id}/rollback", post(back::act))
    .route("/executions/{id}/backtrack", post(backtrack::act))
    .route("/executions/{id}/fork", post(fork::act))
    .route("/executions/{id}/patch", post(patch::act))
    .route("/executions/{id}/unstick", post(unstick::act))
}

type Handler = MethodRouter<std::sync::Arc<api::App>>;

fn each(pause: Handler, resume: Handler, cancel: Handler, retry: Handler) -> Routes {
    Routes::new()
        .route("/executions/{id}/pause", pause)
        .route("/executions/{id}/resume", resume)
        .route("/executions/{id}/cancel", cancel)
        .route("/executions/{id}/retry", retry)
}
