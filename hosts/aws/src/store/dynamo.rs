//! The calls of DynamoDB that this store makes. Each is tried again after a temporary failure, and each is counted;
//! none of them is a scan.

use super::item::{Expression, Item};
use crate::{
    billing::meter::{Meter, Use},
    error::{Failure, Patience, classify},
    limits,
};
use aws_sdk_dynamodb::{
    Client,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::{
        AttributeValue, ConsumedCapacity, PutRequest, ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure,
        Select, TransactWriteItem, WriteRequest,
    },
};
use engine::port::StoreError;
use std::{collections::HashMap, sync::Arc};

/// What became of a conditional write.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    /// The write is durable.
    Yes,
    /// The condition did not hold. The item that is there comes along, where there is one.
    No(Option<Item>),
}

/// A query of one partition.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// The index to query; `None` for the table itself.
    pub index: Option<&'static str>,
    /// The condition on the keys.
    pub keys: Expression,
    /// A condition on the items that are read; empty for none.
    pub filter: Expression,
    /// The attributes wanted, with commas between; empty for all.
    pub wanted: &'static str,
    /// Whether the largest sort key comes first.
    pub backwards: bool,
    /// Number of items that are read at most, before the filter; `None` for a page of 1 MB.
    pub limit: Option<i32>,
    /// Whether the read is strongly consistent, which an index cannot be.
    pub consistent: bool,
    /// Whether only the number of items is wanted.
    pub counting: bool,
    /// The key with which an earlier page ended; `None` for the first page.
    pub from: Option<Item>,
}

/// A page of a query.
#[derive(Debug, Default)]
pub struct Found {
    /// The items in the order of their sort keys; none where only their number is wanted.
    pub items: Vec<Item>,
    /// Number of items on the page.
    pub count: u64,
    /// The key after which the next page begins; `None` at the end.
    pub next: Option<Item>,
}

/// Makes the calls of one table, and counts them.
pub struct Dynamo {
    client: Client,
    table: String,
    meter: Arc<Meter>,
    patience: Patience,
}

/// A write whose condition did not hold. An empty item counts as none.
fn refused(item: Option<HashMap<String, AttributeValue>>) -> Written {
    Written::No(item.filter(|item| !item.is_empty()))
}

/// `None` for an empty text or map, since DynamoDB refuses empty expressions.
fn some<T: IsEmpty>(value: T) -> Option<T> {
    if value.is_empty() { None } else { Some(value) }
}

/// What can be left out of a request because it is empty.
trait IsEmpty {
    fn is_empty(&self) -> bool;
}

impl IsEmpty for String {
    fn is_empty(&self) -> bool {
        str::is_empty(self)
    }
}

impl<V> IsEmpty for HashMap<String, V> {
    fn is_empty(&self) -> bool {
        HashMap::is_empty(self)
    }
}

impl Dynamo {
    /// `client` tries each call once; `patience` says how often it is tried here.
    pub fn new(client: Client, table: &str, meter: Arc<Meter>, patience: Patience) -> Self {
        Self { client, table: table.into(), meter, patience }
    }

    fn count(&self, call: &'static str, wrote: bool, to: Use<'_>, capacity: Option<&ConsumedCapacity>) {
        self.meter.used(call, wrote, to, capacity.as_slice());
    }

    /// Reads one item by its key.
    pub async fn get(
        &self,
        to: Use<'_>,
        partition: &str,
        sort: &str,
        consistent: bool,
    ) -> Result<Option<Item>, StoreError> {
        let key = super::item::keyed(partition, sort);
        let call = || async {
            let sent = self.client.get_item().table_name(&self.table).set_key(Some(key.clone()));
            let sent = sent.consistent_read(consistent).return_consumed_capacity(ReturnConsumedCapacity::Indexes);
            sent.send().await.map_err(|error| classify(&error))
        };
        let found = self.patience.call(call).await?;
        self.count("GetItem", false, to, found.consumed_capacity());
        Ok(found.item)
    }

