//! The rules told as stories: given a workflow, when a command is asked, then these events and effects follow.

mod admitted;
mod after_error;
mod arrival;
mod asking;
mod bounces;
mod children;
mod conditions;
mod flow;
mod groups;
mod iterations;
mod meant;
mod messages;
mod offloaded;
mod people;
mod progress;
mod questions;
mod receipts;
mod repeats;
mod retried;
mod settings;
mod story;
mod stuck;
mod timeouts;
mod timing;
mod waits;
mod warnings;
