//! Lists of executions, from the heads in the table's indexes, which are eventually consistent. An index lists the
//! executions of one status, so a list over several statuses merges several lists.

use super::{
    Table,
    dynamo::Query,
    head::metadata_text,
    item::{Expression, Item, need, text, text_of},
    keys,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use engine::port::{ExecutionFilter, Head, Index, InteractionFilter, Page, StoreError, Window};
use futures::future::try_join_all;
use std::collections::BTreeMap;
use stepwell_core::{
    execution::Status,
    id::{ExecutionId, InteractionId},
};

/// All statuses, in the order in which an execution goes through them.
const STATUSES: [Status; 11] = [
    Status::Pending,
    Status::Running,
    Status::RollingBack,
    Status::Waiting,
    Status::WaitingHuman,
    Status::Paused,
    Status::Stuck,
    Status::Completed,
    Status::Failed,
    Status::Cancelled,
    Status::Skipped,
];

/// The first rows of one list. A row's place is its sort key in the index.
pub(super) struct Part<T> {
    /// The rows, each with its place.
    pub rows: Vec<(String, T)>,
    /// The place up to which the list was read, where reading stopped before the page was full and before the list's
    /// end.
    pub read_to: Option<String>,
}

/// One part of a list in an index: the index, the names of its partition key and sort key, and the partition.
type List = (&'static str, [&'static str; 2], String);

/// The lists that together hold everything that a filter lets through, and a condition that filters out the rest.
fn lists(filter: &ExecutionFilter, parts: usize) -> (Vec<List>, Expression) {
    let mut rest = Expression::default();
    let by_status = filter.parent.is_none() && filter.workflow_id.is_none();
    // The index that leaves out the most is read: that of the parent's children, else of the workflow, else of each
    // status. Whatever its keys do not decide becomes a condition.
    let whole: Vec<List> = match (&filter.parent, &filter.workflow_id) {
        (Some(parent), _) => {
            rest = rest.and("#o = :o").naming("#o", "o").with(":o", text(&filter.owner));
            vec![("lists", ["l1", "l1s"], keys::children(parent))]
        }
        (None, Some(workflow)) => vec![("byworkflow", ["l2", "l2s"], keys::by_workflow(&filter.owner, workflow))],
        (None, None) => {
            let wanted = |status: &&Status| filter.statuses.is_empty() || filter.statuses.contains(status);
            let list = |status: &Status| ("lists", ["l1", "l1s"], keys::list(&filter.owner, *status));
            STATUSES.iter().filter(wanted).map(list).collect()
        }
    };
    let in_parts = |(index, names, list): List| (0..parts).map(move |part| (index, names, keys::part(&list, part)));
    let lists = whole.into_iter().flat_map(in_parts).collect();
    if let (Some(_), Some(workflow)) = (&filter.parent, &filter.workflow_id) {
        rest = rest.and("wf = :wf").with(":wf", text(workflow.as_str()));
    }
    if !by_status && !filter.statuses.is_empty() {
        let names: Vec<String> = (0..filter.statuses.len()).map(|at| format!(":s{at}")).collect();
        rest = rest.and(&format!("st IN ({})", names.join(", ")));
        for (name, status) in names.iter().zip(&filter.statuses) {
            rest = rest.with(name, text(status.as_str()));
        }
    }
    for (at, (key, value)) in filter.metadata.iter().enumerate() {
        rest = rest.and(&format!("m.#m{at} = :m{at}"));
        rest = rest.naming(&format!("#m{at}"), key).with(&format!(":m{at}"), text(metadata_text(value)));
    }
    (lists, rest)
}

/// The query of one list, newest first, from the filter's `since` to the place `before`.
fn query((index, [hash, range], partition): List, rest: &Expression, filter: &ExecutionFilter, before: &str) -> Query {
    let from = filter.since.map_or_else(|| "0".to_owned(), keys::time);
    let keys = Expression::new(format!("{hash} = :l AND {range} BETWEEN :from AND :to"))
        .with(":l", text(partition))
        .with(":from", text(from))
        .with(":to", text(before));
    Query { index: Some(index), keys, filter: rest.clone(), backwards: true, ..Query::default() }
}

