//! What all HTTP functions of Stepwell share: how callers are authenticated, requests read and errors told, and how the
//! routes of several functions become one service, whose OpenAPI document is generated from them.

pub mod admin;
mod auth;
pub mod chat;
pub mod desk;
pub mod executions;
pub mod limits;
pub mod people;
mod request;
mod service;
pub mod triggers;
pub mod types;
pub mod workflows;
pub mod written;

pub use auth::{
    CLIENT, Caller, Jwt, JwtSettings, OWNER, OpenId, Scope, SignIn, Started,
    extract::{Admin, Known, Open, Reader, Responder, Runner, SignedIn, authenticate, sha256_of_token},
    guard::{PublicPages, loopback_only, one_host},
    is_owner,
};
pub use request::{
    aside::aside,
    bounds::Bounds,
    cursor,
    document::AnyDocument,
    json::{Body, DocumentJson, Json, MaybeJson, Path, light, shallow},
    page,
    params::{NoParams, Params},
    problem::{Answered, Problem},
    turns::take_from,
    yaml,
};
#[cfg(feature = "lambda")]
pub use service::lambda;
pub use service::{
    app::{App, Routes},
    handed_on, inside,
    metrics::{Kind, Metric},
    rate::Rates,
    service, sse,
    stop::{Stop, Stopper},
    tail::Tails,
};

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
        .merge(chat::routes())
        .merge(executions::reads())
        .merge(people::routes())
        .merge(executions::signals())
        .merge(executions::controls())
}
