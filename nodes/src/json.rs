//! JSON from outside, read where it stops nobody: weighed before it is parsed, on a thread of its own where it is large,
//! and one at a time where it is very large.

use crate::limits::{ASIDE_BYTES, ONE_AT_A_TIME_BYTES};
use document::json::{memory_of_text, nesting};
use engine::{limits::JSON_DEPTH, port::Memory};
use serde_json::Value;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// What some bytes turned out to be.
pub(crate) enum Read {
    /// JSON that can be kept.
    Value(Value),
    /// Something else, which is handed back, and why it is no JSON that can be kept.
    Other(Vec<u8>, String),
    /// JSON whose values would take more memory than one outcome may ([`Memory::most`]).
    TooManyValues,
}

/// Reads bytes as JSON, once the host has room for its values.
pub(crate) async fn read(bytes: Vec<u8>, memory: &dyn Memory) -> Read {
    let most = memory.most();
    let (bytes, weight) = aside(bytes.len(), move || {
        let weight = memory_of_text(&bytes, most);
        (bytes, weight)
    })
    .await;
    if weight > most {
        return Read::TooManyValues;
    }
    let _room = memory.room(weight).await;
    aside(bytes.len(), move || parse(bytes)).await
}

fn parse(bytes: Vec<u8>) -> Read {
    let unmarked = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    // Deeper JSON could be written to a journal, but not be read again.
    if nesting(unmarked) > JSON_DEPTH {
        return Read::Other(bytes, format!("more than {JSON_DEPTH} levels deep"));
    }
    match serde_json::from_slice(unmarked) {
        Ok(value) => Read::Value(value),
        Err(why) => Read::Other(bytes, why.to_string()),
    }
}

/// One permit for all large work of the process, so that it leaves the other threads to everybody else.
static LARGE: Semaphore = Semaphore::const_new(1);

/// Does work that takes time for each of so many bytes. Where they are many, a thread of the pool for blocking work does
/// it, so that the threads that serve everybody go on. A panic of the work is one of the caller.
pub async fn aside<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
    if bytes <= ASIDE_BYTES {
        return work();
    }
    // The permit goes with the work: a caller that gives up leaves the work going on. The semaphore is never closed.
    let permit = if bytes > ONE_AT_A_TIME_BYTES { LARGE.acquire().await.ok() } else { None };
    let working = spawn_blocking(move || {
        let _permit = permit;
        work()
    });
    match working.await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is shutting down, and nobody waits for the answer any more.
            Err(_) => std::future::pending().await,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::port::Unbounded;
    use serde_json::json;
    use std::{
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
        time::Duration,
    };

    #[tokio::test]
    async fn what_is_read_is_json_that_can_be_kept() {
        let read = |text: String| async move { read(text.into_bytes(), &Unbounded).await };
        assert!(matches!(read("\u{feff}[1]".into()).await, Read::Value(value) if value == json!([1])));
        assert!(matches!(read("{".into()).await, Read::Other(bytes, _) if bytes == b"{"));
        assert!(matches!(read("[".repeat(200) + &"]".repeat(200)).await, Read::Other(..)));
        assert!(matches!(read(format!("[{}1]", "1,".repeat(2_000_000))).await, Read::TooManyValues));
        let long = format!("\"{}\"", "1,".repeat(2_000_000));
        assert!(matches!(read(long).await, Read::Value(Value::String(_))));
    }

    /// On the runtime that functions on Lambda have.
    #[tokio::test]
    async fn large_work_is_done_one_at_a_time_and_leaves_the_runtime_free() {
        static AT_ONCE: AtomicUsize = AtomicUsize::new(0);
        static MOST: AtomicUsize = AtomicUsize::new(0);
        let work = || {
            MOST.fetch_max(AT_ONCE.fetch_add(1, SeqCst) + 1, SeqCst);
            std::thread::sleep(Duration::from_millis(20));
            AT_ONCE.fetch_sub(1, SeqCst);
        };
        let large = futures::future::join_all((0..5).map(|_| aside(ONE_AT_A_TIME_BYTES + 1, work)));
        let ticking = async {
            let mut ticks = 0;
            loop {
                tokio::task::yield_now().await;
                ticks += 1;
                if AT_ONCE.load(SeqCst) > 0 && ticks > 10 {
                    break;
                }
            }
        };
        futures::join!(large, ticking);
        assert_eq!(MOST.load(SeqCst), 1);
    }
}
