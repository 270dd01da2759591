//! The newest turns of executions that several event streams follow at once. Each is read, and written as text, once for
//! all of them: what a page of somebody else already reads costs nothing more. A stream that follows alone, or that is far
//! behind the others, reads by itself.

use crate::limits;
use document::time::Time;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use stepwell_core::{execution::Execution, id::ExecutionId};

/// A turn as event streams tell it.
#[derive(Debug)]
pub struct Told {
    /// Its number.
    pub seq: u64,
    /// The text of each of its events.
    pub events: Vec<String>,
}

impl Told {
    fn bytes(&self) -> usize {
        self.events.iter().map(String::len).sum()
    }
}

/// An id may be used again once its execution is removed: the later one was accepted at another time.
type Key = (ExecutionId, Time);

/// The executions that are followed.
#[derive(Clone, Default)]
pub struct Tails(Arc<Mutex<HashMap<Key, Arc<Tail>>>>);

/// The newest turns of one execution that have been told, without a gap.
#[derive(Default)]
struct Tail(tokio::sync::Mutex<VecDeque<Arc<Told>>>);

/// One stream that follows an execution. The last one takes what was kept along.
pub struct Follower {
    tails: Tails,
    key: Key,
    tail: Arc<Tail>,
}

impl Tails {
    /// Follows an execution.
    pub fn follow(&self, execution: &Execution) -> Follower {
        let key = (execution.id().clone(), execution.started_at);
        let tail = self.all().entry(key.clone()).or_default().clone();
        Follower { tails: self.clone(), key, tail }
    }

    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Arc<Tail>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut all = self.tails.all();
        // Two are left: the map's own and this one.
        if Arc::strong_count(&self.tail) <= 2 {
            all.remove(&self.key);
        }
    }
}

impl Follower {
    /// The next turns after one, of which `read` brings some where no other stream has read them. While one stream reads
    /// the newest turns the others wait for what it finds.
    ///
    /// # Errors
    /// What `read` says.
    pub async fn turns<E>(
        &self,
        after: u64,
        read: impl Future<Output = Result<Vec<Told>, E>>,
    ) -> Result<Vec<Arc<Told>>, E> {
        let read = async { read.await.map(|turns| turns.into_iter().map(Arc::new).collect::<Vec<_>>()) };
        if Arc::strong_count(&self.tail) <= 2 {
            return read.await;
        }
        let mut kept = self.tail.0.lock().await;
        let first = kept.front().map(|turn| turn.seq);
        if first.is_some_and(|first| after + 1 < first) {
            drop(kept);
            return read.await;
        }
        let found: Vec<_> = kept.iter().filter(|turn| turn.seq > after).take(limits::TURNS_PER_READ).cloned().collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let turns = read.await?;
        keep(&mut kept, after, &turns);
        Ok(turns)
    }
}

/// Keeps turns that follow one, the newest ones of them within the bound. What is kept has no gap.
fn keep(kept: &mut VecDeque<Arc<Told>>, after: u64, turns: &[Arc<Told>]) {
    if kept.back().is_none_or(|last| last.seq != after) && !turns.is_empty() {
        kept.clear();
    }
    kept.extend(turns.iter().cloned());
    let mut bytes: usize = kept.iter().map(|turn| turn.bytes()).sum();
    while bytes > limits::FOLLOWED_BYTES || kept.len() > limits::TURNS_PER_READ {
        let Some(oldest) = kept.pop_front() else { return };
        bytes -= oldest.bytes();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::{
        convert::Infallible,
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
    };

    const TURNS: u64 = 500;

    /// A journal of so many turns of so many bytes, and how often it was read.
    struct Journal(u64, usize, AtomicUsize);

    impl Journal {
        async fn read(&self, after: u64) -> Result<Vec<Told>, Infallible> {
            self.2.fetch_add(1, SeqCst);
            tokio::task::yield_now().await;
            let turn = |seq| Told { seq, events: vec!["x".repeat(self.1)] };
            Ok((after + 1..=self.0).take(limits::TURNS_PER_READ).map(turn).collect())
        }
    }

    fn follow(tails: &Tails, at: i64) -> Follower {
        let key = ("one".into(), Time(at));
        let tail = tails.all().entry(key.clone()).or_default().clone();
        Follower { tails: tails.clone(), key, tail }
    }

    /// Reads all turns after one, and checks that there is no gap.
    async fn rest(follower: &Follower, journal: &Journal, mut after: u64) {
        loop {
            let turns = follower.turns(after, journal.read(after)).await.unwrap();
            if turns.is_empty() {
                return assert_eq!(after, journal.0);
            }
            for turn in turns {
                assert_eq!(turn.seq, after + 1);
                after = turn.seq;
            }
        }
    }

    /// How many turns there are to tell to one that has all but the last.
    async fn newest(follower: &Follower, journal: &Journal) -> usize {
        follower.turns(TURNS - 1, journal.read(TURNS - 1)).await.unwrap().len()
    }

    #[tokio::test]
    async fn what_many_follow_is_read_once() {
        let (tails, journal) = (Tails::default(), Journal(TURNS, 10, AtomicUsize::new(0)));
        let many: Vec<_> = (0..50).map(|_| follow(&tails, 1)).collect();
        let told = futures::future::join_all(many.iter().map(|one| newest(one, &journal))).await;
        assert_eq!((told, journal.2.load(SeqCst)), (vec![1; 50], 1));
        // From wherever they come, all get all.
        futures::future::join_all(many.iter().enumerate().map(|(at, one)| rest(one, &journal, at as u64 * 10))).await;
        drop(many);
        assert!(tails.all().is_empty(), "nothing is kept of what nobody follows");
    }

    #[tokio::test]
    async fn what_is_kept_has_a_bound_and_no_gap() {
        let (tails, journal) = (Tails::default(), Journal(TURNS, limits::FOLLOWED_BYTES / 3, AtomicUsize::new(0)));
        let (one, other) = (follow(&tails, 1), follow(&tails, 1));
        rest(&one, &journal, 0).await;
        let kept: Vec<u64> = one.tail.0.lock().await.iter().map(|turn| turn.seq).collect();
        assert_eq!(kept, [TURNS - 2, TURNS - 1, TURNS]);
        rest(&other, &journal, 0).await;
        let large = Journal(TURNS, limits::FOLLOWED_BYTES + 1, AtomicUsize::new(0));
        rest(&other, &large, TURNS - 5).await;
    }

    #[tokio::test]
    async fn another_execution_of_the_same_id_is_another() {
        let (tails, journal) = (Tails::default(), Journal(3, 10, AtomicUsize::new(0)));
        let (old, beside) = (follow(&tails, 1), follow(&tails, 1));
        rest(&old, &journal, 0).await;
        let (new, other) = (follow(&tails, 2), follow(&tails, 2));
        let shorter = Journal(1, 10, AtomicUsize::new(0));
        rest(&new, &shorter, 0).await;
        rest(&other, &shorter, 0).await;
        rest(&beside, &journal, 0).await;
    }
}
