//! Sorts the errors of AWS's services by what the caller does next (try again, decide again, give up), and repeats
//! calls whose errors are temporary.

use crate::{
    limits,
    runtime::telemetry::{Counter, counted},
};
use aws_smithy_runtime_api::client::{orchestrator::HttpResponse, result::SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use engine::port::StoreError;
use std::{
    future::Future,
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

/// Why a call to AWS failed, named by what the caller does next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A temporary failure, with the service's code and message: the same call may succeed in a moment.
    Transient(String),
    /// The condition of a conditional write did not hold.
    Refused,
    /// A lasting failure, with the service's code and message: the same call fails again.
    Permanent(String),
}

/// Error codes of temporary failures. An answer with HTTP status 429 or 5xx is temporary too, whatever its code.
const PASSING: [&str; 15] = [
    "ExecutionLimitExceeded",
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

/// Sorts the SDK's error of a failed call. The failure's text names the service's code and message and leaves out the
/// request, which may hold values of users.
pub fn classify<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let response = match error {
        SdkError::ServiceError(context) => context.raw(),
        SdkError::ConstructionFailure(_) => return Failure::Permanent(text(error)),
        // The answer is missing or incomplete, so the call may or may not have taken effect.
        _ => return Failure::Transient(text(error)),
    };
    let code = error.code().unwrap_or_default();
    let status = response.status().as_u16();
    match code {
        "ConditionalCheckFailedException" => Failure::Refused,
        // DynamoDB lists the reasons in the message, one per write. A refused condition outweighs the others: the
        // caller must look again anyway.
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

/// The text of an error: the service's code and message, else the error with the chain of its causes.
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

/// How often a call with a temporary failure is tried, and how long the pauses between the tries are. The bound of the
/// pause doubles with each try, and the pause is drawn evenly below the bound (exponential backoff with full jitter),
/// so that processes that failed together do not come back together.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The number of tries, the first included.
    pub tries: u32,
    /// The bound of the first pause, and the largest bound that a pause may have.
    pub pause: (Duration, Duration),
}

impl Default for Patience {
    fn default() -> Self {
        Self { tries: limits::TRIES, pause: limits::PAUSE }
    }
}

impl Patience {
    /// Makes a call until it succeeds, fails other than temporarily, or the tries are used up.
    ///
    /// # Errors
    /// The failure of the last try.
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

/// A number in `[0, 1)`, drawn anew at each call from the random keys of the standard library's hash maps.
pub fn drawn() -> f64 {
    let number = RandomState::new().build_hasher().finish();
    (number >> 11) as f64 / (1u64 << 53) as f64
}
