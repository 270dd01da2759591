//! Takes up an execution in a process that moves some alone: what is due of it and of all below it is handed out from
//! then on.

use super::Dispatcher;
use crate::store::{
    limits,
    messages::{self, Item},
    moves::Moves,
    needs,
    queue::Queue,
    timers::{self, TimerKey},
    writer::{Failure, Job, Known},
};
use document::time::Time;
use engine::port::StoreError;
use rusqlite::Connection;
use std::sync::Arc;
use stepwell_core::id::ExecutionId;
use tokio::sync::oneshot;

/// The job that takes up an execution, which need not be there yet, and keeps what it needs. It reads what is due on
/// the writer's thread, so that every row is either read here or handed over by the commit that writes it.
pub struct Adopt {
    execution: ExecutionId,
    /// The allow list that is kept; none leaves what is kept.
    http_allow: Option<String>,
    /// Whether what is due is to be read: it was not handed out before. None until the job is first applied.
    fresh: Option<bool>,
    due: Due,
    dispatcher: Arc<Dispatcher>,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

/// What is due of an execution and of those below it.
#[derive(Default)]
struct Due {
    messages: Vec<(Option<Time>, Item)>,
    timers: Vec<(Time, TimerKey)>,
}

impl Adopt {
    /// Prepares the job. `reply` hears how it went.
    pub fn new(
        execution: ExecutionId,
        http_allow: Option<String>,
        dispatcher: Arc<Dispatcher>,
        reply: oneshot::Sender<Result<(), StoreError>>,
    ) -> Self {
        Self { execution, http_allow, fresh: None, due: Due::default(), dispatcher, reply }
    }

    /// Whether what is due must be read: the execution was not moved before.
    fn is_fresh(&mut self, db: &Connection, moves: &Moves) -> rusqlite::Result<bool> {
        let fresh = match self.fresh {
            Some(fresh) => fresh,
            None => !moves.takes(db, &self.execution)?,
        };
        self.fresh = Some(fresh);
        Ok(fresh)
    }
}

impl Job for Adopt {
    fn apply(&mut self, db: &Connection, _: &mut Known) -> Result<(), Failure> {
        if let Some(list) = &self.http_allow {
            needs::keep(db, &self.execution, list)?;
        }
        let moves = self.dispatcher.moves.clone();
        let fresh = self.is_fresh(db, &moves)?;
        // From here on commits of this transaction hand over what they write.
        moves.add(&self.execution);
        if fresh {
            let messages = messages::of_family(db, &self.execution)?;
            self.due = Due { messages, timers: timers::of_family(db, &self.execution)? };
        }
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { due, dispatcher, reply, .. } = *self;
        if outcome.is_ok() {
            let (mut ready, now) = (Vec::new(), (dispatcher.clock)());
            for (at, item) in due.messages {
                match at.filter(|at| *at > now) {
                    None => ready.push(item),
                    Some(at) => dispatcher.delay(at, item),
                }
            }
            for (at, key) in due.timers {
                dispatcher.timer(at, key);
            }
            for ready in ready.chunks(limits::START_ROWS) {
                dispatcher.clone().committed(&[], ready.to_vec());
            }
        }
        let _ = reply.send(outcome);
    }
}
