//! Loads executions: one strongly consistent query of the journal's end, folded onto the state that this process has in
//! memory, or onto the newest state that an item carries.

use super::{
    Table,
    cache::{Known, text_memory, value_memory},
    dynamo::Query,
    item::{Expression, Item, bytes_of, need, number_of, size, text, text_of},
    keys,
    pack::{Tail, after, unpack},
};
use crate::{
    billing::meter::{Purpose, Spent, of},
    limits,
};
use document::{Workflow, time::Time};
use engine::port::{Journal as _, StoreError};
use std::sync::Arc;
use stepwell_core::{
    documents::Documents,
    event::{Event, Turn},
    evolve::{FoldError, fold},
    execution::Execution,
    id::ExecutionId,
};

/// How often a journal is read in which a number is missing, because the execution was removed or started anew in
/// between two queries.
const READS: u32 = 3;

/// The item of a commit as it lies in the table; `commit` names its attributes.
pub(super) struct Stored {
    /// The number of its first turn.
    pub first: u64,
    /// Number of its turns.
    pub count: u64,
    /// Where the item carries no state: the number of the newest earlier item that does, or 0 where none does.
    pub base: Option<u64>,
    /// Whether the item is a stone, which stands for a turn of an execution that was removed (see `remove`).
    pub gone: bool,
    /// Bytes of the item, with its body where that lies in S3.
    pub bytes: usize,
    /// All attributes.
    pub item: Item,
}

