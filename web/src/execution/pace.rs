//! How much of a processor the pages take that follow executions. Each asks for its parts while its execution moves, and
//! drawing them costs as much as many steps. So they are drawn one at a time, and each time is followed by a rest: however
//! many people look, the work that they look at has nearly all of the machine.

use crate::limits;
use futures::lock::Mutex;
use std::{
    future::poll_fn,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::sleep_until;

/// When the next page may be drawn. Whoever draws holds the lock, and others wait in the order in which they came.
#[derive(Clone, Default)]
pub struct Pace(Arc<Mutex<Option<Instant>>>);

impl Pace {
    /// Draws a page in its turn.
    pub async fn draw<W: Future>(&self, work: W) -> W::Output {
        let mut next = self.0.lock().await;
        if let Some(next) = *next {
            sleep_until(next.into()).await;
        }
        let (drawn, took) = computed(work).await;
        *next = Some(Instant::now() + (took * limits::LIVE_REST).min(limits::LIVE_RESTS));
        drawn
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
    use std::{
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
        thread,
    };
    use tokio::{task::yield_now, time::sleep};

    #[tokio::test]
    async fn pages_are_drawn_one_at_a_time_in_the_order_in_which_they_ask() {
        let (pace, drawing) = (Pace::default(), AtomicUsize::new(0));
        let draw = |page: usize| {
            let (pace, drawing) = (pace.clone(), &drawing);
            async move {
                let work = async {
                    assert_eq!(drawing.fetch_add(1, SeqCst), 0, "another page is being drawn");
                    yield_now().await;
                    drawing.fetch_sub(1, SeqCst);
                    page
                };
                pace.draw(work).await
            }
        };
        assert_eq!(futures::future::join_all((0..20).map(draw)).await, (0..20).collect::<Vec<_>>());
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
        pace.draw(async { thread::sleep(computes) }).await;
        let next = pace.0.lock().await.map(|next| next - begun).unwrap_or_default();
        assert!(next >= computes * (limits::LIVE_REST + 1), "{next:?}");
    }
}
