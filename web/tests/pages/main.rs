//! The pages over the host in memory, as a browser without scripts meets them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

extern crate stepwell_web as web;

mod browser;
mod execution;
mod execution_controls;
mod execution_large;
mod fields;
mod hostile;
mod kinds;
mod links;
mod open_id;
mod over;
mod quiet;
mod sessions;
mod votes;
mod world;
mod wrong;
