//! Helpers that the tests of this crate share.
#![allow(clippy::unwrap_used)]

pub mod scripted;
pub mod story;
pub mod table;
