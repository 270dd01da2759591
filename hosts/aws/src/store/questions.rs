//! Questions to people: one item each, in a partition of its own, so that who asks is found by the question's id alone.
//! Written before anybody is told, and again when the question is over.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, Item, keyed, need, number, text},
    keys,
    lists::{Part, bad_cursor, hex, place},
};
use crate::{
    limits,
    meter::{Purpose, nobodys, of},
};
use aws_sdk_dynamodb::types::AttributeValue;
use engine::port::{InteractionFilter, Page, StoreError, Window};
use futures::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};
use stepwell_core::{
    effect::Effect,
    execution::Execution,
    id::{ExecutionId, InteractionId},
    interaction::{Interaction, InteractionStatus},
};

/// A row of a list: who asks, and what.
type Row = (ExecutionId, InteractionId);

/// Soonest deadline first, then oldest.
fn place_of(state: &Execution, at: usize, one: &Interaction) -> String {
    let deadline = keys::time(one.deadline.unwrap_or(keys::LAST_TIME));
    format!("{deadline}#{}#{}#{at:06}", keys::time(one.created_at), state.id())
}

fn item(state: &Execution, at: usize, one: &Interaction) -> Item {
    let owner = &state.started.owner;
    let mut item = keyed(&keys::question(&one.interaction_id), keys::QUESTION);
    item.insert("x".into(), text(state.id().as_str()));
    item.insert("sq".into(), number(state.seq));
    item.insert("l1".into(), text(keys::questions(owner, one.status)));
    item.insert("l1s".into(), text(place_of(state, at, one)));
    if !one.assignees.is_empty() {
        // A set, which holds each once, in lower case, since people answer in any.
        let fits = |person: &&String| !person.is_empty() && person.len() <= limits::PERSON_BYTES;
        let people = one.assignees.iter().filter(fits).take(engine::limits::PEOPLE);
        let people: BTreeSet<String> = people.map(|person| person.to_ascii_lowercase()).collect();
        let mut people: Vec<String> = people.into_iter().collect();
        if people.is_empty() {
            // Nobody at all; without the attribute it would be everybody.
            people.push(" ".into());
        }
        item.insert("a".into(), AttributeValue::Ss(people));
    }
    item
}

impl Table {
    /// Writes the questions that effects tell people of, or take back. To be called at the beginning of
    /// [`engine::port::Store::deliver`]: who is told can answer at once.
    ///
    /// # Errors
    /// Where they cannot be written.
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
            let newer = Expression::new("attribute_not_exists(pk) OR sq < :sq").with(":sq", number(state.seq));
            self.db.put(of(Purpose::Head, id), item(&state, at, one), newer)
        });
        try_join_all(writes).await.map(drop)
    }

    /// The execution that asks.
    ///
    /// # Errors
    /// Where the table does not answer.
    pub async fn asks(&self, interaction: &InteractionId) -> Result<Option<ExecutionId>, StoreError> {
        let partition = keys::question(interaction);
        let found = self.db.get(nobodys(Purpose::Other), &partition, keys::QUESTION, true).await?;
        found.map(|item| need(&item, "x").map(Into::into)).transpose()
    }

    /// Soonest deadline first (see [`engine::port::Store::interactions`]).
    ///
    /// # Errors
    /// Where the table does not answer, or the cursor is none of this list.
    pub async fn interactions(
        &self,
        filter: &InteractionFilter,
        window: &Window,
    ) -> Result<Page<(ExecutionId, InteractionId)>, StoreError> {
        let limit = window.limit.clamp(1, limits::PAGE);
        let after = window.cursor.as_deref().map(|text| place(text).ok_or_else(|| bad_cursor(text))).transpose()?;
        let (rows, read_to): (BTreeMap<String, Row>, Option<String>) = match &filter.execution_id {
            Some(id) => (self.of_execution(id, filter).await?, None),
            None => {
                let wanted = |status: &&InteractionStatus| filter.status.is_none_or(|wanted| wanted == **status);
                let asked = InteractionStatus::ALL.iter().filter(wanted);
                let parts = asked.map(|status| self.in_status(*status, filter, &after, limit));
                let parts = try_join_all(parts).await?;
                // Later ones may be missing.
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

    /// Those of one execution, from its state.
    async fn of_execution(
        &self,
        id: &ExecutionId,
        filter: &InteractionFilter,
    ) -> Result<BTreeMap<String, Row>, StoreError> {
        let state = self.load_lean(id).await?.filter(|state| state.started.owner == filter.owner);
        let Some(state) = state else { return Ok(BTreeMap::new()) };
        let may = |one: &Interaction, who: &String| {
            one.assignees.is_empty() || one.assignees.iter().any(|person| person.eq_ignore_ascii_case(who))
        };
        let numbered = state.interactions.iter().enumerate();
        let matching = numbered.filter(|(_, one)| {
            filter.status.is_none_or(|status| status == one.status)
                && filter.assignee.as_ref().is_none_or(|who| may(one, who))
        });
        Ok(matching.map(|(at, one)| (place_of(&state, at, one), (id.clone(), one.interaction_id.clone()))).collect())
    }

    async fn in_status(
        &self,
        status: InteractionStatus,
        filter: &InteractionFilter,
        after: &Option<String>,
        limit: usize,
    ) -> Result<Part<Row>, StoreError> {
        let keys = Expression::new("l1 = :l AND l1s > :after")
            .with(":l", text(keys::questions(&filter.owner, status)))
            .with(":after", text(after.clone().unwrap_or_else(|| "0".into())));
        let mut query = Query { index: Some("lists"), keys, ..Query::default() };
        query.limit = i32::try_from(limit + 1).ok();
        if let Some(who) = &filter.assignee {
            let who = text(who.to_ascii_lowercase());
            query.filter = Expression::new("attribute_not_exists(a) OR contains(a, :who)").with(":who", who);
            query.limit = Some(limits::FILTERED);
        }
        self.rows(query, limit, row).await
    }
}

/// A row, with its place.
fn row(item: &Item) -> Result<Option<(String, Row)>, StoreError> {
    let Some(asked) = keys::question_of(need(item, "pk")?) else { return Ok(None) };
    Ok(Some((need(item, "l1s")?.into(), (need(item, "x")?.into(), asked))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        store::item::size,
        tests::story::{Story, document},
    };
    use serde_json::json;

    #[test]
    fn a_question_fits_into_its_item_whoever_is_asked() {
        let story = Story::opened(&document("approval", json!({"question": "Pay?"})));
        let asking =
            |assignees: Vec<String>| item(&story.state, 0, &Interaction { assignees, ..story.question().clone() });
        let people = |item: &Item| item.get("a").and_then(|people| people.as_ss().ok()).cloned().unwrap_or_default();
        let many = asking((0..5_000).map(|n| format!("{n:0>300}@x.org")).collect());
        assert_eq!(people(&many).len(), engine::limits::PEOPLE);
        assert!(size(&many) < 400_000, "{}", size(&many));
        assert_eq!(people(&asking(vec![String::new(), "x".repeat(100_000)])), [" "], "it is not for everybody");
        assert!(people(&asking(vec![])).is_empty());
    }
}
