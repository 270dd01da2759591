//! A version of a saved workflow, as its row has it.

use super::{
    item::{Item, keyed, need, number, number_of, text},
    keys,
};
use document::time::Time;
use engine::port::StoreError;

/// A version of a saved workflow, of which only `deleted` ever changes. Its own item and the pointer to the latest version
/// hold the same attributes.
#[derive(Clone)]
pub(super) struct Version {
    /// Its number, from 1.
    pub version: u64,
    /// The hash of its document.
    pub hash: String,
    /// When it was saved.
    pub saved_at: Time,
    /// Whether the workflow was deleted since.
    pub deleted: bool,
}

impl Version {
    /// Reads an item.
    pub fn read(item: &Item) -> Result<Self, StoreError> {
        Ok(Self {
            version: number_of(item, "v").unwrap_or_default(),
            hash: need(item, "h")?.into(),
            saved_at: Time(number_of(item, "at").unwrap_or_default()),
            deleted: item.contains_key("deleted"),
        })
    }

    /// The item under a sort key: its own, or the pointer's.
    pub fn item(&self, owner: &str, sort: &str) -> Item {
        let mut item = keyed(&keys::catalogue(owner), sort);
        item.insert("v".into(), number(self.version));
        item.insert("h".into(), text(&self.hash));
        item.insert("at".into(), number(self.saved_at.0));
        if self.deleted {
            item.insert("deleted".into(), number(1));
        }
        item
    }
}

/// The key by which a version is remembered. No sort key has the character between.
pub(super) fn known_as(owner: &str, sort: &str) -> String {
    format!("{sort}\n{owner}")
}
