//! What the adapters beside the table make of the SDK's errors.

use crate::error::{Failure, classify};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use engine::port::StoreError;

/// What a failed call means for the caller, and which call it was.
pub(crate) fn failed<E>(call: &str, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match classify(error) {
        Failure::Transient(why) => StoreError::Transient(format!("{call}: {why}")),
        Failure::Permanent(why) => StoreError::Permanent(format!("{call}: {why}")),
        Failure::Refused => StoreError::Conflict,
    }
}

/// The same, for calls that carry a token or a credential: a service may repeat in its message what it was given.
pub(crate) fn failed_quietly<E>(call: &str, error: &SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let code = error.code().unwrap_or("no answer").to_owned();
    match classify(error) {
        Failure::Transient(_) => StoreError::Transient(format!("{call}: {code}")),
        Failure::Permanent(_) => StoreError::Permanent(format!("{call}: {code}")),
        Failure::Refused => StoreError::Conflict,
    }
}
