//! Requests per owner: a bucket of tokens each.

use crate::{Problem, limits};
use axum::http::{StatusCode, header};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// How many requests an owner may send.
pub struct Rates {
    per_second: f64,
    at_once: f64,
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Default for Rates {
    fn default() -> Self {
        Self::new(limits::REQUESTS_PER_SECOND, limits::REQUESTS_AT_ONCE)
    }
}

impl Rates {
    /// So many per second in the long run, and so many at once.
    pub fn new(per_second: f64, at_once: f64) -> Self {
        Self { per_second, at_once, buckets: Mutex::default() }
    }

    /// Counts one request; 429 with `Retry-After` where there were too many.
    pub fn take(&self, owner: &str) -> Result<(), Problem> {
        let wait = self.take_at(owner, Instant::now());
        if wait <= 0.0 {
            return Ok(());
        }
        let detail = "too many requests: wait as long as Retry-After says";
        let seconds = wait.ceil().max(1.0).to_string();
        Err(Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail)
            .with_header(header::RETRY_AFTER, &seconds))
    }

    /// Seconds to wait; 0 where the request may go on.
    fn take_at(&self, owner: &str, now: Instant) -> f64 {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(owner) {
            buckets.insert(owner.to_owned(), (self.at_once, now));
        }
        let Some((left, since)) = buckets.get_mut(owner) else { return 0.0 };
        *left = (*left + now.saturating_duration_since(*since).as_secs_f64() * self.per_second).min(self.at_once);
        *since = now;
        if *left < 1.0 {
            return (1.0 - *left) / self.per_second;
        }
        *left -= 1.0;
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_owner_waits_once_the_bucket_is_empty_and_others_do_not() {
        let (rates, now) = (Rates::new(1.0, 2.0), Instant::now());
        assert_eq!(rates.take_at("a", now), 0.0);
        assert_eq!(rates.take_at("a", now), 0.0);
        assert_eq!(rates.take_at("a", now), 1.0);
        assert_eq!(rates.take_at("b", now), 0.0);
        assert_eq!(rates.take_at("a", now + Duration::from_secs(1)), 0.0);
    }
}
