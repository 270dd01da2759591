//! Tests of the command line as people and scripts use it: exit codes, stdout as data, questions, interrupts, crashes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agents;
mod answers;
mod back;
mod below;
mod broken_streams;
mod bulk;
mod chats;
mod commands;
mod damage;
mod dev;
mod drafts;
mod example_agents;
mod files;
mod forks;
mod forms;
mod kept_out;
mod log;
mod mcp;
mod model_keys;
mod moved;
mod named;
mod notifications;
mod order;
mod owners;
mod pasted;
mod patched;
mod people;
mod progress;
mod provider;
mod reach;
mod receipts;
mod runs;
mod screens;
mod secrets;
mod shapes;
mod socket;
// Tests of other crates start the same server.
#[path = "../../../tests/src/stand_in.rs"]
mod stand_in;
mod stop;
mod story;
mod support;
mod terminal;
mod warnings;
mod whatif;
