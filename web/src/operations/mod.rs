//! The host itself: its queue, what it gave up on, schedules, jobs, and who gets in.

mod access;
mod dead;
mod health;
mod page;
mod schedules;
mod tokens;

pub use health::queue_in_short;

use api::Routes;
use axum::routing::{get, post};

/// The routes that change nothing.
pub fn reads() -> Routes {
    Routes::new().route("/operations", get(page::page)).route("/operations/tokens/{id}/revoke", get(tokens::confirm))
}

/// The routes that make and revoke tokens.
pub fn keeps() -> Routes {
    Routes::new()
        .route("/operations/tokens", post(tokens::make))
        .route("/operations/tokens/{id}/revoke", post(tokens::revoke))
}
