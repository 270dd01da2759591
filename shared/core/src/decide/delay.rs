//! How long an attempt that failed is waited for with the next one.

use crate::id::fraction;
use document::Retry;

/// Seconds between a failed attempt (from 1) and the next one. With jitter the delay lies between half of the policy's
/// delay and the whole, as the seed decides.
pub fn delay_seconds(retry: &Retry, attempt: u32, seed: &str) -> f64 {
    let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    let whole = (retry.initial_seconds * retry.backoff.powi(exponent)).min(retry.max_seconds).max(0.0);
    if retry.jitter { whole * (0.5 + 0.5 * fraction(&["retry", seed])) } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_their_bound_and_jitter_stays_within_half() {
        let mut retry = Retry { max_attempts: 9, initial_seconds: 1.0, backoff: 2.0, max_seconds: 5.0, jitter: false };
        let delays: Vec<f64> = (1..=4).map(|attempt| delay_seconds(&retry, attempt, "x")).collect();
        assert_eq!(delays, [1.0, 2.0, 4.0, 5.0]);
        retry.jitter = true;
        let drawn = delay_seconds(&retry, 3, "x");
        assert!((2.0..=4.0).contains(&drawn), "{drawn}");
        assert_eq!(drawn, delay_seconds(&retry, 3, "x"));
    }
}
