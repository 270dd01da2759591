//! Marks: what a request leaves on a head before it commits a turn that no message stands behind. They go once its effects
//! are delivered; where the request dies, the supervisor finds the head due. Each commit has a mark of its own, so that
//! nobody takes off another's, and says when it was made: an old one's commit is there or never will be.

use super::{
    Table,
    dynamo::Written,
    head::{head, update_to},
    item::{Expression, Item, number_of, text},
    keys,
    undelivered::After,
};
use crate::{limits, meter::Use};
use aws_sdk_dynamodb::types::AttributeValue;
use document::time::Time;
use engine::port::StoreError;
use stepwell_core::execution::Execution;
use uuid::{NoContext, Timestamp, Uuid};

/// Times that a head is tried to be marked while others mark it.
const TRIES: u32 = 5;

/// Something that nobody else has, which says when it was made: a commit's writer, and in its simple form a mark.
pub(super) fn unique(now: Time) -> Uuid {
    let millis = u64::try_from(now.0).unwrap_or_default();
    let nanos = u32::try_from(millis % 1_000 * 1_000_000).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1_000, nanos))
}

/// When a mark was made; long ago where it does not say.
fn made_at(mark: &str) -> Time {
    let made = Uuid::try_parse(mark).ok().and_then(|mark| mark.get_timestamp());
    let millis = made.map(|made| made.to_unix()).map(|(seconds, nanos)| seconds * 1_000 + u64::from(nanos / 1_000_000));
    Time(millis.and_then(|millis| i64::try_from(millis).ok()).unwrap_or_default())
}

/// The marks of a head.
pub(super) struct Marks {
    /// Their commits are there, or never will be.
    pub old: Vec<String>,
    /// Something may still be committed behind them.
    pub young: Vec<String>,
    /// When the first of the young ones is old; none where there is none.
    pub old_at: Option<Time>,
}

impl Marks {
    /// Those of an item.
    pub fn of(head: &Item, now: Time) -> Self {
        let all = head.get("p").and_then(|marks| marks.as_ss().ok()).cloned().unwrap_or_default();
        // Of a clock that is ahead of this one: as if it were made now.
        let old_at = |mark: &String| made_at(mark).min(now).after_seconds(limits::MARK_SECONDS);
        let (old, young): (Vec<_>, Vec<_>) = all.into_iter().partition(|mark| old_at(mark) <= now);
        let old_at = young.iter().map(old_at).min();
        Self { old, young, old_at }
    }
}

impl Table {
    /// Whether so long ago was marked that the supervisor may not see what is committed only now.
    pub(super) fn is_late(&self, mark: &str) -> bool {
        self.now() > made_at(mark).after_seconds(limits::MARKED_SECONDS)
    }

    /// Marks a head, to be looked after at `at` or earlier.
    pub(super) async fn mark(&self, to: Use<'_>, before: &Execution, mark: &str, at: Time) -> Result<(), StoreError> {
        let key = keys::execution(before.id());
        let marks = || AttributeValue::Ss(vec![mark.into()]);
        for _ in 0..TRIES {
            let first = Expression::new("attribute_exists(pk) AND attribute_not_exists(p)")
                .with(":d", text(keys::due(before.id())))
                .with(":ds", text(keys::time(at)))
                .with(":p", marks());
            let update = "SET d = :d, ds = :ds ADD p :p";
            match self.db.update(to, (&key, keys::HEAD), update, first).await? {
                Written::Yes => return Ok(()),
                // It is due as early as its first mark says.
                Written::No(Some(_)) => {
                    let further = Expression::new("attribute_exists(p)").with(":p", marks());
                    if self.db.update(to, (&key, keys::HEAD), "ADD p :p", further).await? == Written::Yes {
                        return Ok(());
                    }
                }
                Written::No(None) => self.put_head(to, before, Some(at), Some(mark)).await?,
            }
        }
        Err(StoreError::Transient("the head of an execution is written by many at once".into()))
    }

    /// Takes a mark off, and makes the head what the commit made the execution. Where others have marks, they stay, and
    /// so does when it is due; where a newer turn wrote the head, all stays, and the supervisor sees to it. Where the
    /// supervisor was here already, the mark is gone.
    pub(super) async fn unmark(&self, to: Use<'_>, after: &After) -> Result<(), StoreError> {
        let Some(mark) = &after.mark else { return Ok(()) };
        let key = keys::execution(after.state.id());
        let own = || AttributeValue::Ss(vec![mark.clone()]);
        let (update, values) = update_to(head(&after.state, after.due), true);
        let update = if update.contains("REMOVE") { format!("{update}, p") } else { format!("{update} REMOVE p") };
        let alone = values.with(":own", own()).and("p = :own AND #sq <= :sq");
        let Written::No(Some(old)) = self.db.update(to, (&key, keys::HEAD), &update, alone).await? else {
            return Ok(());
        };
        if number_of::<u64>(&old, "sq").is_some_and(|seq| seq > after.state.seq) {
            return Ok(());
        }
        if !old.contains_key("p") {
            return Box::pin(self.write_head(to, &After { mark: None, ..after.clone() })).await;
        }
        let (update, values) = update_to(head(&after.state, after.due), false);
        let among = values.with(":own", own()).with(":one", text(mark)).and("contains(p, :one) AND #sq <= :sq");
        self.db.update(to, (&key, keys::HEAD), &format!("{update} DELETE p :own"), among).await.map(drop)
    }

    /// Takes a mark off that nothing was committed behind. When the head is due stays: nobody knows better.
    pub(super) async fn withdraw(&self, to: Use<'_>, before: &Execution, mark: &str) -> Result<(), StoreError> {
        let own = AttributeValue::Ss(vec![mark.into()]);
        let condition = Expression::new("attribute_exists(p)").with(":own", own);
        let key = keys::execution(before.id());
        self.db.update(to, (&key, keys::HEAD), "DELETE p :own", condition).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
