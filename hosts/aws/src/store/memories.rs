//! Conversations that agents remember: a partition for each, with an item for what each agent added, and a head in a
//! partition of their owner. One whose time is over counts as forgotten; what is added to it next removes what it held.

use super::{
    Table,
    dynamo::{Query, Written},
    item::{Expression, Item, keyed, need, number, text, text_of},
    keys,
};
use crate::{
    billing::meter::{Purpose, nobodys},
    limits,
};
use async_trait::async_trait;
use document::time::Time;
use engine::port::{Conversation, Memories, Page, Remembered, StoreError, Window};

/// Who had every part in a conversation, in its head; absent where several had, or where nobody knows of one.
const ONLY: &str = "w";

#[async_trait]
impl Memories for Table {
    async fn remember(&self, owner: &str, key: &str, said: &Remembered, now: Time) -> Result<(), StoreError> {
        let unwritable = |error| StoreError::Permanent(format!("a conversation cannot be written: {error}"));
        let sort = format!("{:015}#{}", said.at.0.max(0), said.id);
        let mut item = keyed(&keys::memory(owner, key), &sort);
        item.insert("b".into(), text(serde_json::to_string(said).map_err(unwritable)?));
        // The head comes first, since by it what was added is found, and forgotten.
        let mut tries = 0;
        while !self.add_to_head(owner, key, said, now).await? {
            tries += 1;
            if tries == limits::HEAD_TRIES {
                return Err(StoreError::Transient("a conversation is being added to by many".into()));
            }
        }
        self.db.put(nobodys(Purpose::Other), item, Expression::default()).await.map(drop)
    }

    async fn recall(&self, owner: &str, key: &str, most: usize, now: Time) -> Result<Vec<Remembered>, StoreError> {
        if self.conversation(owner, key, now).await?.is_none() {
            return Ok(Vec::new());
        }
        let keys = Expression::new("pk = :p").with(":p", text(keys::memory(owner, key)));
        let limit = i32::try_from(most).ok();
        let query = Query { keys, consistent: true, limit, backwards: true, ..Query::default() };
        let page = self.db.query(nobodys(Purpose::Other), &query).await?;
        let unread = |error| StoreError::Permanent(format!("a stored conversation cannot be read: {error}"));
        page.items.iter().rev().map(|item| serde_json::from_str(need(item, "b")?).map_err(unread)).collect()
    }

    async fn conversation(&self, owner: &str, key: &str, now: Time) -> Result<Option<Conversation>, StoreError> {
        let head = self.db.get(nobodys(Purpose::Other), &keys::memories(owner), key, true).await?;
        Ok(head.as_ref().map(conversation).transpose()?.filter(|one| one.until >= now))
    }

    async fn conversations(
        &self,
        owner: &str,
        of: Option<&str>,
        window: &Window,
        now: Time,
    ) -> Result<Page<Conversation>, StoreError> {
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
                let is_meant = |one: &Conversation| one.until >= now && of.is_none_or(|person| one.is_of(person));
                items.extend(Some(conversation(item)?).filter(is_meant));
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
    /// Writes the head of a conversation to which something is added. False where another was faster.
    async fn add_to_head(&self, owner: &str, key: &str, said: &Remembered, now: Time) -> Result<bool, StoreError> {
        let partition = keys::memories(owner);
        let found = self.db.get(nobodys(Purpose::Other), &partition, key, true).await?;
        let mut before = found.as_ref().map(conversation).transpose()?;
        if before.take_if(|one| one.until < now).is_some() {
            self.forget(owner, key).await?;
        }
        // Of two that end at the same time the later one counts.
        let (at, until, by) = match &before {
            None => (said.at, said.until, said.by.as_deref()),
            Some(one) if one.at < said.at => (said.at, said.until, one.with_part_of(said.by.as_deref())),
            Some(one) => (one.at, one.until, one.with_part_of(said.by.as_deref())),
        };
        let mut head = keyed(&partition, key);
        head.insert("at".into(), number(at.0));
        head.insert("u".into(), number(until.0));
        head.insert("d".into(), text(keys::CONVERSATIONS));
        head.insert("ds".into(), text(keys::time(until)));
        if let Some(by) = by {
            head.insert(ONLY.into(), text(by));
        }
        let as_read = match &before {
            None => Expression::new("attribute_not_exists(pk)"),
            Some(one) => {
                let same = Expression::new("#at = :at").naming("#at", "at").with(":at", number(one.at.0));
                match &one.by {
                    Some(by) => same.and("#w = :w").naming("#w", ONLY).with(":w", text(by)),
                    None => same.and("attribute_not_exists(#w)").naming("#w", ONLY),
                }
            }
        };
        Ok(self.db.put(nobodys(Purpose::Other), head, as_read).await? == Written::Yes)
    }

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
    let by = text_of(item, ONLY).map(str::to_owned);
    Ok(Conversation { key: need(item, "sk")?.to_owned(), at: time("at")?, until: time("u")?, by })
}
