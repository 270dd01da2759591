//! The rules told as stories: given a workflow, when a command is asked, then these events and effects follow.

mod children;
mod conditions;
mod flow;
mod iterations;
mod offloaded;
mod people;
mod questions;
mod story;
mod stuck;
mod timeouts;
mod timing;
mod waits;
