//! How much of a processor the pages take that follow executions. Each asks for its parts while its execution moves, and
//! drawing them costs as much as many steps. So they are drawn one at a time, and each time is followed by a rest: however
//! many people look, the work that they look at goes before. A page whose turn it is not is told so at
//! once and asks again, so that nothing of the host waits for it.

use crate::limits;
use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// When the next page may be drawn; nobody knows while one is being drawn.
#[derive(Clone)]
pub struct Pace(Arc<Mutex<Option<Instant>>>);

impl Default for Pace {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Some(Instant::now()))))
    }
}

impl Pace {
    /// Draws a page, or nothing where it is not its turn.
    pub async fn draw<W: Future>(&self, work: W) -> Option<W::Output> {
        let mut turn = self.begin()?;
        let (drawn, took) = computed(work).await;
        turn.rest = (took * limits::LIVE_REST).min(limits::LIVE_RESTS);
        Some(drawn)
    }

    fn begin(&self) -> Option<Turn<'_>> {
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        next.filter(|next| *next <= Instant::now())?;
        *next = None;
        Some(Turn { pace: self, rest: Duration::ZERO })
    }
}

/// The turn of one page. It ends with it, also where the page went away.
struct Turn<'p> {
    pace: &'p Pace,
    rest: Duration,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.pace.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + self.rest);
    }
}

/// Does work, and says for how long it computed: what it waited for others does not count.
async fn computed<W: Future>(work: W) -> (W::Output, Duration) {
    let mut work = pin!(work);
    let mut took = Duration::ZERO;
    let output = poll_fn(|context| {
        let begun = Instant::now();
        let polled = work.as_mut().poll(context);
        took += begun.elapsed();
        polled
    })
    .await;
    (output, took)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use tokio::time::sleep;

    #[tokio::test]
    async fn one_page_is_drawn_at_a_time_and_another_is_told_to_ask_again() {
        let pace = Pace::default();
        let inner = pace.clone();
        let drawn = pace.draw(async move { inner.draw(async {}).await }).await;
        assert_eq!(drawn, Some(None));
        // Who goes away leaves the turn to others, and no rest follows.
        let pace = Pace::default();
        drop(pace.begin());
        assert!(pace.begin().is_some());
    }

    #[tokio::test]
    async fn a_rest_follows_that_is_as_long_as_the_work_and_not_as_the_waiting() {
        let (waits, computes) = (Duration::from_secs(1), Duration::from_millis(2));
        let work = async {
            sleep(waits).await;
            thread::sleep(computes);
        };
        let ((), took) = computed(work).await;
        assert!((computes..waits).contains(&took), "{took:?}");
        let (pace, begun) = (Pace::default(), Instant::now());
        assert!(pace.draw(async { thread::sleep(computes) }).await.is_some());
        let next = pace.0.lock().unwrap_or_else(PoisonError::into_inner).map(|next| next - begun);
        assert!(next.is_some_and(|next| next >= computes * (limits::LIVE_REST + 1)), "{next:?}");
    }
}
