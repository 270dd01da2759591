//! Lists, counts and other questions about many executions and interactions. A page's cursor is the sort key
//! of its last row, as 16 hexadecimal digits for each column.

use super::{
    Database,
    admit::{ALIVE, FIRST_IN_LINE},
    limits,
    rows::status,
    torn::falling,
};
use async_trait::async_trait;
use document::{id::WorkflowId, time::Time};
use engine::port::{Admission, Agenda, ExecutionFilter, Head, Index, InteractionFilter, Page, StoreError, Window};
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};
use serde_json::Value;
use stepwell_core::{
    event::InLine,
    execution::Status,
    id::{ExecutionId, InteractionId},
    interaction::InteractionStatus,
};

/// A WHERE clause under construction, and the values that its question marks bind, in order.
#[derive(Default)]
struct Where {
    sql: String,
    values: Vec<Box<dyn ToSql + Send>>,
}

impl Where {
    /// Adds a condition; each `?` in it binds the next of `values`.
    fn and(&mut self, sql: &str, values: impl IntoIterator<Item = Box<dyn ToSql + Send>>) {
        self.sql.push_str(if self.sql.is_empty() { " WHERE " } else { " AND " });
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    /// Adds a condition that binds one value.
    fn one(&mut self, sql: &str, value: impl ToSql + Send + 'static) {
        self.and(sql, [Box::new(value) as Box<dyn ToSql + Send>]);
    }
}

/// Translates the API's filter to a WHERE clause on the table `executions`.
fn executions_where(filter: &ExecutionFilter) -> Where {
    let mut filters = Where::default();
    filters.one("owner = ?", filter.owner.clone());
    match &filter.parent {
        None => filters.and("parent IS NULL", []),
        Some(parent) => filters.one("parent = (SELECT run FROM executions WHERE id = ?)", parent.to_string()),
    }
    if let Some(workflow) = &filter.workflow_id {
        filters.one("workflow_id = ?", workflow.to_string());
    }
    if !filter.statuses.is_empty() {
        let marks = vec!["?"; filter.statuses.len()].join(", ");
        let names = filter.statuses.iter().map(|status| Box::new(status.as_str()) as Box<dyn ToSql + Send>);
        filters.and(&format!("status IN ({marks})"), names);
        if !filter.statuses.iter().any(|status| status.is_terminal()) {
            // Implied by the statuses, but written out so that the partial index `executions_alive` serves the query.
            filters.and("completed_at IS NULL", []);
        }
    }
    if let Some(since) = filter.since {
        filters.one("started_at >= ?", since.0);
    }
    if let Some(until) = filter.until {
        filters.one("started_at < ?", until.0);
    }
    // Filters of a URL are text, so a value matches by its text: `true`, `null` and numbers as JSON writes them.
    for (key, value) in &filter.metadata {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        filters.and(
            "EXISTS (SELECT 1 FROM json_each(metadata) WHERE key = ? AND CASE type WHEN 'true' THEN 'true'
             WHEN 'false' THEN 'false' WHEN 'null' THEN 'null' ELSE CAST(value AS TEXT) END = ?)",
            [Box::new(key.clone()) as Box<dyn ToSql + Send>, Box::new(text)],
        );
    }
    filters
}

