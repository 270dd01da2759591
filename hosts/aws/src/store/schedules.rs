//! Schedules of saved workflows. A workflow that has any has one item for them beside its versions, written in the same
//! transaction. In the index `due` the item stands at the soonest time of its schedules.

use super::{
    Table,
    dynamo::{Query, Written, unbuilt},
    item::{Expression, Item, keyed, need, number, number_of, text},
    keys,
};
use crate::billing::meter::{Purpose, nobodys};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use document::{
    ScheduleTrigger, Workflow,
    id::NodeId,
    schedule::{Scheduled, plan},
    time::Time,
};
use engine::port::{Schedules, StoreError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How often moving a schedule on is tried while others move those of the same workflow.
const TRIES: u32 = 10;

/// One schedule, of one `schedule_trigger`.
#[derive(Clone, Serialize, Deserialize)]
struct Row {
    node: NodeId,
    /// The trigger's config as it was written, so that one that this release cannot read does not hide the others.
    schedule: Value,
    /// When it starts the next execution.
    next_at: Time,
    /// Why it started nothing the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Row {
    fn schedule(&self) -> Result<ScheduleTrigger, String> {
        ScheduleTrigger::deserialize(&self.schedule).map_err(|error| error.to_string())
    }
}

/// The schedules of one workflow. The revision grows with each write, so that of two writers at once one is refused; it
/// is 0 where there is no item.
#[derive(Default)]
struct Kept {
    revision: u64,
    rows: Vec<Row>,
}

impl Kept {
    /// The condition that nobody has written the item since it was read.
    fn unchanged(&self) -> Expression {
        match self.revision {
            0 => Expression::new("attribute_not_exists(pk)"),
            revision => Expression::new("u = :u").with(":u", number(revision)),
        }
    }
}

#[async_trait]
impl Schedules for Table {
    async fn due_schedules(&self, now: Time, limit: usize) -> Result<Vec<Scheduled>, StoreError> {
        let keys = Expression::new("d = :d AND ds <= :now")
            .with(":d", text(keys::SCHEDULES))
            .with(":now", text(keys::time(now)));
        let query = Query { index: Some("due"), keys, limit: i32::try_from(limit).ok(), ..Query::default() };
        let mut due = Vec::new();
        for item in self.db.query(nobodys(Purpose::Other), &query).await?.items {
            let place = keys::catalogue_of(need(&item, "pk")?).zip(keys::schedules_of(need(&item, "sk")?));
            let Some((owner, id)) = place else { continue };
            // The index lags behind: what was moved on meanwhile is not due again.
            let rows = self.kept_schedules(owner, id).await?.rows.into_iter().filter(|row| row.next_at <= now);
            due.extend(rows.map(|row| Scheduled {
                owner: owner.to_owned(),
                workflow: id.into(),
                schedule: row.schedule(),
                node: row.node,
                next_at: row.next_at,
                error: row.error,
            }));
        }
        due.sort_by_key(|one| one.next_at);
        due.truncate(limit);
        Ok(due)
    }

    async fn advance_schedule(
        &self,
        schedule: &Scheduled,
        next_at: Option<Time>,
        error: Option<String>,
    ) -> Result<(), StoreError> {
        let (owner, id) = (schedule.owner.as_str(), schedule.workflow.as_str());
        for _ in 0..TRIES {
            let mut kept = self.kept_schedules(owner, id).await?;
            let is_it = |row: &Row| row.node == schedule.node && row.next_at == schedule.next_at;
            let Some(at) = kept.rows.iter().position(is_it) else { return Ok(()) };
            match next_at {
                Some(next_at) => {
                    kept.rows[at].next_at = next_at;
                    kept.rows[at].error.clone_from(&error);
                }
                None => drop(kept.rows.remove(at)),
            }
            let written = match self.kept_item(&kept, owner, id).await? {
                Some(item) => self.db.put(nobodys(Purpose::Other), item, kept.unchanged()).await? == Written::Yes,
                None => {
                    let key = (keys::catalogue(owner), keys::schedules(id));
                    self.db.delete(nobodys(Purpose::Other), &key.0, &key.1, kept.unchanged()).await?
                }
            };
            if written {
                return Ok(());
            }
        }
        Err(StoreError::Transient(format!("the schedules of the workflow {id} are changed by many at once")))
    }
}

impl Table {
    /// Reads the schedules of a workflow, strongly consistent.
    async fn kept_schedules(&self, owner: &str, id: &str) -> Result<Kept, StoreError> {
        let key = (keys::catalogue(owner), keys::schedules(id));
        let item = self.db.get(nobodys(Purpose::Other), &key.0, &key.1, true).await?;
        let Some(item) = item else { return Ok(Kept::default()) };
        Ok(Kept { revision: number_of(&item, "u").unwrap_or_default(), rows: self.rows_of(&item).await? })
    }

    /// The item of the next revision; `None` where no schedule is left.
    async fn kept_item(&self, kept: &Kept, owner: &str, id: &str) -> Result<Option<Item>, StoreError> {
        let Some(soonest) = kept.rows.iter().map(|row| row.next_at).min() else { return Ok(None) };
        let mut item = keyed(&keys::catalogue(owner), &keys::schedules(id));
        self.insert_rows(&mut item, &kept.rows).await?;
        item.insert("u".into(), number(kept.revision + 1));
        item.insert("d".into(), text(keys::SCHEDULES));
        item.insert("ds".into(), text(keys::time(soonest)));
        Ok(Some(item))
    }

    /// The write of a workflow's schedules for the transaction of a new version or, without a workflow, of a deletion;
    /// `None` where there is nothing to change. A schedule whose times are the same as before keeps its next time, so
    /// that frequent saving does not put off an interval for ever.
    pub(super) async fn planning(
        &self,
        owner: &str,
        id: &str,
        workflow: Option<&Workflow>,
        now: Time,
    ) -> Result<Option<TransactWriteItem>, StoreError> {
        let before = self.kept_schedules(owner, id).await?;
        let planned = workflow.map_or_else(Vec::new, |workflow| plan(workflow, now)).into_iter().map(|one| {
            let goes_on = |row: &&Row| row.schedule().is_ok_and(|old| old.same_times(&one.schedule));
            let old = before.rows.iter().filter(|row| row.node == one.node).find(goes_on);
            let next_at = old.map_or(one.next_at, |old| old.next_at);
            let schedule = serde_json::to_value(&one.schedule).unwrap_or_default();
            Row { node: one.node, schedule, next_at, error: None }
        });
        let after = Kept { revision: before.revision, rows: planned.collect() };
        // Where somebody moves a schedule on meanwhile, the whole transaction is refused and the save tried again.
        let condition = before.unchanged();
        let values = Some(condition.values).filter(|values| !values.is_empty());
        let write = match self.kept_item(&after, owner, id).await? {
            Some(item) => {
                let put = Put::builder().table_name(self.db.table()).set_item(Some(item));
                let put = put.condition_expression(condition.text).set_expression_attribute_values(values);
                TransactWriteItem::builder().put(put.build().map_err(unbuilt)?).build()
            }
            None if before.revision == 0 => return Ok(None),
            None => {
                let key = keyed(&keys::catalogue(owner), &keys::schedules(id));
                let delete = Delete::builder().table_name(self.db.table()).set_key(Some(key));
                let delete = delete.condition_expression(condition.text).set_expression_attribute_values(values);
                TransactWriteItem::builder().delete(delete.build().map_err(unbuilt)?).build()
            }
        };
        Ok(Some(write))
    }
}
