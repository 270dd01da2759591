//! What all HTTP functions of Stepwell share: how callers are authenticated, requests read and errors told, and how the
//! routes of several functions become one service, whose OpenAPI document is generated from them.

pub mod answer;
mod app;
mod bounds;
mod caller;
pub mod cursor;
mod guard;
mod json;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod limits;
mod locks;
mod metrics;
pub mod page;
mod params;
mod problem;
mod rate;
pub mod read;
pub mod schema;
mod service;
mod system;
pub mod wait;

pub use app::App;
pub use bounds::Bounds;
pub use caller::{
    Admin, CLIENT, Caller, Open, Reader, Responder, Runner, Scope, SignedIn, authenticate, sha256_of_token,
};
pub use guard::loopback_only;
pub use json::{AnyJson, Body, Json, MaybeJson, Path, canonical, shallow};
pub use locks::Locks;
pub use metrics::{Kind, Metric};
pub use params::{NoParams, Params};
pub use problem::Problem;
pub use rate::Rates;
pub use service::{Routes, service};

/// What a handler returns: its answer, or the problem that is sent in its place.
pub type Answered<T> = Result<T, Problem>;
