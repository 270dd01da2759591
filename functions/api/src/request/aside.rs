//! Work that takes long on a processor: reading large bodies, reading, checking and drawing documents. It runs beside the
//! threads that answer requests, and little of it at once.

use super::turns;
use crate::{Answered, Problem};
use axum::http::StatusCode;
use engine::fair::Gate;
use std::{panic::resume_unwind, sync::LazyLock, thread::available_parallelism};
use tokio::task::spawn_blocking;

/// Seats for such work: half of the processors for one owner, so that the other half answers.
static SEATS: LazyLock<Gate> = LazyLock::new(|| Gate::new((available_parallelism().map_or(1, usize::from) / 2).max(1)));

/// Does such work as soon as the request's owner has a seat for it. It is done to its end, and keeps its seat until then, even
/// where the caller no longer waits for it.
///
/// # Errors
/// 503 where the host stops before the work is begun.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answered<T> {
    let stopping = || {
        let detail = "the host stops: try again in a moment";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    };
    let seat = SEATS.enter(&turns::place()).await;
    let done = spawn_blocking(move || {
        let _seat = seat;
        work()
    });
    done.await.map_err(|error| match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => stopping(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread::sleep,
        time::Duration,
    };

    /// The runtime of a function has one thread, which must go on meanwhile.
    #[tokio::test(flavor = "current_thread")]
    async fn little_of_it_runs_at_once_and_others_go_on() {
        static RUNNING: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let work = || {
            MOST.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(Duration::from_millis(20));
            RUNNING.fetch_sub(1, Ordering::SeqCst);
        };
        let places = (available_parallelism().unwrap().get() / 2).max(1);
        let all: Vec<_> = (0..4 * places).map(|_| tokio::spawn(aside(work))).collect();
        // This thread is free while all of them wait or run.
        assert!(all.iter().any(|one| !one.is_finished()));
        for one in all {
            assert!(one.await.unwrap().is_ok());
        }
        assert!(MOST.load(Ordering::SeqCst) <= places);
    }
}
