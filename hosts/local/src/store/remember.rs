//! What agents add to conversations, as rows of the table: a commit writes them in its transaction.

use document::time::Time;
use engine::{
    port::StoreError,
    remember::{Added, taken},
};
use rusqlite::{Connection, params};
use stepwell_core::{effect::Effect, event::Turn, execution::Execution};

/// Words for a conversation, with their JSON and the time by which conversations are forgotten.
pub struct Words {
    added: Added,
    body: String,
    now: Time,
}

impl Words {
    /// Takes the words of a commit from its effects. `Permanent` where they cannot be serialized.
    pub fn taken(
        effects: &mut Vec<Effect>,
        turns: &[Turn],
        state: &Execution,
        now: Time,
    ) -> Result<Vec<Self>, StoreError> {
        taken(effects, turns, state).into_iter().map(|added| Self::of(added, now)).collect()
    }

    /// Words as a row has them. `Permanent` where they cannot be serialized.
    pub fn of(added: Added, now: Time) -> Result<Self, StoreError> {
        let unwritable = |error| StoreError::Permanent(format!("a conversation cannot be written: {error}"));
        let body = serde_json::to_string(&added.said).map_err(unwritable)?;
        Ok(Self { added, body, now })
    }

    /// Adds them once, and forgets the conversations whose time is over.
    pub fn add(&self, db: &Connection) -> rusqlite::Result<()> {
        let Added { owner, key, said } = &self.added;
        db.prepare_cached("DELETE FROM memories WHERE until < ?1")?.execute([self.now.0])?;
        db.prepare_cached(
            "INSERT OR IGNORE INTO memories(owner, key, at, id, until, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![owner, key, said.at.0, said.id, said.until.0, self.body])?;
        // The time of the whole conversation begins anew.
        db.prepare_cached("UPDATE memories SET until = ?3 WHERE owner = ?1 AND key = ?2 AND until < ?3")?
            .execute(params![owner, key, said.until.0])?;
        Ok(())
    }
}
