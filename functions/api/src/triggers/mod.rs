//! What starts executions from outside: webhooks, and on Lambda whatever else invokes the function.

#[cfg(feature = "lambda")]
pub mod invocation;
mod webhook;

use crate::Routes;

/// The routes of webhooks.
pub fn routes() -> Routes {
    webhook::routes()
}
