//! The keys and the indexes of the table, in one place. `infra/template.yaml` describes the same table for deployment,
//! and a test compares the two.

use crate::error::classify;
use aws_sdk_dynamodb::{
    Client,
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType,
    },
};
use engine::port::StoreError;

use super::dynamo::unbuilt;

/// The keys of the table or of one of its indexes; all keys are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Index {
    /// The index's name; `None` for the table itself.
    pub name: Option<&'static str>,
    /// The attribute that is the partition key.
    pub hash: &'static str,
    /// The attribute that is the sort key.
    pub range: &'static str,
    /// Whether the index holds the keys alone, and not every attribute of an item.
    pub keys_only: bool,
}

/// The table and its indexes. Only heads, questions, schedules and jobs bear the indexes' keys, so that a turn writes to no
/// index. `due` holds keys alone, so that a write that changes no due time costs nothing there.
pub const fn definition() -> [Index; 4] {
    [
        Index { name: None, hash: "pk", range: "sk", keys_only: false },
        Index { name: Some("lists"), hash: "l1", range: "l1s", keys_only: false },
        Index { name: Some("byworkflow"), hash: "l2", range: "l2s", keys_only: false },
        Index { name: Some("due"), hash: "d", range: "ds", keys_only: true },
    ]
}

/// Creates the table, for tests and emulators; in an account the template does.
///
/// # Errors
/// DynamoDB refused the table, or did not answer.
pub async fn create(client: &Client, table: &str) -> Result<(), StoreError> {
    let mut sent = client.create_table().table_name(table).billing_mode(BillingMode::PayPerRequest);
    for index in definition() {
        for name in [index.hash, index.range] {
            let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            sent = sent.attribute_definitions(attribute.build().map_err(unbuilt)?);
        }
        let keys = vec![key(index.hash, KeyType::Hash)?, key(index.range, KeyType::Range)?];
        sent = match index.name {
            None => sent.set_key_schema(Some(keys)),
            Some(name) => {
                let held = if index.keys_only { ProjectionType::KeysOnly } else { ProjectionType::All };
                let held = Projection::builder().projection_type(held).build();
                let index = GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys));
                sent.global_secondary_indexes(index.projection(held).build().map_err(unbuilt)?)
            }
        };
    }
    sent.send().await.map_err(|error| classify(&error))?;
    Ok(())
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, StoreError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().map_err(unbuilt)
}
