//! Writes a commit: journal, list, interactions, logs, values, queue and acknowledgements, all in one transaction.

use super::{
    documents,
    hub::Hub,
    limits, messages,
    outbox::Rows,
    remember::Words,
    remove,
    rows::KnownHead,
    writer::{Failure, Job, Known},
};
use crate::asker::Asker;
use document::{Workflow, time::Time};
use engine::{
    asked::Asked,
    fair::Place,
    port::{Commit, Receipt, StoreError},
};
use rusqlite::{Connection, params};
use std::sync::{Arc, atomic::Ordering::Relaxed};
use stepwell_core::{
    event::Turn,
    execution::Execution,
    interaction::Interaction,
    payload::{BlobRef, Payload},
    task::NodeLog,
};
use tokio::sync::oneshot;

/// A commit with everything serialized beforehand, so that the writer's one thread only writes.
pub struct Write {
    state: Arc<Execution>,
    /// Sequence number of the first turn.
    first: u64,
    /// Number of turns.
    count: u64,
    /// Warnings that the turns recorded.
    warnings: u64,
    /// What the turns say of people.
    asked: Asked,
    /// The turns as a JSON list: one row of the journal.
    body: String,
    /// The state as JSON, where a snapshot is due after these turns.
    snapshot: Option<String>,
    expires_at: Option<Time>,
    interactions: Vec<Arc<Interaction>>,
    logs: Arc<[NodeLog]>,
    blobs: Vec<(BlobRef, Vec<u8>)>,
    documents: Vec<Arc<Workflow>>,
    /// SHA-256 of the offloaded values that `body` names.
    uses: Vec<String>,
    /// What agents that end here add to conversations, for whatever their end leads to.
    words: Vec<Words>,
    outbox: Rows,
    acks: Vec<Receipt>,
    /// Bytes that the turns add to the state in memory: their text, and their values.
    memory: usize,
    hub: Arc<Hub>,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

impl Write {
    /// Serializes a commit. `expires_at` is when retention removes an execution that this commit ends. `documents`
    /// are those that the turns bring along. `Permanent` where the turns are not consecutive or cannot be serialized.
    pub fn new(
        commit: Commit,
        expires_at: Option<Time>,
        documents: Vec<Arc<Workflow>>,
        hub: &Arc<Hub>,
        now: Time,
        reply: oneshot::Sender<Result<(), StoreError>>,
    ) -> Result<Self, StoreError> {
        let Commit { before, turns, state, mut effects, logs, blobs, acks, .. } = commit;
        let first = turns.first().map_or(0, |turn| turn.seq);
        let in_order = turns.iter().zip(first..).all(|(turn, seq)| turn.seq == seq);
        if first == 0 || !in_order || turns.last().map(|turn| turn.seq) != Some(state.seq) {
            return Err(StoreError::Permanent(format!(
                "a commit of execution {} must hold consecutive turns that end at its state's number {}",
                state.id(),
                state.seq
            )));
        }
        let count = turns.len() as u64;
        let warnings = turns.iter().map(Turn::warnings).sum::<usize>() as u64;
        let asked = Asked::of(&turns, &state);
        let body = text(&turns)?;
        // A snapshot is due whenever the turns cross a multiple of SNAPSHOT_TURNS.
        let long = (first - 1) / limits::SNAPSHOT_TURNS != state.seq / limits::SNAPSHOT_TURNS;
        let snapshot = if long { Some(text(&*state)?) } else { None };
        let uses =
            turns.iter().flat_map(Turn::payloads).filter_map(Payload::blob).map(|blob| blob.sha256.clone()).collect();
        // Only interactions that the turns changed are written, so that a long execution does not rewrite all of its
        // own.
        let interactions = changed(&state, before.as_deref());
        let words = Words::taken(&mut effects, &turns, &state, now)?;
        let mut outbox = Rows::new(&*hub.queue, &hub.moves, &state.started, &effects, now)?;
        // One that goes on makes those follow whom the transaction that let it in had no place for.
        if before.as_deref().is_some_and(|before| before.held && !state.held) {
            outbox.admit(&state.started.workflow_id);
        }
        let hub = hub.clone();
        let memory = body.len() + turns.iter().flat_map(Turn::payloads).map(|it| it.memory(usize::MAX)).sum::<usize>();
        Ok(Self {
            state,
            first,
            count,
            warnings,
            asked,
            body,
            snapshot,
            expires_at,
            interactions,
            logs,
            blobs,
            documents,
            uses,
            words,
            outbox,
            acks,
            memory,
            hub,
            reply,
        })
    }

