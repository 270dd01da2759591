//! Moving executions to another host, over the whole engine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod forged;
mod stories;
mod world;
