//! The tables of the database, and the migrations that bring a file of an earlier release to the newest format.

use rusqlite::Connection;

/// The migrations in order. SQLite's `user_version` in the file says how many of them have been applied, so a migration
/// that was released never changes.
const MIGRATIONS: &[&str] = &[FIRST, NEEDS, JOBS, GROUPS, KINDS, PATCHED, MEMORIES, LINES];

/// The first format. All journals share the table `turns` and are appended to in rowid order, so that one page is hot
/// for all executions; tables whose rows are rewritten are small. `run` is the key of an execution, and `parent` its
/// parent's (0 where that is gone). Times are milliseconds since 1970. `held` is 1 while an execution
/// is held back, and 2 once it is let in but has not yet moved.
const FIRST: &str = "
CREATE TABLE executions(
  run INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, workflow_id TEXT NOT NULL,
  status TEXT NOT NULL, held INTEGER NOT NULL, started_at INTEGER NOT NULL, updated_at INTEGER NOT NULL,
  completed_at INTEGER, parent INTEGER, metadata TEXT, deadline INTEGER NOT NULL, expires_at INTEGER);
CREATE INDEX executions_by_owner ON executions(owner) WHERE parent IS NULL;
CREATE INDEX executions_by_parent ON executions(parent) WHERE parent IS NOT NULL;
CREATE INDEX executions_alive ON executions(workflow_id, held) WHERE completed_at IS NULL AND parent IS NULL;
CREATE INDEX executions_by_deadline ON executions(deadline) WHERE completed_at IS NULL;
CREATE INDEX executions_by_expiry ON executions(expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE turns(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, seq INTEGER NOT NULL, count INTEGER NOT NULL,
  body TEXT NOT NULL);
CREATE UNIQUE INDEX turns_by_run ON turns(run, seq);
CREATE TABLE snapshots(run INTEGER PRIMARY KEY, seq INTEGER NOT NULL, body TEXT NOT NULL);

CREATE TABLE interactions(id INTEGER PRIMARY KEY, interaction_id TEXT NOT NULL UNIQUE, run INTEGER NOT NULL,
  owner TEXT NOT NULL, status TEXT NOT NULL, deadline INTEGER NOT NULL, created_at INTEGER NOT NULL,
  assignees TEXT NOT NULL);
CREATE INDEX interactions_by_run ON interactions(run);
CREATE INDEX interactions_open ON interactions(owner, deadline) WHERE status = 'pending';

CREATE TABLE logs(id INTEGER PRIMARY KEY, run INTEGER NOT NULL, node TEXT NOT NULL, visit INTEGER NOT NULL,
  attempt INTEGER NOT NULL, at INTEGER NOT NULL, level TEXT NOT NULL, message TEXT NOT NULL);
CREATE INDEX logs_by_run ON logs(run);
CREATE TABLE blobs(sha256 TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE blob_uses(run INTEGER NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY(run, sha256)) WITHOUT ROWID;
CREATE INDEX blob_uses_by_blob ON blob_uses(sha256);

CREATE TABLE queue(id INTEGER PRIMARY KEY, due INTEGER, attempts INTEGER NOT NULL DEFAULT 0, error TEXT,
  body TEXT NOT NULL);
CREATE INDEX queue_by_due ON queue(due) WHERE due IS NOT NULL;
CREATE TABLE timers(run INTEGER NOT NULL, epoch INTEGER NOT NULL, node TEXT NOT NULL, visit INTEGER NOT NULL,
  purpose TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(run, epoch, node, visit, purpose)) WITHOUT ROWID;
CREATE INDEX timers_by_time ON timers(at);
CREATE TABLE dead_letters(id INTEGER PRIMARY KEY, execution_id TEXT NOT NULL, message TEXT NOT NULL,
  error TEXT NOT NULL, at INTEGER NOT NULL);

CREATE TABLE documents(hash TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE document_uses(run INTEGER NOT NULL, hash TEXT NOT NULL, PRIMARY KEY(run, hash)) WITHOUT ROWID;
CREATE INDEX document_uses_by_hash ON document_uses(hash);
CREATE TABLE workflows(owner TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, hash TEXT NOT NULL,
  saved_at INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(owner, id, version)) WITHOUT ROWID;
CREATE INDEX workflows_by_hash ON workflows(hash);
CREATE TABLE schedules(owner TEXT NOT NULL, workflow_id TEXT NOT NULL, node TEXT NOT NULL, schedule TEXT NOT NULL,
  next_at INTEGER NOT NULL, error TEXT, PRIMARY KEY(owner, workflow_id, node)) WITHOUT ROWID;
CREATE INDEX schedules_by_time ON schedules(next_at);
CREATE TABLE tokens(sha256 TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE secrets(owner TEXT NOT NULL, name TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY(owner, name));
";

/// What executions need of the host that moves them. A row may be older than its execution.
const NEEDS: &str = "CREATE TABLE needs(execution_id TEXT PRIMARY KEY, http_allow TEXT NOT NULL) WITHOUT ROWID;";

/// Jobs over many executions. `number` tells those of the same moment apart in lists; `due_at` is there while a job runs.
const JOBS: &str = "
CREATE TABLE jobs(number INTEGER PRIMARY KEY, owner TEXT NOT NULL, id TEXT NOT NULL, created_at INTEGER NOT NULL,
  due_at INTEGER, completed_at INTEGER, version INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE(owner, id));
CREATE INDEX jobs_by_time ON jobs(owner, created_at, number);
CREATE INDEX jobs_by_due ON jobs(due_at) WHERE due_at IS NOT NULL;
CREATE INDEX jobs_by_end ON jobs(completed_at) WHERE completed_at IS NOT NULL;
";

/// Groups of people. `name` and `member` are in lower case, by which they are compared; `body` has them as they were
/// written.
const GROUPS: &str = "
CREATE TABLE groups(owner TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(owner, name)) WITHOUT ROWID;
CREATE TABLE group_members(owner TEXT NOT NULL, member TEXT NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY(owner, member, name)) WITHOUT ROWID;
CREATE INDEX group_members_by_name ON group_members(owner, name);
";

/// The kinds of questions, for the numbers about those that are open. The index alone gives them; questions of earlier
/// releases have no kind there until they change.
const KINDS: &str = "
ALTER TABLE interactions ADD COLUMN kind TEXT NOT NULL DEFAULT '';
CREATE INDEX interactions_open_by_kind ON interactions(kind, created_at) WHERE status = 'pending';
";

/// The hash of the document that an execution was patched to; NULL where it runs by that of its start. Its limit may be the
/// one in force.
const PATCHED: &str = "ALTER TABLE executions ADD COLUMN patched TEXT;";

/// Conversations that agents remember: a row for what each agent added, all with the time of their conversation.
const MEMORIES: &str = "
CREATE TABLE memories(owner TEXT NOT NULL, key TEXT NOT NULL, at INTEGER NOT NULL, id TEXT NOT NULL,
  until INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(owner, key, at, id)) WITHOUT ROWID;
CREATE INDEX memories_by_time ON memories(until);
";

/// The lines in which executions stand: the name of one within owner and workflow, and the place in it; NULL for all others.
const LINES: &str = "
ALTER TABLE executions ADD COLUMN line TEXT;
ALTER TABLE executions ADD COLUMN place INTEGER;
CREATE INDEX executions_in_line ON executions(line, workflow_id) WHERE completed_at IS NULL AND line IS NOT NULL;
";

/// The newest format that this release knows: the number of migrations.
pub fn newest() -> u32 {
    MIGRATIONS.len() as u32
}

/// The format of a file; 0 for one without tables.
pub fn version(db: &Connection) -> rusqlite::Result<u32> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Applies the migrations that a file lacks, all of them or none. The caller has refused a file of a later release.
pub fn migrate(db: &Connection) -> rusqlite::Result<()> {
    let from = version(db)?;
    if from >= newest() {
        return Ok(());
    }
    db.execute_batch("BEGIN IMMEDIATE")?;
    for step in &MIGRATIONS[from as usize..] {
        db.execute_batch(step)?;
    }
    db.execute_batch(&format!("PRAGMA user_version = {}; COMMIT", newest()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn migrating_twice_is_migrating_once() {
        let db = Connection::open_in_memory().unwrap();
        migrate(&db).unwrap();
        migrate(&db).unwrap();
        assert_eq!(version(&db).unwrap(), newest());
    }
}
