//! The function `status`: everything that only reads executions: their nodes, history, checkpoints, events and logs.

mod events;
mod executions;
mod history;
mod nodes;

use api::Routes;

/// The OpenAPI document of the whole API. Behind a gateway this function serves it for all functions, each of which
/// knows only its own routes. A test compares it with the code, and writes it anew with `UPDATE_DOCUMENT=1`.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// The routes that read executions.
pub fn routes() -> Routes {
    Routes::new().merge(executions::routes()).merge(nodes::routes()).merge(history::routes()).merge(events::routes())
}
