//! Which questions a caller can have meant who names none: those that were open when the request came, and when every
//! request came that was being answered then. Of two answers at once the second must not hit the question that opened
//! because of the first.
//!
//! Only requests to this process are compared. Where several processes serve the API, a request to another one is seen
//! by what it recorded before this one was loaded; `interaction_id`, `checkpoint` and `Idempotency-Key` hold everywhere.

use crate::{App, Problem, limits};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Instant,
};
use stepwell_core::id::{ExecutionId, InteractionId};

/// An execution of one of the hosts in this process, which is told by where it lies in memory. A host that is gone has
/// no request under way, so that its place means nothing any more.
type Key = (usize, ExecutionId);

/// The answers by resume of this process, through whichever of its services they came.
static ANSWERS: LazyLock<Mutex<Answers>> = LazyLock::new(Mutex::default);

/// When a request came, before its body was read or anything was looked up for it.
pub(crate) struct Arrived(Instant);

impl<S: Send + Sync> FromRequestParts<S> for Arrived {
    type Rejection = Problem;
    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(Instant::now()))
    }
}

impl Arrived {
    /// Waits until requests that came at once with this one have come too, where they come to this process.
    pub(crate) async fn linger(&self, app: &App) {
        if app.alone {
            let over = tokio::time::sleep_until((self.0 + limits::AT_ONCE).into());
            tokio::select! {
                () = over => {}
                () = app.stop.stopped() => {}
            }
        }
    }
}

/// A request that answers; dropping it says that it is over.
pub(crate) struct Answering {
    key: Key,
    number: u64,
    meant: Vec<InteractionId>,
}

#[derive(Default)]
struct Answers {
    requests: HashMap<Key, Vec<One>>,
    /// What is over, in that order, so that it is forgotten in time.
    over: VecDeque<(Instant, Key)>,
    next: u64,
}

/// One request that answers, or answered lately.
struct One {
    number: u64,
    /// What it found open.
    open: Vec<InteractionId>,
    over: Option<Instant>,
}

impl Answering {
    /// Begins to answer a question of an execution, in which the request found these open.
    pub(crate) fn begin(app: &App, execution: &ExecutionId, open: Vec<InteractionId>, arrived: &Arrived) -> Self {
        let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
        answers.forget(Instant::now());
        answers.next += 1;
        let (host, number) = (Arc::as_ptr(&app.host).cast::<()>().addr(), answers.next);
        let key = (host, execution.clone());
        let others = answers.requests.entry(key.clone()).or_default();
        let beside = |other: &&One| other.over.is_none_or(|over| over > arrived.0);
        let seen = |one: &&InteractionId| others.iter().filter(beside).all(|other| other.open.contains(one));
        let meant = open.iter().filter(seen).cloned().collect();
        others.push(One { number, open, over: None });
        Self { key, number, meant }
    }

    /// Whether the caller can have meant this question.
    pub(crate) fn means(&self, question: &InteractionId) -> bool {
        self.meant.contains(question)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
        let one =
            answers.requests.get_mut(&self.key).and_then(|all| all.iter_mut().find(|one| one.number == self.number));
        if let Some(one) = one {
            one.over = Some(now);
            answers.over.push_back((now, self.key.clone()));
        }
    }
}

impl Answers {
    /// Forgets the requests that no request that may still come in has been beside.
    fn forget(&mut self, now: Instant) {
        let old = |over: Instant| now.saturating_duration_since(over) > limits::BODY;
        while let Some((_, key)) = self.over.pop_front_if(|(over, _)| old(*over)) {
            if let Some(all) = self.requests.get_mut(&key) {
                all.retain(|one| one.over.is_none_or(|over| !old(over)));
                if all.is_empty() {
                    self.requests.remove(&key);
                }
            }
        }
    }
}
