//! The node types against real servers and real child processes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod code;
mod credentials;
mod http;
mod integers;
mod mcp;
mod mcp_everything;
mod memory;
mod process;
mod refusals;
mod secrets;
mod support;
