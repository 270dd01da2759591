//! Every test that crosses rooms, in one binary: one link, one process.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod differential;
mod docs;
mod events;
mod simulation;
mod store;
