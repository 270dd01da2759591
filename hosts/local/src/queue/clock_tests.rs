//! Timers where the machine's clock is set while they wait.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Handler, timers::nap};
use crate::{
    memory::Memory,
    store::{
        DataFolder, Database,
        tests::{advance, rows, scratch, until, workflow},
    },
};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Catalogue, Delivery, Verdict};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use stepwell_core::{
    effect::{Effect, Message, Purpose},
    id::{Activation, ExecutionId},
};

/// The machine's clock, which the test sets.
static CLOCK: AtomicI64 = AtomicI64::new(1_800_000_000_000);

const HOUR: i64 = 3_600_000;

fn clock() -> Time {
    Time(CLOCK.load(SeqCst))
}

#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl Handler for Counting {
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict> {
        self.0.fetch_add(deliveries.len(), SeqCst);
        vec![Verdict::Acknowledge; deliveries.len()]
    }

    async fn dead(&self, _: &Message, _: &str) -> Result<(), String> {
        Ok(())
    }
}

#[test]
fn no_sleep_is_longer_than_thirty_seconds() {
    let now = Time(1_800_000_000_000);
    for next in [None, Some(i64::MAX), Some(now.0 + HOUR), Some(now.0 + 30_001)] {
        assert_eq!(nap(next, now), Duration::from_secs(30), "{next:?}");
    }
    assert_eq!(nap(Some(now.0 + 500), now), Duration::from_millis(500));
    assert_eq!(nap(Some(now.0 - HOUR), now), Duration::ZERO);
}

/// Ends the sleep of the task, as it ends by itself after thirty seconds, and lets the task and the writer work.
async fn awake(db: &Database) {
    db.dispatcher.rings.notify_one();
    tokio::time::sleep(Duration::from_millis(200)).await;
}

#[tokio::test]
async fn a_timer_comes_at_the_first_look_after_a_jump_of_the_clock_and_once() {
    let db =
        Arc::new(Database::open(DataFolder::open(scratch()).unwrap(), clock, Arc::new(Memory::of_machine())).unwrap());
    db.keep_workflow(&workflow()).await.unwrap();
    let (id, seen) = (ExecutionId::from("one"), Arc::new(Counting::default()));
    let timer = |visit: u32, after: i64| Effect::SetTimer {
        activation: Activation { epoch: 0, node: "n".into(), visit },
        purpose: Purpose::Wait,
        at: Time(clock().0 + after),
    };
    // Given timers in one hour and in three, and a host that sleeps until then.
    advance(&db, &id, vec![timer(1, HOUR), timer(2, 3 * HOUR)], vec![]).await.unwrap();
    db.start(seen.clone()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    // When the clock is set back by a day, then nothing comes, and nothing is lost.
    CLOCK.fetch_sub(24 * HOUR, SeqCst);
    awake(&db).await;
    assert_eq!((seen.0.load(SeqCst), rows(&db, "timers")), (0, 2));
    // When it is set forward past the first timer, then that comes.
    CLOCK.fetch_add(25 * HOUR, SeqCst);
    awake(&db).await;
    until("the first timer", || seen.0.load(SeqCst) == 1).await;
    // When it is set back again, then the timer that came does not come twice.
    CLOCK.fetch_sub(2 * HOUR, SeqCst);
    awake(&db).await;
    CLOCK.fetch_add(2 * HOUR, SeqCst);
    awake(&db).await;
    assert_eq!((seen.0.load(SeqCst), rows(&db, "timers")), (1, 1));
    CLOCK.fetch_add(2 * HOUR, SeqCst);
    awake(&db).await;
    until("the second timer", || seen.0.load(SeqCst) == 2).await;
    db.shutdown(Duration::ZERO).await;
}
