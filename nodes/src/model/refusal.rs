//! Why a model gave no answer, in the codes of agents, and whether another try or another model may help.

use super::parts::text;
use crate::{http::Answered, limits::MODEL_WORDS_BYTES};
use serde_json::{Value, json};
use stepwell_core::task::Failure;

/// The failure of a call, and whether the next model of the list is tried.
pub(super) struct Refusal {
    /// What the caller is told.
    pub failure: Failure,
    /// Whether the next model is tried: this one is not available, or its limit is reached.
    pub next: bool,
}

/// Phrases by which providers say that a conversation is longer than the model takes.
const TOO_LONG: [&str; 9] = [
    "context_length_exceeded",
    "context length",
    "context window",
    "exceed_context_size",
    "prompt is too long",
    "input is too long",
    "too many input tokens",
    "exceeds the maximum number of tokens",
    "request_too_large",
];
/// Phrases by which providers say that they decline because of what was asked.
const DECLINED: [&str; 3] = ["content_filter", "content_policy_violation", "responsibleaipolicyviolation"];
/// Phrases by which providers say that a key is none of theirs, although the status says that the request is wrong.
const WRONG_KEY: [&str; 2] = ["api_key_invalid", "api key not valid"];

impl Refusal {
    /// The model is not available at the moment.
    pub fn unavailable(why: impl Into<String>) -> Self {
        Self { failure: Failure::new("model_unavailable", why).retryable(), next: true }
    }

    /// The call is wrong, and no other try helps.
    pub fn invalid(why: impl Into<String>) -> Self {
        Self { failure: Failure::new("invalid_request", why), next: false }
    }

    /// The model or its provider declines.
    pub fn declined(words: &str) -> Self {
        let why = format!("the model declines: {}", cut(words));
        Self { failure: Failure::new("model_refused", why), next: false }
    }

    /// A request that got no whole answer, by its code.
    pub fn of_sending(mut failure: Failure) -> Self {
        let unavailable = match failure.code.as_str() {
            // Where requests and secrets may go is told in the words of every request.
            "address_not_allowed" | "secret_not_allowed" => return Self { failure, next: false },
            "dns_error" | "connection_failed" | "connection_broken" | "tls_error" | "response_too_large" => true,
            _ => false,
        };
        failure.code = if unavailable { "model_unavailable" } else { "invalid_request" }.into();
        failure.retryable = unavailable;
        Self { failure, next: unavailable }
    }

    /// A response whose status is no success. `wait` is what its body asks to wait, `key` says where the key is from.
    pub fn of_status(answered: &Answered, body: &Value, wait: Option<f64>, key: &str) -> Self {
        let status = answered.status;
        let words = words(answered, body);
        let all = format!("{} {} {}", words.code, words.message, words.kind).to_lowercase();
        let says = |phrases: &[&str]| phrases.iter().any(|phrase| all.contains(phrase));
        let told = format!("the provider answered with status {status}{}", words.told());
        let failed = |code: &str, why: String| Failure::new(code, why).with_details(json!({"status": status}));
        let mut refusal = match status {
            // The provider's own words may hold a part of the key.
            401 | 403 => Self { failure: failed("invalid_request", wrong_key(status, key)), next: false },
            400 if says(&WRONG_KEY) => Self { failure: failed("invalid_request", wrong_key(status, key)), next: false },
            413 => Self { failure: failed("context_too_long", told), next: false },
            400 | 422 if says(&TOO_LONG) => Self { failure: failed("context_too_long", told), next: false },
            400 if says(&DECLINED) => Self { failure: failed("model_refused", told), next: false },
            429 => {
                let failure = failed("rate_limited", told);
                // A quota that is used up does not fill by itself.
                let used_up = says(&["insufficient_quota"]);
                Self { failure: if used_up { failure } else { failure.retryable() }, next: true }
            }
            408 | 409 | 424 | 425 | 500.. => {
                Self { failure: failed("model_unavailable", told).retryable(), next: true }
            }
            404 => {
                let why = format!("{told}. Check the model's name, and base_url where there is one");
                Self { failure: failed("invalid_request", why), next: false }
            }
            _ => Self { failure: failed("invalid_request", told), next: false },
        };
        if refusal.failure.retryable {
            refusal.failure.retry_after_seconds = answered.retry_after_seconds.or(wait);
        }
        refusal
    }

    /// The same refusal, which names the model.
    pub fn of(mut self, model: &str) -> Self {
        self.failure.message = format!("{model}: {}", self.failure.message);
        self
    }
}

/// One failure for a list of models, none of which is available: the last one's, with what was said of the others.
pub(super) fn all(refusals: Vec<Refusal>) -> Failure {
    let messages: Vec<String> = refusals.iter().map(|refusal| refusal.failure.message.clone()).collect();
    let retryable = refusals.iter().any(|refusal| refusal.failure.retryable);
    // The first model that is available again is the one to wait for.
    let waits = refusals.iter().filter(|refusal| refusal.failure.retryable);
    let wait = waits.map(|refusal| refusal.failure.retry_after_seconds.unwrap_or_default()).reduce(f64::min);
    match refusals.into_iter().next_back() {
        Some(last) => Failure {
            message: messages.join("; "),
            retryable,
            retry_after_seconds: wait.filter(|seconds| *seconds > 0.0),
            ..last.failure
        },
        None => Failure::new("invalid_request", "the call names no model: give at least one"),
    }
}

fn wrong_key(status: u16, key: &str) -> String {
    format!("the provider answered with status {status}: it does not accept {key}, or that may not use this model")
}

/// What a provider says of an error.
struct Words {
    code: String,
    kind: String,
    message: String,
}

impl Words {
    /// For the end of a sentence.
    fn told(&self) -> String {
        if self.message.is_empty() { String::new() } else { format!(": {}", cut(&self.message)) }
    }
}

/// What a body says of an error: every provider has its own places for it.
fn words(answered: &Answered, body: &Value) -> Words {
    let first = |pointers: &[&str]| {
        pointers.iter().find_map(|pointer| text(body, pointer)).map(str::to_owned).unwrap_or_default()
    };
    let amazon = answered.headers.get("x-amzn-errortype").and_then(|kind| kind.to_str().ok());
    let plain = || if body.is_null() { String::from_utf8_lossy(&answered.body).into_owned() } else { String::new() };
    let message = first(&["/error/message", "/message", "/Message", "/error", "/detail"]);
    Words {
        code: first(&["/error/code", "/error/innererror/code", "/code", "/error/details/0/reason"]),
        kind: amazon.map_or_else(|| first(&["/error/type", "/error/status", "/__type", "/type"]), str::to_owned),
        message: if message.is_empty() { plain() } else { message },
    }
}

/// The beginning of a text of somebody else.
pub(super) fn cut(text: &str) -> &str {
    let text = text.trim();
    &text[..text.floor_char_boundary(MODEL_WORDS_BYTES)]
}