/// The place before which rows are wanted: that of the filter's `until` or of a cursor, whichever is earlier.
fn end(filter: &ExecutionFilter, cursor: Option<&str>) -> String {
    // A time alone sorts before every place of that time, since a place goes on with `#` behind it.
    let until = filter.until.map_or_else(|| "~".to_owned(), keys::time);
    cursor.map_or(until.clone(), |cursor| cursor.to_owned().min(until))
}

#[async_trait]
impl Index for Table {
    async fn executions(&self, filter: &ExecutionFilter, window: &Window) -> Result<Page<Head>, StoreError> {
        let limit = window.limit.clamp(1, limits::PAGE);
        let cursor = window.cursor.as_deref().map(|text| place(text).ok_or_else(|| bad_cursor(text))).transpose()?;
        let (lists, rest) = lists(filter, self.parts);
        let to = end(filter, cursor.as_deref());
        if keys_in_order(filter, &to) {
            let parts =
                lists.into_iter().map(|list| self.part(query(list, &rest, filter, &to), cursor.as_deref(), limit));
            let parts = try_join_all(parts).await?;
            // A list that was not read to its end may have further rows beyond the place that it was read to. Rows of
            // other lists beyond that place are left to the next page, so that the order holds.
            let read_to = parts.iter().filter_map(|part| part.read_to.clone()).max();
            let rows = parts.into_iter().flat_map(|part| part.rows);
            let rows = rows.filter(|(place, _)| read_to.as_ref().is_none_or(|read_to| place >= read_to));
            // An execution whose status changed while the lists were read is in two of them, at the same place.
            let mut newest = rows.collect::<BTreeMap<String, Head>>().into_iter().rev();
            let page: Vec<(String, Head)> = newest.by_ref().take(limit).collect();
            let next_cursor = match page.last().filter(|_| newest.next().is_some()) {
                Some((place, _)) => Some(hex(place)),
                None => read_to.as_deref().map(hex),
            };
            return Ok(Page { items: page.into_iter().map(|(_, head)| head).collect(), next_cursor });
        }
        Ok(Page { items: Vec::new(), next_cursor: None })
    }

    async fn count(&self, filter: &ExecutionFilter) -> Result<u64, StoreError> {
        let (lists, rest) = lists(filter, self.parts);
        let to = end(filter, None);
        if !keys_in_order(filter, &to) {
            return Ok(0);
        }
        let counts = lists.into_iter().map(|list| async {
            let mut query = Query { counting: true, ..query(list, &rest, filter, &to) };
            let mut count = 0;
            loop {
                let found = self.db.query(nobodys(Purpose::Other), &query).await?;
                count += found.count;
                match found.next {
                    Some(next) => query.from = Some(next),
                    None => return Ok::<u64, StoreError>(count),
                }
            }
        });
        Ok(try_join_all(counts).await?.into_iter().sum())
    }

    async fn interactions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError> {
        self.questions(filter, window).await
    }

    async fn asks(&self, interaction: &InteractionId) -> Result<Option<ExecutionId>, StoreError> {
        let partition = keys::question(interaction);
        let found = self.db.get(nobodys(Purpose::Other), &partition, keys::QUESTION, true).await?;
        found.map(|item| need(&item, "x").map(Into::into)).transpose()
    }
}

impl Table {
    /// The first rows of one list, one more than a page has.
    async fn part(&self, query: Query, after: Option<&str>, limit: usize) -> Result<Part<Head>, StoreError> {
        let filtered = !query.filter.text.is_empty();
        let wanted = i32::try_from(limit + 2).unwrap_or(i32::MAX);
        let query = Query { limit: Some(if filtered { self.filtered() } else { wanted }), ..query };
        let is_row = |item: &Item| row(item).map(|row| Some(row).filter(|(place, _)| after != Some(place.as_str())));
        self.rows(query, limit, is_row).await
    }

