//! A table whose DynamoDB answers from a script.

use super::{
    scripted::{Answer, Asked, Script, error, json},
    story::Story,
};
use crate::{
    billing::meter::Meter,
    error::Patience,
    store::{Parts, Table},
    testing::Recorder,
};
use document::time::Time;
use engine::port::Commit;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};
use stepwell_core::{
    command::Command,
    decide::{Decided, decide},
};

/// A table, the script that answers it, and its clock.
pub struct Scripted {
    pub table: Table,
    pub script: Script,
    pub now: Arc<AtomicI64>,
}

/// The answer to a write that took effect, or to a read that finds nothing.
pub fn done() -> Answer {
    json(200, json!({}))
}

/// The answer to a write whose condition does not hold, with the item that is there.
pub fn taken(item: &Value) -> Answer {
    let Answer::Is(status, body) = error(400, "ConditionalCheckFailedException") else { unreachable!() };
    let mut body: Value = serde_json::from_str(&body).unwrap();
    body["Item"] = item.clone();
    json(status, body)
}

/// The answer to a query: its last page, with these items.
pub fn found(items: &[Value]) -> Answer {
    json(200, json!({ "Items": items, "Count": items.len() }))
}

impl Scripted {
    pub fn new(now: Time, behind_message: bool) -> Self {
        let (script, now) = (Script::default(), Arc::new(AtomicI64::new(now.0)));
        let clock = now.clone();
        let table = Table::new(Parts {
            client: script.clients().dynamodb(),
            name: "t".into(),
            blobs: Arc::new(Recorder::default()),
            clock: Arc::new(move || Time(clock.load(Relaxed))),
            meter: Arc::new(Meter::default()),
            patience: Patience { tries: 1, pause: (Duration::ZERO, Duration::ZERO) },
            behind_message,
            parts: 1,
        });
        Self { table, script, now }
    }

    /// Lets so many seconds pass.
    pub fn wait(&self, seconds: f64) {
        let later = Time(self.now.load(Relaxed)).after_seconds(seconds);
        self.now.store(later.0, Relaxed);
    }

    /// The last request.
    pub fn last(&self) -> Asked {
        self.script.asked().pop().unwrap()
    }
}

/// The commit of a story's first turn.
pub fn first(story: &Story) -> Commit {
    let started = Command::Start(Box::new((*story.state.started).clone()));
    commit(decide(&story.workflow, None, started.into(), story.now).unwrap())
}

/// The commit of what was decided.
pub fn commit(decided: Decided) -> Commit {
    let (turns, state) = (decided.turn.into_iter().collect(), Arc::new(decided.state));
    let (logs, blobs, acks) = (Arc::default(), vec![], vec![]);
    Commit { before: None, turns, state, effects: decided.effects, logs, blobs, acks, due: None }
}
