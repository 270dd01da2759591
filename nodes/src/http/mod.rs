//! `http_request`: one request whose redirects are followed by hand, so that every hop is judged before it is made.

mod address;
mod allow;
mod ask;
mod client;
mod failure;
mod fetch;
mod guarded;
mod open;
mod post;
mod redirect;
mod request;
mod resolve;
mod response;

pub use allow::{AllowList, Blocked, judge};
pub(crate) use ask::{Answered, Ask, Asker, Each};
pub use fetch::Fetcher;
pub(crate) use open::{Door, Doors, anywhere};
pub use post::{Post, Posted, Poster};

use document::time::Time;
use engine::{masking::Needles, port::Memory};
use guarded::Guarded;
use request::Hop;
use std::{sync::Arc, time::Duration};
use stepwell_core::task::{HttpTask, Outcome, Task};

/// Sends the requests of nodes.
pub(crate) struct Http {
    guarded: Guarded,
    memory: Arc<dyn Memory>,
}

impl Http {
    pub fn new(allow: AllowList, user_agent: &str, memory: Arc<dyn Memory>) -> Result<Self, String> {
        Ok(Self { guarded: Guarded::new(allow, user_agent)?, memory })
    }

    /// The same, with the places of another allow list too.
    pub fn allowing(&self, more: &AllowList) -> Self {
        Self { guarded: self.guarded.allowing(more), memory: self.memory.clone() }
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
        let mut hop =
            Hop::first(http, Some(&task.idempotency_key), &self.guarded.user_agent).map_err(Outcome::Failed)?;
        redirect::first_hosts(&hop, &task.secrets).map_err(Outcome::Failed)?;
        for _ in 0..=crate::limits::REDIRECTS {
            let response = self.guarded.send(&hop).await?;
            match redirect::next(hop, &response, &task.secrets).map_err(Outcome::Failed)? {
                Some(next) => hop = next,
                None => return response::finish(response, http, needles, now(), &*self.memory).await,
            }
        }
        Err(Outcome::Failed(failure::too_many_redirects()))
    }
}
