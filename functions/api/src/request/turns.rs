//! Requests compute by turns: each owner's, and all of them beside the queue's work.

use crate::App;
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use engine::fair::{Owner, Place, Rank};
use std::sync::{Arc, OnceLock};

tokio::task_local! {
    /// Whose request a task answers, once that is known.
    static OWNER: Arc<OnceLock<Owner>>;
}

/// A middleware that gives a request a seat each time that it goes on, once it is known whose it is. What comes before,
/// reading its head and looking up its token, is little, and the same for every request.
pub async fn taken(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let owner = Arc::new(OnceLock::new());
    let place = || owner.get().map(of);
    app.turns.by_turns(place, OWNER.scope(owner.clone(), next.run(request))).await
}

/// From here on the request takes the turns of this owner. The task comes back for its first at once.
pub async fn take_from(owner: &str) {
    let first = OWNER.try_with(|known| known.set(owner.into()).is_ok());
    if first == Ok(true) {
        tokio::task::yield_now().await;
    }
}

/// The place of what a request asks for. Those who have shown no proof, such as whoever calls a webhook, have one
/// owner's turns together.
pub fn place() -> Place {
    OWNER.try_with(|known| known.get().map(of)).ok().flatten().unwrap_or_else(|| of(&Owner::default()))
}

fn of(owner: &Owner) -> Place {
    Place::new(owner, Rank::Command)
}
