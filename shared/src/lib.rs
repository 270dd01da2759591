//! The rules of Stepwell. Pure: no clock, no I/O, no randomness, no async runtime.

pub mod command;
pub mod drive;
pub mod effect;
pub mod error;
pub mod event;
pub mod execution;
pub mod expression;
pub mod id;
pub mod interaction;
pub mod limits;
pub mod node;
pub mod payload;
pub mod port;
pub mod task;
pub mod time;
pub mod validate;
pub mod workflow;
