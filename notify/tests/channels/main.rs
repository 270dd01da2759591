//! What people get: mails and webhooks, as real receivers take them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod contents;
mod folder;
mod letters;
mod receivers;
#[cfg(feature = "smtp")]
mod smtp;
mod webhooks;
