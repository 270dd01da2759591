//! Agents over the whole engine: a model that is scripted, and a ledger in place of the outside world.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod approvals;
mod asking;
mod bounds;
mod called;
mod hostile;
mod long;
mod mapped;
mod money;
mod moves;
mod patches;
mod remembered;
mod sealed;
mod servers;
mod veiled;
mod world;
