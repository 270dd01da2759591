//! The rules told as stories: given a workflow, when a command is asked, then these events and effects follow.

mod after_error;
mod children;
mod conditions;
mod flow;
mod people;
mod questions;
mod repeats;
mod story;
mod stuck;
mod timeouts;
mod timing;
