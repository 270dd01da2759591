//! Commits turns: one conditional write of one item, keyed by the number of its first turn. What must be there even
//! where this process dies right after the write comes before it: the head of a start, the mark of a request, values in
//! S3. What only shows the commit comes after it.
//!
//! | attribute | is |
//! |---|---|
//! | `n` | number of turns |
//! | `w` | writer: 16 bytes that no other commit has |
//! | `b`, or `k` and `z` | compressed body, or its key in S3 and its bytes there |
//! | `o` | present where the body carries no state: number of the newest item that carries one, or 0 |
//! | `l`, or `lk` | compressed log lines, or their key in S3 |
//! | `c` | what the execution has used so far |
//! | `h` | present where the head shows another due time than the state: that time in milliseconds, or 0 for never |

use super::{
    Table,
    cache::{HeadDue, Known, text_memory, value_memory},
    dynamo::Written,
    guard::reopens,
    head::sooner,
    item::{Expression, Item, bytes, bytes_of, keyed, number, number_of, size, text, write_units},
    keys,
    marks::unique,
    pack::{Tail, after as tail_after, deflate, pack},
    spending::spending,
    undelivered::After,
};
use crate::{
    billing::meter::{Purpose, Spent, nobodys, of},
    limits,
};
use engine::port::{Commit, Journal, StoreError};
use std::sync::Arc;
use stepwell_core::{
    due::due_at,
    effect::{Effect, Work},
    execution::Execution,
    id::ExecutionId,
    task::NodeLog,
};

impl Table {
    /// One write or none. `Conflict` where the first turn is not the next one.
    pub(super) async fn write(&self, mut commit: Commit) -> Result<(), StoreError> {
        let first = in_order(&commit)?;
        let id = commit.state.id().clone();
        // The values lie in S3 before any turn refers to them, and behind a head: what crashes leave of an execution that
        // never began is found by its head, and else goes with its execution.
        let blobs = std::mem::take(&mut commit.blobs);
        let objects = blobs.len() as u64;
        let (early, late) = if first == 1 { (Vec::new(), blobs) } else { (blobs, Vec::new()) };
        self.keep_values(&id, early).await?;
        let before = self.before(&id, first).await?;
        // The writer tells this commit from any other of its number. A request's mark on the head is the same id.
        let writer = unique(self.now());
        let after = self.announce(before.as_ref(), &commit, &writer.simple().to_string()).await?;
        if let Err(error) = self.keep_values(&id, late).await {
            self.undo(before.as_ref(), &after).await;
            return Err(error);
        }
        let Commit { turns, state, effects, logs, .. } = commit;
        let head_due = Some(after.was_due).filter(|was| !after.write && *was != after.due);
        let (count, writer) = (turns.len() as u64, writer.as_bytes().to_vec());
        let draft = Draft { first, count, writer, head_due, before: &before };
        // What the execution has used travels in the item, since a write of its own would cost more.
        let taken = self.meter.take(&id);
        let spent = spending(before.as_ref(), &effects, &after, self.now(), self.parts)
            .plus(taken)
            .plus(Spent { objects, ..Spent::default() });
        let (item, known) = self.item(&draft, &json(&turns)?, &state, &logs, spent).await?;
        // The announcement may have taken so long that the supervisor or another start has looked meanwhile.
        if let Some(error) = self.too_late(before.as_ref(), &after) {
            self.meter.add(&id, taken);
            self.undo(before.as_ref(), &after).await;
            return Err(error);
        }
        let condition = Expression::new("attribute_not_exists(pk)");
        match self.db.put(nobodys(Purpose::Turn), item, condition).await {
            Ok(Written::Yes) => {}
            // The item is this commit's own: an earlier try took effect and its answer was lost.
            Ok(Written::No(Some(there))) if bytes_of(&there, "w") == Some(&known.writer[..]) => {}
            Ok(Written::No(there)) => {
                self.meter.add(&id, taken);
                return Err(self.refused(before.as_ref(), &after, there).await);
            }
            Err(error) => {
                self.meter.add(&id, taken);
                return Err(error);
            }
        }
        self.cache.put(known);
        self.show(before.as_ref(), effects, after).await
    }