#[async_trait]
impl Index for Database {
    async fn executions(&self, filter: &ExecutionFilter, window: &Window) -> Result<Page<Head>, StoreError> {
        let filters = executions_where(filter);
        let before = cursor::<1>(window)?.map_or(i64::MAX, |[before]| before);
        let limit = limit(window);
        let rows = self
            .readers
            .read(move |db| {
                let Where { sql, values } = &filters;
                let sql = format!("SELECT run, id, status FROM executions{sql} AND run < ? ORDER BY run DESC LIMIT ?");
                falling(
                    limit + 1,
                    before == i64::MAX,
                    |(run, ..): &(i64, String, Status)| *run,
                    |below, limit, rows| {
                        let bound: [&dyn ToSql; 2] = [&before.min(below), &(limit as i64)];
                        let values = values.iter().map(|value| &**value as &dyn ToSql).chain(bound);
                        let mut read = db.prepare(&sql)?;
                        let found = read.query_map(params_from_iter(values), |row| {
                            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, status(row, 2)?))
                        })?;
                        for row in found {
                            rows.push(row?);
                        }
                        Ok(())
                    },
                )
            })
            .await?;
        Ok(page(rows, limit, |(run, ..)| vec![*run], |(_, id, status)| Head { id: id.into(), status }))
    }

    async fn count(&self, filter: &ExecutionFilter) -> Result<u64, StoreError> {
        let filters = executions_where(filter);
        let count: i64 = self
            .readers
            .read(move |db| {
                let Where { sql, values } = &filters;
                let sql = format!("SELECT count(*) FROM executions{sql}");
                db.prepare(&sql)?.query_row(params_from_iter(values), |row| row.get(0))
            })
            .await?;
        Ok(count.unsigned_abs())
    }

    async fn interactions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError> {
        let mut filters = Where::default();
        filters.one("interactions.owner = ?", filter.owner.clone());
        match filter.status {
            // The status is written out, not bound, so that the partial index `interactions_open` serves the query.
            Some(InteractionStatus::Pending) => filters.and("interactions.status = 'pending'", []),
            Some(status) => filters.one("interactions.status = ?", status.as_str()),
            None => {}
        }
        if !filter.assignees.is_empty() {
            let named = "EXISTS (SELECT 1 FROM json_each(assignees) AS asked JOIN json_each(?) AS who
                         ON asked.value = who.value COLLATE NOCASE)";
            filters.one(&format!("(assignees = '[]' OR {named})"), Value::from(filter.assignees.clone()).to_string());
        }
        if let Some(execution) = &filter.execution_id {
            // Descendants ask for it too. Those that have ended ask nothing, so they are left out where only open
            // questions are wanted.
            let alive = match filter.status {
                Some(InteractionStatus::Pending) => " AND executions.completed_at IS NULL",
                _ => "",
            };
            let family = format!(
                "interactions.run IN (WITH RECURSIVE family(run) AS (SELECT run FROM executions WHERE id = ?
                 UNION ALL SELECT executions.run FROM family JOIN executions ON executions.parent = family.run{alive})
                 SELECT run FROM family)"
            );
            filters.one(&family, execution.to_string());
        }
        if let Some([deadline, after]) = cursor::<2>(window)? {
            let values: [Box<dyn ToSql + Send>; 2] = [Box::new(deadline), Box::new(after)];
            filters.and("(interactions.deadline, interactions.id) > (?, ?)", values);
        }
        let limit = limit(window);
        let rows = self
            .readers
            .read(move |db| {
                let Where { sql, values } = &filters;
                let sql = format!(
                    "SELECT interactions.deadline, interactions.id, executions.id, interaction_id
                     FROM interactions JOIN executions USING (run){sql}
                     ORDER BY interactions.deadline, interactions.id LIMIT {}",
                    limit + 1
                );
                db.prepare(&sql)?
                    .query_map(params_from_iter(values), |row| {
                        let ids: (String, String) = (row.get(2)?, row.get(3)?);
                        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, ids))
                    })?
                    .collect::<Result<Vec<_>, _>>()
            })
            .await?;
        Ok(page(rows, limit, |(at, id, _)| vec![*at, *id], |(_, _, (run, id))| (run.into(), id.into())))
    }

    async fn asks(&self, interaction: &InteractionId) -> Result<Option<ExecutionId>, StoreError> {
        let id = interaction.to_string();
        let sql = "SELECT executions.id FROM interactions JOIN executions USING (run) WHERE interaction_id = ?1";
        let found: Option<String> =
            self.readers.read(move |db| db.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()).await?;
        Ok(found.map(Into::into))
    }
}

#[async_trait]
impl Admission for Database {
    async fn another(&self, owner: &str, workflow: &WorkflowId, statuses: &[Status]) -> Result<bool, StoreError> {
        let (owner, workflow_id) = (owner.to_owned(), Some(workflow.clone()));
        let statuses = statuses.to_vec();
        Ok(self.count(&ExecutionFilter { owner, workflow_id, statuses, ..ExecutionFilter::default() }).await? > 0)
    }

    async fn held(&self, owner: &str, workflow: &WorkflowId) -> Result<(Option<ExecutionId>, u64), StoreError> {
        let (owner, workflow) = (owner.to_owned(), workflow.to_string());
        self.readers
            .read(move |db| {
                let oldest: Option<String> = db
                    .prepare_cached(&format!(
                        "SELECT id FROM executions WHERE {ALIVE} AND held = 1 AND {FIRST_IN_LINE} ORDER BY run LIMIT 1"
                    ))?
                    .query_row([&owner, &workflow], |row| row.get(0))
                    .optional()?;
                let count: i64 = db
                    .prepare_cached(&format!("SELECT count(*) FROM executions WHERE {ALIVE} AND held <> 1"))?
                    .query_row([&owner, &workflow], |row| row.get(0))?;
                Ok((oldest.map(Into::into), count.unsigned_abs()))
            })
            .await
    }

