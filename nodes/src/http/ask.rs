//! JSON requests to services whose answers are read as a whole, such as language models. They reach what the requests of
//! workflows reach, and their redirects are followed by the same rules.

use super::{allow::AllowList, failure, guarded::Guarded, redirect, request::Hop, response::retry_after};
use crate::limits::{REDIRECTS, STREAM_WORDS};
use document::time::Time;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use stepwell_core::task::{Failure, HttpTask, Outcome, UsedSecret};

/// Takes a piece of an event stream.
pub(crate) type Each<'a> = &'a mut (dyn FnMut(&[u8]) + Send);

/// What the type of an event stream begins with.
const STREAM: &[u8] = b"text/event-stream";

/// Sends such requests. A host builds one, so that connections are reused.
pub(crate) struct Asker {
    guarded: Guarded,
}

/// One request.
pub(crate) struct Ask<'a> {
    /// The URL, http or https.
    pub url: &'a str,
    /// The headers beside `Content-Type`.
    pub headers: Vec<(String, String)>,
    /// The body, which is JSON.
    pub body: Vec<u8>,
    /// The secrets in the request, each of which goes to its own hosts alone.
    pub secrets: &'a [UsedSecret],
    /// Bytes of the answer at most.
    pub most: usize,
}

/// What a service answered.
pub(crate) struct Answered {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// Seconds that the service asks to wait; none where it does not.
    pub retry_after_seconds: Option<f64>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Asker {
    /// `allow` is what may be reached although it is not public. An error where `user_agent` can be no header.
    pub fn new(allow: AllowList, user_agent: &str) -> Result<Self, String> {
        Ok(Self { guarded: Guarded::new(allow, user_agent)? })
    }

    /// The same, with the places of another allow list too. Its connections are its own.
    pub fn allowing(&self, more: &AllowList) -> Self {
        Self { guarded: self.guarded.allowing(more) }
    }

    /// Sends a request and reads its answer. `now` dates a `Retry-After`. The caller bounds the time. `each` is given what
    /// comes of an event stream, piece by piece; the body of such an answer is empty.
    ///
    /// # Errors
    /// Where no whole answer came, with the codes of `http_request`. The message may hold the URL's host and no other
    /// part of the request.
    pub async fn ask(&self, ask: Ask<'_>, now: Time, each: Option<Each<'_>>) -> Result<Answered, Failure> {
        let task = HttpTask {
            method: "POST".into(),
            url: ask.url.to_owned(),
            headers: ask.headers,
            query: Vec::new(),
            body: None,
            expect: None,
        };
        let mut hop = Hop::first(&task, None, &self.guarded.user_agent)?;
        redirect::first_hosts(&hop, ask.secrets)?;
        hop.headers.insert(CONTENT_TYPE, reqwest::header::HeaderValue::from_static("application/json"));
        hop.body = Some(ask.body);
        for _ in 0..=REDIRECTS {
            let response = self.guarded.send(&hop).await.map_err(of_outcome)?;
            match redirect::next(hop, &response, ask.secrets)? {
                Some(next) => hop = next,
                None => return read(response, ask.most, now, each).await,
            }
        }
        Err(failure::too_many_redirects())
    }
}

/// The answer with its whole body, up to the bound.
async fn read(
    mut response: reqwest::Response,
    most: usize,
    now: Time,
    each: Option<Each<'_>>,
) -> Result<Answered, Failure> {
    let host = super::allow::plain(response.url().host_str().unwrap_or_default());
    let mut answered = Answered {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        retry_after_seconds: retry_after(response.headers(), now),
        body: Vec::new(),
    };
    let streams = answered.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(STREAM));
    let mut each = each.filter(|_| streams && response.status().is_success());
    // Around each piece of text a stream has words of its own.
    let most = if each.is_some() { most * STREAM_WORDS } else { most };
    let mut bytes = 0;
    while let Some(chunk) = response.chunk().await.map_err(|_| failure::broken(&host, "within the response"))? {
        bytes += chunk.len();
        if bytes > most {
            let message = format!("{host} answered with more than {most} bytes, and no answer may be larger");
            return Err(Failure::new("response_too_large", message));
        }
        match &mut each {
            Some(each) => each(&chunk),
            None => answered.body.extend_from_slice(&chunk),
        }
    }
    Ok(answered)
}

/// The failure of a hop that gave no answer.
pub(super) fn of_outcome(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) | Outcome::Unknown(failure) => failure,
        Outcome::Succeeded { .. } => {
            Failure::new("connection_broken", "the exchange ended without an answer").retryable()
        }
    }
}
