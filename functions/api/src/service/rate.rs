//! Bounds the requests of each owner with a token bucket, within one process.

use crate::{Problem, limits};
use axum::http::{StatusCode, header};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// The token buckets of all owners: each request takes one token.
pub struct Rates {
    per_second: f64,
    at_once: f64,
    /// By owner: the tokens that were in the bucket at the moment beside them.
    buckets: Mutex<HashMap<String, (f64, Instant)>>,
}

impl Default for Rates {
    fn default() -> Self {
        Self::new(limits::REQUESTS_PER_SECOND, limits::REQUESTS_AT_ONCE)
    }
}

impl Rates {
    /// `per_second` requests of each owner in the long run, and `at_once` in one burst.
    pub fn new(per_second: f64, at_once: f64) -> Self {
        Self { per_second, at_once, buckets: Mutex::default() }
    }

    /// Counts one request of an owner.
    ///
    /// # Errors
    /// 429 `rate_limited` with `Retry-After` in seconds, where the owner's bucket is empty.
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

    /// Tokens in a bucket at `now`, with those that were added since it was last used.
    fn level(&self, (left, since): &(f64, Instant), now: Instant) -> f64 {
        (*left + now.saturating_duration_since(*since).as_secs_f64() * self.per_second).min(self.at_once)
    }

    /// Forgets the fuller half of the buckets once there are [`limits::RATED_OWNERS`], which bounds the memory. The
    /// emptier half stays: an owner who has used up a bucket does not get a full one because many others called.
    fn make_room(&self, buckets: &mut HashMap<String, (f64, Instant)>, now: Instant) {
        if buckets.len() < limits::RATED_OWNERS {
            return;
        }
        let mut levels: Vec<f64> = buckets.values().map(|bucket| self.level(bucket, now)).collect();
        let half = levels.len() / 2;
        let middle = *levels.select_nth_unstable_by(half, f64::total_cmp).1;
        buckets.retain(|_, bucket| self.level(bucket, now) < middle);
    }

    /// Takes a token for one request. Returns the seconds until there is one; 0 where the request may go on.
    fn take_at(&self, owner: &str, now: Instant) -> f64 {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(owner) {
            self.make_room(&mut buckets, now);
            buckets.insert(owner.to_owned(), (self.at_once, now));
        }
        let Some(bucket) = buckets.get_mut(owner) else { return 0.0 };
        *bucket = (self.level(bucket, now), now);
        if bucket.0 < 1.0 {
            return (1.0 - bucket.0) / self.per_second;
        }
        bucket.0 -= 1.0;
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
    #[test]
    fn names_that_were_made_up_are_forgotten_and_an_empty_bucket_is_not() {
        let (rates, now) = (Rates::new(1.0, 1.0), Instant::now());
        let later = now + Duration::from_secs(1);
        for number in 0..limits::RATED_OWNERS - 1 {
            rates.take_at(&number.to_string(), now);
        }
        rates.take_at("busy", later);
        rates.take_at("one more", later);
        let known = |rates: &Rates| rates.buckets.lock().map(|buckets| buckets.len()).unwrap_or_default();
        assert_eq!(known(&rates), 2, "those that are full again are gone");
        assert!(rates.take_at("busy", later) > 0.0);
    }

    #[test]
    fn an_empty_bucket_outlives_any_number_of_made_up_names() {
        let (rates, now) = (Rates::new(1.0, 3.0), Instant::now());
        for _ in 0..3 {
            assert_eq!(rates.take_at("busy", now), 0.0);
        }
        for number in 0..2 * limits::RATED_OWNERS {
            rates.take_at(&number.to_string(), now);
        }
        assert!(rates.take_at("busy", now) > 0.0);
        assert!(rates.buckets.lock().is_ok_and(|buckets| buckets.len() <= limits::RATED_OWNERS));
    }
}
