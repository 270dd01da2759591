//! How people are told of questions: e-mail, Slack, webhooks.
//!
//! [`Channels`] sends a letter of [`engine::port`] by the channel that it names, once. Whoever calls it keeps what became
//! of it, and tries again.

mod channels;
mod config;
pub mod email;
pub mod limits;
pub mod markdown;
pub mod slack;
mod text;
pub mod webhook;

pub use channels::Channels;
pub use config::Given;