    /// The place of the commit among those that wait for the writer.
    pub fn place(&self, asker: Asker) -> Place {
        self.outbox.own_place(asker)
    }

    /// Checks that no other turn was committed since the state was loaded (`Conflict` otherwise), and writes the
    /// execution's row of the list. Returns the execution's key.
    fn head(&self, db: &Connection, known: &mut Known) -> Result<i64, Failure> {
        let state = &*self.state;
        let (status, held, deadline) = (state.status(), state.held, deadline(state));
        let before = known.head(db, state.id())?;
        if before.map_or(0, |head| head.seq) + 1 != self.first {
            return Err(Failure::Refused(StoreError::Conflict));
        }
        let run = match before {
            None => self.insert_head(db, known)?,
            Some(head) => {
                if head.status.is_terminal() && remove::has_begun(db, head.run)? {
                    return Err(Failure::Refused(StoreError::Conflict));
                }
                // Most turns change nothing that lists or sweeps look at: their commits leave the row alone.
                let is_same = (head.status, head.held, head.deadline) == (status, held, deadline);
                let is_patched = state.patched.is_some() && !self.documents.is_empty();
                if !is_same || is_patched || state.completed_at.is_some() {
                    self.update_head(db, head.run)?;
                }
                head.run
            }
        };
        known.remember(state.id(), KnownHead { run, seq: state.seq, status, held, deadline });
        Ok(run)
    }

    /// Inserts the row of a new execution. A child whose parent is gone gets the parent 0, so that it stays out of
    /// lists of executions without a parent.
    fn insert_head(&self, db: &Connection, known: &mut Known) -> Result<i64, Failure> {
        let (state, started) = (&*self.state, &*self.state.started);
        let run = known.next_run(db)?;
        // No metadata is NULL, in which a filter finds nothing.
        let metadata = if started.metadata.is_empty() { None } else { serde_json::to_string(&started.metadata).ok() };
        db.prepare_cached(
            "INSERT INTO executions(run, id, owner, workflow_id, status, held, started_at, updated_at, completed_at,
               parent, metadata, deadline, expires_at, patched, line, place)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
               CASE WHEN ?10 IS NULL THEN NULL
               ELSE coalesce((SELECT run FROM executions WHERE id = ?10), 0) END, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?
        .execute(params![
            run,
            state.id().as_str(),
            started.owner,
            started.workflow_id.as_str(),
            state.status().as_str(),
            state.held,
            state.started_at.0,
            state.updated_at.0,
            state.completed_at.map(|at| at.0),
            started.parent.as_ref().map(|parent| parent.execution_id.as_str()),
            metadata,
            deadline(state),
            self.expires_at.map(|at| at.0),
            state.patched,
            started.in_line.as_ref().map(|place| &place.line),
            started.in_line.as_ref().map(|place| place.number.cast_signed()),
        ])?;
        Ok(run)
    }

    /// Updates the row of an execution, which may have been reopened after its end. The mark `held = 2` of one that was
    /// let in stays until its state is held back no more, or has ended: reopened, it is let in anew.
    fn update_head(&self, db: &Connection, run: i64) -> rusqlite::Result<()> {
        let state = &*self.state;
        db.prepare_cached(
            "UPDATE executions SET status = ?2, updated_at = ?4, completed_at = ?5, expires_at = ?6, deadline = ?7, patched = ?8,
             held = CASE WHEN NOT ?3 THEN 0 WHEN coalesce(?5, completed_at) IS NULL THEN max(held, 1)
             ELSE 1 END WHERE run = ?1",
        )?
        .execute(params![
            run,
            state.status().as_str(),
            state.held,
            state.updated_at.0,
            state.completed_at.map(|at| at.0),
            self.expires_at.map(|at| at.0),
            deadline(state),
            state.patched,
        ])?;
        Ok(())
    }

