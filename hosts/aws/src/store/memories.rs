//! Conversations that agents remember: a partition for each, with an item for what each agent added, and a head in a
//! partition of their owner. One whose time is over counts as forgotten; what is added to it next removes what it held.

use super::{
    Table,
    dynamo::Query,
    item::{Expression, Item, keyed, need, number, text},
    keys,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Conversation, Memories, Page, Remembered, StoreError, Window};

#[async_trait]
impl Memories for Table {
    async fn remember(&self, owner: &str, key: &str, said: &Remembered, now: Time) -> Result<(), StoreError> {
        let head = self.db.get(nobodys(Purpose::Other), &keys::memories(owner), key, true).await?;
        if head.is_some_and(|head| conversation(&head).is_ok_and(|one| one.until < now)) {
            self.forget(owner, key).await?;
        }
        let unwritable = |error| StoreError::Permanent(format!("a conversation cannot be written: {error}"));
        let sort = format!("{:015}#{}", said.at.0.max(0), said.id);
        let mut item = keyed(&keys::memory(owner, key), &sort);
        item.insert("b".into(), text(serde_json::to_string(said).map_err(unwritable)?));
        // The head comes first, since by it what was added is found, and forgotten.
        let mut head = keyed(&keys::memories(owner), key);
        head.insert("at".into(), number(said.at.0));
        head.insert("u".into(), number(said.until.0));
        head.insert("d".into(), text(keys::CONVERSATIONS));
        head.insert("ds".into(), text(keys::time(said.until)));
        // Of two that end at the same time the later one counts.
        let newer =
            Expression::new("attribute_not_exists(pk) OR #at < :at").naming("#at", "at").with(":at", number(said.at.0));
        self.db.put(nobodys(Purpose::Other), head, newer).await?;
        self.db.put(nobodys(Purpose::Other), item, Expression::default()).await.map(drop)
    }

    async fn recall(&self, owner: &str, key: &str, most: usize, now: Time) -> Result<Vec<Remembered>, StoreError> {
        let Some(head) = self.db.get(nobodys(Purpose::Other), &keys::memories(owner), key, true).await? else {
            return Ok(Vec::new());
        };
        if conversation(&head)?.until < now {
            return Ok(Vec::new());
        }
        let keys = Expression::new("pk = :p").with(":p", text(keys::memory(owner, key)));
        let limit = i32::try_from(most).ok();
        let query = Query { keys, consistent: true, limit, backwards: true, ..Query::default() };
        let page = self.db.query(nobodys(Purpose::Other), &query).await?;
        let unread = |error| StoreError::Permanent(format!("a stored conversation cannot be read: {error}"));
        page.items.iter().rev().map(|item| serde_json::from_str(need(item, "b")?).map_err(unread)).collect()
    }

    async fn conversations(&self, owner: &str, window: &Window, now: Time) -> Result<Page<Conversation>, StoreError> {
        let limit = window.limit.clamp(1, limits::PAGE);
        let mut keys = Expression::new("pk = :p").with(":p", text(keys::memories(owner)));
        if let Some(after) = window.cursor.as_deref().filter(|after| !after.is_empty()) {
            keys = keys.and("sk > :after").with(":after", text(after));
        }
        let mut query = Query { keys, consistent: true, limit: i32::try_from(limit + 1).ok(), ..Query::default() };
        let mut items: Vec<Conversation> = Vec::new();
        while items.len() <= limit {
            let page = self.db.query(nobodys(Purpose::Other), &query).await?;
            for item in &page.items {
                items.extend(Some(conversation(item)?).filter(|one| one.until >= now));
            }
            match page.next {
                Some(next) => query.from = Some(next),
                None => break,
            }
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| last.key.clone());
        Ok(Page { items, next_cursor })
    }

    async fn forget(&self, owner: &str, key: &str) -> Result<bool, StoreError> {
        let was = self.db.get(nobodys(Purpose::Other), &keys::memories(owner), key, true).await?.is_some();
        let all = Expression::new("pk = :p").with(":p", text(keys::memory(owner, key)));
        let query = Query { keys: all, consistent: true, wanted: "sk", ..Query::default() };
        for item in self.db.query_all(nobodys(Purpose::Other), query).await? {
            let sort = need(&item, "sk")?;
            self.db.delete(nobodys(Purpose::Other), &keys::memory(owner, key), sort, Expression::default()).await?;
        }
        self.db.delete(nobodys(Purpose::Other), &keys::memories(owner), key, Expression::default()).await?;
        Ok(was)
    }
}

impl Table {
    /// Removes conversations that are forgotten by now, some at a time. Returns how many.
    ///
    /// # Errors
    /// The table does not answer.
    pub async fn remove_forgotten_conversations(&self) -> Result<usize, StoreError> {
        let now = self.now();
        let mut removed = 0;
        for item in self.due_in(keys::CONVERSATIONS, now).await? {
            let (partition, key) = (need(&item, "pk")?, need(&item, "sk")?);
            let Some(owner) = keys::memories_of(partition) else { continue };
            // The index lags behind: something may have been added since.
            let head = self.db.get(nobodys(Purpose::Other), partition, key, true).await?;
            if head.is_some_and(|head| conversation(&head).is_ok_and(|one| one.until < now)) {
                removed += usize::from(self.forget(owner, key).await?);
            }
        }
        Ok(removed)
    }
}

fn conversation(item: &Item) -> Result<Conversation, StoreError> {
    let time = |key: &str| -> Result<Time, StoreError> {
        let found = super::item::number_of(item, key);
        found.map(Time).ok_or_else(|| StoreError::Permanent(format!("a stored conversation has no `{key}`")))
    };
    Ok(Conversation { key: need(item, "sk")?.to_owned(), at: time("at")?, until: time("u")? })
}
