//! The effects of committed turns, as rows of the queue and of timers. A commit writes them in its transaction;
//! `deliver` writes them once more.

use super::{
    Database,
    admit::{LetIn, admit},
    messages::{self, Item},
    moves::Moves,
    queue::Queue,
    timers::{self, TimerKey},
    writer::{Failure, Job, Known},
};
use crate::asker::Asker;
use async_trait::async_trait;
use document::{id::WorkflowId, time::Time};
use engine::{
    fair::{Owner, Place, Rank},
    port::{Delivers, Journal, Outbox, Receipt, StoreError},
};
use rusqlite::Connection;
use std::{collections::HashSet, sync::Arc};
use stepwell_core::{
    effect::{Effect, Message, Purpose},
    event::Started,
    id::{Activation, ExecutionId},
};
use tokio::sync::oneshot;

/// Effects of one execution, sorted by what they need.
pub struct Rows {
    execution: ExecutionId,
    owner: Owner,
    /// How deep the execution is nested: 0 where it has no parent.
    depth: u32,
    /// Messages, each with its JSON, and with its time where it is due later.
    sends: Vec<(Item, String, Option<Time>)>,
    timers: Vec<TimerChange>,
    /// Workflows of which further executions may go on.
    admits: Vec<WorkflowId>,
    /// Messages to executions that are let in. They are found while the effects are written.
    admitted: Vec<Item>,
    moves: Moves,
    /// Receipts of messages to executions that this process does not move. They are found while the rows are written.
    left: HashSet<Receipt>,
    /// Whether this process does not move the execution, whose timers these are.
    is_left: bool,
}

enum TimerChange {
    Set(Activation, Purpose, Time),
    Drop(Activation, Purpose),
}

impl Rows {
    /// Sorts effects and gives each message a receipt. A message whose time is not after `now` is not delayed.
    /// `Permanent` where a message cannot be serialized.
    pub fn new(
        queue: &dyn Queue,
        moves: &Moves,
        started: &Started,
        effects: &[Effect],
        now: Time,
    ) -> Result<Self, StoreError> {
        let mut rows = Self {
            execution: started.execution_id.clone(),
            owner: started.owner.as_str().into(),
            depth: started.parent.as_ref().map_or(0, |parent| parent.depth),
            sends: Vec::new(),
            timers: Vec::new(),
            admits: Vec::new(),
            admitted: Vec::new(),
            moves: moves.clone(),
            left: HashSet::new(),
            is_left: false,
        };
        for effect in effects {
            match effect {
                Effect::Send { message, at } => {
                    let body = serde_json::to_string(message).map_err(|e| StoreError::Permanent(e.to_string()))?;
                    let item = queue.item(message.clone(), rows.place(message));
                    rows.sends.push((item, body, at.filter(|at| *at > now)));
                }
                Effect::SetTimer { activation, purpose, at } => {
                    rows.timers.push(TimerChange::Set(activation.clone(), *purpose, *at));
                }
                Effect::DropTimer { activation, purpose } => {
                    rows.timers.push(TimerChange::Drop(activation.clone(), *purpose));
                }
                // This host tells nobody: the commit writes the rows of interactions, and no caller can leave a task
                // token.
                Effect::OpenInteraction(_) | Effect::CloseInteraction(_) | Effect::AnswerCaller => {}
                Effect::Admit { workflow } => rows.admit(workflow),
            }
        }
        Ok(rows)
    }

    /// Has executions of a workflow let in as well, as far as there is room.
    pub fn admit(&mut self, workflow: &WorkflowId) {
        if !self.admits.contains(workflow) {
            self.admits.push(workflow.clone());
        }
    }

    /// The place of what the execution does by itself. All whom it tells something have the same owner.
    pub fn own_place(&self, asker: Asker) -> Place {
        Place::new(&self.owner, asker.rank(self.depth > 0))
    }

    /// The place of a message to the execution itself, to its parent or to a child. Of these only the execution itself
    /// and the parent of one at depth 1 may be without a parent.
    fn place(&self, message: &Message) -> Place {
        let is_own = message.execution == self.execution;
        let root = if is_own { 0 } else { 1 };
        Place::new(&self.owner, Rank::of(&message.work, self.depth != root))
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
        for workflow in &self.admits {
            self.admitted.extend(admit(db, queue, &self.owner, workflow)?);
        }
        self.leave(db)
    }

    /// Finds what is not to be handed out, since this process does not move the executions that it is for.
    fn leave(&mut self, db: &Connection) -> Result<(), Failure> {
        self.left.clear();
        if self.moves.all() {
            return Ok(());
        }
        self.is_left = !self.moves.takes(db, &self.execution)?;
        for item in self.sends.iter().map(|(item, ..)| item).chain(&self.admitted) {
            if !self.moves.takes(db, &item.delivery.message.execution)? {
                self.left.insert(item.delivery.receipt);
            }
        }
        Ok(())
    }

    /// Hands delayed messages and timers to the queue, once their rows are durable. Returns the messages that are
    /// ready. A timer that was dropped may stay in memory: it finds no row when it fires.
    pub fn release(self, queue: &dyn Queue) -> Vec<Item> {
        let left = self.left;
        let is_ours = |item: &Item| !left.contains(&item.delivery.receipt);
        let mut ready: Vec<Item> = self.admitted.into_iter().filter(is_ours).collect();
        for (item, _, due) in self.sends.into_iter().filter(|(item, ..)| is_ours(item)) {
            match due {
                None => ready.push(item),
                Some(at) => queue.delay(at, item),
            }
        }
        for change in self.timers.into_iter().filter(|_| !self.is_left) {
            if let TimerChange::Set(activation, purpose, at) = change {
                let place = Place::new(&self.owner, Rank::of_execution(self.depth > 0));
                queue.timer(at, TimerKey { execution: self.execution.clone(), activation, purpose, place });
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

#[async_trait]
impl Outbox for Database {
    fn delivers(&self) -> Delivers {
        Delivers::InCommit
    }

    async fn deliver(&self, execution: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        if effects.is_empty() {
            return Ok(());
        }
        let Some(state) = self.load_lean(execution).await? else { return Ok(()) };
        let queue = self.hub.queue.clone();
        let rows = Rows::new(&*queue, &self.hub.moves, &state.started, effects, (self.clock)())?;
        let (reply, answer) = oneshot::channel();
        let place = rows.own_place(Asker::current());
        self.writer.send(&place, Box::new(Redeliver { rows, queue, reply }))?;
        answer.await.map_err(|_| StoreError::Transient("the store is shutting down".into()))?
    }

    async fn let_in(&self, owner: &str, workflow: &WorkflowId) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let job = LetIn::new(owner, workflow, self.hub.queue.clone(), reply);
        self.writer.send(&Self::place(owner), Box::new(job))?;
        answer.await.map_err(|_| StoreError::Transient("the store is shutting down".into()))?
    }
}

/// The job of `deliver`: writes effects of turns that were committed before once more.
struct Redeliver {
    rows: Rows,
    queue: Arc<dyn Queue>,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Job for Redeliver {
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure> {
        let run = known.head(db, &self.rows.execution)?.map_or(0, |head| head.run);
        self.rows.apply(db, &*self.queue, run)
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        if outcome.is_ok() {
            let ready = self.rows.release(&*self.queue);
            self.queue.committed(&[], ready);
        }
        let _ = self.reply.send(outcome);
    }
}
