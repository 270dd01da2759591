//! Turns errors of the SDK into store errors, for the adapters beside the table: SQS, Step Functions, S3, Secrets
//! Manager.

use crate::error::{Failure, classify};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use engine::port::StoreError;

/// The store error of a failed call. Its text begins with `call`, the name of the service and the operation.
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

/// Like [`failed`], but with the error's code in the place of its message: for calls that carry a token or a
/// credential, since a service may repeat in its message what it was given.
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
