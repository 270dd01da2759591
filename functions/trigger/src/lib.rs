//! The function `trigger`: starts executions, over HTTP and for other functions; saves, lists and checks workflows;
//! makes tokens and stores secrets.

mod admin;
#[cfg(feature = "events")]
pub mod event;
mod executions;
mod graph;
mod idempotency;
pub mod schedules;
pub mod start;
mod token;
mod webhook;
mod workflows;

pub use start::{StartError, StartRequest, start};

use api::Routes;

/// The routes of starts, webhooks, workflows, tokens and secrets.
pub fn routes() -> Routes {
    Routes::new()
        .merge(workflows::routes())
        .merge(graph::routes())
        .merge(executions::routes())
        .merge(webhook::routes())
        .merge(admin::routes())
}
