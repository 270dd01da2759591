//! The effects of committed turns, as rows of the queue and of timers. A commit writes them in its transaction;
//! `deliver` writes them once more.

use super::{
    messages::{self, Item},
    queue::Queue,
    timers::{self, TimerKey},
    writer::{Failure, Job, Known},
};
use document::{id::WorkflowId, time::Time};
use engine::port::StoreError;
use rusqlite::{Connection, OptionalExtension};
use std::sync::Arc;
use stepwell_core::{
    effect::{Effect, Message, Purpose, Work},
    id::{Activation, ExecutionId},
};
use tokio::sync::oneshot;

/// Effects of one execution, sorted by what they need.
pub struct Outbox {
    execution: ExecutionId,
    owner: String,
    /// Messages, each with its JSON, and with its time where it is due later.
    sends: Vec<(Item, String, Option<Time>)>,
    timers: Vec<TimerChange>,
    /// Workflows of which another execution may start, with the limit of those under way.
    admits: Vec<(WorkflowId, u64)>,
    /// Messages to executions that are let in. They are found while the effects are written.
    admitted: Vec<Item>,
}

enum TimerChange {
    Set(Activation, Purpose, Time),
    Drop(Activation, Purpose),
}

impl Outbox {
    /// Sorts effects and gives each message a receipt. A message whose time is not after `now` is not delayed.
    /// `Permanent` where a message cannot be serialized.
    pub fn new(
        queue: &dyn Queue,
        execution: &ExecutionId,
        owner: &str,
        effects: &[Effect],
        now: Time,
    ) -> Result<Self, StoreError> {
        let mut outbox = Self {
            execution: execution.clone(),
            owner: owner.into(),
            sends: Vec::new(),
            timers: Vec::new(),
            admits: Vec::new(),
            admitted: Vec::new(),
        };
        for effect in effects {
            match effect {
                Effect::Send { message, at } => {
                    let body = serde_json::to_string(message).map_err(|e| StoreError::Permanent(e.to_string()))?;
                    outbox.sends.push((queue.item(message.clone()), body, at.filter(|at| *at > now)));
                }
                Effect::SetTimer { activation, purpose, at } => {
                    outbox.timers.push(TimerChange::Set(activation.clone(), *purpose, *at));
                }
                Effect::DropTimer { activation, purpose } => {
                    outbox.timers.push(TimerChange::Drop(activation.clone(), *purpose));
                }
                // This host tells nobody: the commit writes the rows of interactions, and no caller can leave a task
                // token.
                Effect::OpenInteraction(_) | Effect::CloseInteraction(_) | Effect::AnswerCaller => {}
                Effect::Admit { workflow, limit } => outbox.admits.push((workflow.clone(), *limit)),
            }
        }
        Ok(outbox)
    }

    /// Writes the rows, and lets held executions in where there is room.
    pub fn apply(&mut self, db: &Connection, queue: &dyn Queue, run: i64) -> Result<(), Failure> {
        for (item, body, due) in &self.sends {
            messages::insert_text(db, item.delivery.receipt, body, *due)?;
        }
        for change in &self.timers {
            change.apply(db, run)?;
        }
        // The transaction may be applied a second time, and then lets in anew.
        self.admitted.clear();
        for (workflow, limit) in &self.admits {
            if let Some(message) = admit(db, &self.owner, workflow, *limit)? {
                let item = queue.item(message);
                messages::insert(db, &item, None)?;
                self.admitted.push(item);
            }
        }
        Ok(())
    }

    /// Hands delayed messages and timers to the queue, once their rows are durable. Returns the messages that are
    /// ready. A timer that was dropped may stay in memory: it finds no row when it fires.
    pub fn release(self, queue: &dyn Queue) -> Vec<Item> {
        let mut ready = self.admitted;
        for (item, _, due) in self.sends {
            match due {
                None => ready.push(item),
                Some(at) => queue.delay(at, item),
            }
        }
        for change in self.timers {
            if let TimerChange::Set(activation, purpose, at) = change {
                queue.timer(at, TimerKey { execution: self.execution.clone(), activation, purpose });
            }
        }
        ready
    }
}

impl TimerChange {
    fn apply(&self, db: &Connection, run: i64) -> rusqlite::Result<()> {
        match self {
            Self::Set(activation, purpose, at) => timers::set(db, run, activation, *purpose, *at),
            Self::Drop(activation, purpose) => timers::remove(db, run, activation, *purpose),
        }
    }
}

/// Lets in the oldest execution that is held back, where fewer than `limit` are under way, and returns the message to
/// it. It is marked (`held = 2`) and counts as under way, so that the next execution that ends lets in another.
fn admit(db: &Connection, owner: &str, workflow: &WorkflowId, limit: u64) -> rusqlite::Result<Option<Message>> {
    let under_way: i64 = db
        .prepare_cached(
            "SELECT count(*) FROM executions WHERE workflow_id = ?2 AND held <> 1 AND completed_at IS NULL
             AND parent IS NULL AND owner = ?1",
        )?
        .query_row([owner, workflow.as_str()], |row| row.get(0))?;
    if under_way.unsigned_abs() >= limit {
        return Ok(None);
    }
    let oldest: Option<(i64, String)> = db
        .prepare_cached(
            "SELECT run, id FROM executions WHERE workflow_id = ?2 AND held = 1 AND completed_at IS NULL
             AND parent IS NULL AND owner = ?1 ORDER BY run LIMIT 1",
        )?
        .query_row([owner, workflow.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((run, id)) = oldest else { return Ok(None) };
    db.prepare_cached("UPDATE executions SET held = 2 WHERE run = ?1")?.execute([run])?;
    Ok(Some(Message { execution: id.into(), work: Work::Admit }))
}

/// The job of `deliver`: writes effects of turns that were committed before once more.
pub struct Redeliver {
    /// The effects.
    pub outbox: Outbox,
    /// The queue that hands out the messages.
    pub queue: Arc<dyn Queue>,
    /// Where the caller waits for the outcome.
    pub reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Job for Redeliver {
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure> {
        let run = known.head(db, &self.outbox.execution)?.map_or(0, |head| head.run);
        self.outbox.apply(db, &*self.queue, run)
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        if outcome.is_ok() {
            let ready = self.outbox.release(&*self.queue);
            self.queue.committed(&[], ready);
        }
        let _ = self.reply.send(outcome);
    }
}
