//! Questions as requests to a URL of the document's author, signed as Standard Webhooks describe.

mod body;
mod reach;
mod sign;

pub use sign::{Key, Stale};

use crate::{
    limits::{ANSWER_BYTES, SAID_CHARS, SEND},
    text::{cut, one_line},
};
use document::WEBHOOK_HEADERS;
use engine::port::{Letter, Webhook};
use nodes::{Post, Posted, Poster, mask_text};
use reach::Reach;
use stepwell_core::{
    interaction::delivery::Told,
    task::{Failure, UsedSecret},
};

/// The headers that name, date and sign a message.
const ID: &str = WEBHOOK_HEADERS[0];
const TIMESTAMP: &str = WEBHOOK_HEADERS[1];
const SIGNATURE: &str = WEBHOOK_HEADERS[2];

/// Sends webhooks.
pub struct Webhooks {
    reach: Reach,
    key: Option<Key>,
}

impl Webhooks {
    /// Webhooks by these requests. `key` signs those that have no key of their own; where there is none either, they
    /// have no signature.
    pub fn new(poster: Poster, key: Option<Key>) -> Self {
        Self { reach: Reach::of(poster), key }
    }

    /// Sends one. A redirect is not followed: its author would not know where the question goes.
    pub async fn send(&self, letter: &Letter) -> Told {
        let Some(webhook) = &letter.webhook else {
            return Told::Refused { error: "nothing says what the webhook sends, nor where to".into() };
        };
        let told = match self.exchange(letter, webhook).await {
            Ok(posted) => answered(&posted),
            Err(told) => told,
        };
        masked(told, webhook)
    }

    async fn exchange(&self, letter: &Letter, webhook: &Webhook) -> Result<Posted, Told> {
        let own = webhook.secret.as_deref().map(Key::parse).transpose();
        let own = own.map_err(|why| refused(format!("the webhook's secret is no key: {why}")))?;
        let (kind, body) = body::of(letter, webhook);
        let seconds = letter.now.0.div_euclid(1_000);
        let mut headers = vec![(ID.to_owned(), letter.id.clone()), (TIMESTAMP.to_owned(), seconds.to_string())];
        if let Some(key) = own.as_ref().or(self.key.as_ref()) {
            headers.push((SIGNATURE.to_owned(), key.sign(&letter.id, seconds, &body)));
        }
        for (name, value) in &webhook.headers {
            let lower = name.trim().to_ascii_lowercase();
            if WEBHOOK_HEADERS.contains(&lower.as_str()) {
                let error =
                    format!("the header {lower} of a webhook is set by this host: leave it out of the document");
                return Err(refused(error));
            }
            headers.push((name.clone(), value.clone()));
        }
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        let (url, secrets) = (webhook.url.as_str(), webhook.secrets.as_slice());
        let post = Post { url, headers: &headers, body, answer_bytes: ANSWER_BYTES, limit: SEND, secrets };
        self.reach.poster(webhook.allow.as_deref()).post(post, letter.now).await.map_err(|failure| unanswered(&failure))
    }
}

fn refused(error: String) -> Told {
    Told::Refused { error }
}

/// What became of a request that the server answered.
fn answered(posted: &Posted) -> Told {
    let Posted { status, retry_after_seconds, body } = posted;
    let said = one_line(&String::from_utf8_lossy(body));
    let error = match status {
        200..=299 => return Told::Sent { reference: None },
        300..=399 => {
            format!("the webhook answered with the redirect {status}, which is not followed: give the URL it leads to")
        }
        410 => "the webhook answered with status 410: nobody wants these messages any more".to_owned(),
        _ if said.is_empty() => format!("the webhook answered with status {status}"),
        _ => format!("the webhook answered with status {status}: {said}"),
    };
    match status {
        408 | 425 | 429 => Told::Failed { error, after_seconds: *retry_after_seconds },
        400..=499 => Told::Refused { error },
        _ => Told::Failed { error, after_seconds: *retry_after_seconds },
    }
}

/// What became of a request without an answer. A certificate may be a good one tomorrow.
fn unanswered(failure: &Failure) -> Told {
    let error = failure.message.clone();
    if failure.retryable || failure.code == "tls_error" {
        return Told::Failed { error, after_seconds: None };
    }
    Told::Refused { error }
}

/// The same, without any credential of the webhook and cut to a bound. A server may repeat what it is sent, so secrets
/// are masked before anything is cut.
fn masked(mut told: Told, webhook: &Webhook) -> Told {
    if let Told::Failed { error, .. } | Told::Refused { error } = &mut told {
        let key = webhook.secret.iter().map(|value| UsedSecret {
            name: "of the webhook".into(),
            value: value.clone(),
            hosts: Vec::new(),
        });
        mask_text(error, &webhook.secrets.iter().cloned().chain(key).collect::<Vec<_>>());
        *error = cut(error, SAID_CHARS);
    }
    told
}
