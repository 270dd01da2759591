//! Marks: entries that requests leave on heads before they commit a turn, since no message brings a request back. A
//! mark is taken off once the effects of its commit are delivered; where the request dies, the supervisor finds the
//! head due. Each commit has a mark of its own, so that none takes off another's. A mark says when it was made, since a
//! turn is not written long after its mark: behind an old mark the turn is there, or never will be.

use super::{
    Table,
    dynamo::Written,
    head::{head, update_to},
    item::{Expression, Item, number_of, text},
    keys,
    undelivered::After,
};
use crate::{billing::meter::Use, limits};
use aws_sdk_dynamodb::types::AttributeValue;
use document::time::Time;
use engine::port::StoreError;
use stepwell_core::execution::Execution;
use uuid::{NoContext, Timestamp, Uuid};

/// How often marking a head is tried while others write it.
const TRIES: u32 = 5;

/// A UUID of version 7 (RFC 9562), which says when it was made: the writer of a commit and, written without hyphens,
/// its mark.
pub(super) fn unique(now: Time) -> Uuid {
    let millis = u64::try_from(now.0).unwrap_or_default();
    let nanos = u32::try_from(millis % 1_000 * 1_000_000).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1_000, nanos))
}

/// The time at which a mark was made; 1970 where the mark does not say, so that it is old.
fn made_at(mark: &str) -> Time {
    let made = Uuid::try_parse(mark).ok().and_then(|mark| mark.get_timestamp());
    let millis = made.map(|made| made.to_unix()).map(|(seconds, nanos)| seconds * 1_000 + u64::from(nanos / 1_000_000));
    Time(millis.and_then(|millis| i64::try_from(millis).ok()).unwrap_or_default())
}

/// The marks of a head, by their age.
pub(super) struct Marks {
    /// Marks whose turns are in the table, or never will be.
    pub old: Vec<String>,
    /// Marks whose turns may still be written.
    pub young: Vec<String>,
    /// The time at which the first of the young marks is old; `None` without young marks.
    pub old_at: Option<Time>,
}

impl Marks {
    /// Sorts the marks of a head by their age at the time `now`.
    pub fn of(head: &Item, now: Time) -> Self {
        let all = head.get("p").and_then(|marks| marks.as_ss().ok()).cloned().unwrap_or_default();
        // The mark of a clock that is ahead of this one counts as made now.
        let old_at = |mark: &String| made_at(mark).min(now).after_seconds(limits::MARK_SECONDS);
        let (old, young): (Vec<_>, Vec<_>) = all.into_iter().partition(|mark| old_at(mark) <= now);
        let old_at = young.iter().map(old_at).min();
        Self { old, young, old_at }
    }
}

impl Table {
    /// Whether a mark was made so long ago that the supervisor may take it off before it sees a turn written now.
    pub(super) fn is_late(&self, mark: &str) -> bool {
        self.now() > made_at(mark).after_seconds(limits::MARKED_SECONDS)
    }

    /// Marks a head, so that the supervisor looks after the execution at `at` or earlier. `before` is the state before
    /// the turn, from which a head that is not there is made.
    pub(super) async fn mark(&self, to: Use<'_>, before: &Execution, mark: &str, at: Time) -> Result<(), StoreError> {
        let key = keys::execution(before.id());
        let marks = || AttributeValue::Ss(vec![mark.into()]);
        for _ in 0..TRIES {
            // The first mark also makes the head due.
            let first = Expression::new("attribute_exists(pk) AND attribute_not_exists(p)")
                .with(":d", text(keys::due(before.id())))
                .with(":ds", text(keys::time(at)))
                .with(":p", marks());
            let update = "SET d = :d, ds = :ds ADD p :p";
            match self.db.update(to, (&key, keys::HEAD), update, first).await? {
                Written::Yes => return Ok(()),
                // A marked head is due already, as early as its first mark says, so the mark is only added.
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

    /// Takes a commit's mark off its head, and writes into the head what the commit made of the execution.
    pub(super) async fn unmark(&self, to: Use<'_>, after: &After) -> Result<(), StoreError> {
        let Some(mark) = &after.mark else { return Ok(()) };
        let key = keys::execution(after.state.id());
        let own = || AttributeValue::Ss(vec![mark.clone()]);
        // Where the mark is the only one, the head is written whole, with the time at which it is due.
        let (update, values) = update_to(head(&after.state, after.due, self.parts), true);
        let update = if update.contains("REMOVE") { format!("{update}, p") } else { format!("{update} REMOVE p") };
        let alone = values.with(":own", own()).and("p = :own AND #sq <= :sq");
        let Written::No(Some(old)) = self.db.update(to, (&key, keys::HEAD), &update, alone).await? else {
            return Ok(());
        };
        // Where a newer turn wrote the head, the head and its marks stay, and the supervisor takes the mark off.
        if number_of::<u64>(&old, "sq").is_some_and(|seq| seq > after.state.seq) {
            return Ok(());
        }
        // Where the supervisor has taken the mark off already, the head is written like one without marks.
        if !old.contains_key("p") {
            return Box::pin(self.write_head(to, &After { mark: None, ..after.clone() })).await;
        }
        // Marks of other commits stay, and with them the time at which the head is due.
        let (update, values) = update_to(head(&after.state, after.due, self.parts), false);
        let among = values.with(":own", own()).with(":one", text(mark)).and("contains(p, :one) AND #sq <= :sq");
        self.db.update(to, (&key, keys::HEAD), &format!("{update} DELETE p :own"), among).await.map(drop)
    }

    /// Takes off the mark of a turn that was not written. The time at which the head is due stays, since the time
    /// before the mark is not known; the supervisor then looks once in vain.
    pub(super) async fn withdraw(&self, to: Use<'_>, before: &Execution, mark: &str) -> Result<(), StoreError> {
        let own = AttributeValue::Ss(vec![mark.into()]);
        let condition = Expression::new("attribute_exists(p)").with(":own", own);
        let key = keys::execution(before.id());
        self.db.update(to, (&key, keys::HEAD), "DELETE p :own", condition).await.map(drop)
    }
}

#[cfg(test)]
mod tests;
