//! Saves what can be read of a damaged database. Its rows are copied into a new one, around the pages that SQLite cannot
//! read; then every execution is loaded, and those that cannot be are left out. One that has lost a value alone stays, since all
//! else of it can be shown. The old file is kept beside the new one.

use super::{DataFolder, Database, OpenError, limits, remove, schema};
use crate::memory::Memory;
use document::time::Time;
use engine::port::{Journal, StoreError};
use rusqlite::{Connection, OpenFlags, params_from_iter, types::Value};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// What a repair has done.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Repaired {
    /// Rows that were copied, over all tables.
    pub rows: usize,
    /// Tables that had pages which cannot be read.
    pub torn: Vec<String>,
    /// Executions that are left out, each with the reason.
    pub lost: Vec<(String, String)>,
    /// Executions that have lost a value and are kept, each with the reason.
    pub lacking: Vec<(String, String)>,
    /// Where the old database is kept.
    pub kept: PathBuf,
}

/// Why a repair was given up. The old database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum Unrepaired {
    /// The folder cannot be opened, or the new database cannot.
    #[error(transparent)]
    Folder(#[from] OpenError),
    /// Nothing of the old database can be read, or nothing new be written.
    #[error("nothing can be saved: {0}: restore the database from a backup")]
    Sql(#[from] rusqlite::Error),
    /// The files cannot be moved.
    #[error("the database cannot be replaced: {0}: check that the folder is yours and has room for a second database")]
    Io(#[from] std::io::Error),
    /// The new database does not answer.
    #[error("the new database cannot be checked: {0}")]
    Store(#[from] StoreError),
}

/// Repairs the database of a folder that nobody has open. `clock` gives the name under which the old one is kept.
///
/// # Errors
/// Why it was given up.
pub async fn repair(path: &Path, clock: fn() -> Time) -> Result<Repaired, Unrepaired> {
    let folder = DataFolder::open(path)?;
    let old = folder.database()?;
    let (new, kept) = (path.join("stepwell.db.part"), path.join(format!("stepwell.db.damaged-{}", clock().0)));
    let mut done = {
        let (old, new) = (old.clone(), new.clone());
        let copied = tokio::task::spawn_blocking(move || copy(&old, &new)).await;
        copied.map_err(std::io::Error::other)??
    };
    for side in ["", "-wal"] {
        let of = |path: &Path| PathBuf::from(format!("{}{side}", path.display()));
        if of(&old).exists() {
            std::fs::rename(of(&old), of(&kept))?;
        }
    }
    let _ = std::fs::remove_file(format!("{}-shm", old.display()));
    std::fs::rename(&new, &old)?;
    done.kept = kept;
    let database = Database::open(folder, clock, Arc::new(Memory::of_machine()))?;
    let left = leave_out(&database).await;
    database.shutdown(std::time::Duration::ZERO).await;
    (done.lost, done.lacking) = left?;
    Ok(done)
}

/// Copies all rows that can be read into a new database.
fn copy(old: &Path, new: &Path) -> Result<Repaired, Unrepaired> {
    if new.exists() {
        std::fs::remove_file(new)?; // An earlier repair was cut off.
    }
    let from = Connection::open_with_flags(old, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let to = Connection::open(new)?;
    schema::migrate(&to)?;
    let tables: Vec<String> = to
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut done = Repaired::default();
    to.execute_batch("BEGIN")?;
    for table in &tables {
        let mut copying = Copying { from: &from, to: &to, table, rows: 0 };
        // A table that came with a later format has nothing to lose.
        if copying.columns().is_ok_and(|columns| columns.is_empty()) {
            continue;
        }
        if !copying.whole()? {
            done.torn.push(table.clone());
        }
        done.rows += copying.rows;
    }
    to.execute_batch("COMMIT")?;
    // Not a single execution, and damage where they were: this is no rescue.
    if done.rows == 0 && !done.torn.is_empty() {
        from.query_row("SELECT count(*) FROM executions", [], |_| Ok(()))?;
    }
    Ok(done)
}

/// One table under way.
struct Copying<'a> {
    from: &'a Connection,
    to: &'a Connection,
    table: &'a str,
    rows: usize,
}

impl Copying<'_> {
    /// Copies the rows from both ends and, where a page between them cannot be read, from behind it. False where one
    /// could not be read.
    fn whole(&mut self) -> rusqlite::Result<bool> {
        let table = self.table;
        let Ok(columns) = self.columns() else { return Ok(false) };
        let has_rowid = self.to.prepare(&format!("SELECT rowid FROM {table}")).is_ok();
        let by = if has_rowid { "rowid".to_owned() } else { self.primary()? };
        let all = columns.join(", ");
        if self.stretch(&columns, &format!("SELECT {all} FROM {table} NOT INDEXED ORDER BY {by}"))?.is_none() {
            return Ok(true);
        }
        let back = by.split(", ").map(|column| format!("{column} DESC")).collect::<Vec<_>>().join(", ");
        self.stretch(&columns, &format!("SELECT {all} FROM {table} NOT INDEXED ORDER BY {back}"))?;
        if has_rowid {
            self.between(&columns)?;
        }
        Ok(false)
    }

    /// Looks for rows between damaged pages, by their numbers: those that the new table lacks, up to so many at a
    /// stretch.
    fn between(&mut self, columns: &[String]) -> rusqlite::Result<()> {
        let (table, all) = (self.table, columns.join(", "));
        // Where each gap begins and ends in what was copied.
        let gaps: Vec<(i64, i64)> = self
            .to
            .prepare(&format!(
                "SELECT rowid, next FROM (SELECT rowid, lead(rowid) OVER (ORDER BY rowid) AS next FROM {table})
                 WHERE next > rowid + 1"
            ))?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        for (before, behind) in gaps {
            let (mut at, mut missed) = (before + 1, 0);
            while at < behind && missed < limits::REPAIR_PROBES {
                let one = format!("SELECT {all} FROM {table} NOT INDEXED WHERE rowid = {at}");
                let rows = self.rows;
                let broke = self.stretch(columns, &one)?.is_some();
                // A number without a row is as common as any: only what cannot be read counts.
                missed = if broke { missed + 1 } else { 0 };
                at += 1;
                if self.rows > rows {
                    let on = format!(
                        "SELECT {all} FROM {table} NOT INDEXED WHERE rowid >= {at} AND rowid < {behind} ORDER BY rowid"
                    );
                    self.stretch(columns, &on)?;
                    let last = format!("SELECT max(rowid) FROM {table} WHERE rowid < {behind}");
                    at = at.max(self.to.query_row(&last, [], |row| row.get::<_, i64>(0))? + 1);
                }
            }
        }
        Ok(())
    }

    /// Copies what a query gives, until it ends or fails; the failure is returned.
    fn stretch(&mut self, columns: &[String], sql: &str) -> rusqlite::Result<Option<rusqlite::Error>> {
        let marks = vec!["?"; columns.len()].join(", ");
        let insert = format!("INSERT OR IGNORE INTO {}({}) VALUES ({marks})", self.table, columns.join(", "));
        let mut insert = self.to.prepare_cached(&insert)?;
        let mut read = match self.from.prepare(sql) {
            Ok(read) => read,
            Err(error) => return Ok(Some(error)),
        };
        let mut rows = read.query([])?;
        loop {
            let values = match rows.next() {
                Ok(None) => return Ok(None),
                Ok(Some(row)) => (0..columns.len()).map(|at| row.get::<_, Value>(at)).collect::<Result<Vec<_>, _>>(),
                Err(error) => return Ok(Some(error)),
            };
            match values {
                Ok(values) => self.rows += insert.execute(params_from_iter(values))?,
                Err(error) => return Ok(Some(error)),
            }
        }
    }

    /// The columns that both databases have.
    fn columns(&self) -> rusqlite::Result<Vec<String>> {
        let sql = format!("SELECT name FROM pragma_table_info('{}') ORDER BY cid", self.table);
        let of = |db: &Connection| -> rusqlite::Result<Vec<String>> {
            db.prepare(&sql)?.query_map([], |row| row.get(0))?.collect()
        };
        let there = of(self.from)?;
        Ok(of(self.to)?.into_iter().filter(|column| there.contains(column)).collect())
    }

    /// The columns of the primary key, in its order.
    fn primary(&self) -> rusqlite::Result<String> {
        let sql = format!("SELECT name FROM pragma_table_info('{}') WHERE pk > 0 ORDER BY pk", self.table);
        let names: Vec<String> = self.to.prepare(&sql)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(names.join(", "))
    }
}

/// Whether a turn of an execution is no JSON or is gone.
const TORN: &str = "(NOT EXISTS (SELECT 1 FROM turns WHERE turns.run = executions.run)
    OR EXISTS (SELECT 1 FROM turns WHERE turns.run = executions.run AND NOT json_valid(body)))";
/// Whether a value of an execution is no JSON or is gone.
const LACKING: &str =
    "EXISTS (SELECT 1 FROM blob_uses LEFT JOIN blobs USING (sha256) WHERE blob_uses.run = executions.run
    AND NOT coalesce(json_valid(CAST(body AS TEXT)), 0))";