    /// Writes an item whole, in the place of the one with its key, where a condition holds.
    pub async fn put(&self, to: Use<'_>, item: Item, condition: Expression) -> Result<Written, StoreError> {
        let call = || async {
            let sent = self.client.put_item().table_name(&self.table).set_item(Some(item.clone()));
            let sent = sent
                .set_condition_expression(some(condition.text.clone()))
                .set_expression_attribute_names(some(condition.names.clone()))
                .set_expression_attribute_values(some(condition.values.clone()))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
            match sent.send().await {
                Ok(done) => {
                    self.count("PutItem", true, to, done.consumed_capacity());
                    Ok(Written::Yes)
                }
                Err(error) => match (classify(&error), error.into_service_error()) {
                    (Failure::Refused, PutItemError::ConditionalCheckFailedException(told)) => Ok(refused(told.item)),
                    (failure, _) => Err(failure),
                },
            }
        };
        Ok(self.patience.call(call).await?)
    }

    /// Changes attributes of an item, where a condition holds. `condition` holds the names and values of `update` too.
    pub async fn update(
        &self,
        to: Use<'_>,
        key: (&str, &str),
        update: &str,
        condition: Expression,
    ) -> Result<Written, StoreError> {
        let key = super::item::keyed(key.0, key.1);
        let call = || async {
            let sent = self.client.update_item().table_name(&self.table).set_key(Some(key.clone()));
            let sent = sent
                .update_expression(update)
                .set_condition_expression(some(condition.text.clone()))
                .set_expression_attribute_names(some(condition.names.clone()))
                .set_expression_attribute_values(some(condition.values.clone()))
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
                .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
            match sent.send().await {
                Ok(done) => {
                    self.count("UpdateItem", true, to, done.consumed_capacity());
                    Ok(Written::Yes)
                }
                Err(error) => match (classify(&error), error.into_service_error()) {
                    (Failure::Refused, UpdateItemError::ConditionalCheckFailedException(told)) => {
                        Ok(refused(told.item))
                    }
                    (failure, _) => Err(failure),
                },
            }
        };
        Ok(self.patience.call(call).await?)
    }

