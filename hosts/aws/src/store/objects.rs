//! Objects in S3 that a row of the table names: large documents, and rows that are too large for their items. A note lies in
//! the partition of the row from before the object is put until after it is removed. The supervisor looks at each from time
//! to time, and removes the object where its row names another or is gone: so it goes whatever died, and wherever. What lies
//! below an execution's id has no note, since it goes with the execution.
//!
//! | attribute of a note | is |
//! |---|---|
//! | `k` | the object's key |
//! | `s` | the sort key of the row that is to name it |
//! | `d`, `ds` | keys of the index `due`: the partition, and the time at which it is looked at |

use super::{
    Table,
    item::{Expression, Item, keyed, need, text, text_of},
    keys,
    marks::unique,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use engine::port::StoreError;

impl Table {
    /// Puts an object for the row with these keys, which is written after that, and returns the object's key. No other object
    /// has had it or will have it: so whoever removes one removes none that another process has just put.
    pub(super) async fn put_object(
        &self,
        row: (&str, &str),
        prefix: &str,
        packed: Vec<u8>,
    ) -> Result<String, StoreError> {
        let key = format!("{prefix}{}", unique(self.now()).simple());
        self.note(row, &key).await?;
        self.blobs.put(&key, packed).await?;
        Ok(key)
    }

    /// Has the supervisor look at an object once whoever writes its row now is surely over.
    pub(super) async fn note(&self, (partition, sort): (&str, &str), key: &str) -> Result<(), StoreError> {
        let mut note = keyed(partition, &keys::note(key));
        note.insert("k".into(), text(key));
        note.insert("s".into(), text(sort));
        note.insert("d".into(), text(keys::OBJECTS));
        let soon = self.now().after_seconds(limits::FENCE_SECONDS as f64);
        note.insert("ds".into(), text(keys::time(soon)));
        self.db.put(nobodys(Purpose::Other), note, Expression::default()).await.map(drop)
    }

    /// Removes an object that no row names any more, and its note after it.
    pub(super) async fn drop_object(&self, partition: &str, key: &str) -> Result<(), StoreError> {
        self.blobs.remove_one(key).await?;
        let note = keys::note(key);
        self.db.delete(nobodys(Purpose::Other), partition, &note, Expression::default()).await.map(drop)
    }

    /// Removes objects that no row names, some at a time. Returns how many. One that cannot be removed keeps no other.
    ///
    /// # Errors
    /// The table does not answer, or none could be removed.
    pub async fn remove_unnamed_objects(&self) -> Result<usize, StoreError> {
        let (mut removed, mut failed) = (0, None);
        for due in self.due_in(keys::OBJECTS, self.now()).await? {
            match self.look_at_object(&due).await {
                Ok(gone) => removed += usize::from(gone),
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if removed == 0 => Err(error),
            _ => Ok(removed),
        }
    }

    /// Removes the object of a note where its row does not name it, and else looks at it again another time. Returns whether
    /// it was removed.
    async fn look_at_object(&self, due: &Item) -> Result<bool, StoreError> {
        let (partition, sort) = (need(due, "pk")?, need(due, "sk")?);
        let now = self.now();
        let note = self.db.get(nobodys(Purpose::Other), partition, sort, true).await?;
        // The index lags behind.
        let is_due = |note: &Item| text_of(note, "ds").is_some_and(|at| *at <= *keys::time(now));
        let Some(note) = note.filter(is_due) else { return Ok(false) };
        let key = need(&note, "k")?;
        let row = self.db.get(nobodys(Purpose::Other), partition, need(&note, "s")?, true).await?;
        if row.is_none_or(|row| text_of(&row, "k") != Some(key)) {
            self.drop_object(partition, key).await?;
            return Ok(true);
        }
        let later = now.after_seconds(limits::OBJECT_DAYS * 86_400.0);
        let there = Expression::new("attribute_exists(pk)").with(":ds", text(keys::time(later)));
        self.db.update(nobodys(Purpose::Other), (partition, sort), "SET ds = :ds", there).await?;
        Ok(false)
    }
}
