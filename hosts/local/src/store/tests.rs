//! Tests of the store, and what the tests of the queue share with them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

/// Path of a fresh folder for one test, below the system's temporary folder.
pub fn scratch() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("stepwell-store-{}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
    let path = std::env::temp_dir().join(name);
    let _ = std::fs::remove_dir_all(&path);
    path
}

use super::{DataFolder, Database};
use crate::{memory::Memory, queue::Handler};
use async_trait::async_trait;
use document::{Workflow, time::Time};
use engine::port::{Catalogue, Commit, Delivery, Journal, Receipt, StoreError, Verdict};
use serde_json::json;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use stepwell_core::{
    effect::{Effect, Message, Purpose, Work},
    event::{Event, Started, Turn},
    execution::Execution,
    id::{Activation, ExecutionId},
};

pub fn clock() -> Time {
    Time(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as i64)
}

pub fn workflow() -> Arc<Workflow> {
    let start = json!({"id": "start", "type": "manual_trigger"});
    document::parse(&json!({"id": "chain", "nodes": [start], "edges": []})).unwrap().workflow
}

pub async fn open(path: &std::path::Path) -> Database {
    let database = Database::open(DataFolder::open(path).unwrap(), clock, Arc::new(Memory::of_machine())).unwrap();
    database.keep_workflow(&workflow()).await.unwrap();
    database
}

pub fn step(id: &ExecutionId, visit: u32, io: bool) -> Effect {
    let activation = Activation { epoch: 0, node: "n".into(), visit };
    let message = Message { execution: id.clone(), work: Work::Step { activation, attempt: 1, io } };
    Effect::Send { message, at: None }
}

fn started(id: &ExecutionId) -> Event {
    let started = Started {
        format: 1,
        execution_id: id.clone(),
        owner: "local".into(),
        workflow_id: "chain".into(),
        workflow_version: 0,
        workflow_hash: workflow().hash.clone(),
        body: vec![],
        trigger: None,
        input: json!({}).into(),
        metadata: serde_json::Map::new(),
        started_by: None,
        also_started_by: Vec::new(),
        parent: None,
        taken_up: 0,
        item: None,
        args: None,
        inherited: vec![],
        request_hash: None,
        deadline: Time(i64::MAX),
        awaited: false,
        held: false,
        looked_around: false,
        in_line: None,
        descendants: stepwell_core::limits::DESCENDANTS,
        forked: None,
        imported: None,
        skipped: None,
    };
    Event::ExecutionStarted(Box::new(started))
}

/// A state by hand: of an execution that was started at `life`, after `seq` turns, ended or not.
pub fn state_of(id: &str, life: i64, seq: u64, ended: bool) -> Execution {
    let mut state = None;
    for seq in 1..=seq {
        let event = match (seq, ended) {
            (1, _) => started(&id.into()),
            (_, true) => Event::ExecutionCancelled(Default::default()),
            (_, false) => Event::ExecutionPaused(Default::default()),
        };
        let turn = Turn { seq, at: Time(life), by: None, request: None, events: vec![event] };
        state = Some(stepwell_core::evolve::evolve(&workflow(), state, &turn).unwrap());
    }
    state.unwrap()
}

/// Commits one more turn: a start, or else a pause whose reason has 250 bytes.
pub async fn advance(
    db: &Database,
    id: &ExecutionId,
    effects: Vec<Effect>,
    acks: Vec<Receipt>,
) -> Result<(), StoreError> {
    let before = db.load(id).await?;
    db.commit(next(before.as_deref(), id, effects, acks)).await
}

/// The commit of the turn that follows a state.
fn next(before: Option<&Execution>, id: &ExecutionId, effects: Vec<Effect>, acks: Vec<Receipt>) -> Commit {
    let event = match before {
        None => started(id),
        Some(_) => Event::ExecutionPaused(stepwell_core::event::Said { reason: Some("x".repeat(250)), above: None }),
    };
    let turn = Turn {
        seq: before.map_or(0, |state| state.seq) + 1,
        at: clock(),
        by: None,
        request: None,
        events: vec![event],
    };
    let state = stepwell_core::evolve::evolve(&workflow(), before.cloned(), &turn).unwrap();
    let (before, state) = (before.cloned().map(Arc::new), Arc::new(state));
    Commit { before, turns: vec![turn], state, effects, logs: Arc::default(), blobs: vec![], acks, due: None }
}

