//! Loading: one strongly consistent query of the journal's end, folded onto what this process knows, or onto the newest
//! state that an item carries.

use super::{
    Table,
    cache::Known,
    dynamo::Query,
    item::{Expression, Item, bytes_of, need, number_of, size, text, text_of},
    keys,
    pack::{Tail, after, unpack},
};
use crate::{
    limits,
    meter::{Purpose, Spent, of},
};
use document::time::Time;
use engine::port::StoreError;
use std::sync::Arc;
use stepwell_core::{
    event::{Event, Turn},
    evolve::evolve,
    execution::Execution,
    id::ExecutionId,
    payload::Payload,
};

/// Times that a journal is read anew because it was removed or made anew while it was read.
const READS: u32 = 3;

/// A commit as it lies in the table.
pub(super) struct Stored {
    /// The number of its first turn.
    pub first: u64,
    /// How many turns it has.
    pub count: u64,
    /// The newest item with a state, where this one has none; 0 where there is none at all.
    pub base: Option<u64>,
    /// It stands for a turn of an execution that was removed.
    pub gone: bool,
    /// Bytes of item and body.
    pub bytes: usize,
    /// The item.
    pub item: Item,
}

impl Stored {
    pub(super) fn new(item: Item) -> Result<Self, StoreError> {
        let first = keys::first_of(need(&item, "sk")?).ok_or_else(|| damaged("a turn has no number"))?;
        let gone = item.contains_key("gone");
        let count = number_of(&item, "n").unwrap_or(1);
        let stored: usize = number_of(&item, "z").unwrap_or_default();
        Ok(Self { first, count, base: number_of(&item, "o"), gone, bytes: size(&item) + stored, item })
    }

    fn last(&self) -> u64 {
        self.first + self.count - 1
    }

    fn writer(&self) -> &[u8] {
        bytes_of(&self.item, "w").unwrap_or_default()
    }

    fn spent(&self) -> Spent {
        text_of(&self.item, "c").map(Spent::parse).unwrap_or_default()
    }
}

/// A journal cannot be read.
pub(super) fn damaged(why: &str) -> StoreError {
    StoreError::Permanent(format!("a journal cannot be read: {why}"))
}

/// A query of items of turns, by the numbers of their first ones.
pub(super) fn turns_between(id: &ExecutionId, from: u64, to: u64) -> Query {
    let keys = Expression::new("pk = :p AND sk BETWEEN :a AND :b")
        .with(":p", text(keys::execution(id)))
        .with(":a", text(keys::turn(from)))
        .with(":b", text(keys::turn(to)));
    Query { keys, consistent: true, ..Query::default() }
}

