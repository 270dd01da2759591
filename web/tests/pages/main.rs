//! The pages over the host in memory, as a browser without scripts meets them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

extern crate stepwell_web as web;

mod agents;
mod browser;
mod chats;
mod editor;
mod execution;
mod execution_back;
mod execution_controls;
mod execution_large;
mod execution_moves;
mod execution_told;
mod executions;
mod fields;
mod hostile;
mod inbox;
mod kinds;
mod links;
mod local_user;
mod meanwhile;
mod names;
mod nowhere;
mod open_id;
mod operations;
mod over;
mod overview;
mod quiet;
mod refusals;
mod sessions;
mod visitor;
mod votes;
mod workflows;
mod world;
mod wrong;
