//! The rules of Stepwell. Pure: no clock, no I/O, no randomness, no async runtime.

pub mod expression;
pub mod id;
pub mod limits;
pub mod task;
pub mod time;
pub mod workflow;
