//! A commit: one conditional write of one item, keyed by its first turn. What must be seen even if this process dies
//! with it comes before: the head of a start, the mark of a request, values in S3. What only shows it comes after.

use super::{
    Table,
    cache::{HeadDue, Known},
    dynamo::Written,
    head::sooner,
    item::{Expression, Item, bytes, bytes_of, keyed, number, number_of, size, text, write_units},
    keys,
    marks::unique,
    pack::{Tail, after as tail_after, deflate, pack},
    spending::spending,
    undelivered::After,
};
use crate::{
    limits,
    meter::{Purpose, Spent, nobodys, of},
};
use engine::port::{Commit, Journal, StoreError};
use std::sync::Arc;
use stepwell_core::{
    effect::{Effect, Work},
    execution::Execution,
    id::ExecutionId,
    owed::due_at,
    task::NodeLog,
};

impl Table {
    /// One write or none. `Conflict` where the first turn is not the next one.
    pub(super) async fn write(&self, mut commit: Commit) -> Result<(), StoreError> {
        let first = in_order(&commit)?;
        let id = commit.state.id().clone();
        // Before anything may be refused: whoever decides again does not offload a second time.
        let blobs = std::mem::take(&mut commit.blobs);
        let objects = blobs.len() as u64;
        let value_bytes: usize = blobs.iter().map(|(_, bytes)| bytes.len()).sum();
        self.keep_values(&id, blobs).await?;
        let before = self.before(&id, first).await?;
        let writer = unique(self.now());
        let after = self.announce(before.as_ref(), &commit, &writer.simple().to_string()).await?;
        let Commit { turns, state, effects, logs, .. } = commit;
        let head_due = Some(after.was_due).filter(|was| !after.write && *was != after.due);
        let (count, writer) = (turns.len() as u64, writer.as_bytes().to_vec());
        let draft = Draft { first, count, writer, head_due, before: &before };
        let taken = self.meter.take(&id);
        let spent = spending(before.as_ref(), &effects, &after, self.now())
            .plus(taken)
            .plus(Spent { objects, ..Spent::default() });
        let (item, mut known) = self.item(&draft, &json(&turns)?, &state, &logs, spent).await?;
        known.value_bytes += value_bytes;
        if let Some(error) = self.too_late(before.as_ref(), &after) {
            self.meter.add(&id, taken);
            self.undo(before.as_ref(), &after).await;
            return Err(error);
        }
        let condition = Expression::new("attribute_not_exists(pk)");
        match self.db.put(nobodys(Purpose::Turn), item, condition).await {
            Ok(Written::Yes) => {}
            // The answer to an earlier try was lost: the item is this one.
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

    /// What a commit begins from: none for a first one.
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

    /// What must be there before the turn. Returns what becomes of the head afterwards.
    async fn announce(&self, before: Option<&Known>, commit: &Commit, mark: &str) -> Result<After, StoreError> {
        let (state, due) = (&commit.state, commit.due);
        let marked = Some(mark.to_owned()).filter(|_| !self.behind_message);
        let soon = self.now().after_seconds(limits::MARK_SECONDS);
        let Some(before) = before else {
            self.join(state).await?;
            // Whatever is due is delivered again when it is overdue: steps that are lost need no mark.
            let mark = marked.filter(|_| !only_steps(state, &commit.effects) || due.is_none());
            let first_due = if mark.is_some() { Some(due.map_or(soon, |due| due.min(soon))) } else { due };
            self.put_head(of(Purpose::Head, state.id()), state, first_due, mark.as_deref()).await?;
            return Ok(After { state: state.clone(), due, was_due: first_due, write: mark.is_some(), mark });
        };
        if let Some(mark) = &marked {
            self.mark(of(Purpose::Head, state.id()), &before.state, mark, soon).await?;
        }
        let workflow = self.workflow_for(&state.started).await?;
        let due_before = due_at(&workflow, &before.state);
        let write = marked.is_some() || before.state.status() != state.status() || sooner(due, due_before);
        let was_due = if marked.is_some() { Some(soon) } else { before.head_due.unwrap_or(due_before) };
        Ok(After { state: state.clone(), due, was_due, mark: marked, write })
    }

    /// The commit's item, and what will be known once it is written.
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
        // What the other attributes take at most: the sum of what was used, the base, and the names.
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
        let (text_bytes, value_bytes) = (state_text.len(), before.as_ref().map_or(0, |known| known.value_bytes));
        let (state, writer, first, head_due) = (state.clone(), writer.clone(), *first, *head_due);
        Ok((item, Known { state, first, writer, tail, head_due, spent, text_bytes, value_bytes }))
    }

    /// Inserts bytes, or the key under which they lie in S3 where they are many.
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
        // By writer, so that one who loses does not overwrite the body of one who wins.
        let writer = uuid::Uuid::from_slice(&draft.writer).unwrap_or_default().simple();
        let key = keys::value(id, &format!("{inline}-{}-{writer}", draft.first));
        self.blobs.put(&key, packed).await?;
        spent.objects += 1;
        item.insert(offloaded.into(), text(key));
        Ok(())
    }

    /// Why a turn may not be written any more, if so: the supervisor may have passed over its mark by then, or another
    /// start has looked around. Before a first turn the supervisor has found nothing, and left a stone.
    fn too_late(&self, before: Option<&Known>, after: &After) -> Option<StoreError> {
        let late = match (before, &after.mark) {
            (None, _) => self.lease_is_over(&after.state),
            (Some(_), mark) => mark.as_ref().is_some_and(|mark| self.is_late(mark)),
        };
        late.then(|| StoreError::Transient(format!("recording a turn of {} took too long", after.state.id())))
    }

    /// Takes back what was announced of a turn that is not written.
    async fn undo(&self, before: Option<&Known>, after: &After) {
        let id = after.state.id();
        let undone = match (before, &after.mark) {
            (Some(before), Some(mark)) => self.withdraw(of(Purpose::Head, id), &before.state, mark).await,
            (Some(_), None) => Ok(()),
            // Whoever started it first has a member of the guard of its own.
            (None, _) => self.take_back(&after.state).await,
        };
        if let Err(error) = undone {
            tracing::warn!(%error, execution = %id, "what was announced stays: the supervisor or the next start finds it");
        }
    }

    /// What a commit says that finds its number taken.
    async fn refused(&self, before: Option<&Known>, after: &After, there: Option<Item>) -> StoreError {
        self.undo(before, after).await;
        match there {
            Some(there) if there.contains_key("gone") && (before.is_none() || self.stood(&there)) => {
                self.reclaim(after.state.id(), &there).await
            }
            _ => StoreError::Conflict,
        }
    }

    /// What shows a commit: the guard at once, the head when its effects are delivered.
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
    /// Where the head cannot be written, and a message stands behind the commit: it comes again.
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

/// What an item is made of beside its body.
struct Draft<'a> {
    first: u64,
    count: u64,
    writer: Vec<u8>,
    head_due: Option<HeadDue>,
    before: &'a Option<Known>,
}

/// The number of the first turn, where the turns are consecutive and end at the state's.
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

/// Whether a start asks for nothing but steps, which come again when they are overdue.
fn only_steps(state: &Execution, effects: &[Effect]) -> bool {
    let is_step =
        |effect: &Effect| matches!(effect, Effect::Send { message, .. } if matches!(message.work, Work::Step { .. }));
    state.end.is_none() && effects.iter().all(is_step)
}

/// Inserts what was used, the item's own write units among it.
fn with_own_units(item: &mut Item, spent: Spent) -> Spent {
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
