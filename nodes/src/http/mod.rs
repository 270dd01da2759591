//! `http_request`: one request whose redirects are followed by hand, so that every hop is judged before it is made.

mod address;
mod allow;
mod client;
mod failure;
mod fetch;
mod redirect;
mod request;
mod resolve;
mod response;

pub use allow::{AllowList, Blocked, judge};
pub use fetch::Fetcher;

use crate::secrets::Needles;
use client::Clients;
use document::time::Time;
use engine::port::Memory;
use request::Hop;
use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};
use stepwell_core::task::{Failure, HttpTask, Outcome, Task};

/// Sends requests. The clients are built at the first request, since reading the system's certificates takes
/// milliseconds that a cold start should not pay for.
pub(crate) struct Http {
    allow: AllowList,
    user_agent: reqwest::header::HeaderValue,
    clients: OnceLock<Result<Clients, String>>,
    memory: Arc<dyn Memory>,
}

impl Http {
    pub fn new(allow: AllowList, user_agent: &str, memory: Arc<dyn Memory>) -> Result<Self, String> {
        let user_agent = user_agent
            .parse()
            .map_err(|_| "user_agent has characters that no header may hold: use visible ASCII".to_owned())?;
        Ok(Self { allow, user_agent, clients: OnceLock::new(), memory })
    }

    /// The same, with the places of another allow list too.
    pub fn allowing(&self, more: &AllowList) -> Self {
        let (user_agent, memory) = (self.user_agent.clone(), self.memory.clone());
        Self { allow: self.allow.and(more), user_agent, clients: OnceLock::new(), memory }
    }

    /// Runs one attempt. `needles` are its secrets: they are masked in the response before anything looks at it, and
    /// not yet in messages.
    pub async fn run(
        &self,
        http: &HttpTask,
        task: &Task,
        needles: &Arc<Needles>,
        limit: Duration,
        now: &(dyn Fn() -> Time + Send + Sync),
    ) -> Outcome {
        match tokio::time::timeout(limit, self.exchange(http, task, needles, now)).await {
            Ok(Ok(outcome)) | Ok(Err(outcome)) => outcome,
            Err(_) => Outcome::Unknown(failure::timeout(limit)),
        }
    }

    /// Sends the request, follows redirects, and reads the response. Both results are outcomes; `Err` only ends it
    /// early.
    async fn exchange(
        &self,
        http: &HttpTask,
        task: &Task,
        needles: &Arc<Needles>,
        now: &(dyn Fn() -> Time + Send + Sync),
    ) -> Result<Outcome, Outcome> {
        let clients = self.clients.get_or_init(|| Clients::new(&self.allow)).as_ref().map_err(|why| {
            Outcome::Failed(Failure::new("tls_error", format!("no HTTPS client can be built: {why}")))
        })?;
        let mut hop = Hop::first(http, &task.idempotency_key, &self.user_agent).map_err(Outcome::Failed)?;
        redirect::first_hosts(&hop, &task.secrets).map_err(Outcome::Failed)?;
        for _ in 0..=crate::limits::REDIRECTS {
            allow::judge_url(&hop.url, &self.allow).map_err(|blocked| Outcome::Failed(hop.blocked(blocked)))?;
            let response = clients.send(&hop).await?;
            match redirect::next(hop, &response, &task.secrets).map_err(Outcome::Failed)? {
                Some(next) => hop = next,
                None => return response::finish(response, http, needles, now(), &*self.memory).await,
            }
        }
        Err(Outcome::Failed(failure::too_many_redirects()))
    }
}
