//! The HTTP API, by resource: [`executions`], [`workflows`], [`people`], [`triggers`], [`admin`]. Around them: who calls
//! (`auth`), how requests are read and errors told (`request`), and how routes become one service whose OpenAPI document
//! is generated from them (`service`).
//!
//! A function on Lambda serves some of the routes, the embedded host all ([`routes`]): they differ by their rights and by
//! how they scale, not by their source.

pub mod admin;
mod auth;
pub mod executions;
pub mod limits;
pub mod people;
mod request;
pub mod schema;
mod service;
pub mod triggers;
pub mod workflows;

pub use auth::{
    Admin, CLIENT, Caller, Open, Reader, Responder, Runner, Scope, SignedIn, authenticate, guard::loopback_only,
    sha256_of_token,
};
pub use request::{
    bounds::Bounds,
    cursor,
    json::{AnyJson, Body, Json, MaybeJson, Path, canonical, shallow},
    page,
    params::{NoParams, Params},
    problem::Problem,
};
#[cfg(feature = "lambda")]
pub use service::lambda;
pub use service::{
    Routes,
    app::App,
    metrics::{Kind, Metric},
    rate::Rates,
    service,
};

/// What a handler answers.
pub type Answered<T> = Result<T, Problem>;

/// The OpenAPI document of the whole API: behind a gateway one function serves it for all. A test holds it to be what the
/// code says, and writes it anew with `UPDATE_DOCUMENT=1`.
pub const DOCUMENT: &str = include_str!("openapi.json");

/// All routes.
pub fn routes() -> Routes {
    Routes::new()
        .merge(workflows::routes())
        .merge(executions::starts())
        .merge(triggers::routes())
        .merge(admin::routes())
        .merge(executions::reads())
        .merge(people::routes())
        .merge(executions::signals())
        .merge(executions::controls())
}
