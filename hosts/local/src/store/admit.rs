//! Lets in executions that are held back, by `max_concurrency` or another one of their line, within the transaction of what made room for them.

use super::{
    messages::{self, Item},
    queue::Queue,
    writer::{Failure, Job, Known},
};
use document::{id::WorkflowId, limit_of_document};
use engine::{
    fair::{Owner, Place, Rank},
    limits::LET_IN_AT_ONCE,
    port::StoreError,
};
use rusqlite::{Connection, OptionalExtension, params};
use std::sync::Arc;
use stepwell_core::{
    admission::room,
    effect::{Message, Work},
};
use tokio::sync::oneshot;

/// The executions of a workflow that count: those alive that no other execution started.
pub const ALIVE: &str = "workflow_id = ?2 AND completed_at IS NULL AND parent IS NULL AND owner = ?1";
/// Those whom no other one of their line keeps back ([`keeps_back`](stepwell_core::admission::keeps_back)).
pub const FIRST_IN_LINE: &str = "(line IS NULL OR NOT EXISTS (SELECT 1 FROM executions AS other
  WHERE other.line = executions.line AND other.workflow_id = executions.workflow_id AND other.owner = executions.owner
    AND other.completed_at IS NULL AND other.parent IS NULL AND other.run <> executions.run
    AND (other.held <> 1 OR other.place < executions.place)))";

/// Lets in the oldest executions that are held back, as many as the limit in force leaves room for, and
/// [`LET_IN_AT_ONCE`] at most: each that goes on then makes others follow. Returns their messages, whose rows are
/// written. Those let in are marked (`held = 2`) and count as under way.
pub fn admit(db: &Connection, queue: &dyn Queue, owner: &Owner, workflow: &WorkflowId) -> Result<Vec<Item>, Failure> {
    // Most ends find nobody held back, so that is looked up first: it takes one step in an index.
    let sql = format!("SELECT run FROM executions WHERE {ALIVE} AND held = 1 AND {FIRST_IN_LINE} ORDER BY run LIMIT 1");
    let oldest: Option<i64> =
        db.prepare_cached(&sql)?.query_row([owner, workflow.as_str()], |row| row.get(0)).optional()?;
    let Some(oldest) = oldest else { return Ok(Vec::new()) };
    let limit = limit(db, owner, workflow, oldest)?;
    let sql = format!("SELECT count(*) FROM executions WHERE {ALIVE} AND held <> 1");
    let under_way: i64 = db.prepare_cached(&sql)?.query_row([owner, workflow.as_str()], |row| row.get(0))?;
    let room = room(limit, under_way.unsigned_abs()).min(LET_IN_AT_ONCE);
    let sql =
        format!("SELECT run, id FROM executions WHERE {ALIVE} AND held = 1 AND {FIRST_IN_LINE} ORDER BY run LIMIT ?3");
    let next: Vec<(i64, String)> = db
        .prepare_cached(&sql)?
        .query_map(params![owner, workflow.as_str(), room as i64], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut admitted = Vec::with_capacity(next.len());
    for (run, id) in next {
        db.prepare_cached("UPDATE executions SET held = 2 WHERE run = ?1")?.execute([run])?;
        let message = Message { execution: id.into(), work: Work::Admit };
        let place = Place::new(owner, Rank::of(&message.work, false));
        let item = queue.item(message, place);
        messages::insert(db, &item, None)?;
        admitted.push(item);
    }
    Ok(admitted)
}

/// The limit in force: that of the latest saved version, also of a deleted workflow, or else that of the document by
/// which the execution `run` is to run.
fn limit(db: &Connection, owner: &str, workflow: &WorkflowId, run: i64) -> rusqlite::Result<Option<u64>> {
    let latest: Option<String> = db
        .prepare_cached(
            "SELECT body FROM workflows JOIN documents USING (hash) WHERE owner = ?1 AND id = ?2
             ORDER BY version DESC LIMIT 1",
        )?
        .query_row([owner, workflow.as_str()], |row| row.get(0))
        .optional()?;
    let text = match latest {
        Some(text) => Some(text),
        None => db
            .prepare_cached(
                "SELECT body FROM executions JOIN documents ON hash =
                   coalesce(patched, (SELECT hash FROM document_uses WHERE document_uses.run = executions.run LIMIT 1))
                 WHERE run = ?1",
            )?
            .query_row([run], |row| row.get(0))
            .optional()?,
    };
    Ok(text.as_deref().and_then(limit_of_document))
}

/// The job of letting in whom a new version's limit no longer holds back.
pub struct LetIn {
    owner: Owner,
    workflow: WorkflowId,
    queue: Arc<dyn Queue>,
    admitted: Vec<Item>,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

impl LetIn {
    /// Makes the job; `reply` hears of its end.
    pub fn new(
        owner: &str,
        workflow: &WorkflowId,
        queue: Arc<dyn Queue>,
        reply: oneshot::Sender<Result<(), StoreError>>,
    ) -> Self {
        Self { owner: owner.into(), workflow: workflow.clone(), queue, admitted: Vec::new(), reply }
    }
}

impl Job for LetIn {
    fn apply(&mut self, db: &Connection, _: &mut Known) -> Result<(), Failure> {
        self.admitted = admit(db, &*self.queue, &self.owner, &self.workflow)?;
        Ok(())
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        if outcome.is_ok() {
            self.queue.committed(&[], self.admitted);
        }
        let _ = self.reply.send(outcome);
    }
}