    /// The state that a commit builds on, and the end of its journal; `None` for a first commit.
    ///
    /// # Errors
    /// `Conflict` where the state ends with another turn than the one before `first`.
    async fn before(&self, id: &ExecutionId, first: u64) -> Result<Option<Known>, StoreError> {
        if first == 1 {
            return Ok(None);
        }
        if first + 1 >= keys::LAST_TURN {
            return Err(StoreError::Permanent(format!("execution {id} has as many turns as it can")));
        }
        match self.cache.get(id) {
            Some(known) if known.state.seq == first - 1 => return Ok(Some(known)),
            Some(known) if known.state.seq >= first => return Err(StoreError::Conflict),
            _ => {}
        }
        match self.known(id).await? {
            Some(known) if known.state.seq == first - 1 => Ok(Some(known)),
            _ => Err(StoreError::Conflict),
        }
    }

    /// Writes what must be there before the turn: of a start the guard's member and the head, of a turn that reopens an
    /// execution the member, of a request the mark.
    /// Returns what becomes of the head once the effects are delivered.
    async fn announce(&self, before: Option<&Known>, commit: &Commit, mark: &str) -> Result<After, StoreError> {
        let (state, due) = (&commit.state, commit.due);
        let marked = Some(mark.to_owned()).filter(|_| !self.behind_message);
        let soon = self.now().after_seconds(limits::MARK_SECONDS);
        let Some(before) = before else {
            let workflow = self.workflow_for(&state.started, state.workflow_hash()).await?;
            self.need_documents(&workflow, state).await?;
            self.join_first(state).await?;
            // A start that asks only for steps needs no mark: lost steps are sent again when they are overdue.
            let mark = marked.filter(|_| !only_steps(state, &commit.effects) || due.is_none());
            let first_due = if mark.is_some() { Some(due.map_or(soon, |due| due.min(soon))) } else { due };
            self.put_head(of(Purpose::Head, state.id()), state, first_due, mark.as_deref()).await?;
            return Ok(After { state: state.clone(), due, was_due: first_due, write: mark.is_some(), mark });
        };
        if reopens(&before.state, state) {
            self.join(state).await?;
        }
        // A patch puts another document in its place, and some time may have been added.
        if before.state.workflow_hash() != state.workflow_hash() || before.state.deadline() != state.deadline() {
            let workflow = self.workflow_for(&state.started, state.workflow_hash()).await?;
            self.need_documents(&workflow, state).await?;
        }
        if let Some(mark) = &marked {
            self.mark(of(Purpose::Head, state.id()), &before.state, mark, soon).await?;
        }
        // A head costs several units, so it is written only where it would mislead: where it has a mark, where lists
        // show the status, and where the supervisor would come too late.
        let workflow = self.workflow_for(&state.started, before.state.workflow_hash()).await?;
        let due_before = due_at(&workflow, &before.state);
        let write = marked.is_some() || before.state.status() != state.status() || sooner(due, due_before);
        let was_due = if marked.is_some() { Some(soon) } else { before.head_due.unwrap_or(due_before) };
        Ok(After { state: state.clone(), due, was_due, mark: marked, write })
    }