    async fn ahead(&self, owner: &str, workflow: &WorkflowId, place: &InLine) -> Result<u64, StoreError> {
        let (owner, workflow, place) = (owner.to_owned(), workflow.to_string(), place.clone());
        let sql = format!(
            "SELECT count(*) FROM executions
             WHERE {ALIVE} AND line = ?3 AND place <> ?4 AND (held <> 1 OR place < ?4)"
        );
        self.readers
            .read(move |db| {
                let values = params![owner, workflow, place.line, place.number.cast_signed()];
                db.prepare_cached(&sql)?.query_row(values, |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
            })
            .await
    }

    async fn first_in_line(&self) -> Result<Vec<ExecutionId>, StoreError> {
        let sql = "SELECT id FROM executions WHERE run IN (SELECT min(run) FROM executions
                   WHERE held = 1 AND completed_at IS NULL AND parent IS NULL GROUP BY owner, workflow_id)";
        self.readers
            .read(move |db| {
                db.prepare_cached(sql)?
                    .query_map([], |row| row.get::<_, String>(0))?
                    .map(|id| id.map(Into::into))
                    .collect()
            })
            .await
    }
}

#[async_trait]
impl Agenda for Database {
    /// Executions that are alive after their own timeout, the longest overdue first, of those that are moved here.
    async fn timed_out(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        let sql = "SELECT id FROM executions WHERE completed_at IS NULL AND deadline <= ?1 ORDER BY deadline LIMIT ?2";
        let moves = self.hub.moves.clone();
        self.readers
            .read(move |db| {
                if moves.all() {
                    return ids(db, sql, now, limit);
                }
                let overdue = ids(db, sql, now, usize::MAX)?.into_iter();
                let ours = overdue.filter_map(|id| moves.takes(db, &id).map(|ours| ours.then_some(id)).transpose());
                ours.take(limit).collect()
            })
            .await
    }

    /// Ended executions without children, which go with their parent.
    async fn expired(&self, now: Time, limit: usize) -> Result<Vec<ExecutionId>, StoreError> {
        let sql = "SELECT id FROM executions WHERE expires_at <= ?1 AND parent IS NULL ORDER BY expires_at LIMIT ?2";
        self.readers.read(move |db| ids(db, sql, now, limit)).await
    }
}

/// Runs a query that binds a time and a limit and returns ids.
fn ids(db: &Connection, sql: &str, now: Time, limit: usize) -> rusqlite::Result<Vec<ExecutionId>> {
    db.prepare_cached(sql)?
        .query_map(params![now.0, limit.min(i64::MAX as usize) as i64], |row| row.get::<_, String>(0))?
        .map(|id| id.map(Into::into))
        .collect()
}

/// The number of entries that a page of this window holds: 1 to [`limits::PAGE`].
pub fn limit(window: &Window) -> usize {
    window.limit.clamp(1, limits::PAGE)
}

/// Makes a page of rows that were read with one beyond `limit`: that one tells that there are more.
pub fn page<R, T>(mut rows: Vec<R>, limit: usize, key: impl Fn(&R) -> Vec<i64>, item: impl Fn(R) -> T) -> Page<T> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    let next_cursor = last.map(|row| key(row).iter().map(|part| format!("{part:016x}")).collect());
    Page { items: rows.into_iter().map(item).collect(), next_cursor }
}

/// Reads a cursor back to the sort key of `N` columns that it stands for; none for a list's beginning.
pub fn cursor<const N: usize>(window: &Window) -> Result<Option<[i64; N]>, StoreError> {
    let Some(text) = &window.cursor else { return Ok(None) };
    let part = |at: usize| text.get(at * 16..(at + 1) * 16).and_then(|part| u64::from_str_radix(part, 16).ok());
    let mut key = [0; N];
    for (at, place) in key.iter_mut().enumerate() {
        *place = part(at).filter(|_| text.len() == N * 16).ok_or_else(|| bad_cursor(text))? as i64;
    }
    Ok(Some(key))
}

/// The error for a cursor that no page gave.
pub fn bad_cursor(text: &str) -> StoreError {
    StoreError::Permanent(format!("`{text}` is no cursor of this list: leave it out to begin at the start"))
}
