//! The function `callback`: the inbox of interactions, their answers, and signals to executions.

mod interactions;
#[cfg(feature = "lambda")]
pub mod lambda;
mod respond;
mod signals;

use api::Routes;

/// The routes of interactions, answers and signals.
pub fn routes() -> Routes {
    Routes::new().merge(interactions::routes()).merge(respond::routes()).merge(signals::routes())
}
