//! The embedded host: SQLite, workers and the `stepwell` binary's parts.

pub mod host;
pub mod queue;
pub mod schedule;
pub mod server;
mod steps;
pub mod store;

pub use host::{Handler, Local, clock};
