//! The inbox: what waits for the visitor, one question with what led to it, and the same answer to several.

mod asking;
mod context;
mod list;
mod one;
mod reassign;
mod seen;
mod several;
mod state;
mod submit;

pub use asking::names;
pub use context::asked;
pub use list::many;

use api::Routes;
use axum::routing::{get, post};

/// The routes that change nothing.
pub fn reads() -> Routes {
    Routes::new()
        .route("/inbox", get(list::page))
        .route("/inbox/rows", get(list::fragment))
        .route("/inbox/several", get(several::page))
        .route("/inbox/{id}", get(one::page))
        .route("/inbox/{id}/state", get(state::state))
}

/// The routes that answer, and say who is asked.
pub fn answers() -> Routes {
    Routes::new()
        .route("/inbox/several", post(several::send))
        .route("/inbox/{id}", post(one::send))
        .route("/inbox/{id}/reassign", post(one::reassign))
}
