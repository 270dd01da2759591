//! How people are told of questions: e-mail, Slack, webhooks.

pub mod limits;
pub mod slack;
