//! What the services answer when they fail, named by what the caller does next; and patience with what passes.

use crate::{
    limits,
    telemetry::{Counter, counted},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use engine::port::StoreError;
use std::{
    future::Future,
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It may work in a moment.
    Transient(String),
    /// A condition did not hold.
    Refused,
    /// Trying again will not help.
    Permanent(String),
}

/// Codes that pass, beside every answer with status 429 or 5xx.
const PASSING: [&str; 14] = [
    "InternalServerError",
    "InternalFailure",
    "KMS.ThrottlingException",
    "KmsThrottled",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestTimeout",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// What a failed call means. Its text names the service's code and message; requests are not part of it.
pub fn classify<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let response = match error {
        SdkError::ServiceError(context) => context.raw(),
        SdkError::ConstructionFailure(_) => return Failure::Permanent(text(error)),
        // No answer, or half of one: nobody knows whether it was done.
        _ => return Failure::Transient(text(error)),
    };
    let code = error.code().unwrap_or_default();
    let status = response.status().as_u16();
    match code {
        "ConditionalCheckFailedException" => Failure::Refused,
        // The reasons stand in the message, one per write of the transaction.
        "TransactionCanceledException" => {
            let reasons = error.message().unwrap_or_default();
            let refused = reasons.contains("ConditionalCheckFailed");
            let passing = reasons.contains("TransactionConflict") || reasons.contains("Throttl");
            match (refused, passing || reasons.contains("ProvisionedThroughputExceeded")) {
                (true, _) => Failure::Refused,
                (_, true) => Failure::Transient(text(error)),
                _ => Failure::Permanent(text(error)),
            }
        }
        "TransactionConflictException" => Failure::Transient(text(error)),
        code if status >= 500 || status == 429 || PASSING.contains(&code) => Failure::Transient(text(error)),
        _ => Failure::Permanent(text(error)),
    }
}

fn text<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        _ => {
            let mut told = error.to_string();
            let mut cause = std::error::Error::source(error);
            while let Some(inner) = cause {
                told = format!("{told}: {inner}");
                cause = inner.source();
            }
            told
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Transient(told) => Self::Transient(told),
            Failure::Refused => Self::Conflict,
            Failure::Permanent(told) => Self::Permanent(told),
        }
    }
}

/// How often a call that fails for the moment is tried, and the pauses between: from nothing to twice the last bound,
/// drawn evenly, so that those who failed together do not come back together.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Tries, the first included.
    pub tries: u32,
    /// The bound of the first pause, and of every pause.
    pub pause: (Duration, Duration),
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: limits::TRIES, pause: limits::PAUSE }
    }
}

impl Patience {
    /// Calls until it works, fails for good, or the tries are used up.
    ///
    /// # Errors
    /// The last failure.
    pub async fn call<T, F>(&self, mut call: impl FnMut() -> F + Send) -> Result<T, Failure>
    where
        T: Send,
        F: Future<Output = Result<T, Failure>> + Send,
    {
        let mut tried = 0;
        loop {
            tried += 1;
            match call().await {
                Err(Failure::Transient(_)) if tried < self.tries => {
                    counted(Counter::Retries, 1);
                    tokio::time::sleep(self.pause(tried)).await;
                }
                other => return other,
            }
        }
    }

    fn pause(&self, tried: u32) -> Duration {
        let (first, longest) = self.pause;
        let bound = first.saturating_mul(1 << (tried - 1).min(16)).min(longest);
        bound.mul_f64(drawn())
    }
}

/// A number in `[0, 1)`, drawn anew each time.
pub fn drawn() -> f64 {
    let number = RandomState::new().build_hasher().finish();
    (number >> 11) as f64 / (1u64 << 53) as f64
}