    /// The parts of a list.
    pub(super) fn parts_of(&self, list: &str) -> Vec<String> {
        (0..self.parts).map(|part| keys::part(list, part)).collect()
    }

    /// Number of items that one query of a part reads where a filter may leave out most of them.
    pub(super) fn filtered(&self) -> i32 {
        let parts = i32::try_from(self.parts).unwrap_or(i32::MAX);
        (limits::FILTERED / parts).max(limits::FILTERED / limits::FILTERED_SHARE)
    }

    /// The first rows that a query gives, at most one more than a page has, from up to `FILTERED_PAGES` of its pages.
    /// `row` reads a row with its place from an item, or leaves the item out.
    pub(super) async fn rows<T: Send>(
        &self,
        mut query: Query,
        limit: usize,
        row: impl Fn(&Item) -> Result<Option<(String, T)>, StoreError> + Send + Sync,
    ) -> Result<Part<T>, StoreError> {
        let mut part = Part { rows: Vec::new(), read_to: None };
        for _ in 0..limits::FILTERED_PAGES {
            let found = self.db.query(nobodys(Purpose::Other), &query).await?;
            for item in &found.items {
                part.rows.extend(row(item)?);
            }
            part.read_to =
                found.next.as_ref().and_then(|next| text_of(next, "l1s").or(text_of(next, "l2s"))).map(Into::into);
            query.from = found.next;
            if query.from.is_none() || part.rows.len() > limit {
                // The list was read to its end, or the page is full without what was not read.
                part.read_to = None;
                break;
            }
        }
        part.rows.truncate(limit + 1);
        Ok(part)
    }

    /// The children of an execution, as far as the index knows.
    pub(super) async fn children(&self, parent: &ExecutionId) -> Result<Vec<ExecutionId>, StoreError> {
        let parts = self.parts_of(&keys::children(parent)).into_iter().map(|part| async move {
            let keys = Expression::new("l1 = :l").with(":l", text(part));
            let query = Query { index: Some("lists"), keys, wanted: "pk", ..Query::default() };
            self.db.query_all(nobodys(Purpose::Other), query).await
        });
        let items = try_join_all(parts).await?.into_iter().flatten();
        Ok(items.filter_map(|item| keys::execution_of(text_of(&item, "pk")?)).collect())
    }
}

/// Whether the filter's range of places can hold anything. DynamoDB refuses a range that ends before it begins.
fn keys_in_order(filter: &ExecutionFilter, to: &str) -> bool {
    filter.since.is_none_or(|since| keys::time(since).as_str() <= to)
}

/// Reads a row of a list, with its place, from a head.
fn row(item: &Item) -> Result<(String, Head), StoreError> {
    let place = item.get("l1s").and_then(|place: &AttributeValue| place.as_s().ok()).cloned().unwrap_or_default();
    let partition = need(item, "pk")?;
    let unknown = || StoreError::Permanent(format!("{partition} is no head of an execution: another program wrote it"));
    let id = keys::execution_of(partition).ok_or_else(unknown)?;
    let status = Status::parse(need(item, "st")?).ok_or_else(unknown)?;
    Ok((place, Head { id, status }))
}

