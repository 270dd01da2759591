//! The rules told as stories: given a workflow, when this is asked, then that is recorded.

mod children;
mod flow;
mod people;
mod questions;
mod story;
mod stuck;
mod timeouts;
mod timing;
