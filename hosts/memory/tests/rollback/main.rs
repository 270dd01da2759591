//! Rollback over the whole engine: a ledger in place of the outside world, in which every charge is refunded once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod children;
mod forks;
mod handed;
mod late;
mod ledger;
mod patched_beside;
mod patches;
mod retried;
mod standing;
mod stories;
mod twice;
mod unheard;
