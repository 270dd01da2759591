//! Figures that were counted a moment ago, so that many open pages cost one reading.

use super::tally::Figures;
use crate::{desk::Asked, limits};
use document::time::Time;
use futures::lock::Mutex;
use std::{collections::HashMap, sync::Arc};

/// What figures are about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Of {
    /// Whose executions are counted.
    pub owner: String,
    /// Only those of this workflow.
    pub workflow: Option<String>,
    /// Only those that started at this time or later.
    pub since: Time,
}

/// Who counts holds the lock meanwhile, and others wait for what comes out.
type Place = Arc<Mutex<Option<Arc<Figures>>>>;

/// The figures of a service that are still fresh.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<HashMap<Of, Place>>>);

impl Kept {
    /// Fresh figures; `count` counts them where there are none.
    pub async fn of(&self, of: &Of, now: Time, count: impl AsyncFnOnce() -> Asked<Figures>) -> Asked<Arc<Figures>> {
        let place = self.place(of, now).await;
        let mut place = place.lock().await;
        if let Some(figures) = place.as_ref().filter(|figures| is_fresh(figures, now)) {
            return Ok(figures.clone());
        }
        let figures = Arc::new(count().await?);
        *place = Some(figures.clone());
        Ok(figures)
    }

    async fn place(&self, of: &Of, now: Time) -> Place {
        let mut places = self.0.lock().await;
        // A place that is locked is being counted for.
        places.retain(|_, place| place.try_lock().is_none_or(|one| one.as_ref().is_some_and(|one| is_fresh(one, now))));
        places.entry(of.clone()).or_default().clone()
    }
}

fn is_fresh(figures: &Figures, now: Time) -> bool {
    now.since(figures.counted_at) < limits::FIGURES_FRESH
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::desk::Refusal;
    use axum::http::StatusCode;
    use futures::future::join_all;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    #[tokio::test]
    async fn many_pages_cost_one_reading_until_it_is_old() {
        let (kept, counted) = (Kept::default(), AtomicUsize::new(0));
        let ask = |owner: &str, at: i64| {
            let of = Of { owner: owner.into(), workflow: None, since: Time(0) };
            let (kept, counted) = (kept.clone(), &counted);
            async move {
                let count = async || {
                    counted.fetch_add(1, Relaxed);
                    // Another page asks before this one is done.
                    tokio::task::yield_now().await;
                    Ok(Figures { counted_at: Time(at), ..Figures::default() })
                };
                kept.of(&of, Time(at), count).await.unwrap()
            }
        };
        let fresh = limits::FIGURES_FRESH.as_millis() as i64;
        join_all((0..50).map(|_| ask("acme", 0))).await;
        assert_eq!(counted.load(Relaxed), 1);
        ask("acme", fresh - 1).await;
        assert_eq!(counted.load(Relaxed), 1);
        ask("other", fresh - 1).await;
        assert_eq!(counted.load(Relaxed), 2, "another owner's are another's");
        ask("acme", fresh).await;
        assert_eq!(counted.load(Relaxed), 3);
        assert_eq!(kept.0.lock().await.len(), 2);
        ask("acme", 10 * fresh).await;
        assert_eq!(kept.0.lock().await.len(), 1, "what is old is forgotten");
    }

    #[tokio::test]
    async fn a_reading_that_failed_is_done_again() {
        let kept = Kept::default();
        let of = Of { owner: "acme".into(), workflow: None, since: Time(0) };
        let refusal = || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "try again");
        assert_eq!(kept.of(&of, Time(0), async || Err(refusal())).await, Err(refusal()));
        assert!(kept.of(&of, Time(0), async || Ok(Figures::default())).await.is_ok());
    }
}
