//! Interactions: the inbox, answers; and signals.

mod interactions;
#[cfg(feature = "lambda")]
pub mod lambda;
mod respond;
mod signals;

use api::Routes;

/// The routes of this function.
pub fn routes() -> Routes {
    Routes::new().merge(interactions::routes()).merge(respond::routes()).merge(signals::routes())
}
