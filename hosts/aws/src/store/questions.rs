//! Questions to people, which are the interactions of executions: one item each, in a partition of its own, so that the
//! execution that asks is found by the question's id alone. The item is written before people are told of the question,
//! and again when the question is over.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, Item, keyed, need, number, text},
    keys,
    lists::{Part, bad_cursor, hex, place},
};
use crate::{
    billing::meter::{Purpose, of},
    limits,
};
use aws_sdk_dynamodb::types::AttributeValue;
use engine::{
    port::{InteractionFilter, Journal, Page, StoreError, Window},
    questions::asking_children,
};
use futures::future::try_join_all;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use stepwell_core::{
    effect::Effect,
    execution::Execution,
    id::{ExecutionId, InteractionId},
    interaction::{Interaction, InteractionStatus},
};

/// A row of a list: who asks, and what.
type Row = (ExecutionId, InteractionId);

/// The place of a question in its list, which goes by the soonest deadline, then by the oldest question. `at` is the
/// position of the interaction in its execution.
fn place_of(state: &Execution, at: usize, one: &Interaction) -> String {
    let deadline = keys::time(one.deadline.unwrap_or(keys::LAST_TIME));
    format!("{deadline}#{}#{}#{at:06}", keys::time(one.created_at), state.id())
}

/// The item of a question: `x` is the execution, `sq` the number of the turn that the item shows, `l1` and `l1s` are
/// keys of the index `lists`, whose lists have so many `parts`, and `a` is the set of assignees, absent where everybody may
/// answer.
fn item(state: &Execution, at: usize, one: &Interaction, parts: usize) -> Item {
    let owner = &state.started.owner;
    let mut item = keyed(&keys::question(&one.interaction_id), keys::QUESTION);
    item.insert("x".into(), text(state.id().as_str()));
    item.insert("sq".into(), number(state.seq));
    item.insert(
        "l1".into(),
        text(keys::part_for(&keys::questions(owner, one.status), one.interaction_id.as_str(), parts)),
    );
    item.insert("l1s".into(), text(place_of(state, at, one)));
    if !one.assignees.is_empty() {
        // Assignees are compared without regard to case, so the set holds them in lower case, each once.
        let fits = |person: &&String| !person.is_empty() && person.len() <= limits::PERSON_BYTES;
        let people = one.assignees.iter().filter(fits).take(engine::limits::PEOPLE);
        let people: BTreeSet<String> = people.map(|person| person.to_ascii_lowercase()).collect();
        let mut people: Vec<String> = people.into_iter().collect();
        if people.is_empty() {
            // No assignee fits. Without the attribute the question would be everybody's, so a name that nobody has
            // stands in the set.
            people.push(" ".into());
        }
        item.insert("a".into(), AttributeValue::Ss(people));
    }
    item
}

impl Table {
    /// Writes the questions that effects tell people of, or take back. To be called at the beginning of
    /// [`engine::port::Outbox::deliver`]: who is told can answer at once.
    ///
    /// # Errors
    /// The questions cannot be written.
    pub async fn delivering(&self, id: &ExecutionId, effects: &[Effect]) -> Result<(), StoreError> {
        let named = effects.iter().filter_map(|effect| match effect {
            Effect::OpenInteraction(id) | Effect::CloseInteraction(id) => Some(id),
            _ => None,
        });
        let named: Vec<&InteractionId> = named.collect();
        if named.is_empty() {
            return Ok(());
        }
        let recent = match self.recent(id) {
            Some(state) => Some(state),
            None => self.load_lean(id).await?,
        };
        let Some(state) = recent else { return Ok(()) };
        let numbered = state.interactions.iter().enumerate();
        let writes = numbered.filter(|(_, one)| named.contains(&&one.interaction_id)).map(|(at, one)| {
            // A late delivery must not overwrite what a newer turn has written.
            let newer = Expression::new("attribute_not_exists(pk) OR sq < :sq").with(":sq", number(state.seq));
            self.db.put(of(Purpose::Head, id), item(&state, at, one, self.parts), newer)
        });
        try_join_all(writes).await.map(drop)
    }

