//! Everything that only reads: executions, their nodes, history, checkpoints, events and logs.

mod events;
mod executions;
mod history;
mod nodes;

use api::Routes;

/// The OpenAPI document of the whole API: behind a gateway this function serves it for all. A test holds it to be what
/// the code says, and writes it anew with `UPDATE_DOCUMENT=1`.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// The routes of this function.
pub fn routes() -> Routes {
    Routes::new().merge(executions::routes()).merge(nodes::routes()).merge(history::routes()).merge(events::routes())
}
