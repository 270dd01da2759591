//! Tests of a process that moves some executions alone.
#![allow(clippy::unwrap_used)]

use super::{
    Database,
    tests::{advance, clock, open, rows, scratch, step, until},
};
use crate::queue::Handler;
use async_trait::async_trait;
use engine::port::{Delivery, Verdict};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use stepwell_core::{
    effect::{Effect, Message, Purpose},
    id::{Activation, ExecutionId},
};

/// A handler that notes of which executions messages were handed out.
#[derive(Default)]
struct Noting(Mutex<Vec<String>>);

#[async_trait]
impl Handler for Noting {
    async fn handle(&self, deliveries: &[Delivery]) -> Vec<Verdict> {
        self.0.lock().unwrap().extend(deliveries.iter().map(|one| one.message.execution.to_string()));
        vec![Verdict::Acknowledge; deliveries.len()]
    }

    async fn dead(&self, _: &Message, _: &str) -> Result<(), String> {
        Ok(())
    }
}

impl Noting {
    fn of(&self, id: &str) -> usize {
        self.0.lock().unwrap().iter().filter(|one| *one == id).count()
    }
}

/// A message at once, one in a moment, and a timer.
fn effects(id: &ExecutionId) -> Vec<Effect> {
    let at = clock().after_seconds(0.2);
    let mut later = step(id, 2, false);
    if let Effect::Send { at: due, .. } = &mut later {
        *due = Some(at);
    }
    let activation = Activation { epoch: 0, node: "w".into(), visit: 1 };
    vec![step(id, 1, false), later, Effect::SetTimer { activation, purpose: Purpose::Wait, at }]
}

async fn started(path: &std::path::Path, noting: &Arc<Noting>, own: &ExecutionId) -> Arc<Database> {
    let db = Arc::new(open(path).await);
    db.move_only_adopted();
    db.adopt(own, None).await.unwrap();
    db.start(noting.clone()).await.unwrap();
    db
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_adopted_stays_for_another_process() {
    // Given two executions that an earlier process left behind.
    let (path, own, other) = (scratch(), ExecutionId::from("own"), ExecutionId::from("other"));
    let db = open(&path).await;
    for id in [&own, &other] {
        advance(&db, id, effects(id), vec![]).await.unwrap();
    }
    db.shutdown(Duration::ZERO).await;
    // When a process moves one of them, and another is committed to by a caller meanwhile.
    let noting = Arc::new(Noting::default());
    let db = started(&path, &noting, &own).await;
    let late = ExecutionId::from("late");
    advance(&db, &late, effects(&late), vec![]).await.unwrap();
    until("its own are handed out", || noting.of("own") == 3).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    // Then nothing of the others was, and all of it is there still.
    assert_eq!((noting.of("other"), noting.of("late")), (0, 0));
    assert_eq!((rows(&db, "queue"), rows(&db, "timers")), (4, 2));
    // When it adopts one of them, its messages and timers come, once each.
    db.adopt(&other, None).await.unwrap();
    db.adopt(&other, None).await.unwrap();
    until("those of the adopted are handed out", || noting.of("other") == 3).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!((noting.of("other"), noting.of("late")), (3, 0));
    // And what it commits from then on is handed out at once.
    advance(&db, &other, vec![step(&other, 9, false)], vec![]).await.unwrap();
    until("the new one is handed out", || noting.of("other") == 4).await;
    assert!(db.shutdown(Duration::from_secs(5)).await);
    // A process that moves everything finds the rest.
    let (rest, db) = (Arc::new(Noting::default()), open(&path).await);
    db.start(rest.clone()).await.unwrap();
    until("the rest is handed out", || rest.of("late") == 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_execution_needs_goes_with_it_and_is_removed_with_it() {
    let (path, id) = (scratch(), ExecutionId::from("own"));
    let db = open(&path).await;
    advance(&db, &id, vec![], vec![]).await.unwrap();
    assert_eq!(db.http_allow(&id).await.unwrap(), None);
    db.adopt(&id, Some("10.0.0.0/8".into())).await.unwrap();
    db.adopt(&id, None).await.unwrap();
    // One that was never started leaves nothing behind.
    db.adopt(&"refused".into(), Some("x".into())).await.unwrap();
    db.shutdown(Duration::ZERO).await;
    let db = open(&path).await;
    assert_eq!(db.http_allow(&id).await.unwrap().as_deref(), Some("10.0.0.0/8"));
    assert_eq!(rows(&db, "needs"), 1);
    db.adopt(&id, Some("127.0.0.1".into())).await.unwrap();
    assert_eq!(db.http_allow(&id).await.unwrap().as_deref(), Some("127.0.0.1"));
}