    /// Soonest deadline first.
    pub(super) async fn questions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError> {
        let limit = window.limit.clamp(1, limits::PAGE);
        let after = window.cursor.as_deref().map(|text| place(text).ok_or_else(|| bad_cursor(text))).transpose()?;
        let (rows, read_to): (BTreeMap<String, Row>, Option<String>) = match &filter.execution_id {
            Some(id) => (self.of_family(id, filter).await?, None),
            None => {
                let wanted = |status: &&InteractionStatus| filter.status.is_none_or(|wanted| wanted == **status);
                let asked = InteractionStatus::ALL.iter().filter(wanted);
                let lists = asked.flat_map(|status| self.parts_of(&keys::questions(&filter.owner, *status)));
                let parts = lists.map(|list| self.in_list(list, filter, &after, limit));
                let parts = try_join_all(parts).await?;
                // A list that was not read to its end may have further rows beyond that place, so rows of other lists
                // beyond it are left to the next page.
                let read_to = parts.iter().filter_map(|part| part.read_to.clone()).min();
                let rows = parts.into_iter().flat_map(|part| part.rows);
                (rows.filter(|(place, _)| read_to.as_ref().is_none_or(|read_to| place <= read_to)).collect(), read_to)
            }
        };
        let mut rest = rows.into_iter().filter(|(place, _)| after.as_ref().is_none_or(|after| place > after));
        let page: Vec<(String, Row)> = rest.by_ref().take(limit).collect();
        let next_cursor = match page.last().filter(|_| rest.next().is_some()) {
            Some((place, _)) => Some(hex(place)),
            None => read_to.as_deref().map(hex),
        };
        Ok(Page { items: page.into_iter().map(|(_, row)| row).collect(), next_cursor })
    }

    /// The interactions of an execution and of its descendants that the filter lets through, from their states and not
    /// from an index. Of descendants, [`limits::FAMILY`] are read: those that ask, where only open questions are wanted.
    async fn of_family(
        &self,
        id: &ExecutionId,
        filter: &InteractionFilter,
    ) -> Result<BTreeMap<String, Row>, StoreError> {
        let root = self.load_lean(id).await?.filter(|state| state.started.owner == filter.owner);
        let (mut rows, mut open, mut left) = (BTreeMap::new(), Vec::from_iter(root), limits::FAMILY);
        while let Some(state) = open.pop() {
            rows.extend(of_execution(&state, filter));
            let mut below = match filter.status {
                Some(InteractionStatus::Pending) => asking_children(&state),
                _ if state.children.is_empty() => Vec::new(),
                _ => self.children(state.id()).await?,
            };
            below.truncate(left);
            left -= below.len();
            for some in below.chunks(limits::AT_ONCE) {
                open.extend(try_join_all(some.iter().map(|id| self.load_lean(id))).await?.into_iter().flatten());
            }
        }
        Ok(rows)
    }

    /// The first interactions of one part of a list after a place, one more than a page has.
    async fn in_list(
        &self,
        list: String,
        filter: &InteractionFilter,
        after: &Option<String>,
        limit: usize,
    ) -> Result<Part<Row>, StoreError> {
        let keys = Expression::new("l1 = :l AND l1s > :after")
            .with(":l", text(list))
            .with(":after", text(after.clone().unwrap_or_else(|| "0".into())));
        let mut query = Query { index: Some("lists"), keys, ..Query::default() };
        query.limit = i32::try_from(limit + 1).ok();
        let wanted: BTreeSet<String> = filter.assignees.iter().map(|who| who.to_ascii_lowercase()).collect();
        if !wanted.is_empty() {
            query.limit = Some(self.filtered());
        }
        // More names than an expression holds are looked for here, among all questions.
        if (1..=limits::FILTER_NAMES).contains(&wanted.len()) {
            query.filter =
                wanted.iter().enumerate().fold(Expression::new("attribute_not_exists(a)"), |all, (at, who)| {
                    let name = format!(":w{at}");
                    Expression { text: format!("{} OR contains(a, {name})", all.text), ..all }.with(&name, text(who))
                });
        }
        self.rows(query, limit, |item| row(item).map(|row| row.filter(|_| is_asked(item, &wanted)))).await
    }
}

/// The interactions of one execution that the filter lets through, each with its place in a list.
fn of_execution(state: &Execution, filter: &InteractionFilter) -> Vec<(String, Row)> {
    let may = |one: &Interaction| {
        let asked = |who: &String| one.assignees.iter().any(|person| person.eq_ignore_ascii_case(who));
        filter.assignees.is_empty() || one.assignees.is_empty() || filter.assignees.iter().any(asked)
    };
    let numbered = state.interactions.iter().enumerate();
    let matching = numbered.filter(|(_, one)| filter.status.is_none_or(|status| status == one.status) && may(one));
    let row = |(at, one): (usize, &Arc<Interaction>)| {
        (place_of(state, at, one), (state.id().clone(), one.interaction_id.clone()))
    };
    matching.map(row).collect()
}

/// Whether a question is put to one of these names, in lower case. All are let through where none is given, and a question
/// without assignees is everybody's.
fn is_asked(item: &Item, wanted: &BTreeSet<String>) -> bool {
    let asked = item.get("a").and_then(|people| people.as_ss().ok());
    wanted.is_empty() || asked.is_none_or(|asked| asked.iter().any(|one| wanted.contains(one)))
}

/// Reads a row of a list, with its place; `None` where the item is no question.
fn row(item: &Item) -> Result<Option<(String, Row)>, StoreError> {
    let Some(asked) = keys::question_of(need(item, "pk")?) else { return Ok(None) };
    Ok(Some((need(item, "l1s")?.into(), (need(item, "x")?.into(), asked))))
}

#[cfg(test)]
mod tests;
