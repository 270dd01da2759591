//! Tests of the command line as people and scripts use it: exit codes, stdout as data, questions, interrupts, crashes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod damage;
mod dev;
mod files;
mod log;
mod people;
mod runs;
mod secrets;
mod socket;
mod stop;
mod support;
