//! Jobs: one thing asked of all executions that a filter lets through. A job is a record ([`Job`](crate::port::Job)), on
//! which whoever has time does a slice after the other: [`drive`](drive::drive) on every host. Two at once do no harm,
//! since a slice is counted by one conditional write, and each execution remembers that the job asked it.

mod ask;
pub mod begin;
pub mod drive;
mod erase;
mod job;
mod slice;
