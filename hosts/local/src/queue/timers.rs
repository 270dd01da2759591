//! What is due later: delayed messages, returned messages and timers. One task sleeps until the soonest and hands out
//! what is due then.

use super::{Dispatcher, Item, window::PageOf};
use crate::store::writer::{Failure, Job, Known};
use document::time::Time;
use engine::port::{Delivery, StoreError};
use rusqlite::{Connection, params};
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    effect::{Message, Purpose, Work},
    id::{Activation, ExecutionId},
};

/// Names a timer: an activation has at most one for each purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimerKey {
    /// The execution that the timer wakes.
    pub execution: ExecutionId,
    /// The activation that set the timer.
    pub activation: Activation,
    /// What the timer is for: the end of a `wait`, a deadline, or a node's timeout.
    pub purpose: Purpose,
}

/// The longest sleep, so that a machine's clock that is set meanwhile is noticed.
const NAP: Duration = Duration::from_secs(30);

/// The task: hands out what is due, sleeps until the next is, and so on until the dispatcher stops.
pub async fn run(dispatcher: Arc<Dispatcher>) {
    loop {
        // The wake-up is taken before the look, so that one in between is not missed.
        let woken = dispatcher.rings.notified();
        let next = dispatcher.fire().await;
        if dispatcher.is_stopped() {
            return;
        }
        let now = (dispatcher.clock)();
        let nap = next.map_or(NAP, |at| Time(at).since(now).min(NAP));
        let _ = tokio::time::timeout(nap, woken).await;
    }
}

impl Dispatcher {
    /// Hands out what is due. Returns when the next is, in milliseconds since 1970; none where nothing is to come.
    async fn fire(self: &Arc<Self>) -> Option<i64> {
        let now = (self.clock)();
        let (timers, wanted) = {
            let mut state = self.state();
            let ready = state.delayed.due(now.0).into_iter().chain(state.returned.due(now.0)).collect::<Vec<_>>();
            for item in ready {
                self.count_in();
                state.lanes.push(item);
            }
            let wanted = (state.delayed.wants(), state.timers.wants());
            (state.timers.due(now.0), wanted)
        };
        self.pump();
        // The writer's thread reads the pages too, so that a row is either in a page or offered to the window after it.
        let mut jobs: Vec<Box<dyn Job>> = Vec::new();
        if !timers.is_empty() {
            jobs.push(Box::new(Fire { timers, now, fired: Vec::new(), dispatcher: self.clone() }));
        }
        if let Some(after) = wanted.0 {
            jobs.push(Box::new(MessagePage { after, page: None, dispatcher: self.clone() }));
        }
        if let Some(after) = wanted.1 {
            jobs.push(Box::new(TimerPage { after, page: None, dispatcher: self.clone() }));
        }
        for job in jobs {
            if self.send(job).await.is_err() {
                break;
            }
        }
        let state = self.state();
        [state.delayed.next(), state.returned.next(), state.timers.next()].into_iter().flatten().min()
    }
}

/// The job that turns due timers into messages, at least once: a timer's row goes in the transaction that writes its
/// message, and a message's row with the turn that it causes.
struct Fire {
    timers: Vec<TimerKey>,
    now: Time,
    fired: Vec<Item>,
    dispatcher: Arc<Dispatcher>,
}

impl Job for Fire {
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure> {
        self.fired.clear();
        for timer in &self.timers {
            let Some(head) = known.head(db, &timer.execution)? else { continue };
            let Activation { epoch, node, visit } = &timer.activation;
            let gone = db
                .prepare_cached(
                    "DELETE FROM timers WHERE run = ?1 AND epoch = ?2 AND node = ?3 AND visit = ?4 AND purpose = ?5
                     AND at <= ?6",
                )?
                .execute(params![head.run, epoch, node.as_str(), visit, purpose(timer.purpose), self.now.0])?;
            // The timer was dropped, or set to a later time.
            if gone == 0 {
                continue;
            }
            let work = Work::Timer { activation: timer.activation.clone(), purpose: timer.purpose };
            let message = Message { execution: timer.execution.clone(), work };
            let item = self.dispatcher.item(message);
            insert(db, &item, None)?;
            self.fired.push(item);
        }
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        match outcome {
            Ok(()) => self.dispatcher.committed(&[], self.fired),
            Err(_) => self.dispatcher.timers_again(self.timers, self.now.after_seconds(1.0)),
        }
    }
}

