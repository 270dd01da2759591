//! What tests of several crates share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod store_conformance;