/// The cursor for a place of a list: its bytes as hexadecimal digits.
pub(super) fn hex(place: &str) -> String {
    place.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The place that a cursor stands for: a time of 13 digits, `#`, and what decides among rows of the same time. `None`
/// where the text is no cursor.
pub(super) fn place(cursor: &str) -> Option<String> {
    if !cursor.len().is_multiple_of(2) || !cursor.is_ascii() {
        return None;
    }
    let bytes = (0..cursor.len()).step_by(2).map(|at| u8::from_str_radix(&cursor[at..at + 2], 16).ok());
    let place = String::from_utf8(bytes.collect::<Option<Vec<u8>>>()?).ok()?;
    let (time, _) = place.split_once('#')?;
    (time.len() == 13 && time.bytes().all(|byte| byte.is_ascii_digit())).then_some(place)
}

/// The error of a cursor that no page of the list gave.
pub(super) fn bad_cursor(text: &str) -> StoreError {
    StoreError::Permanent(format!("`{text}` is no cursor of this list: leave it out to begin at the start"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::tests::table::Scripted;
    use document::time::Time;
    use serde_json::json;

    #[test]
    fn a_cursor_is_a_place_and_nothing_else_is() {
        let at = keys::moment(Time(1_700_000_000_000), "id");
        assert_eq!(place(&hex(&at)), Some(at));
        for bad in ["", "garbage", "00", "zz", "é", &hex("12#x"), &hex("abcdefghijklm#x")] {
            assert_eq!(place(bad), None, "{bad}");
        }
    }

    /// A page of an index with rows at these places, after which the index goes on behind the place `read_to`.
    fn page_of(places: &[String], read_to: &str) -> crate::tests::scripted::Answer {
        let row = |place: &String| json!({"pk": {"S": "x#e"}, "st": {"S": "running"}, "l1s": {"S": place}});
        let items: Vec<_> = places.iter().map(row).collect();
        let key = json!({"pk": {"S": "x#e"}, "sk": {"S": "head"}, "l1": {"S": "l"}, "l1s": {"S": read_to}});
        crate::tests::scripted::json(200, json!({"Items": items, "Count": items.len(), "LastEvaluatedKey": key}))
    }

    #[tokio::test]
    async fn a_filter_that_lets_little_through_gives_a_short_page_that_goes_on() {
        let scripted = Scripted::new(Time(1_700_000_000_000), false);
        let place = |at: i64| keys::moment(Time(at), "e");
        let filter = ExecutionFilter {
            owner: "o".into(),
            statuses: vec![Status::Running],
            metadata: json!({"a": "none"}).as_object().cloned().unwrap_or_default(),
            ..ExecutionFilter::default()
        };
        let pages = (0..9).map(|page| page_of(&[place(100 - 10 * page)], &place(95 - 10 * page)));
        scripted.script.then(pages);
        let window = Window { limit: 50, cursor: None };
        let page = scripted.table.executions(&filter, &window).await.unwrap();
        assert_eq!(scripted.script.asked().len(), limits::FILTERED_PAGES);
        assert_eq!(page.items.len(), limits::FILTERED_PAGES);
        let read_to = place(95 - 10 * (limits::FILTERED_PAGES as i64 - 1));
        assert_eq!(page.next_cursor, Some(hex(&read_to)));
    }

    #[tokio::test]
    async fn of_several_lists_none_is_shown_further_than_all_were_read() {
        let scripted = Scripted::new(Time(1_700_000_000_000), false);
        let place = |at: i64| keys::moment(Time(at), "e");
        let filter = ExecutionFilter {
            owner: "o".into(),
            statuses: vec![Status::Running, Status::Failed],
            metadata: json!({"a": "none"}).as_object().cloned().unwrap_or_default(),
            ..ExecutionFilter::default()
        };
        // Answers go to whichever of both lists asks next, so each list holds rows beyond what the other has read.
        let pages = (0..8).map(|page| page_of(&[place(100 - page)], &place(100 - page)));
        scripted.script.then(pages);
        let page = scripted.table.executions(&filter, &Window { limit: 50, cursor: None }).await.unwrap();
        let read_to = page.next_cursor.as_deref().and_then(super::place).unwrap();
        assert!(page.items.len() < 8, "{} of 8 lie behind what one of both has read", page.items.len());
        assert_eq!(page.items.len() as i64, 101 - keys::member_of(&format!("m#{read_to}")).unwrap().0.0);
    }

    #[test]
    fn every_status_has_a_list() {
        let (lists, _) = lists(&ExecutionFilter { owner: "o".into(), ..ExecutionFilter::default() }, 3);
        assert_eq!(lists.len(), 3 * STATUSES.len());
        assert!(STATUSES.iter().all(|status| Status::parse(status.as_str()) == Some(*status)));
    }
}
