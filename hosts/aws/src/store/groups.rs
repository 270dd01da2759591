//! Groups of people: one item each, in a partition of their owner. `g` is the group, and `a` the set of its members in
//! lower case. An owner's groups are few and small, so a person's groups are found by going through them: one query, and
//! a group and its members are never apart.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, keyed, need, text},
    keys,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use engine::port::{Group, Groups, Page, StoreError, Window};
use std::collections::BTreeSet;

#[async_trait]
impl Groups for Table {
    async fn group(&self, owner: &str, name: &str) -> Result<Option<Group>, StoreError> {
        let sort = name.to_ascii_lowercase();
        // A sort key is never empty, and neither is a group's name.
        if sort.is_empty() {
            return Ok(None);
        }
        let item = self.db.get(nobodys(Purpose::Other), &keys::groups(owner), &sort, true).await?;
        item.map(|item| read(need(&item, "g")?)).transpose()
    }

    async fn set_group(&self, owner: &str, group: Group) -> Result<(), StoreError> {
        let unwritable = |error| StoreError::Permanent(format!("a group cannot be written: {error}"));
        let mut item = keyed(&keys::groups(owner), &group.name.to_ascii_lowercase());
        item.insert("g".into(), text(serde_json::to_string(&group).map_err(unwritable)?));
        let members: BTreeSet<String> = group.members.iter().map(|member| member.to_ascii_lowercase()).collect();
        // DynamoDB holds no empty set: a group without members has none.
        if !members.is_empty() {
            item.insert("a".into(), AttributeValue::Ss(members.into_iter().collect()));
        }
        self.db.put(nobodys(Purpose::Other), item, Expression::default()).await.map(drop)
    }

    async fn remove_group(&self, owner: &str, name: &str) -> Result<bool, StoreError> {
        if self.group(owner, name).await?.is_none() {
            return Ok(false);
        }
        let sort = name.to_ascii_lowercase();
        self.db.delete(nobodys(Purpose::Other), &keys::groups(owner), &sort, Expression::default()).await?;
        Ok(true)
    }

    async fn groups(&self, owner: &str, window: &Window) -> Result<Page<Group>, StoreError> {
        let limit = window.limit.clamp(1, limits::PAGE);
        let mut keys = Expression::new("pk = :p").with(":p", text(keys::groups(owner)));
        if let Some(after) = window.cursor.as_deref().filter(|after| !after.is_empty()) {
            keys = keys.and("sk > :after").with(":after", text(after));
        }
        let wanted = i32::try_from(limit + 1).ok();
        let mut query = Query { keys, consistent: true, limit: wanted, ..Query::default() };
        let mut items: Vec<Group> = Vec::new();
        while items.len() <= limit {
            let page = self.db.query(nobodys(Purpose::Other), &query).await?;
            for item in &page.items {
                items.push(read(need(item, "g")?)?);
            }
            match page.next {
                Some(next) => query.from = Some(next),
                None => break,
            }
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.name.to_ascii_lowercase());
        Ok(Page { items, next_cursor })
    }

    async fn groups_of(&self, owner: &str, subject: &str) -> Result<Vec<String>, StoreError> {
        let keys = Expression::new("pk = :p").with(":p", text(keys::groups(owner)));
        let filter = Expression::new("contains(a, :who)").with(":who", text(subject.to_ascii_lowercase()));
        let query = Query { keys, filter, consistent: true, wanted: "sk", ..Query::default() };
        let found = self.db.query_all(nobodys(Purpose::Other), query).await?;
        found.iter().map(|item| Ok(need(item, "sk")?.to_owned())).collect()
    }
}

fn read(body: &str) -> Result<Group, StoreError> {
    serde_json::from_str(body).map_err(|error| StoreError::Permanent(format!("a stored group cannot be read: {error}")))
}