/// The ids of the executions of which a turn cannot be read, and of those others of which a value cannot be. An error where
/// SQLite cannot read the database.
pub fn unreadable(database: &Path) -> rusqlite::Result<(Vec<String>, Vec<String>)> {
    let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let ids = |which: &str| -> rusqlite::Result<Vec<String>> {
        let sql = format!("SELECT id FROM executions WHERE {which} ORDER BY run");
        db.prepare(&sql)?.query_map([], |row| row.get(0))?.collect()
    };
    Ok((ids(TORN)?, ids(&format!("NOT {TORN} AND {LACKING}"))?))
}

/// Executions, each with what is said of it.
type Told = Vec<(String, String)>;

/// Removes the executions that cannot be loaded, with their descendants. Returns each with the reason, and those that have lost a
/// value and stay.
async fn leave_out(database: &Database) -> Result<(Told, Told), StoreError> {
    let ids: Vec<String> = database
        .readers
        .read(|db| db.prepare("SELECT id FROM executions ORDER BY run")?.query_map([], |row| row.get(0))?.collect())
        .await?;
    let (mut lost, mut lacking) = (Vec::new(), Vec::new());
    for id in ids {
        match database.load(&id.as_str().into()).await {
            // Its state can be told without the value.
            Err(StoreError::Permanent(why)) if database.load_lean(&id.as_str().into()).await.is_ok() => {
                lacking.push((id, why));
            }
            Err(StoreError::Permanent(why)) => {
                let gone = id.clone();
                database
                    .writer
                    .call(Database::place(""), move |db, known| {
                        known.forget();
                        remove::whatever(db, &gone.as_str().into())
                    })
                    .await?;
                lost.push((id, why));
            }
            other => drop(other?),
        }
    }
    Ok((lost, lacking))
}

#[cfg(test)]
#[path = "repair_tests.rs"]
mod tests;
