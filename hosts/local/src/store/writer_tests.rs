//! Tests of the order in which the writer takes up requests, and of what it commits together.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{
    DataFolder, Database, limits,
    messages::ready,
    metrics::Metrics,
    moves::Moves,
    tests::{advance, open, scratch, step},
    writer::{Failure, Job, Known, Writer},
};
use engine::{
    fair::{Place, Rank},
    port::StoreError,
};
use rusqlite::Connection;
use std::{
    sync::{Arc, Mutex, atomic::Ordering::Relaxed, mpsc},
    time::Duration,
};
use stepwell_core::id::ExecutionId;
use tokio::sync::oneshot;

/// A request that notes when it was applied, and takes as long and writes as much as it is told.
struct Noting {
    name: String,
    noted: Arc<Mutex<Vec<String>>>,
    takes: Duration,
    bytes: usize,
    /// Holds the writer until something comes.
    held: Option<mpsc::Receiver<()>>,
}

impl Job for Noting {
    fn apply(&mut self, _: &Connection, _: &mut Known) -> Result<(), Failure> {
        self.noted.lock().unwrap().push(self.name.clone());
        std::thread::sleep(self.takes);
        self.held.take().into_iter().for_each(|held| held.recv().unwrap());
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        outcome.unwrap();
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

/// A writer that is held until [`Held::order`] is asked for.
struct Held {
    writer: Writer,
    metrics: Arc<Metrics>,
    noted: Arc<Mutex<Vec<String>>>,
    go: mpsc::Sender<()>,
    ended: oneshot::Receiver<()>,
}

impl Held {
    fn new() -> Self {
        let (metrics, folder) = (Arc::<Metrics>::default(), Arc::new(DataFolder::open(scratch()).unwrap()));
        let (writer, ended) = Writer::start(Connection::open_in_memory().unwrap(), metrics.clone(), folder).unwrap();
        let (go, held) = mpsc::channel();
        let it = Self { writer, metrics, noted: Arc::default(), go, ended };
        it.put("host", Rank::Command, Noting { held: Some(held), ..it.noting("first") });
        while it.noted.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        it
    }

    fn noting(&self, name: &str) -> Noting {
        Noting { name: name.into(), noted: self.noted.clone(), takes: Duration::ZERO, bytes: 0, held: None }
    }

    fn put(&self, owner: &str, rank: Rank, job: Noting) {
        self.writer.send(&Place { owner: owner.into(), rank }, Box::new(job)).unwrap();
    }

    fn many(&self, count: usize, owner: &str, rank: Rank) {
        (0..count).for_each(|_| self.put(owner, rank, self.noting(&format!("{owner} {rank:?}"))));
    }

    /// Lets the writer go. Returns the order of what was applied after the first request, and the number of transactions.
    async fn order(self) -> (Vec<String>, u64) {
        self.go.send(()).unwrap();
        self.writer.close();
        self.ended.await.unwrap();
        (self.noted.lock().unwrap().split_off(1), self.metrics.transactions.load(Relaxed))
    }
}

#[tokio::test]
async fn what_callers_wait_for_comes_before_bulk_work_and_owners_have_their_turns() {
    let held = Held::new();
    held.many(3_000, "ann", Rank::Child);
    held.many(300, "ann", Rank::Command);
    held.many(1, "ben", Rank::Child);
    held.many(1, "ben", Rank::Root);
    held.many(1, "ben", Rank::Command);
    let (order, _) = held.order().await;
    let at = |name| order.iter().position(|one| one == name).unwrap();
    assert_eq!(order.len(), 3_303, "all were done");
    assert!(at("ben Command") <= 1, "behind one of Ann's");
    assert_eq!(at("ben Root"), 8, "where upper ranks wait, lower ones have every ninth turn");
    assert_eq!((at("ann Child"), at("ben Child")), (17, 26), "callers do not shut out bulk work, nor Ann Ben");
}

#[tokio::test]
async fn what_comes_while_a_transaction_is_under_way_waits_for_no_other() {
    let held = Held::new();
    held.many(10_000, "ann", Rank::Child);
    held.many(1, "ben", Rank::Command);
    let (order, transactions) = held.order().await;
    assert_eq!(order[0], "ben Command", "it goes along with the request that was there before");
    assert!(transactions >= 10_002_u64.div_ceil(limits::GROUP as u64));
}

#[tokio::test]
async fn a_transaction_ends_before_it_grows_long() {
    let large = Held::new();
    for _ in 0..10 {
        large.put("ann", Rank::Child, Noting { bytes: limits::GROUP_BYTES / 2 + 1, ..large.noting("half") });
    }
    let transactions = large.order().await.1;
    assert!((5..=6).contains(&transactions), "two at a time: {transactions}");

    let slow = Held::new();
    for _ in 0..4 {
        slow.put("ann", Rank::Child, Noting { takes: limits::GROUP_TIME, ..slow.noting("slow") });
    }
    assert!(slow.order().await.1 >= 4, "each takes the time of a transaction");
}

#[tokio::test]
async fn a_closed_writer_writes_what_it_has_and_takes_no_more() {
    let held = Held::new();
    held.many(1_000, "ann", Rank::Child);
    held.writer.close();
    let refused = held.writer.call(Database::place(""), |_, _| Ok(())).await;
    assert!(matches!(refused, Err(StoreError::Transient(_))), "{refused:?}");
    assert_eq!(held.order().await.0.len(), 1_000);
}

#[tokio::test]
async fn nobody_waits_for_a_writer_that_is_gone() {
    let held = Held::new();
    held.many(10, "ann", Rank::Child);
    let place = || Place { owner: "ann".into(), rank: Rank::Child };
    let after = held.writer.call(place(), |_, _| -> Result<(), Failure> { panic!("a fault of the store") });
    let (last, ()) = futures::join!(after, async { held.go.send(()).unwrap() });
    assert!(matches!(last, Err(StoreError::Transient(_))), "{last:?}");
    let refused = held.writer.call(place(), |_, _| Ok(())).await;
    assert!(matches!(refused, Err(StoreError::Transient(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_that_an_earlier_process_left_have_the_places_of_their_executions() {
    let db = open(&scratch()).await;
    let id = ExecutionId::from("one");
    advance(&db, &id, vec![step(&id, 1, false)], vec![]).await.unwrap();
    let places = || async {
        let (_, items) = db.readers.read(|db| ready(db, &Moves::default(), 0, i64::MAX, 10)).await.unwrap();
        items.into_iter().map(|item| item.place).collect::<Vec<_>>()
    };
    let place = |owner: &str, rank| Place { owner: owner.into(), rank };
    assert_eq!(places().await, [place("local", Rank::Root)]);

    let change = |sql: &'static str| db.writer.call(Database::place(""), move |db, _| Ok(db.execute_batch(sql)?));
    change("UPDATE executions SET owner = 'ann', parent = 0").await.unwrap();
    assert_eq!(places().await, [place("ann", Rank::Child)]);
    change("DELETE FROM executions").await.unwrap();
    assert_eq!(places().await, [place("", Rank::Root)], "nobody's");
}
