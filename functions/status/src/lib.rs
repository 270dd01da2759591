//! Everything that only reads: executions, their nodes, history, checkpoints, events and logs.

mod events;
mod executions;
mod history;
mod nodes;

use api::Routes;

/// The routes of this function.
pub fn routes() -> Routes {
    Routes::new().merge(executions::routes()).merge(nodes::routes()).merge(history::routes()).merge(events::routes())
}
