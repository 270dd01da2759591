//! The table `schedules`, one row for each `schedule_trigger` node of a latest version. Its rows are written in the
//! transaction that saves or deletes their workflow.

use super::{Database, writer::Failure};
use async_trait::async_trait;
use document::{
    ScheduleTrigger,
    schedule::{Planned, Scheduled},
    time::Time,
};
use engine::port::{Schedules, StoreError};
use rusqlite::{Connection, OptionalExtension, Row as SqlRow, params};

const COLUMNS: &str = "owner, workflow_id, node, schedule, next_at, error";

#[async_trait]
impl Schedules for Database {
    async fn due_schedules(&self, now: Time, limit: usize) -> Result<Vec<Scheduled>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM schedules WHERE next_at <= ?1 ORDER BY next_at LIMIT ?2");
        self.readers
            .read(move |db| db.prepare_cached(&sql)?.query_map(params![now.0, limit as i64], row)?.collect())
            .await
    }

    async fn advance_schedule(
        &self,
        schedule: &Scheduled,
        next_at: Option<Time>,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        const KEY: &str = "owner = ?1 AND workflow_id = ?2 AND node = ?3 AND next_at = ?4";
        let row = schedule.clone();
        self.writer
            .call(Self::place(&schedule.owner), move |db, _| {
                let key = (&row.owner, row.workflow.as_str(), row.node.as_str(), row.next_at.0);
                match next_at {
                    Some(Time(at)) => db
                        .prepare_cached(&format!("UPDATE schedules SET next_at = ?5, error = ?6 WHERE {KEY}"))?
                        .execute(params![key.0, key.1, key.2, key.3, at, error])?,
                    None => db
                        .prepare_cached(&format!("DELETE FROM schedules WHERE {KEY}"))?
                        .execute(params![key.0, key.1, key.2, key.3])?,
                };
                Ok(())
            })
            .await
    }
}

impl Database {
    /// Returns the soonest time of all rows; none where there is no schedule.
    pub async fn soonest(&self) -> Result<Option<Time>, StoreError> {
        let sql = "SELECT min(next_at) FROM schedules";
        let at: Option<i64> =
            self.readers.read(move |db| db.prepare_cached(sql)?.query_row([], |row| row.get(0))).await?;
        Ok(at.map(Time))
    }

    /// Returns an owner's schedules by workflow and node, those left out whose config this release cannot read.
    pub async fn schedules(&self, owner: &str) -> Result<Vec<Scheduled>, StoreError> {
        let (owner, sql) = (owner.to_owned(), format!("SELECT {COLUMNS} FROM schedules WHERE owner = ?1"));
        let mut rows: Vec<Scheduled> =
            self.readers.read(move |db| db.prepare_cached(&sql)?.query_map([owner], row)?.collect()).await?;
        rows.retain(|row| row.schedule.is_ok());
        Ok(rows)
    }
}

/// Reads a row in the order of `COLUMNS`.
fn row(row: &SqlRow<'_>) -> rusqlite::Result<Scheduled> {
    let (workflow, node): (String, String) = (row.get(1)?, row.get(2)?);
    let schedule: rusqlite::Result<String> = row.get(3);
    Ok(Scheduled {
        owner: row.get(0)?,
        workflow: workflow.into(),
        node: node.into(),
        schedule: schedule.map_err(|error| error.to_string()).and_then(|text| read(&text)),
        next_at: Time(row.get(4)?),
        error: row.get(5)?,
    })
}

/// Reads a node's config; the error says why this release cannot.
fn read(text: &str) -> Result<ScheduleTrigger, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

/// What a version of a workflow plans, serialized before the transaction that writes it.
pub struct Plan(Vec<(Planned, String)>);

impl Plan {
    /// Serializes a plan. `Permanent` where that is not possible.
    pub fn new(plan: Vec<Planned>) -> Result<Self, StoreError> {
        let with_text = |one: Planned| match serde_json::to_string(&one.schedule) {
            Ok(text) => Ok((one, text)),
            Err(error) => Err(StoreError::Permanent(format!("a schedule cannot be written: {error}"))),
        };
        plan.into_iter().map(with_text).collect::<Result<_, _>>().map(Self)
    }
}

/// Replaces the rows of a workflow by those of its new version. A schedule with the same times as before keeps its next
/// time, so that frequent saving does not put an interval off for ever.
pub(super) fn keep_plan(db: &Connection, owner: &str, workflow: &str, Plan(plan): &Plan) -> Result<(), Failure> {
    let mut next_times = Vec::with_capacity(plan.len());
    for (one, _) in plan {
        let before: Option<(String, i64)> = db
            .prepare_cached(
                "SELECT schedule, next_at FROM schedules WHERE owner = ?1 AND workflow_id = ?2 AND node = ?3",
            )?
            .query_row([owner, workflow, one.node.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let goes_on = before.filter(|(text, _)| read(text).is_ok_and(|old| old.same_times(&one.schedule)));
        next_times.push(goes_on.map_or(one.next_at.0, |(_, at)| at));
    }
    drop_plan(db, owner, workflow)?;
    for ((one, text), next_at) in plan.iter().zip(next_times) {
        db.prepare_cached(
            "INSERT INTO schedules(owner, workflow_id, node, schedule, next_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![owner, workflow, one.node.as_str(), text, next_at])?;
    }
    Ok(())
}

/// Removes the rows of a workflow.
pub(super) fn drop_plan(db: &Connection, owner: &str, workflow: &str) -> Result<(), Failure> {
    db.prepare_cached("DELETE FROM schedules WHERE owner = ?1 AND workflow_id = ?2")?.execute([owner, workflow])?;
    Ok(())
}