    /// Writes what is kept beside the journal: snapshot, interactions, log lines, values and documents, and who uses
    /// them.
    fn beside(&self, db: &Connection, run: i64) -> Result<(), Failure> {
        if let Some(snapshot) = &self.snapshot {
            db.prepare_cached("INSERT OR REPLACE INTO snapshots(run, seq, body) VALUES (?1, ?2, ?3)")?
                .execute(params![run, self.state.seq as i64, snapshot])?;
        }
        for one in &self.interactions {
            interaction(db, run, &self.state.started.owner, one)?;
        }
        for NodeLog { node, visit, attempt, line } in &*self.logs {
            db.prepare_cached(
                "INSERT INTO logs(run, node, visit, attempt, at, level, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![run, node, visit, attempt, line.at.0, line.level.as_str(), line.message])?;
        }
        for (blob, bytes) in &self.blobs {
            db.prepare_cached("INSERT OR IGNORE INTO blobs(sha256, body) VALUES (?1, ?2)")?
                .execute(params![blob.sha256, bytes])?;
        }
        for workflow in &self.documents {
            documents::keep(db, workflow)?;
            db.prepare_cached("INSERT OR IGNORE INTO document_uses(run, hash) VALUES (?1, ?2)")?
                .execute(params![run, workflow.hash])?;
        }
        // A value or document is deleted with the last execution that uses it, so each use is recorded.
        for sha256 in self.uses.iter().chain(self.blobs.iter().map(|(blob, _)| &blob.sha256)) {
            db.prepare_cached("INSERT OR IGNORE INTO blob_uses(run, sha256) VALUES (?1, ?2)")?
                .execute(params![run, sha256])?;
        }
        Ok(())
    }
}

impl Job for Write {
    fn apply(&mut self, db: &Connection, known: &mut Known) -> Result<(), Failure> {
        let run = self.head(db, known)?;
        db.prepare_cached("INSERT INTO turns(run, seq, count, body) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
            run,
            self.first as i64,
            self.count as i64,
            self.body
        ])?;
        self.beside(db, run)?;
        self.words.iter().try_for_each(|words| words.add(db))?;
        self.outbox.apply(db, &*self.hub.queue, run)?;
        Ok(messages::acknowledge(db, &self.acks)?)
    }

    fn bytes(&self) -> usize {
        let blobs = self.blobs.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        self.body.len() + self.snapshot.as_ref().map_or(0, String::len) + blobs
    }

    fn done(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { state, count, warnings, asked, memory, outbox, acks, hub, reply, .. } = *self;
        let metrics = &hub.metrics;
        match &outcome {
            Ok(()) => {
                metrics.turns.fetch_add(count, Relaxed);
                metrics.warnings.fetch_add(warnings, Relaxed);
                metrics.commits.fetch_add(1, Relaxed);
                metrics.questions.add(&asked);
                let id = state.id().clone();
                hub.cache.put(state.clone(), memory);
                hub.attempts.committed(&state);
                // The queue hears of it before the caller does, so that the caller's messages are acknowledged when it
                // looks.
                let ready = outbox.release(&*hub.queue);
                hub.queue.clone().committed(&acks, ready);
                hub.watch.wake(&id);
            }
            Err(StoreError::Conflict) => {
                metrics.conflicts.fetch_add(1, Relaxed);
                // The state in memory is behind the database: the next load reads the journal.
                hub.cache.remove(state.id());
            }
            Err(_) => {}
        }
        let _ = reply.send(outcome);
    }
}

/// When the sweep of timeouts looks at an execution, in milliseconds since 1970. The time may move: it begins afresh where
/// an execution is reopened, and does not count while it goes back.
fn deadline(state: &Execution) -> i64 {
    state.times_out_at().map_or(i64::MAX, |at| at.0)
}

/// Writes the row of an interaction. One without a deadline sorts behind all others.
fn interaction(db: &Connection, run: i64, owner: &str, one: &Interaction) -> Result<(), Failure> {
    let assignees = serde_json::to_string(&one.assignees).unwrap_or_default();
    db.prepare_cached(
        "INSERT INTO interactions(interaction_id, run, owner, status, deadline, created_at, assignees, kind)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(interaction_id)
         DO UPDATE SET status = excluded.status, deadline = excluded.deadline, assignees = excluded.assignees,
         kind = excluded.kind",
    )?
    .execute(params![
        one.interaction_id.as_str(),
        run,
        owner,
        one.status.as_str(),
        one.deadline.map_or(i64::MAX, |at| at.0),
        one.created_at.0,
        assignees,
        one.kind.as_str()
    ])?;
    Ok(())
}

/// Returns the interactions that the commit changed. Those that it did not are shared with the state before, so their
/// addresses are equal. Where that state is not known, all count as changed.
fn changed(state: &Execution, before: Option<&Execution>) -> Vec<Arc<Interaction>> {
    let old = before.map_or(&[][..], |before| &before.interactions);
    let is_old = |(at, one): &(usize, &Arc<Interaction>)| old.get(*at).is_some_and(|old| Arc::ptr_eq(old, one));
    state.interactions.iter().enumerate().filter(|one| !is_old(one)).map(|(_, one)| one.clone()).collect()
}

fn text(value: &(impl serde::Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Permanent(format!("a turn cannot be written: {error}")))
}
