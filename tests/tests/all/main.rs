//! Every test that crosses rooms, in one binary: one link, one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod concurrency;
mod control;
mod differential;
mod docs;
mod events;
mod golden;
mod large;
mod schedules;
mod simulation;
mod store;
mod store_differential;
mod style;
mod supervision;
mod sweep;
mod world;