impl Table {
    /// What the table knows of an execution.
    pub(super) async fn known(&self, id: &ExecutionId) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.cache.get(id) {
            if let Some(known) = self.read_on(id, known).await? {
                return Ok(known);
            }
            self.cache.forget(id);
        }
        for _ in 0..READS {
            if let Some(read) = self.read_back(id).await? {
                if let Some(known) = &read {
                    self.cache.put(known.clone());
                }
                return Ok(read);
            }
        }
        Err(damaged(&format!("a number of execution {id} is left out")))
    }

    /// What follows the item that a known state ends with. None where that item is not there any more, or another is in
    /// its place, or so much follows that a stored state is nearer.
    async fn read_on(&self, id: &ExecutionId, known: Known) -> Result<Option<Option<Known>>, StoreError> {
        let query = Query { limit: Some(limits::AHEAD), ..turns_between(id, known.first, keys::LAST_TURN) };
        let found = self.db.query(of(Purpose::Load, id), &query).await?;
        let mut items = found.items.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
        let same = items.first().is_some_and(|item| item.first == known.first && item.writer() == known.writer);
        if !same || found.next.is_some() {
            return Ok(None);
        }
        if items.last().is_some_and(|item| item.gone) {
            return Ok(None);
        }
        items.remove(0);
        if items.is_empty() {
            return Ok(Some(Some(known)));
        }
        let Some(known) = self.fold(Some(known), items).await? else { return Ok(None) };
        self.cache.put(known.clone());
        Ok(Some(Some(known)))
    }

    /// From the newest items back to one with a state. `Some(None)` where there is no execution; none where a number is
    /// left out.
    async fn read_back(&self, id: &ExecutionId) -> Result<Option<Option<Known>>, StoreError> {
        let newest = Query { limit: Some(limits::NEWEST), backwards: true, ..turns_between(id, 1, keys::LAST_TURN) };
        let found = self.db.query(of(Purpose::Load, id), &newest).await?;
        let mut items = found.items.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        let (Some(newest), Some(oldest)) = (items.last(), items.first()) else { return Ok(Some(None)) };
        if newest.gone {
            return if self.stood(&newest.item) { self.read_past(id).await } else { Ok(Some(None)) };
        }
        let carries = items.iter().rposition(|item| item.base.is_none());
        let base = newest.base.unwrap_or(newest.first).max(1);
        match carries {
            Some(at) => drop(items.drain(..at)),
            None if base < oldest.first => {
                let older = turns_between(id, base, oldest.first - 1);
                let older = self.db.query_all(of(Purpose::Load, id), older).await?;
                let older = older.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
                items.splice(0..0, older);
            }
            None => {}
        }
        match self.fold(None, items).await {
            // Of another release, perhaps: the journal is what counts.
            Err(Unfolded::State(error)) => {
                tracing::info!(%error, execution = %id, "a stored state is left aside");
                let all = self.db.query_all(of(Purpose::Load, id), turns_between(id, 1, keys::LAST_TURN)).await?;
                let all = all.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
                Ok(self.fold_all(all).await?.map(Some))
            }
            other => Ok(other?.map(Some)),
        }
    }

    /// What was started anew under the id of an execution that was removed, where stones of that one are left. A commit
    /// that meets one clears them away.
    async fn read_past(&self, id: &ExecutionId) -> Result<Option<Option<Known>>, StoreError> {
        let all = self.db.query_all(of(Purpose::Load, id), turns_between(id, 1, keys::LAST_TURN)).await?;
        let mut all = all.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
        all.retain(|item| !item.gone);
        if all.first().is_none_or(|first| first.first != 1) {
            return Ok(Some(None));
        }
        Ok(self.fold_all(all).await?.map(Some))
    }

    /// Folds items onto a state, or onto the one that the first of them carries. None where a number is left out.
    async fn fold(&self, known: Option<Known>, items: Vec<Stored>) -> Result<Option<Known>, Unfolded> {
        let known = match known {
            Some(known) => known,
            None => match items.first() {
                Some(first) if first.base.is_none() => {
                    let Some(known) = self.carried(first).await? else {
                        return Err(Unfolded::State("it is not there".into()));
                    };
                    return Ok(self.fold_onto(Some(known), &items[1..]).await?);
                }
                _ => return Ok(self.fold_all(items).await?),
            },
        };
        Ok(self.fold_onto(Some(known), &items).await?)
    }

    /// Folds a whole journal.
    async fn fold_all(&self, items: Vec<Stored>) -> Result<Option<Known>, StoreError> {
        self.fold_onto(None, &items).await
    }

    async fn fold_onto(&self, mut known: Option<Known>, items: &[Stored]) -> Result<Option<Known>, StoreError> {
        for item in items {
            let next = known.as_ref().map_or(1, |known| known.state.seq + 1);
            if item.first != next || item.gone {
                return Ok(None);
            }
            let (text, _) = self.body(item).await?;
            let turns = parse_turns(&text)?;
            let state = known.as_ref().map(|known| (*known.state).clone());
            let state = self.evolved(state, &turns).await?;
            if state.seq != item.last() {
                return Ok(None);
            }
            let tail = known.as_ref().map(|known| known.tail).unwrap_or_default();
            let bytes = known.as_ref().map_or(0, |known| known.text_bytes) + text.len();
            let tail = after(tail, item.first, item.bytes, item.base.is_none());
            let value_bytes = known.as_ref().map_or(0, |known| known.value_bytes);
            let folded = known_of(Arc::new(state), item, tail, bytes);
            known = Some(Known { value_bytes: folded.value_bytes.max(value_bytes), ..folded });
        }
        Ok(known)
    }

    async fn evolved(&self, state: Option<Execution>, turns: &[Turn]) -> Result<Execution, StoreError> {
        let started = match (&state, turns.first().and_then(|turn| turn.events.first())) {
            (Some(state), _) => state.started.clone(),
            (None, Some(Event::ExecutionStarted(started))) => Arc::new((**started).clone()),
            _ => return Err(damaged("it does not begin with a start")),
        };
        let workflow = Box::pin(self.workflow_for(&started)).await?;
        let mut state = state;
        for turn in turns {
            let folded = evolve(&workflow, state.take(), turn);
            state = Some(folded.map_err(|error| damaged(&format!("{}: {error}", started.execution_id)))?);
        }
        state.ok_or_else(|| damaged("it is empty"))
    }

    /// The state that an item carries.
    async fn carried(&self, item: &Stored) -> Result<Option<Known>, Unfolded> {
        let (_, Some(text)) = self.body(item).await? else { return Ok(None) };
        let state: Execution = serde_json::from_str(&text).map_err(|error| Unfolded::State(error.to_string()))?;
        if state.seq != item.last() {
            return Err(Unfolded::State("it is not of its turn".into()));
        }
        let tail = Tail { base: Some(item.first), base_bytes: item.bytes, gap: 0 };
        Ok(Some(known_of(Arc::new(state), item, tail, text.len())))
    }

    /// Turns and state of an item, as text.
    pub(super) async fn body(&self, item: &Stored) -> Result<(String, Option<String>), StoreError> {
        match (bytes_of(&item.item, "b"), text_of(&item.item, "k")) {
            (Some(body), _) => unpack(body),
            (None, Some(key)) => {
                let body = self.blobs.get(key).await?.ok_or_else(|| damaged("the body of a commit is gone"))?;
                unpack(&body)
            }
            _ => Err(damaged("a commit has no body")),
        }
    }
}

/// What is known once an item was read or written.
fn known_of(state: Arc<Execution>, item: &Stored, tail: Tail, text_bytes: usize) -> Known {
    let missing = state.payloads().into_iter().filter_map(Payload::missing);
    let value_bytes = missing.map(|blob| blob.bytes as usize).sum();
    let (writer, spent) = (item.writer().to_vec(), item.spent());
    // A number as `Known::head_due` has it; 0 for never.
    let head_due = number_of::<i64>(&item.item, "h").map(|due| Some(Time(due)).filter(|due| due.0 != 0));
    Known { state, first: item.first, writer, tail, head_due, spent, text_bytes, value_bytes }
}

/// The turns of a body.
pub(super) fn parse_turns(text: &str) -> Result<Vec<Turn>, StoreError> {
    serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))
}

/// Why a state could not be made.
enum Unfolded {
    /// The stored state is of no use.
    State(String),
    /// Everything else.
    Store(StoreError),
}

impl From<StoreError> for Unfolded {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Unfolded> for StoreError {
    fn from(unfolded: Unfolded) -> Self {
        match unfolded {
            Unfolded::State(why) => damaged(&why),
            Unfolded::Store(error) => error,
        }
    }
}
