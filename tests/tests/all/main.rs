//! The one test binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod architecture;
mod docs;
mod events;
mod store;
