//! Tests of the dispatcher over a store on the disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::Handler;
use crate::store::{
    Database, limits,
    tests::{advance, open, rows, scratch, step, until},
};
use async_trait::async_trait;
use engine::port::{Delivery, Verdict, Why};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};
use stepwell_core::{
    effect::{Message, Work},
    id::ExecutionId,
};

type Answer = dyn Fn(&Delivery) -> Verdict + Send + Sync;

/// A handler that notes how it is called: the visits of each call, the dead letters, and how many calls ran at once.
struct Noting {
    answer: Box<Answer>,
    pause: Duration,
    calls: Mutex<Vec<Vec<u32>>>,
    dead: Mutex<Vec<String>>,
    running: AtomicUsize,
    most: AtomicUsize,
}

fn noting(pause: Duration, answer: impl Fn(&Delivery) -> Verdict + Send + Sync + 'static) -> Arc<Noting> {
    Arc::new(Noting {
        answer: Box::new(answer),
        pause,
        calls: Mutex::default(),
        dead: Mutex::default(),
        running: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
    })
}

fn visit(delivery: &Delivery) -> u32 {
    match &delivery.message.work {
        Work::Step { activation, .. } => activation.visit,
        other => panic!("{other:?}"),
    }
}

#[async_trait]
impl Handler for Noting {
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict> {
        self.most.fetch_max(self.running.fetch_add(1, SeqCst) + 1, SeqCst);
        self.calls.lock().unwrap().push(deliveries.iter().map(visit).collect());
        tokio::time::sleep(self.pause).await;
        self.running.fetch_sub(1, SeqCst);
        deliveries.iter().map(&self.answer).collect()
    }

    async fn dead(&self, message: &Message, error: &str) -> Result<(), String> {
        self.dead.lock().unwrap().push(format!("{}: {error}", message.execution));
        Ok(())
    }
}

async fn with(handler: Arc<Noting>, visits: std::ops::RangeInclusive<u32>, io: bool) -> Database {
    let db = open(&scratch()).await;
    let id = ExecutionId::from("one");
    advance(&db, &id, visits.map(|visit| step(&id, visit, io)).collect(), vec![]).await.unwrap();
    db.start(handler).await.unwrap();
    db
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_one_execution_come_in_order_and_in_batches() {
    let handler = noting(Duration::from_millis(1), |_| Verdict::Acknowledge);
    let db = with(handler.clone(), 1..=600, false).await;
    until("no rows", || rows(&db, "queue") == 0).await;
    let calls = handler.calls.lock().unwrap().clone();
    assert!(calls.iter().all(|call| call.len() <= limits::BATCH) && calls.len() <= 4, "{} calls", calls.len());
    assert_eq!(calls.concat(), (1..=600).collect::<Vec<_>>());
    assert_eq!(handler.most.load(SeqCst), 1, "one call at a time");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_that_do_io_run_singly_side_by_side_and_hold_nobody_up() {
    let handler = noting(Duration::from_millis(100), |_| Verdict::Acknowledge);
    let db = with(handler.clone(), 1..=100, true).await;
    let other = ExecutionId::from("other");
    advance(&db, &other, vec![step(&other, 999, false)], vec![]).await.unwrap();
    until("the other", || handler.calls.lock().unwrap().contains(&vec![999])).await;
    assert!(handler.calls.lock().unwrap().len() < 100, "it did not wait for all");
    until("no rows", || rows(&db, "queue") == 0).await;
    assert!(handler.calls.lock().unwrap().iter().all(|call| call.len() == 1));
    assert!((limits::IO..=limits::IO + 1).contains(&handler.most.load(SeqCst)), "{:?}", handler.most);
}

/// Keeps a thread busy, as a long evaluation does, and notes how many do at once.
#[derive(Default)]
struct Computing {
    running: AtomicUsize,
    most: AtomicUsize,
    done: AtomicUsize,
}

#[async_trait]
impl Handler for Computing {
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict> {
        for _ in 0..3 {
            self.most.fetch_max(self.running.fetch_add(1, SeqCst) + 1, SeqCst);
            std::thread::sleep(Duration::from_millis(2));
            self.running.fetch_sub(1, SeqCst);
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.done.fetch_add(1, SeqCst);
        vec![Verdict::Acknowledge; deliveries.len()]
    }

    async fn dead(&self, _: &Message, _: &str) -> Result<(), String> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 64)]
async fn one_owner_computes_on_the_processors_and_on_no_more_threads() {
    let processors = std::thread::available_parallelism().unwrap().get().max(2);
    let handler = Arc::new(Computing::default());
    let db = open(&scratch()).await;
    for n in 0..100 {
        let id = ExecutionId::from(format!("e{n}"));
        advance(&db, &id, vec![step(&id, 1, n % 2 == 0)], vec![]).await.unwrap();
    }
    db.start(handler.clone()).await.unwrap();
    until("all are handled", || handler.done.load(SeqCst) == 100).await;
    assert!(handler.most.load(SeqCst) <= processors, "{} at once", handler.most.load(SeqCst));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_failing_is_given_up_alone_and_the_rest_goes_on() {
    let handler = noting(Duration::ZERO, |delivery| {
        assert!(visit(delivery) != 2, "boom");
        Verdict::Acknowledge
    });
    let db = with(handler.clone(), 1..=3, false).await;
    until("a dead letter", || rows(&db, "dead_letters") == 1).await;
    until("no rows", || rows(&db, "queue") == 0).await;
    let calls = handler.calls.lock().unwrap().clone();
    assert_eq!(calls[0], [1, 2, 3], "first together");
    assert!(calls[1..].iter().all(|call| call.len() == 1), "then each alone: {calls:?}");
    assert_eq!(calls.iter().filter(|call| call.contains(&2)).count(), engine::limits::DELIVERIES as usize);
    assert_eq!(*handler.dead.lock().unwrap(), ["one: the handler panicked: boom"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_returned_comes_again_without_counting_as_a_failure() {
    let handler = noting(Duration::ZERO, |delivery| match delivery.deliveries {
        ..=9 => Verdict::Return { after_seconds: 0.01, why: Why::Early("not yet") },
        _ => Verdict::Acknowledge,
    });
    let db = with(handler.clone(), 1..=1, false).await;
    until("no rows", || rows(&db, "queue") == 0).await;
    assert_eq!((handler.calls.lock().unwrap().len(), rows(&db, "dead_letters")), (10, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_waits_for_what_runs_and_hands_out_no_more() {
    let handler = noting(Duration::from_millis(200), |_| Verdict::Acknowledge);
    let db = with(handler.clone(), 1..=1, false).await;
    until("it runs", || handler.running.load(SeqCst) == 1).await;
    let id = ExecutionId::from("two");
    advance(&db, &id, vec![step(&id, 2, false)], vec![]).await.unwrap();
    until("both run", || handler.running.load(SeqCst) == 2).await;
    advance(&db, &id, vec![step(&id, 3, false)], vec![]).await.unwrap();
    let path = db.folder().path().to_owned();
    assert!(db.shutdown(Duration::from_secs(5)).await);
    assert_eq!(handler.calls.lock().unwrap().concat().len(), 2);
    let db = open(&path).await;
    assert_eq!(rows(&db, "queue"), 1, "the third waits for the next start");
    assert!(
        !path.join("stepwell.db-wal").exists()
            || std::fs::metadata(path.join("stepwell.db-wal")).unwrap().len() < 100_000
    );
}
