//! People who are asked by the real binary: by mails in a folder, by their own pages, by the API, many at once.

use crate::binary::SOON;
use std::{
    thread,
    time::{Duration, Instant},
};

mod crash;
mod crawler;
mod example;
pub mod ground;
mod mails;
mod numbers;
pub mod pages;
mod post;
pub mod races;
mod races_here;
pub mod slack_script;
pub mod slack_stand_in;
mod stage;

/// Looks until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