    /// The commit's item, and what this process knows of the execution once the item is written.
    async fn item(
        &self,
        draft: &Draft<'_>,
        turns: &str,
        state: &Arc<Execution>,
        logs: &[NodeLog],
        mut spent: Spent,
    ) -> Result<(Item, Known), StoreError> {
        let Draft { first, count, writer, head_due, before } = draft;
        let id = state.id();
        let mut item = keyed(&keys::execution(id), &keys::turn(*first));
        item.insert("n".into(), number(count));
        item.insert("w".into(), bytes(writer.clone()));
        if let Some(due) = head_due {
            item.insert("h".into(), number(due.map_or(0, |due| due.0)));
        }
        if !logs.is_empty() {
            let packed = deflate(json(logs)?.as_bytes());
            self.insert_large(&mut item, ("l", "lk"), packed, limits::LOGS_BYTES, draft, &mut spent, id).await?;
        }
        let tail = before.as_ref().map(|known| known.tail).unwrap_or_default();
        let state_text = json(&**state)?;
        // The body may carry the state as long as the item takes no further write unit for it. So the bytes of the
        // other attributes are reckoned first, with the most that those that follow can take: their names, `c` and `o`.
        let around = size(&item) + 1 + 2 + spent.to_text().len() + 4 + 8;
        let packed = pack(turns, &state_text, around, tail);
        if !packed.carries {
            item.insert("o".into(), number(tail.base.unwrap_or_default()));
        }
        let body_bytes = packed.body.len();
        self.insert_large(&mut item, ("b", "k"), packed.body, limits::BODY_BYTES, draft, &mut spent, id).await?;
        if item.contains_key("k") {
            item.insert("z".into(), number(body_bytes));
        }
        let spent = with_own_units(&mut item, spent);
        let stored: usize = number_of(&item, "z").unwrap_or_default();
        let tail: Tail = tail_after(tail, *first, size(&item) + stored, packed.carries);
        let (text_bytes, value_bytes) = (text_memory(&state_text), value_memory(state));
        let (state, writer, first, head_due) = (state.clone(), writer.clone(), *first, *head_due);
        Ok((item, Known { state, first, writer, tail, head_due, spent, text_bytes, value_bytes }))
    }

    /// Inserts `packed` into an item as the attribute `inline` or, where it has more than `most` bytes, puts it into S3
    /// and inserts its key as the attribute `offloaded`.
    #[allow(clippy::too_many_arguments, reason = "the parts of one item")]
    async fn insert_large(
        &self,
        item: &mut Item,
        (inline, offloaded): (&str, &str),
        packed: Vec<u8>,
        most: usize,
        draft: &Draft<'_>,
        spent: &mut Spent,
        id: &ExecutionId,
    ) -> Result<(), StoreError> {
        if packed.len() <= most {
            item.insert(inline.into(), bytes(packed));
            return Ok(());
        }
        // The key names the writer, so that a commit that loses does not overwrite the body of the one that wins.
        let writer = uuid::Uuid::from_slice(&draft.writer).unwrap_or_default().simple();
        let key = keys::value(id, &format!("{inline}-{}-{writer}", draft.first));
        self.blobs.put(&key, packed).await?;
        spent.objects += 1;
        item.insert(offloaded.into(), text(key));
        Ok(())
    }

    /// The error of a turn that may not be written any more, because the supervisor may have taken off its mark, or
    /// another start may have looked at the guard. The mark of a first turn does not matter: a supervisor that found
    /// the head without a turn has left a stone, which refuses the turn.
    fn too_late(&self, before: Option<&Known>, after: &After) -> Option<StoreError> {
        let late = match (before, &after.mark) {
            (None, _) => self.lease_is_over(&after.state),
            (Some(_), mark) => mark.as_ref().is_some_and(|mark| self.is_late(mark)),
        };
        late.then(|| StoreError::Transient(format!("recording a turn of {} took too long", after.state.id())))
    }

    /// Takes back what `announce` wrote for a turn that is not written. Where that fails, it is only logged.
    async fn undo(&self, before: Option<&Known>, after: &After) {
        let id = after.state.id();
        let undone = match (before, &after.mark) {
            (Some(before), mark) => self.undo_known(&before.state, after, mark.as_deref()).await,
            // The head stays: a start that came first shares it, or the supervisor clears it away.
            (None, _) => self.take_back(&after.state).await,
        };
        if let Err(error) = undone {
            tracing::warn!(%error, execution = %id, "what was announced stays: the supervisor or the next start finds it");
        }
    }

    /// The same for an execution that had begun.
    async fn undo_known(&self, before: &Execution, after: &After, mark: Option<&str>) -> Result<(), StoreError> {
        if let Some(mark) = mark {
            self.withdraw(of(Purpose::Head, before.id()), before, mark).await?;
        }
        if reopens(before, &after.state) { self.take_back(&after.state).await } else { Ok(()) }
    }

