//! Tests of the server: what clients can hold, who gets in, and what happens to whoever waits when it stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access;
mod places;
mod slow;
mod stop;
mod support;
