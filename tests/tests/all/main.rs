//! Every test that crosses rooms, in one binary: one link, one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod concurrency;
mod differential;
mod docs;
mod events;
mod large;
mod schedules;
mod simulation;
mod store;
mod store_differential;
mod supervision;
mod world;
