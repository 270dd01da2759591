//! Heads: one item per execution, with what lists and the supervisor read of it. A head is put before the first turn,
//! so that no execution begins unseen, and is written again when the status changes or the execution is due earlier.
//!
//! | attribute | is |
//! |---|---|
//! | `o`, `wf`, `st`, `sq` | owner, workflow, status, and number of the turn that the head shows |
//! | `l1`, `l1s`, `l2`, `l2s` | keys of the indexes `lists` and `byworkflow` |
//! | `d`, `ds` | keys of the index `due`: partition, and the time at which the execution is due: to be looked after, or once it has ended to be removed |
//! | `m` | metadata by which lists can be filtered |
//! | `p` | marks of commits whose effects may not have been delivered |

use super::{
    Table,
    dynamo::Written,
    item::{Expression, Item, keyed, number, number_of, size, text, text_of, write_units},
    keys,
    undelivered::After,
};
use crate::{
    billing::meter::{Purpose, Use, nobodys},
    limits,
};
use aws_sdk_dynamodb::types::AttributeValue;
use document::time::Time;
use engine::port::StoreError;
use serde_json::Value;
use std::collections::HashMap;
use stepwell_core::execution::Execution;

/// The head of an execution in that state, due at `due`; without a due time it is not in the index `due`. An ended one is
/// on the list of those that are to be removed. Each list has so many `parts`.
pub fn head(state: &Execution, due: Option<Time>, parts: usize) -> Item {
    let started = &state.started;
    let mut item = keyed(&keys::execution(state.id()), keys::HEAD);
    item.insert("o".into(), text(&started.owner));
    item.insert("wf".into(), text(started.workflow_id.as_str()));
    item.insert("st".into(), text(state.status().as_str()));
    item.insert("sq".into(), number(state.seq));
    let place = keys::moment(state.started_at, state.id().as_str());
    item.insert("l1s".into(), text(&place));
    let part = |list: String| text(keys::part_for(&list, state.id().as_str(), parts));
    match &started.parent {
        Some(parent) => drop(item.insert("l1".into(), part(keys::children(&parent.execution_id)))),
        None => {
            item.insert("l1".into(), part(keys::list(&started.owner, state.status())));
            item.insert("l2".into(), part(keys::by_workflow(&started.owner, &started.workflow_id)));
            item.insert("l2s".into(), text(place));
        }
    }
    let metadata = searchable(state);
    if !metadata.is_empty() {
        item.insert("m".into(), AttributeValue::M(metadata));
    }
    if let Some(due) = due {
        let expires = state.completed_at.is_some();
        item.insert("d".into(), text(if expires { keys::expiring(state.id()) } else { keys::due(state.id()) }));
        item.insert("ds".into(), text(keys::time(due)));
    }
    item
}

/// The same, but due to be looked after at `at`, whatever its status: its effects may not have been delivered.
pub(super) fn head_to_look_after(state: &Execution, at: Time, parts: usize) -> Item {
    let mut item = head(state, Some(at), parts);
    item.insert("d".into(), text(keys::due(state.id())));
    item
}

/// The metadata by which lists can be filtered, as text, since a query's parameters are text. Together it has no more
/// bytes than a start may give.
fn searchable(state: &Execution) -> HashMap<String, AttributeValue> {
    let entries = state.started.metadata.iter().map(|(key, value)| (key.clone(), metadata_text(value)));
    let short = entries.filter(|(key, value)| !key.is_empty() && key.len() + value.len() <= limits::METADATA_BYTES);
    let mut room = engine::limits::METADATA_BYTES;
    let fitting = short.map_while(|(key, value)| {
        room = room.checked_sub(key.len() + value.len())?;
        Some((key, text(value)))
    });
    fitting.collect()
}

/// A value of the metadata as text: text as it is, any other value as JSON.
pub fn metadata_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), Into::into)
}

/// The write units that writing a head anew takes, indexes included. An index that holds every attribute takes as much
/// as the table, and twice as much where its key changes, as that of `lists` does with the status. The index `due`
/// takes one unit for a time that is removed, and one for a time that is added.
pub fn units(before: &Execution, after: &After, parts: usize) -> f64 {
    let After { state, due, was_due, .. } = after;
    let each = write_units(size(&head(state, *due, parts)));
    let (child, moved) = (state.started.parent.is_some(), before.status() != state.status());
    let lists = if moved && !child { 2 } else { 1 };
    let workflow = if child { 0 } else { 1 };
    let due_index = if due == was_due { 0 } else { usize::from(due.is_some()) + usize::from(was_due.is_some()) };
    ((1 + lists + workflow) * each + due_index) as f64
}

/// An update expression, with its names and values, that makes a head what `item` says: all of it, or all but the time
/// at which it is due.
pub(super) fn update_to(item: Item, with_due: bool) -> (String, Expression) {
    let (mut sets, mut values) = (Vec::new(), Expression::default());
    let is_due = item.contains_key("ds");
    for (name, value) in item {
        let of_due = matches!(name.as_str(), "d" | "ds");
        if matches!(name.as_str(), "pk" | "sk") || (of_due && !with_due) {
            continue;
        }
        sets.push(format!("#{name} = :{name}"));
        values = values.with(&format!(":{name}"), value).naming(&format!("#{name}"), &name);
    }
    sets.sort();
    let mut update = format!("SET {}", sets.join(", "));
    if with_due && !is_due {
        update.push_str(" REMOVE d, ds");
    }
    (update, values)
}

