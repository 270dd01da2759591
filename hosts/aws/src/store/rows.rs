//! Stores the rows that a saved workflow has beside its versions, its schedules and event listeners: compressed, in
//! their item or, where they are many, in S3.

use super::{
    Table,
    item::{Item, bytes, bytes_of, need, text, text_of},
    keys,
    pack::{deflate, inflate},
};
use crate::limits;
use engine::port::StoreError;
use serde::{Serialize, de::DeserializeOwned};

impl Table {
    /// Puts rows into an item: as the attribute `b`, or in S3 with their key as `k`.
    pub(super) async fn insert_rows(&self, item: &mut Item, rows: &(impl Serialize + Sync)) -> Result<(), StoreError> {
        let broken = |error| StoreError::Permanent(format!("what goes with a workflow cannot be written: {error}"));
        let packed = deflate(&serde_json::to_vec(rows).map_err(broken)?);
        if packed.len() <= limits::DOCUMENT_BYTES {
            item.insert("b".into(), bytes(packed));
            return Ok(());
        }
        let row = (need(item, "pk")?, need(item, "sk")?);
        let key = self.put_object(row, &keys::rows(row.0), packed).await?;
        item.insert("k".into(), text(key));
        Ok(())
    }

    /// Reads the rows that [`Table::insert_rows`] put into an item.
    pub(super) async fn rows_of<T: DeserializeOwned>(&self, item: &Item) -> Result<T, StoreError> {
        let broken = |why: String| {
            let place = (text_of(item, "pk").unwrap_or("?"), text_of(item, "sk").unwrap_or("?"));
            StoreError::Permanent(format!("{} {} cannot be read: {why}", place.0, place.1))
        };
        let json = match bytes_of(item, "b") {
            Some(packed) => inflate(packed)?,
            None => {
                let kept = self.blobs.get(need(item, "k")?).await?;
                inflate(&kept.ok_or_else(|| broken("its rows are gone".into()))?)?
            }
        };
        serde_json::from_slice(&json).map_err(|error| broken(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use crate::{
        store::item::{keyed, size},
        tests::table::{Scripted, done},
    };
    use document::{id::sha256_hex, time::Time};

    #[tokio::test]
    async fn rows_fit_into_their_item_however_many_they_are() {
        let Scripted { table, script, .. } = Scripted::new(Time(0), false);
        // The note about the object of those that do not fit.
        script.then([done()]);
        // The many rows are 500 patterns of 4 KB, which deflate shortens by half at best.
        let noise = |n: u32| (0..64u32).map(|part| sha256_hex(&(n * 64 + part).to_le_bytes())).collect::<String>();
        for (rows, inline) in [(vec!["a".to_owned()], true), ((0..500).map(noise).collect(), false)] {
            let mut item = keyed("w#o", "l#w");
            table.insert_rows(&mut item, &rows).await.unwrap();
            assert_eq!(item.contains_key("b"), inline);
            assert!(size(&item) < 100_000, "{}", size(&item));
            assert_eq!(table.rows_of::<Vec<String>>(&item).await.unwrap(), rows);
        }
        assert_eq!(script.asked().len(), 1);
    }
}