/// Writes the row of a message; `due` is when it is due, none for at once.
pub fn insert(db: &Connection, item: &Item, due: Option<Time>) -> Result<(), Failure> {
    let body = serde_json::to_string(&item.delivery.message)
        .map_err(|error| Failure::Refused(StoreError::Permanent(error.to_string())))?;
    db.prepare_cached("INSERT INTO queue(id, due, body) VALUES (?1, ?2, ?3)")?.execute(params![
        item.delivery.receipt as i64,
        due.map(|due| due.0),
        body
    ])?;
    Ok(())
}

/// The name of a purpose in the table `timers`: its JSON without the quotes.
pub fn purpose(purpose: Purpose) -> String {
    serde_json::to_string(&purpose).unwrap_or_default().trim_matches('"').to_owned()
}

/// The job that reads the next page of delayed messages.
struct MessagePage {
    after: i64,
    page: PageOf<Item>,
    dispatcher: Arc<Dispatcher>,
}

impl Job for MessagePage {
    fn apply(&mut self, db: &Connection, _: &mut Known) -> Result<(), Failure> {
        let horizon = horizon(db, "queue", "due", self.after, self.dispatcher.window)?;
        let mut rows = db.prepare_cached("SELECT id, due, attempts, body FROM queue WHERE due > ?1 AND due <= ?2")?;
        let rows = rows.query_map([self.after, horizon], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, u32>(2)?, row.get::<_, String>(3)?))
        })?;
        let mut entries = Vec::new();
        for row in rows {
            let (id, due, failures, body) = row?;
            if let Some(item) = revive(id, failures, &body) {
                entries.push((due, id as u64, item));
            }
        }
        self.page = Some((horizon, entries));
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        self.dispatcher.state().delayed.extend(outcome.ok().and(self.page));
        self.dispatcher.rings.notify_one();
    }
}

/// The job that reads the next page of timers.
struct TimerPage {
    after: i64,
    page: PageOf<TimerKey>,
    dispatcher: Arc<Dispatcher>,
}

impl Job for TimerPage {
    fn apply(&mut self, db: &Connection, _: &mut Known) -> Result<(), Failure> {
        let horizon = horizon(db, "timers", "at", self.after, self.dispatcher.window)?;
        let mut rows = db.prepare_cached(
            "SELECT executions.id, epoch, node, visit, purpose, at FROM timers JOIN executions USING (run)
             WHERE at > ?1 AND at <= ?2",
        )?;
        let rows = rows.query_map([self.after, horizon], |row| {
            let node: String = row.get(2)?;
            let activation = Activation { epoch: row.get(1)?, node: node.into(), visit: row.get(3)? };
            Ok((row.get::<_, String>(0)?, activation, row.get::<_, String>(4)?, row.get::<_, i64>(5)?))
        })?;
        let mut entries = Vec::new();
        for row in rows {
            let (execution, activation, name, at) = row?;
            match serde_json::from_value(name.into()) {
                Ok(purpose) => {
                    let key = TimerKey { execution: execution.into(), activation, purpose };
                    entries.push((at, self.dispatcher.number(), key));
                }
                Err(error) => tracing::error!(%error, execution, "a timer of an unknown purpose is left alone"),
            }
        }
        self.page = Some((horizon, entries));
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        self.dispatcher.state().timers.extend(outcome.ok().and(self.page));
        self.dispatcher.rings.notify_one();
    }
}

/// Up to which time a page of about `size` rows reaches: the time of the row after them, or the end of time where there
/// are fewer. Rows of equal times stay together.
fn horizon(db: &Connection, table: &str, column: &str, after: i64, size: usize) -> rusqlite::Result<i64> {
    let sql = format!(
        "SELECT coalesce((SELECT {column} FROM {table} WHERE {column} > ?1 ORDER BY {column} LIMIT 1 OFFSET ?2), ?3)"
    );
    db.prepare_cached(&sql)?.query_row(params![after, size as i64, i64::MAX], |row| row.get(0))
}

/// Reads the message of a row. None where it cannot be read: the row stays, for a release that can.
pub fn revive(id: i64, failures: u32, body: &str) -> Option<Item> {
    match serde_json::from_str(body) {
        Ok(message) => {
            let delivery = Delivery { receipt: id as u64, message, deliveries: 1, trace: None };
            Some(Item { delivery, failures })
        }
        Err(error) => {
            tracing::error!(%error, id, "a message in the queue cannot be read and is left alone");
            None
        }
    }
}
