//! The embedded host, which the `stepwell` binary runs: SQLite store, queue with its workers, schedules, and the API as
//! one service. The command line is part of the binary.

mod asker;
pub mod host;
pub mod jobs;
pub mod keys;
pub use nodes::memory;
pub mod queue;
mod reach;
pub mod schedule;
pub mod server;
mod steps;
pub mod store;

pub use host::{Handler, Local, People, clock, runtime};