/// A handler that takes each execution through `steps` steps, and notes the messages where `keep` is set.
struct Chain {
    db: Mutex<Option<Arc<Database>>>,
    steps: u32,
    seen: Mutex<Vec<Delivery>>,
    keep: bool,
}

impl Chain {
    fn new(steps: u32, keep: bool) -> Arc<Self> {
        Arc::new(Self { db: Mutex::new(None), steps, seen: Mutex::default(), keep })
    }
}

#[async_trait]
impl Handler for Chain {
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict> {
        let db = self.db.lock().unwrap().clone().unwrap();
        for one in deliveries {
            if self.keep {
                self.seen.lock().unwrap().push(one.clone());
            }
            let Work::Step { activation, .. } = &one.message.work else { continue };
            let next = if activation.visit < self.steps {
                vec![step(&one.message.execution, activation.visit + 1, false)]
            } else {
                vec![]
            };
            advance(&db, &one.message.execution, next, vec![one.receipt]).await.unwrap();
        }
        vec![Verdict::Acknowledge; deliveries.len()]
    }

    async fn dead(&self, _: &Message, _: &str) -> Result<(), String> {
        Ok(())
    }
}

pub async fn until(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never: {what}");
}

pub fn rows(db: &Database, table: &str) -> i64 {
    let db = rusqlite::Connection::open(db.folder().path().join("stepwell.db")).unwrap();
    db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_runs_by_itself_and_leaves_no_message_behind() {
    let path = scratch();
    let db = Arc::new(open(&path).await);
    let chain = Chain::new(10, true);
    *chain.db.lock().unwrap() = Some(db.clone());
    db.start(chain.clone()).await.unwrap();
    let id = ExecutionId::from("one");
    advance(&db, &id, vec![step(&id, 1, false)], vec![]).await.unwrap();
    until("ten steps", || chain.seen.lock().unwrap().len() == 10).await;
    until("turn 11", || db.hub.cache.get(&id).is_some_and(|state| state.seq == 11)).await;
    until("no rows", || rows(&db, "queue") == 0).await;
    let before = db.load(&id).await.unwrap().unwrap();
    assert!(db.shutdown(Duration::from_secs(5)).await);

    let db = open(&path).await;
    assert_eq!(db.load(&id).await.unwrap().unwrap(), before, "the journal folds to what was in memory");
    assert_eq!(db.turns(&id, 4, 3).await.unwrap().iter().map(|turn| turn.seq).collect::<Vec<_>>(), [5, 6, 7]);
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_and_timers_outlive_the_process() {
    let path = scratch();
    let db = open(&path).await;
    let id = ExecutionId::from("one");
    let timer = |node: &str, after: f64| Effect::SetTimer {
        activation: Activation { epoch: 0, node: node.into(), visit: 1 },
        purpose: Purpose::Wait,
        at: clock().after_seconds(after),
    };
    let drop =
        Effect::DropTimer { activation: Activation { epoch: 0, node: "c".into(), visit: 1 }, purpose: Purpose::Wait };
    // Due soon: a message at once, one in 0.3 s and the timer a. The timer b stays, and c is dropped by the same
    // commit.
    let Effect::Send { message, .. } = step(&id, 2, true) else { panic!() };
    let later = Effect::Send { message, at: Some(clock().after_seconds(0.3)) };
    let effects = vec![step(&id, 1, false), timer("a", 0.2), timer("b", 9_999.0), timer("c", 0.1), drop, later];
    advance(&db, &id, effects, vec![]).await.unwrap();
    db.shutdown(Duration::ZERO).await;

    let db = Arc::new(open(&path).await);
    let chain = Chain::new(0, true);
    *chain.db.lock().unwrap() = Some(db.clone());
    db.start(chain.clone()).await.unwrap();
    until("three messages", || chain.seen.lock().unwrap().len() == 3).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let seen: Vec<_> = chain.seen.lock().unwrap().iter().map(|one| one.message.work.clone()).collect();
    let fired = |work: &Work| matches!(work, Work::Timer { activation, .. } if activation.node.as_str() == "a");
    assert!(seen.len() == 3 && seen.iter().any(fired), "{seen:?}");
    assert_eq!(rows(&db, "timers"), 1, "b waits on");
    until("no rows", || rows(&db, "queue") == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_spoils_nobody_elses_commit() {
    let db = Arc::new(open(&scratch()).await);
    let ids: Vec<ExecutionId> = (0..50).map(|n| format!("x{n}").into()).collect();
    let all = ids.iter().flat_map(|id| [id, id]).map(|id| db.commit(next(None, id, vec![step(id, 1, false)], vec![])));
    let outcomes = futures::future::join_all(all).await;
    let conflicts = outcomes.iter().filter(|one| **one == Err(StoreError::Conflict)).count();
    assert_eq!((conflicts, outcomes.iter().filter(|one| one.is_ok()).count()), (50, 50));
    assert_eq!((rows(&db, "turns"), rows(&db, "queue")), (50, 50), "a refused commit leaves nothing behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_journal_is_read_from_its_snapshot() {
    let path = scratch();
    let db = open(&path).await;
    let id = ExecutionId::from("long");
    for _ in 0..600 {
        advance(&db, &id, vec![], vec![]).await.unwrap();
    }
    let before = db.load(&id).await.unwrap().unwrap();
    let key = id.clone();
    let journal = db.readers.read(move |db| super::rows::journal(db, &key, false)).await.unwrap().unwrap();
    assert_eq!((journal.snapshot.is_some(), journal.rows.len()), (true, 600 - 512));
    assert_eq!(rows(&db, "snapshots"), 1);
    db.shutdown(Duration::ZERO).await;

    let sql = rusqlite::Connection::open(path.join("stepwell.db")).unwrap();
    for damage in ["SELECT 1", "UPDATE snapshots SET body = '{}'"] {
        sql.execute_batch(damage).unwrap();
        let db = open(&path).await;
        assert_eq!(db.load(&id).await.unwrap().unwrap(), before, "{damage}");
        db.shutdown(Duration::ZERO).await;
    }
    sql.execute_batch("UPDATE turns SET body = '[' WHERE seq = 300").unwrap();
    let error = open(&path).await.load(&id).await.unwrap_err();
    assert!(matches!(&error, StoreError::Permanent(why) if why.contains("execution long")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_for_now_and_the_writer_goes_on() {
    let db = open(&scratch()).await;
    let id = ExecutionId::from("full");
    advance(&db, &id, vec![], vec![]).await.unwrap();
    let pages = |count: u32| {
        db.writer.call(Database::place(""), move |db, _| {
            Ok(db.query_row(&format!("PRAGMA max_page_count = {count}"), [], |row| row.get::<_, i64>(0))?)
        })
    };
    pages(1).await.unwrap(); // The file may not grow beyond its present size.
    let mut outcome = Ok(());
    for _ in 0..2_000 {
        outcome = advance(&db, &id, vec![step(&id, 1, false)], vec![]).await;
        if outcome.is_err() {
            break;
        }
    }
    assert!(matches!(outcome, Err(StoreError::Transient(_))), "{outcome:?}");
    let seq = db.load(&id).await.unwrap().unwrap().seq;
    pages(1_000_000).await.unwrap();
    advance(&db, &id, vec![], vec![]).await.unwrap();
    assert_eq!(db.load(&id).await.unwrap().unwrap().seq, seq + 1);
    assert_eq!(rows(&db, "turns"), seq as i64 + 1, "nothing of what was refused is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_one_request_is_its_own() {
    let db = Arc::new(open(&scratch()).await);
    let bad = (0..20).map(|_| {
        db.writer.call(Database::place(""), |db, _| {
            db.execute_batch("INSERT INTO documents(hash, body) VALUES ('half', 'written')")?;
            Ok(db.execute_batch("INSERT INTO documents(hash) VALUES (NULL)")?)
        })
    });
    let ids: Vec<ExecutionId> = (0..20).map(|n| format!("x{n}").into()).collect();
    let good = ids.iter().map(|id| advance(&db, id, vec![], vec![]));
    let (good, bad) = futures::join!(futures::future::join_all(good), futures::future::join_all(bad));
    assert!(good.iter().all(Result::is_ok), "{good:?}");
    assert!(bad.iter().all(|one| matches!(one, Err(StoreError::Permanent(_)))), "{bad:?}");
    assert_eq!((rows(&db, "turns"), rows(&db, "documents")), (20, 1), "half a request is none");
}

#[test]
fn a_file_of_a_later_release_is_refused() {
    let path = scratch();
    let folder = DataFolder::open(&path).unwrap();
    let sql = rusqlite::Connection::open(folder.database().unwrap()).unwrap();
    sql.execute_batch("PRAGMA user_version = 99").unwrap();
    let Err(error) = Database::open(folder, clock, Arc::new(Memory::of_machine())) else { panic!("it was opened") };
    assert!(error.to_string().contains("format 99"), "{error}");
}
