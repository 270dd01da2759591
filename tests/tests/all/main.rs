//! The one test binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod concurrency;
mod docs;
mod events;
mod large;
mod schedules;
mod store;
mod supervision;
mod world;
