//! People who are asked by the real binary: by mails in a folder, by their own pages, by the API, many at once.

use crate::binary::SOON;
use std::{
    thread,
    time::{Duration, Instant},
};

mod crash;
mod crawler;
mod example;
mod mails;
mod numbers;
mod pages;
mod post;
mod races;
mod stage;

/// Looks until it is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
