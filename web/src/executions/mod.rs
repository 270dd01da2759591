//! Executions: the list, what is asked of many of them at once, and the jobs that do that.

mod act;
mod bulk;
mod chosen;
mod job;
mod list;
mod many;
mod named;
pub mod rows;
mod wanted;

pub use job::{bar as job_bar, sum as job_sum, told as job_status};
pub use list::in_status;

use api::Routes;
use axum::routing::{get, post};

/// The routes that change nothing.
pub fn reads() -> Routes {
    Routes::new()
        .route("/executions", get(list::page))
        .route("/executions/rows", get(list::fragment))
        .route("/executions/bulk/confirm", get(bulk::confirm))
        .route("/jobs/{id}", get(job::page))
        .route("/jobs/{id}/state", get(job::fragment))
}

/// The routes that ask something of executions.
pub fn controls() -> Routes {
    Routes::new()
        .route("/executions/many", post(many::send))
        .route("/executions/bulk", post(bulk::send))
        .route("/jobs/{id}/cancel", post(job::cancel))
}
