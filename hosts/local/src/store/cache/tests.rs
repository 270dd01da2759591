//! What the cache may never do, tried over the orders in which loads, commits, removals and evictions can meet.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::store::tests::state_of;
use std::convert::Infallible;

/// The states of one execution that is started twice under its id: three turns each time, the last of which ends it.
fn lives() -> Vec<Vec<Execution>> {
    (1..=2).map(|life| (1..=3).map(|seq| state_of("one", life, seq, seq == 3)).collect()).collect()
}

/// A state that leaves no room for others.
fn filler() -> Arc<Execution> {
    Arc::new(state_of("large", 1, 1, false))
}

/// What is known of an execution, in the order in which it comes to be: the number of its start, the number of the turn.
type Moment = (i64, u64);

/// The number that stands for "removed", above those of all turns.
const REMOVED: u64 = 9;

fn moment(state: &Execution) -> Moment {
    (state.started_at.0, state.seq)
}

#[tokio::test]
async fn a_state_read_before_the_last_commit_does_not_enter_after_an_eviction() {
    let (cache, states) = (Cache::of(1, limits::CACHED_BYTES), &lives()[0]);
    // Given a load that has read the second turn.
    let read = async {
        // When the third, which ends the execution, is committed before the load is done, and has to make room.
        cache.put(Arc::new(states[2].clone()), 1);
        cache.put(filler(), limits::CACHED_BYTES);
        assert!(cache.get(states[2].id()).is_none());
        Ok::<_, Infallible>(Some((states[1].clone(), 1)))
    };
    cache.load(states[1].id(), read).await.unwrap();
    // Then the second turn is not what everybody sees from then on.
    assert!(cache.get(states[1].id()).is_none());
}

#[tokio::test]
async fn a_load_under_which_nothing_happened_is_kept_and_one_that_was_given_up_holds_nothing_back() {
    let (cache, states) = (Cache::of(1, limits::CACHED_BYTES), &lives()[0]);
    let id = states[0].id();
    let mut given_up = Box::pin(cache.load(id, std::future::pending::<Result<_, Infallible>>()));
    assert!(futures::poll!(&mut given_up).is_pending());
    drop(given_up);
    assert!(cache.shard(id).loads.is_idle());
    let read = std::future::ready(Ok::<_, Infallible>(Some((states[1].clone(), 1))));
    assert!(cache.load(id, read).await.unwrap().is_some());
    assert_eq!(cache.get(id).map(|state| state.seq), Some(2));
    // A load may have read a turn before that is published; the one before it does not replace it.
    cache.put(Arc::new(states[0].clone()), 1);
    assert_eq!(cache.get(id).map(|state| state.seq), Some(2));
}

/// The model: a disk, the cache, and what was published last.
struct Model {
    cache: Cache,
    disk: shuttle::sync::Mutex<Moment>,
    published: shuttle::sync::Mutex<Moment>,
    lives: Vec<Vec<Execution>>,
}

impl Model {
    fn state(&self, (life, seq): Moment) -> Option<&Execution> {
        self.lives.get(usize::try_from(life).unwrap().checked_sub(1)?)?.get(usize::try_from(seq).unwrap() - 1)
    }

    /// Transactions as the writer commits them, several changes in some, which are published in order afterwards.
    fn write(&self, transactions: &[&[Moment]]) {
        for transaction in transactions {
            *self.disk.lock().unwrap() = *transaction.last().unwrap();
            for change in *transaction {
                // The lock stands for the one of the cache: what it publishes is visible at once.
                let mut published = self.published.lock().unwrap();
                match self.state(*change) {
                    Some(state) => self.cache.put(Arc::new(state.clone()), 1),
                    None => self.cache.remove(self.lives[0][0].id()),
                }
                *published = *change;
            }
        }
    }

    fn load(&self) {
        let id = self.lives[0][0].id();
        let before = *self.published.lock().unwrap();
        let found = self.cache.get(id).or_else(|| {
            let read = async {
                let read = *self.disk.lock().unwrap();
                shuttle::thread::yield_now(); // It takes a while to fold what was read.
                Ok::<_, Infallible>(self.state(read).map(|state| (state.clone(), 1)))
            };
            shuttle::future::block_on(self.cache.load(id, read)).unwrap()
        });
        if let Some(found) = found {
            assert!(moment(&found) >= before, "{:?} was served after {before:?}", moment(&found));
        }
        let published = self.published.lock().unwrap();
        if let Some(kept) = self.cache.get(id) {
            assert!(moment(&kept) >= *published, "{:?} is kept after {published:?}", moment(&kept));
        }
    }

    fn evict(&self) {
        self.cache.put(filler(), limits::CACHED_BYTES);
    }
}

#[test]
fn in_no_order_is_anything_older_served_than_what_was_committed_last() {
    // Made beforehand: the model runs some thousand times.
    let made = lives();
    let model = move || {
        let model = Arc::new(Model {
            cache: Cache::of(1, limits::CACHED_BYTES),
            disk: shuttle::sync::Mutex::new((1, 1)),
            published: shuttle::sync::Mutex::new((1, 1)),
            lives: made.clone(),
        });
        let play = |part: fn(&Model)| {
            let model = model.clone();
            shuttle::thread::spawn(move || part(&model))
        };
        let parts = [
            play(|model| {
                model.write(&[&[(1, 2)], &[(1, 3)], &[(1, REMOVED), (2, 1)], &[(2, 2), (2, 3)], &[(2, REMOVED)]]);
            }),
            play(|model| (0..2).for_each(|_| model.load())),
            play(|model| (0..2).for_each(|_| model.load())),
            play(|model| {
                for _ in 0..3 {
                    shuttle::thread::yield_now();
                    model.evict();
                }
            }),
        ];
        for part in parts {
            part.join().unwrap();
        }
        assert!(model.cache.get(model.lives[0][0].id()).is_none(), "it is removed");
        assert!(model.cache.shard(model.lives[0][0].id()).loads.is_idle());
    };
    shuttle::check_random(model.clone(), 3_000);
    shuttle::check_pct(model, 3_000, 4);
}
