//! The journal of an execution: its state, its turns and captured lines, and whether there is more.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, bytes_of, text_of},
    keys,
    lists::bad_cursor,
    load::{Stored, damaged, parse_turns, turns_between},
    marks::unique,
    pack::inflate,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
    runtime::telemetry::{Counter, answered_after, counted},
};
use async_trait::async_trait;
use engine::{
    asked::{Asked, Sent},
    port::{Commit, Journal, Page, StoreError, Window},
};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};
use stepwell_core::{
    event::Turn,
    execution::{Execution, Status},
    id::ExecutionId,
    interaction::InteractionStatus,
    payload::Payload,
    task::NodeLog,
};

#[async_trait]
impl Journal for Table {
    async fn load(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        let Some(state) = self.load_lean(id).await? else { return Ok(None) };
        self.fetch(id, &state.payloads()).await?;
        Ok(Some(state))
    }

    async fn load_lean(&self, id: &ExecutionId) -> Result<Option<Arc<Execution>>, StoreError> {
        Ok(self.known(id).await?.map(|known| known.state))
    }

    async fn fetch(&self, id: &ExecutionId, payloads: &[&Payload]) -> Result<(), StoreError> {
        let mut wanted: BTreeMap<&str, Vec<&Payload>> = BTreeMap::new();
        for payload in payloads {
            if let Some(blob) = payload.missing() {
                wanted.entry(&blob.sha256).or_default().push(payload);
            }
        }
        let fetches = wanted.into_iter().map(|(sha256, payloads)| async move {
            let value = self.value(id, sha256).await?;
            payloads.iter().for_each(|payload| payload.fetched(value.clone()));
            // The state that is kept shares what was fetched.
            let taken: usize = payloads.iter().map(|payload| payload.memory(limits::CACHED_BYTES)).sum();
            self.cache.grew(id, taken);
            Ok(())
        });
        let fetches: Vec<_> = fetches.collect();
        stream::iter(fetches).buffer_unordered(limits::AT_ONCE).try_collect().await
    }

    fn inline_bytes(&self) -> usize {
        limits::INLINE_BYTES
    }

    /// Durable when it returns; effects are not delivered.
    async fn commit(&self, commit: Commit) -> Result<(), StoreError> {
        let warnings: usize = commit.turns.iter().map(Turn::warnings).sum();
        let asked = Asked::of(&commit.turns, &commit.state);
        let business = business(commit.before.as_deref(), &commit.state);
        let committed = self.write(commit).await;
        match &committed {
            Ok(()) => {
                counted(Counter::Warnings, warnings as u64);
                count(&asked);
                business.into_iter().for_each(|counter| counted(counter, 1));
            }
            Err(StoreError::Conflict) => counted(Counter::Conflicts, 1),
            Err(_) => {}
        }
        committed
    }

    async fn turns(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        let turns = self.turns_lean(id, after, limit).await?;
        let payloads: Vec<_> = turns.iter().flat_map(Turn::payloads).collect();
        self.fetch(id, &payloads).await?;
        Ok(turns)
    }

    async fn turns_lean(&self, id: &ExecutionId, after: u64, limit: usize) -> Result<Vec<Turn>, StoreError> {
        if after >= keys::LAST_TURN || limit == 0 {
            return Ok(Vec::new());
        }
        let mut turns: Vec<Turn> = Vec::new();
        let mut query = turns_between(id, self.item_with(id, after + 1).await?, keys::LAST_TURN);
        query.limit = Some(i32::try_from(limit).unwrap_or(i32::MAX));
        while turns.len() < limit {
            let found = self.db.query(nobodys(Purpose::Other), &query).await?;
            for item in found.items {
                let item = Stored::new(item)?;
                match item.gone {
                    // An old stone is of an execution that had the id before; a young one means that this one is
                    // removed.
                    true if self.stood(&item.item) => continue,
                    true => return Ok(Vec::new()),
                    false => {}
                }
                turns.extend(parse_turns(&self.body(&item).await?.0)?.into_iter().filter(|turn| turn.seq > after));
            }
            match found.next {
                Some(next) => query.from = Some(next),
                None => break,
            }
        }
        turns.truncate(limit);
        Ok(turns)
    }

    async fn changed(&self, id: &ExecutionId, seq: u64) {
        let Ok(Some(known)) = self.known(id).await else { return };
        if known.state.seq > seq {
            return;
        }
        let newer = turns_between(id, known.first + 1, keys::LAST_TURN);
        // Most of these queries find nothing, and an eventually consistent one costs half as much. A turn that is seen
        // a moment later is soon enough.
        let filter = Expression::new("attribute_not_exists(gone)");
        let newer = Query { filter, limit: Some(1), counting: true, consistent: false, ..newer };
        let (mut pause, longest) = limits::POLL;
        let until = tokio::time::Instant::now() + limits::WATCH;
        while tokio::time::Instant::now() < until {
            tokio::time::sleep(pause).await;
            match self.db.query(nobodys(Purpose::Other), &newer).await {
                Ok(found) if found.count == 0 => pause = longest.min(pause * 2),
                _ => return,
            }
        }
    }

