//! Why an invocation started nothing.

use super::kinds::NotUnderstood;
use crate::Problem;
use engine::{port::StoreError, start::StartError};
use lambda_http::lambda_runtime::Diagnostic;

/// Why nothing, or not everything, was started. Lambda tells the service that invoked the function: Step Functions can
/// catch the failure by its code; EventBridge and SQS try again, and keep what fails in the end.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The code for machines: one of the API's, or `not_understood` or `no_answer`.
    pub code: String,
    /// What went wrong, for people.
    pub message: String,
}

impl Failure {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into() }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::new(error.code(), error.told())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        StartError::Store(error).into()
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::new(problem.code(), problem.told())
    }
}

impl From<NotUnderstood> for Failure {
    fn from(error: NotUnderstood) -> Self {
        Self::new("not_understood", error.to_string())
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.code, error_message: failure.message }
    }
}