impl Table {
    /// Puts a head before the first turn. A head that is there already stays, since another process starts the same
    /// execution, unless nobody would look after the execution by then: the other process may have died before its turn, which
    /// would have ended a child at once, and this one's may not.
    pub(super) async fn put_head(
        &self,
        to: Use<'_>,
        state: &Execution,
        due: Option<Time>,
        mark: Option<&str>,
    ) -> Result<(), StoreError> {
        let mut item = match (mark, due) {
            (Some(_), Some(due)) => head_to_look_after(state, due, self.parts),
            (_, due) => head(state, due, self.parts),
        };
        if let Some(mark) = mark {
            item.insert("p".into(), AttributeValue::Ss(vec![mark.into()]));
        }
        let put = self.db.put(to, item, Expression::new("attribute_not_exists(pk)")).await?;
        let (Written::No(Some(there)), Some(due), None) = (put, due, mark) else { return Ok(()) };
        if text_of(&there, "ds").is_some_and(|is_due| *is_due <= *keys::time(due)) {
            return Ok(());
        }
        let (update, values) = update_to(head(state, Some(due), self.parts), true);
        let later = values.and("attribute_exists(pk) AND #sq <= :sq AND (attribute_not_exists(ds) OR #ds > :ds)");
        self.db.update(to, (&keys::execution(state.id()), keys::HEAD), &update, later).await.map(drop)
    }

    /// Writes a head after a commit, once the commit's effects are delivered. The marks of other commits stay, and so
    /// does the time at which the head is due, since those commits may have effects to deliver yet.
    pub(super) async fn write_head(&self, to: Use<'_>, after: &After) -> Result<(), StoreError> {
        if after.mark.is_some() {
            return self.unmark(to, after).await;
        }
        let state = &after.state;
        let key = keys::execution(state.id());
        // A head that was removed is not made again, and one that shows this turn or a newer one stays.
        let condition = "attribute_exists(pk) AND #sq < :sq";
        let (update, values) = update_to(head(state, after.due, self.parts), true);
        let unmarked = values.and(condition).and("attribute_not_exists(p)");
        let Written::No(Some(old)) = self.db.update(to, (&key, keys::HEAD), &update, unmarked).await? else {
            return Ok(());
        };
        if !old.contains_key("p") || number_of::<u64>(&old, "sq").is_some_and(|seq| seq >= state.seq) {
            return Ok(());
        }
        let (update, values) = update_to(head(state, after.due, self.parts), false);
        self.db.update(to, (&key, keys::HEAD), &update, values.and(condition)).await.map(drop)
    }

    /// Writes a head that shows another status than the state has, or is due too late: the process that committed may
    /// have died before it wrote the head.
    pub(super) async fn heal_head(&self, state: &std::sync::Arc<Execution>) -> Result<(), StoreError> {
        let workflow = self.workflow_for(&state.started, state.workflow_hash()).await?;
        let due = stepwell_core::due::due_at(&workflow, state);
        let key = keys::execution(state.id());
        let Some(old) = self.db.get(nobodys(Purpose::Head), &key, keys::HEAD, true).await? else { return Ok(()) };
        let is_due = text_of(&old, "ds").map(ToOwned::to_owned);
        let late = due.is_some_and(|due| is_due.as_ref().is_none_or(|is_due| *is_due > keys::time(due)));
        if text_of(&old, "st") == Some(state.status().as_str()) && !late {
            return Ok(());
        }
        let was_due = is_due.and_then(|text| text.parse().ok()).map(Time);
        let after = After { state: state.clone(), due, was_due, mark: None, write: true };
        self.write_head(nobodys(Purpose::Head), &after).await
    }
}

/// Whether an execution is due earlier after a commit than before it; `None` is never.
pub fn sooner(after: Option<Time>, before: Option<Time>) -> bool {
    after.is_some_and(|after| before.is_none_or(|before| after < before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_carries_no_more_metadata_than_it_has_room_for() {
        use crate::tests::story::{Story, document};
        let mut story = Story::begin(&document("wait", serde_json::json!({"seconds": 9})), false);
        let mut started = (*story.state.started).clone();
        started.metadata = (0..1_000).map(|n| (format!("key {n}"), "x".repeat(1_000).into())).collect();
        story.state.started = started.into();
        let bytes = size(&head(&story.state, None, 4));
        assert!((10_000..20_000).contains(&bytes), "{bytes}");
    }

    #[test]
    fn an_ended_execution_is_on_a_list_of_its_own_unless_it_has_effects_to_deliver() {
        use crate::tests::story::{Story, document};
        let mut story = Story::begin(&document("wait", serde_json::json!({"seconds": 9})), false);
        let listed = |item: Item| text_of(&item, "d").map(ToOwned::to_owned);
        let (alive, ended) = (Some("due#".to_owned()), Some("end#".to_owned()));
        let list = |item: Item| listed(item).map(|name| name[..4].to_owned());
        assert_eq!(list(head(&story.state, Some(Time(5)), 4)), alive);
        story.state.completed_at = Some(Time(3));
        assert_eq!(list(head(&story.state, Some(Time(5)), 4)), ended);
        assert_eq!(list(head_to_look_after(&story.state, Time(5), 4)), alive);
        assert_eq!(list(head(&story.state, None, 4)), None);
    }

    #[test]
    fn never_is_later_than_any_time() {
        assert!(sooner(Some(Time(1)), None) && sooner(Some(Time(1)), Some(Time(2))));
        assert!(!sooner(Some(Time(2)), Some(Time(2))) && !sooner(None, Some(Time(2))) && !sooner(None, None));
    }
}