    async fn logs(&self, id: &ExecutionId, window: &Window) -> Result<Page<NodeLog>, StoreError> {
        let limit = window.limit.clamp(1, limits::PAGE);
        let (first, line) = match &window.cursor {
            None => (1, 0),
            Some(text) => place(text).ok_or_else(|| bad_cursor(text))?,
        };
        let mut query = turns_between(id, first, keys::LAST_TURN);
        query.filter = Expression::new("attribute_exists(l) OR attribute_exists(lk)");
        query.wanted = "pk, sk, l, lk";
        let (mut items, mut last): (Vec<NodeLog>, Option<(u64, usize)>) = (Vec::new(), None);
        loop {
            let found = self.db.query(nobodys(Purpose::Other), &query).await?;
            for item in found.items {
                let item = Stored::new(item)?;
                // The page before may have ended in the middle of an item.
                let from = if item.first == first { line } else { 0 };
                for (at, log) in self.lines(&item).await?.into_iter().enumerate().skip(from) {
                    if items.len() == limit {
                        let next_cursor = last.map(|(first, at)| format!("{first:016x}{at:016x}"));
                        return Ok(Page { items, next_cursor });
                    }
                    items.push(log);
                    last = Some((item.first, at + 1));
                }
            }
            match found.next {
                Some(next) => query.from = Some(next),
                None => return Ok(Page { items, next_cursor: None }),
            }
        }
    }

    async fn cost(&self, id: &ExecutionId) -> Result<Map<String, Value>, StoreError> {
        Ok(self.spent(id).await?.shown())
    }

    async fn delete(&self, id: &ExecutionId) -> Result<(), StoreError> {
        match self.load_lean(id).await? {
            Some(state) if state.end.is_none() => Err(StoreError::Conflict),
            Some(state) => {
                if !self.behind_message {
                    // Should this process die on the way, the supervisor goes on.
                    let soon = self.now().after_seconds(limits::MARK_SECONDS);
                    let mark = unique(self.now()).simple().to_string();
                    self.mark(nobodys(Purpose::Head), &state, &mark, soon).await?;
                }
                self.remove(id.clone(), state).await
            }
            None => self.remove_rest(id, true).await,
        }
    }
}

impl Table {
    /// The number of the item that holds a turn, or that would.
    async fn item_with(&self, id: &ExecutionId, seq: u64) -> Result<u64, StoreError> {
        if seq == 1 {
            return Ok(1);
        }
        let newest = turns_between(id, 1, seq);
        let newest = Query { backwards: true, limit: Some(1), wanted: "pk, sk", ..newest };
        let found = self.db.query(nobodys(Purpose::Other), &newest).await?;
        Ok(found.items.first().and_then(|item| keys::first_of(text_of(item, "sk")?)).unwrap_or(seq))
    }

    async fn lines(&self, item: &Stored) -> Result<Vec<NodeLog>, StoreError> {
        let packed = match (bytes_of(&item.item, "l"), text_of(&item.item, "lk")) {
            (Some(packed), _) => packed.to_vec(),
            (None, Some(key)) => self.blobs.get(key).await?.ok_or_else(|| damaged("captured lines are gone"))?,
            _ => return Ok(Vec::new()),
        };
        serde_json::from_slice(&inflate(&packed)?).map_err(|error| damaged(&error.to_string()))
    }
}

/// The number of the item and of the line in it with which a page begins, from a cursor.
fn place(text: &str) -> Option<(u64, usize)> {
    let part = |at: usize| u64::from_str_radix(text.get(at..at + 16)?, 16).ok();
    let (first, line) = (part(0)?, part(16)?);
    (text.len() == 32 && first > 0).then_some((first, usize::try_from(line).ok()?))
}

/// What a commit is for those who count executions: a start, an end, or both. Children are part of their parents.
fn business(before: Option<&Execution>, after: &Execution) -> Vec<Counter> {
    if after.started.parent.is_some() {
        return Vec::new();
    }
    let had_ended = before.is_some_and(|before| before.end.is_some());
    let end = after.end.filter(|_| !had_ended).map(|end| match end {
        Status::Failed => Counter::Failed,
        Status::Cancelled => Counter::Cancelled,
        Status::Completed | Status::Skipped => Counter::Completed,
        Status::Pending
        | Status::Running
        | Status::RollingBack
        | Status::Waiting
        | Status::WaitingHuman
        | Status::Paused
        | Status::Stuck => Counter::Failed,
    });
    before.is_none().then_some(Counter::Started).into_iter().chain(end).collect()
}

/// Counts what the turns of a commit say of people.
fn count(asked: &Asked) {
    counted(Counter::Asked, asked.opened.len() as u64);
    for one in &asked.over {
        match one.status {
            InteractionStatus::Answered => answered_after(one.seconds),
            InteractionStatus::TimedOut => counted(Counter::TimedOut, 1),
            InteractionStatus::Cancelled => counted(Counter::Withdrawn, 1),
            InteractionStatus::Pending => {}
        }
    }
    for (_, result) in &asked.messages {
        match result {
            Sent::Sent => counted(Counter::MessagesSent, 1),
            Sent::Failed | Sent::Refused => counted(Counter::MessagesFailed, 1),
            Sent::Bounced => counted(Counter::MessagesBounced, 1),
        }
    }
}