    /// The error of a commit whose number is taken: by another commit, or by a stone of a removed execution.
    async fn refused(&self, before: Option<&Known>, after: &After, there: Option<Item>) -> StoreError {
        self.undo(before, after).await;
        match there {
            Some(there) if there.contains_key("gone") && (before.is_none() || self.stood(&there)) => {
                self.reclaim(after.state.id(), &there).await
            }
            _ => StoreError::Conflict,
        }
    }

    /// Shows a commit to others: in the guard at once, and in the head when the effects are delivered.
    async fn show(&self, before: Option<&Known>, effects: Vec<Effect>, after: After) -> Result<(), StoreError> {
        self.settle_guard(before.map(|known| &*known.state), &after.state).await;
        if !effects.is_empty() {
            self.undelivered.put(effects, after);
            return Ok(());
        }
        self.shown(&after).await
    }

    /// Effects were delivered: those of a commit of this process, or those that another may not have delivered, in which
    /// case its head may not say what is. To be called at the end of [`engine::port::Outbox::deliver`], also where there
    /// are none.
    ///
    /// # Errors
    /// The head cannot be written. The message behind the commit then comes again; where the head has a mark instead,
    /// the supervisor comes, and there is no error.
    pub async fn delivered(&self, id: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        match self.undelivered.take(id, effects) {
            Some(after) => self.shown(&after).await,
            None => match self.recent(id) {
                Some(state) => self.heal_head(&state).await,
                None => match self.load_lean(id).await? {
                    Some(state) => self.heal_head(&state).await,
                    None => Ok(()),
                },
            },
        }
    }

    /// Writes the head after a commit, where the commit changed what the head must show.
    async fn shown(&self, after: &After) -> Result<(), StoreError> {
        if !after.write {
            return Ok(());
        }
        match self.write_head(nobodys(Purpose::Head), after).await {
            Err(error) if after.mark.is_some() => {
                tracing::warn!(%error, execution = %after.state.id(), "a head is late: the supervisor writes it");
                Ok(())
            }
            other => other,
        }
    }
}

/// The parts of a commit's item that are known before its body is packed.
struct Draft<'a> {
    first: u64,
    count: u64,
    writer: Vec<u8>,
    head_due: Option<HeadDue>,
    before: &'a Option<Known>,
}

/// The number of a commit's first turn. Its turns must be consecutive and end with that of its state.
fn in_order(commit: &Commit) -> Result<u64, StoreError> {
    let first = commit.turns.first().map_or(0, |turn| turn.seq);
    let in_order = commit.turns.iter().zip(first..).all(|(turn, seq)| turn.seq == seq);
    if first == 0 || !in_order || commit.turns.last().map(|turn| turn.seq) != Some(commit.state.seq) {
        let (id, seq) = (commit.state.id(), commit.state.seq);
        let told =
            format!("a commit of execution {id} must hold consecutive turns that end at its state's number {seq}");
        return Err(StoreError::Permanent(told));
    }
    Ok(first)
}

/// Whether a start goes on and asks for nothing but steps, which the supervisor sends again when they are overdue.
fn only_steps(state: &Execution, effects: &[Effect]) -> bool {
    let is_step =
        |effect: &Effect| matches!(effect, Effect::Send { message, .. } if matches!(message.work, Work::Step { .. }));
    state.end.is_none() && effects.iter().all(is_step)
}

/// Inserts what was used into an item, including the write units of the item itself.
fn with_own_units(item: &mut Item, spent: Spent) -> Spent {
    // The sum is part of the item and may lengthen the item by a unit, so it is raised until it includes that unit.
    let mut own = Spent::default();
    loop {
        let all = spent.plus(own);
        item.insert("c".into(), text(all.to_text()));
        let units = write_units(size(item)) as f64;
        if own.writes >= units {
            return all;
        }
        own.writes = units;
    }
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Permanent(format!("a turn cannot be written: {error}")))
}
