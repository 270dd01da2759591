//! Quotas of DynamoDB as token buckets that the world's clock fills: write units a second of each partition, of the table
//! and of its indexes, and of the table as a whole. A write of an index that is refused holds the table's write back, as
//! DynamoDB does.

use document::time::Time;
use serde_json::Value;
use std::collections::BTreeMap;

/// Write units a second.
#[derive(Clone, Copy, Debug)]
pub struct Quotas {
    /// Of one partition, of the table or of an index.
    pub partition: f64,
    /// Of the table with its indexes.
    pub table: f64,
}

/// The indexes, by the attribute that is their partition key.
const INDEXES: [&str; 3] = ["l1", "l2", "d"];

/// The name of the bucket of the whole table.
const TABLE: &str = "table";

/// What a bucket holds, and as of when. It holds what comes in within one second at most.
struct Bucket {
    units: f64,
    at: Time,
}

/// The buckets, and the keys that each item has in the indexes.
pub(super) struct Buckets {
    quotas: Quotas,
    now: Box<dyn Fn() -> Time + Send>,
    buckets: BTreeMap<String, Bucket>,
    keys: BTreeMap<String, BTreeMap<&'static str, String>>,
    /// Writes that were refused.
    pub refused: u64,
}

impl std::fmt::Debug for Buckets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buckets").field("quotas", &self.quotas).finish_non_exhaustive()
    }
}

/// A write of one item, as a request tells of it: the key, and what it makes of the keys of indexes. An index that is not
/// named keeps the key that it has.
struct Write {
    partition: String,
    sort: String,
    indexes: BTreeMap<&'static str, Option<String>>,
}

impl Buckets {
    pub fn new(quotas: Quotas, now: Box<dyn Fn() -> Time + Send>) -> Self {
        Self { quotas, now, buckets: BTreeMap::new(), keys: BTreeMap::new(), refused: 0 }
    }

    /// Takes what a request costs out of the buckets. False where one of them has too little: then nothing is taken.
    pub fn take(&mut self, kind: &str, body: &Value) -> bool {
        let writes = writes(kind, body);
        let mut costs = BTreeMap::<String, f64>::new();
        for write in &writes {
            let partitions = std::iter::once(format!("table {}", write.partition)).chain(self.of_indexes(write));
            for partition in partitions {
                *costs.entry(partition).or_default() += 1.0;
                *costs.entry(TABLE.into()).or_default() += 1.0;
            }
        }
        let now = (self.now)();
        for name in costs.keys() {
            let rate = if name == TABLE { self.quotas.table } else { self.quotas.partition };
            let bucket = self.buckets.entry(name.clone()).or_insert(Bucket { units: rate, at: now });
            bucket.units = (bucket.units + rate * now.since(bucket.at).as_secs_f64()).min(rate);
            bucket.at = now;
        }
        // What costs more than a bucket ever holds goes through when the bucket is full.
        let has = |(name, cost): (&String, &f64)| self.buckets[name].units >= cost.min(self.rate(name));
        if !costs.iter().all(has) {
            self.refused += 1;
            return false;
        }
        for (name, cost) in &costs {
            self.buckets.get_mut(name).expect("it was filled").units -= cost;
        }
        for write in writes {
            let keys = self.keys.entry(format!("{} {}", write.partition, write.sort)).or_default();
            for (index, key) in write.indexes {
                match key {
                    Some(key) => drop(keys.insert(index, key)),
                    None => drop(keys.remove(index)),
                }
            }
        }
        true
    }

    fn rate(&self, name: &str) -> f64 {
        if name == TABLE { self.quotas.table } else { self.quotas.partition }
    }

    /// The partitions of indexes that a write goes to: the one that it leaves, and the one that it comes to. `due` holds
    /// the time beside the key, which changes with every write that names it.
    fn of_indexes(&self, write: &Write) -> Vec<String> {
        let before = self.keys.get(&format!("{} {}", write.partition, write.sort));
        let mut partitions = Vec::new();
        for index in INDEXES {
            let old = before.and_then(|keys| keys.get(index));
            let new = write.indexes.get(index).map_or(old, |new| new.as_ref());
            let written = write.indexes.contains_key(index);
            match (old, new) {
                (Some(old), Some(new)) if old == new && index == "d" && !written => {}
                (Some(old), Some(new)) if old == new && index != "d" => partitions.push(format!("{index} {new}")),
                (old, new) => partitions.extend(old.into_iter().chain(new).map(|key| format!("{index} {key}"))),
            }
        }
        partitions
    }
}

fn text(value: &Value) -> Option<String> {
    value["S"].as_str().map(str::to_owned)
}

/// An item that is written whole.
fn whole(item: &Value) -> Option<Write> {
    let indexes = INDEXES.into_iter().map(|index| (index, text(&item[index]))).collect();
    Some(Write { partition: text(&item["pk"])?, sort: text(&item["sk"])?, indexes })
}

/// An item that is removed.
fn gone(key: &Value) -> Option<Write> {
    let indexes = INDEXES.into_iter().map(|index| (index, None)).collect();
    Some(Write { partition: text(&key["pk"])?, sort: text(&key["sk"])?, indexes })
}

/// An item of which attributes are changed: the update names them by `:l1`, `:l2` and `:d`, and removes `d` by its name.
fn changed(body: &Value) -> Option<Write> {
    let values = &body["ExpressionAttributeValues"];
    let removes = body["UpdateExpression"].as_str().is_some_and(|update| update.contains("REMOVE d"));
    let named = |index: &'static str| match text(&values[format!(":{index}")]) {
        Some(key) => Some((index, Some(key))),
        None if index == "d" && removes => Some((index, None)),
        None => None,
    };
    let key = &body["Key"];
    let indexes = INDEXES.into_iter().filter_map(named).collect();
    Some(Write { partition: text(&key["pk"])?, sort: text(&key["sk"])?, indexes })
}

/// The writes of a request; none of one that reads.
fn writes(kind: &str, body: &Value) -> Vec<Write> {
    let all = |values: &Value| values.as_array().cloned().unwrap_or_default();
    match kind {
        "PutItem" => whole(&body["Item"]).into_iter().collect(),
        "UpdateItem" => changed(body).into_iter().collect(),
        "DeleteItem" => gone(&body["Key"]).into_iter().collect(),
        "BatchWriteItem" => {
            let tables = body["RequestItems"].as_object().cloned().unwrap_or_default();
            let requests = tables.values().flat_map(all).collect::<Vec<_>>();
            requests.iter().filter_map(|one| whole(&one["PutRequest"]["Item"])).collect()
        }
        "TransactWriteItems" => {
            let items = all(&body["TransactItems"]);
            let put = |one: &Value| whole(&one["Put"]["Item"]).or_else(|| gone(&one["Delete"]["Key"]));
            items.iter().filter_map(put).collect()
        }
        _ => Vec::new(),
    }
}