    /// Removes an item, where a condition holds. Returns whether it held.
    pub async fn delete(
        &self,
        to: Use<'_>,
        partition: &str,
        sort: &str,
        condition: Expression,
    ) -> Result<bool, StoreError> {
        let key = super::item::keyed(partition, sort);
        let call = || async {
            let sent = self.client.delete_item().table_name(&self.table).set_key(Some(key.clone()));
            let sent = sent
                .set_condition_expression(some(condition.text.clone()))
                .set_expression_attribute_names(some(condition.names.clone()))
                .set_expression_attribute_values(some(condition.values.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
            match sent.send().await.map_err(|error| classify(&error)) {
                Ok(done) => {
                    self.count("DeleteItem", true, to, done.consumed_capacity());
                    Ok(true)
                }
                Err(Failure::Refused) => Ok(false),
                Err(other) => Err(other),
            }
        };
        Ok(self.patience.call(call).await?)
    }

    /// Reads one page of a query.
    pub async fn query(&self, to: Use<'_>, query: &Query) -> Result<Found, StoreError> {
        let Query { keys, filter, .. } = query;
        // A request has one map for the names and values of both expressions.
        let merged = |a: &HashMap<String, AttributeValue>, b: &HashMap<String, AttributeValue>| {
            a.iter().chain(b).map(|(name, value)| (name.clone(), value.clone())).collect::<HashMap<_, _>>()
        };
        let call = || async {
            let names = keys.names.iter().chain(&filter.names).map(|(short, name)| (short.clone(), name.clone()));
            let sent = self.client.query().table_name(&self.table).set_index_name(query.index.map(Into::into));
            let sent = sent
                .key_condition_expression(&keys.text)
                .set_filter_expression(some(filter.text.clone()))
                .set_projection_expression(some(query.wanted.to_owned()))
                .set_expression_attribute_names(some(names.collect::<HashMap<_, _>>()))
                .set_expression_attribute_values(some(merged(&keys.values, &filter.values)))
                .scan_index_forward(!query.backwards)
                .set_limit(query.limit)
                .consistent_read(query.consistent)
                .set_select(query.counting.then_some(Select::Count))
                .set_exclusive_start_key(query.from.clone())
                .return_consumed_capacity(ReturnConsumedCapacity::Indexes);
            sent.send().await.map_err(|error| classify(&error))
        };
        let found = self.patience.call(call).await?;
        self.count("Query", false, to, found.consumed_capacity());
        let count = u64::try_from(found.count()).unwrap_or_default();
        let next = found.last_evaluated_key.filter(|key| !key.is_empty());
        Ok(Found { items: found.items.unwrap_or_default(), count, next })
    }

    /// Reads all items of a query, page by page.
    pub async fn query_all(&self, to: Use<'_>, mut query: Query) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        loop {
            let found = self.query(to, &query).await?;
            items.extend(found.items);
            match found.next {
                Some(next) => query.from = Some(next),
                None => return Ok(items),
            }
        }
    }

    /// Writes items whole and without conditions, in their order, one batch after the other.
    pub async fn put_all(&self, to: Use<'_>, items: Vec<Item>) -> Result<(), StoreError> {
        let write = |item: Item| {
            let put = PutRequest::builder().set_item(Some(item)).build();
            put.map(|put| WriteRequest::builder().put_request(put).build())
        };
        let mut left = items.into_iter().map(write).collect::<Result<Vec<_>, _>>().map_err(unbuilt)?;
        while !left.is_empty() {
            let batch: Vec<WriteRequest> = left.drain(..left.len().min(limits::BATCH)).collect();
            let call = || async {
                let sent = self.client.batch_write_item().request_items(&self.table, batch.clone());
                let sent = sent.return_consumed_capacity(ReturnConsumedCapacity::Indexes);
                sent.send().await.map_err(|error| classify(&error))
            };
            let done = self.patience.call(call).await?;
            let used: Vec<&ConsumedCapacity> = done.consumed_capacity().iter().collect();
            self.meter.used("BatchWriteItem", true, to, &used);
            let mut over: Vec<WriteRequest> =
                done.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            // A throttled table gives writes back. Where it takes none at all, going on would not end.
            if over.len() == batch.len() {
                return Err(StoreError::Transient("DynamoDB took none of a batch of writes".into()));
            }
            // The writes that were given back come before those that follow, so that the order is kept.
            over.append(&mut left);
            left = over;
        }
        Ok(())
    }

    /// Makes several writes or none. Returns whether all their conditions held. A transaction costs twice the units of
    /// its writes, so nothing that happens at every step uses one.
    pub async fn transact(&self, to: Use<'_>, writes: Vec<TransactWriteItem>) -> Result<bool, StoreError> {
        // Every try bears the same token, so that a try whose answer was lost is not done twice.
        let token = uuid::Uuid::now_v7().to_string();
        let call = || async {
            let sent = self.client.transact_write_items().set_transact_items(Some(writes.clone()));
            let sent = sent.client_request_token(&token);
            let sent = sent.return_consumed_capacity(ReturnConsumedCapacity::Indexes);
            match sent.send().await.map_err(|error| classify(&error)) {
                Ok(done) => {
                    let used: Vec<&ConsumedCapacity> = done.consumed_capacity().iter().collect();
                    self.meter.used("TransactWriteItems", true, to, &used);
                    Ok(true)
                }
                Err(Failure::Refused) => Ok(false),
                Err(other) => Err(other),
            }
        };
        Ok(self.patience.call(call).await?)
    }

    /// The name of the table in DynamoDB.
    pub fn table(&self) -> &str {
        &self.table
    }
}

/// The error of a request that the SDK cannot build, since a part of it is missing.
pub fn unbuilt(error: impl std::fmt::Display) -> StoreError {
    StoreError::Permanent(format!("a request could not be built: {error}"))
}
