//! How much of a host the pages take that follow executions. Each asks for its parts while its execution moves, and
//! drawing them costs as much as many steps. So they are drawn one at a time, and each time is followed by a rest: however
//! many people look, the work that they look at goes before. The rest is reckoned by the clock, and not by the processor:
//! where the host is busy a page takes longer to draw, and so pages are drawn less often just then. A page whose turn it is
//! not is told so at once and asks again, so that nothing of the host waits for it.

use crate::limits;
use std::{
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
    /// Draws a page, or nothing where it is not its turn. One that could not be drawn keeps no other waiting.
    ///
    /// # Errors
    /// What stands in the way of the page.
    pub async fn draw<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Option<Result<T, E>> {
        let mut turn = self.begin()?;
        let begun = Instant::now();
        let drawn = work.await;
        if drawn.is_ok() {
            turn.rest = (begun.elapsed() * limits::LIVE_REST).min(limits::LIVE_RESTS);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    fn next(pace: &Pace) -> Option<Instant> {
        *pace.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[tokio::test]
    async fn one_page_is_drawn_at_a_time_and_another_is_told_to_ask_again() {
        let pace = Pace::default();
        let inner = pace.clone();
        let drawn = pace.draw(async move { Ok::<_, ()>(inner.draw(async { Ok::<_, ()>(()) }).await) }).await;
        assert_eq!(drawn, Some(Ok(None)));
        // Who goes away leaves the turn to others, and no rest follows; nor does one after what could not be drawn.
        let pace = Pace::default();
        drop(pace.begin());
        assert_eq!(pace.draw(async { Err::<(), _>("not there") }).await, Some(Err("not there")));
        assert!(pace.begin().is_some());
    }

    #[tokio::test]
    async fn a_rest_follows_that_is_many_times_as_long_as_the_page_took_and_has_an_end() {
        let took = Duration::from_millis(2);
        let work = |took| async move {
            sleep(took).await;
            Ok::<_, ()>(())
        };
        let (pace, begun) = (Pace::default(), Instant::now());
        assert_eq!(pace.draw(work(took)).await, Some(Ok(())));
        assert!(next(&pace).is_some_and(|next| next - begun >= took * (limits::LIVE_REST + 1)));
        assert_eq!(pace.draw(work(took)).await, None);
        let pace = Pace::default();
        assert_eq!(pace.draw(work(limits::LIVE_RESTS / 10)).await, Some(Ok(())));
        assert!(next(&pace).is_some_and(|next| next <= Instant::now() + limits::LIVE_RESTS));
    }
}
