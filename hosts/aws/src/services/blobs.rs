//! Values that are too large for an item of the table, as objects in S3.

use crate::{
    limits,
    services::{ports::Blobs, sdk::failed},
};
use async_trait::async_trait;
use aws_sdk_s3::{
    Client,
    error::ProvideErrorMetadata,
    primitives::ByteStream,
    types::{Delete, ObjectIdentifier},
};
use engine::port::StoreError;

/// The bucket that holds large values, each under a key of the store's choice.
pub struct S3 {
    client: Client,
    bucket: String,
}

impl S3 {
    /// `bucket` is the name of a bucket that exists.
    pub fn new(client: Client, bucket: String) -> Self {
        Self { client, bucket }
    }

    /// Removes up to 1,000 values in one request: the bound of S3's `DeleteObjects`.
    async fn remove_some(&self, keys: Vec<ObjectIdentifier>) -> Result<(), StoreError> {
        let what = Delete::builder().set_objects(Some(keys)).quiet(true).build();
        let what = what.map_err(|error| StoreError::Permanent(error.to_string()))?;
        let call = self.client.delete_objects().bucket(&self.bucket).delete(what).send();
        let answer = call.await.map_err(|error| failed("S3 DeleteObjects", &error))?;
        match answer.errors().first() {
            None => Ok(()),
            Some(one) => {
                let why = format!("S3 DeleteObjects: {}", one.message().or(one.code()).unwrap_or("no reason given"));
                let denied = one.code() == Some("AccessDenied");
                Err(if denied { StoreError::Permanent(why) } else { StoreError::Transient(why) })
            }
        }
    }
}

#[async_trait]
impl Blobs for S3 {
    async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let call = self.client.put_object().bucket(&self.bucket).key(key).body(ByteStream::from(bytes)).send();
        call.await.map(drop).map_err(|error| failed("S3 PutObject", &error))
    }

    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found = match self.client.get_object().bucket(&self.bucket).key(key).send().await {
            Err(error) if error.code() == Some("NoSuchKey") => return Ok(None),
            other => other.map_err(|error| failed("S3 GetObject", &error))?,
        };
        if found.content_length().is_some_and(|length| length > limits::BLOB_BYTES) {
            return Err(StoreError::Permanent(format!("S3 GetObject: {key} is larger than anything that is kept")));
        }
        let bytes = found.body.collect().await;
        Ok(Some(bytes.map_err(|error| StoreError::Transient(format!("S3 GetObject: {error}")))?.to_vec()))
    }

    async fn remove(&self, prefix: &str) -> Result<(), StoreError> {
        // Each round lists from the beginning, since the objects that were listed before are removed by then.
        loop {
            let call = self.client.list_objects_v2().bucket(&self.bucket).prefix(prefix).send();
            let answer = call.await.map_err(|error| failed("S3 ListObjectsV2", &error))?;
            let keys = answer.contents().iter().filter_map(|one| one.key());
            let keys: Result<Vec<_>, _> = keys.map(|key| ObjectIdentifier::builder().key(key).build()).collect();
            let keys = keys.map_err(|error| StoreError::Permanent(error.to_string()))?;
            let more = answer.is_truncated().unwrap_or_default();
            if !keys.is_empty() {
                self.remove_some(keys).await?;
            }
            if !more {
                return Ok(());
            }
        }
    }

    async fn remove_one(&self, key: &str) -> Result<(), StoreError> {
        let one = ObjectIdentifier::builder().key(key).build();
        self.remove_some(vec![one.map_err(|error| StoreError::Permanent(error.to_string()))?]).await
    }
}

#[cfg(test)]
mod tests;
