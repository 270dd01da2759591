//! Calls of Slack's Web API, and words through a `response_url`. All go through the client that judges where it connects.

use super::{fault::Fault, settings::Settings};
use crate::limits::SLACK_ANSWER_BYTES;
use document::time::Time;
use nodes::{Post, Posted, Poster};
use reqwest::Url;
use serde_json::Value;
use std::time::Duration;

/// The host of the addresses that Slack hands out for words to one person.
const HOOKS: &str = "hooks.slack.com";

/// Calls Slack.
pub(super) struct Client {
    poster: Poster,
    api: Url,
    authorization: String,
}

impl Client {
    /// A client that connects at its first call.
    ///
    /// # Errors
    /// Where `user_agent` can be no header.
    pub fn new(settings: &Settings, user_agent: &str) -> Result<Self, String> {
        let poster = Poster::new(settings.allowed(), user_agent)?;
        Ok(Self { poster, api: settings.api.clone(), authorization: format!("Bearer {}", settings.token) })
    }

    /// Calls a method, and returns what it answered. The arguments are a form, which every method takes; some take no
    /// JSON.
    pub async fn call(&self, method: &str, arguments: &[(&str, Value)], limit: Duration) -> Result<Value, Fault> {
        let headers = [
            ("authorization".to_owned(), self.authorization.clone()),
            ("content-type".to_owned(), "application/x-www-form-urlencoded; charset=utf-8".to_owned()),
        ];
        let url = format!("{}/{method}", self.api.as_str().trim_end_matches('/'));
        let posted = self.post(&url, &headers, encoded(arguments), limit).await?;
        answer(method, &posted)
    }

    /// Sends a word to one person through the address that Slack gave for it.
    pub async fn respond(&self, response_url: &str, message: &Value, limit: Duration) -> Result<(), Fault> {
        if !self.is_slacks(response_url) {
            let message = format!("the response_url is none of {HOOKS}: nothing was sent to it");
            return Err(Fault::unanswered(message, false));
        }
        let headers = [("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
        let posted = self.post(response_url, &headers, message.to_string(), limit).await?;
        match posted.status {
            200..=299 => Ok(()),
            status => Err(Fault::unanswered(format!("Slack answered the response_url with {status}"), false)),
        }
    }

    /// Whether a URL is one that Slack hands out: on its own host, or on that of the Web API as the operator set it.
    fn is_slacks(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else { return false };
        let plain = url.username().is_empty() && url.password().is_none();
        let hooks = url.scheme() == "https" && url.host_str() == Some(HOOKS) && url.port().is_none();
        plain && (hooks || url.origin() == self.api.origin())
    }

    async fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: String,
        limit: Duration,
    ) -> Result<Posted, Fault> {
        let body = body.into_bytes();
        let post = Post { url, headers, body, answer_bytes: SLACK_ANSWER_BYTES, limit, secrets: &[] };
        // Slack says how many seconds to wait, and never until when, so that no time is needed to read it.
        let posted = self.poster.post(post, Time::default()).await;
        posted.map_err(|failure| Fault::unanswered(format!("Slack was not reached: {}", failure.message), true))
    }
}

/// Arguments as a form. Objects and lists are JSON, as Slack wants them.
fn encoded(arguments: &[(&str, Value)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in arguments {
        match value {
            Value::String(text) => form.append_pair(name, text),
            other => form.append_pair(name, &other.to_string()),
        };
    }
    form.finish()
}

/// Reads what a method answered.
fn answer(method: &str, posted: &Posted) -> Result<Value, Fault> {
    if posted.status == 429 {
        return Err(Fault::limited(method, posted.retry_after_seconds));
    }
    let answer: Value = serde_json::from_slice(&posted.body).unwrap_or_default();
    let field = |name: &str| answer.get(name).and_then(Value::as_str);
    match (answer.get("ok").and_then(Value::as_bool), field("error")) {
        (Some(true), _) if (200..300).contains(&posted.status) => Ok(answer),
        (Some(false), Some("ratelimited" | "rate_limited")) => Err(Fault::limited(method, posted.retry_after_seconds)),
        (Some(false), Some(code)) => Err(Fault::answered(method, code, field("needed"))),
        _ => {
            let message = format!("what answered {method} with {} is not Slack's Web API", posted.status);
            let mut fault = Fault::unanswered(message, true);
            fault.after_seconds = posted.retry_after_seconds;
            Err(fault)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn client(api: &str) -> Client {
        let variable = |name: &str| match name {
            super::super::settings::API => Some(api.to_owned()),
            super::super::settings::OWNER => None,
            _ => Some("secret".to_owned()),
        };
        Client::new(&Settings::read(variable).unwrap().unwrap(), "test").unwrap()
    }

    #[test]
    fn words_go_to_slacks_own_addresses_alone() {
        let slack = client("https://slack.com/api");
        assert!(slack.is_slacks("https://hooks.slack.com/actions/T1/2/3"));
        assert!(slack.is_slacks("https://slack.com/anything"));
        for other in [
            "http://hooks.slack.com/actions/T1/2/3",
            "https://hooks.slack.com.evil.example/",
            "https://evil.example/hooks.slack.com",
            "https://hooks.slack.com@evil.example/",
            "https://me:pw@hooks.slack.com/",
            "https://hooks.slack.com:8443/",
            "https://169.254.169.254/latest",
            "http://127.0.0.1:9/",
            "file:///etc/passwd",
            "nonsense",
        ] {
            assert!(!slack.is_slacks(other), "{other}");
        }
        let stand_in = client("http://127.0.0.1:9/api");
        assert!(stand_in.is_slacks("http://127.0.0.1:9/respond"));
        assert!(!stand_in.is_slacks("http://127.0.0.1:10/respond"));
    }

    #[test]
    fn an_answer_that_is_not_slacks_is_tried_again() {
        let posted = |status, body: &str| Posted { status, retry_after_seconds: None, body: body.as_bytes().to_vec() };
        assert!(answer("x", &posted(200, r#"{"ok":true}"#)).is_ok());
        for (status, body) in [(200, "<html>"), (502, "bad gateway"), (302, ""), (500, r#"{"ok":true}"#), (200, "{}")] {
            assert!(answer("x", &posted(status, body)).is_err_and(|fault| fault.retryable), "{status} {body}");
        }
        assert!(answer("x", &posted(200, r#"{"ok":false,"error":"is_archived"}"#)).is_err_and(|it| !it.retryable));
    }
}
