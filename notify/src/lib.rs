//! How people are told of questions: e-mail, Slack, webhooks.