impl Stored {
    /// Reads an item whose sort key is that of a commit.
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

/// The error of a journal that cannot be read.
pub(super) fn damaged(why: &str) -> StoreError {
    StoreError::Permanent(format!("a journal cannot be read: {why}"))
}

/// A strongly consistent query of an execution's commits whose first turns are numbered from `from` to `to`.
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
            let load = self.cache.begin(id);
            if let Some(read) = self.read_back(id).await? {
                if let Some(known) = &read {
                    load.keep(known.clone());
                }
                return Ok(read);
            }
        }
        Err(damaged(&format!("a number of execution {id} is left out")))
    }

    /// Folds what follows onto a state in memory. Returns `None` where that cannot be done: the item that the state
    /// ends with is gone, another writer's is in its place, or so much follows that a stored state is nearer.
    async fn read_on(&self, id: &ExecutionId, known: Known) -> Result<Option<Option<Known>>, StoreError> {
        let load = self.cache.begin(id);
        let query = Query { limit: Some(limits::AHEAD), ..turns_between(id, known.first, keys::LAST_TURN) };
        let found = self.db.query(of(Purpose::Load, id), &query).await?;
        let mut items = found.items.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
        let same = items.first().is_some_and(|item| item.first == known.first && item.writer() == known.writer);
        if !same || found.next.is_some() {
            return Ok(None);
        }
        // A stone at the end: the execution is being removed.
        if items.last().is_some_and(|item| item.gone) {
            return Ok(None);
        }
        items.remove(0);
        if items.is_empty() {
            return Ok(Some(Some(known)));
        }
        let Some(known) = self.fold(Some(known), items).await? else { return Ok(None) };
        load.keep(known.clone());
        Ok(Some(Some(known)))
    }

    /// Reads from the newest items back to one with a state, and folds them. Returns `Some(None)` where there is no
    /// execution, and `None` where a number is missing, so that the journal must be read again.
    async fn read_back(&self, id: &ExecutionId) -> Result<Option<Option<Known>>, StoreError> {
        let newest = Query { limit: Some(limits::NEWEST), backwards: true, ..turns_between(id, 1, keys::LAST_TURN) };
        let found = self.db.query(of(Purpose::Load, id), &newest).await?;
        let mut items = found.items.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        let (Some(newest), Some(oldest)) = (items.last(), items.first()) else { return Ok(Some(None)) };
        // A stone means that the execution was removed. An old one may be left beside a new execution of the same id.
        if newest.gone {
            return if self.stood(&newest.item) { self.read_past(id).await } else { Ok(Some(None)) };
        }
        // What lies before the newest state is not needed. Where the state lies further back, the newest item says
        // where, and the items in between are read too.
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
            // Another release may have written the state. The journal is what counts, so it is folded from the start.
            Err(Unfolded::State(error)) => {
                tracing::info!(%error, execution = %id, "a stored state is left aside");
                let all = self.db.query_all(of(Purpose::Load, id), turns_between(id, 1, keys::LAST_TURN)).await?;
                let all = all.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
                Ok(self.fold_all(all).await?.map(Some))
            }
            other => Ok(other?.map(Some)),
        }
    }

    /// Reads an execution that was started under the id of a removed one, past the old stones of that one. A commit
    /// that meets such a stone clears them away.
    async fn read_past(&self, id: &ExecutionId) -> Result<Option<Option<Known>>, StoreError> {
        let all = self.db.query_all(of(Purpose::Load, id), turns_between(id, 1, keys::LAST_TURN)).await?;
        let mut all = all.into_iter().map(Stored::new).collect::<Result<Vec<_>, _>>()?;
        all.retain(|item| !item.gone);
        if all.first().is_none_or(|first| first.first != 1) {
            return Ok(Some(None));
        }
        Ok(self.fold_all(all).await?.map(Some))
    }

    /// Folds items onto a state, or onto the one that the first of them carries, or from the start. Returns `None`
    /// where a number is missing.
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

    /// Folds a whole journal, from its first turn on.
    async fn fold_all(&self, items: Vec<Stored>) -> Result<Option<Known>, StoreError> {
        self.fold_onto(None, &items).await
    }

    /// Folds items onto what is known, one after the other, and keeps account of the journal's end. Returns `None`
    /// where a number is missing.
    async fn fold_onto(&self, mut known: Option<Known>, items: &[Stored]) -> Result<Option<Known>, StoreError> {
        for item in items {
            // Each item begins where the one before it ended, or something was removed in between.
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
            let bytes = known.as_ref().map_or(0, |known| known.text_bytes) + text_memory(&text);
            let tail = after(tail, item.first, item.bytes, item.base.is_none());
            known = Some(known_of(Arc::new(state), item, tail, bytes));
        }
        Ok(known)
    }

    /// Folds turns onto a state by the rules, with the documents that were in force. The values that this
    /// takes are fetched.
    async fn evolved(&self, state: Option<Execution>, turns: &[Turn]) -> Result<Execution, StoreError> {
        let started = match (&state, turns.first().and_then(|turn| turn.events.first())) {
            (Some(state), _) => state.started.clone(),
            (None, Some(Event::ExecutionStarted(started))) => Arc::new((**started).clone()),
            _ => return Err(damaged("it does not begin with a start")),
        };
        let in_force = state.as_ref().map_or(&started.workflow_hash[..], |state| state.workflow_hash()).to_owned();
        let workflow = Box::pin(self.workflow_for(&started, &in_force)).await?;
        let mut patched: Vec<Arc<Workflow>> = Vec::new();
        loop {
            match fold(Documents::new(&workflow, &patched), state.clone(), turns) {
                Ok(state) => return Ok(state),
                Err(FoldError::Needs(missing)) => self.fetch(&started.execution_id, &missing.payloads()).await?,
                Err(FoldError::Document(hash)) if patched.iter().all(|known| known.hash != hash) => {
                    patched.push(Box::pin(self.workflow_for(&started, &hash)).await?);
                }
                Err(error) => return Err(damaged(&format!("{}: {error}", started.execution_id))),
            }
        }
    }

    /// The state that an item carries; `None` where its body has none although the item says so.
    async fn carried(&self, item: &Stored) -> Result<Option<Known>, Unfolded> {
        let (_, Some(text)) = self.body(item).await? else { return Ok(None) };
        let state: Execution = serde_json::from_str(&text).map_err(|error| Unfolded::State(error.to_string()))?;
        if state.seq != item.last() {
            return Err(Unfolded::State("it is not of its turn".into()));
        }
        let tail = Tail { base: Some(item.first), base_bytes: item.bytes, gap: 0 };
        Ok(Some(known_of(Arc::new(state), item, tail, text_memory(&text))))
    }

    /// The turns of an item and, where it carries one, the state, both as JSON.
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

/// A state that ends with `item`, and the end of its journal.
fn known_of(state: Arc<Execution>, item: &Stored, tail: Tail, text_bytes: usize) -> Known {
    let value_bytes = value_memory(&state);
    let (writer, spent) = (item.writer().to_vec(), item.spent());
    // The attribute is absent where the head says what the state says, and 0 where it says never.
    let head_due = number_of::<i64>(&item.item, "h").map(|due| Some(Time(due)).filter(|due| due.0 != 0));
    Known { state, first: item.first, writer, tail, head_due, spent, text_bytes, value_bytes }
}

/// Reads the turns of a body from their JSON.
pub(super) fn parse_turns(text: &str) -> Result<Vec<Turn>, StoreError> {
    serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))
}

/// Why items could not be folded.
enum Unfolded {
    /// The state that an item carries cannot be used; the journal can be folded without it.
    State(String),
    /// The table failed, or the journal itself cannot be read.
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
