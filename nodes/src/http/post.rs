//! Single POST requests of a host itself, such as those that tell people of questions. They reach what the requests of
//! workflows reach and nothing else, and follow no redirect.

use super::{
    allow::AllowList, ask::of_outcome, failure, guarded::Guarded, redirect::first_hosts, request::Hop,
    response::retry_after,
};
use document::time::Time;
use std::time::Duration;
use stepwell_core::task::{Failure, HttpTask, UsedSecret};

/// Sends POST requests. A host builds one, so that connections are reused.
pub struct Poster {
    guarded: Guarded,
}

/// One request.
pub struct Post<'a> {
    /// The URL, http or https.
    pub url: &'a str,
    /// The headers. `Content-Type` is the caller's.
    pub headers: &'a [(String, String)],
    /// The body.
    pub body: Vec<u8>,
    /// Bytes of the answer's body that are read; what is beyond them is dropped.
    pub answer_bytes: usize,
    /// Time for the whole exchange.
    pub limit: Duration,
    /// The stored credentials in the request, each of which goes to its own hosts alone.
    pub secrets: &'a [UsedSecret],
}

/// What a server answered.
pub struct Posted {
    /// The status, that of a redirect included.
    pub status: u16,
    /// Seconds that the server asks to wait; none where it does not.
    pub retry_after_seconds: Option<f64>,
    /// The beginning of the body.
    pub body: Vec<u8>,
}

impl Poster {
    /// `allow` is what may be reached although it is not public. An error where `user_agent` can be no header.
    pub fn new(allow: AllowList, user_agent: &str) -> Result<Self, String> {
        Ok(Self { guarded: Guarded::new(allow, user_agent)? })
    }

    /// The same, with the places of another allow list too. Its connections are its own.
    pub fn allowing(&self, more: &AllowList) -> Self {
        Self { guarded: self.guarded.allowing(more) }
    }

    /// Sends a request and reads the beginning of its answer. `now` dates a `Retry-After`.
    ///
    /// # Errors
    /// Where no answer came. The message may hold the URL's host and no other part of the request; `retryable` says
    /// whether another try may help.
    pub async fn post(&self, post: Post<'_>, now: Time) -> Result<Posted, Failure> {
        let limit = post.limit;
        match tokio::time::timeout(limit, self.exchange(post, now)).await {
            Ok(posted) => posted,
            Err(_) => Err(failure::late(limit)),
        }
    }

    async fn exchange(&self, post: Post<'_>, now: Time) -> Result<Posted, Failure> {
        let task = HttpTask {
            method: "POST".into(),
            url: post.url.to_owned(),
            headers: post.headers.to_vec(),
            query: Vec::new(),
            body: None,
            expect: None,
        };
        let mut hop = Hop::first(&task, None, &self.guarded.user_agent)?;
        first_hosts(&hop, post.secrets)?;
        hop.body = Some(post.body);
        let mut response = self.guarded.send(&hop).await.map_err(of_outcome)?;
        let mut posted = Posted {
            status: response.status().as_u16(),
            retry_after_seconds: retry_after(response.headers(), now),
            body: Vec::new(),
        };
        // The status alone says whether the request was taken, so a body that breaks off is no failure.
        while posted.body.len() < post.answer_bytes
            && let Ok(Some(chunk)) = response.chunk().await
        {
            let room = post.answer_bytes - posted.body.len();
            posted.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        Ok(posted)
    }
}
