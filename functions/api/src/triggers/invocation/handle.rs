//! Carries out each kind of invocation, and makes the answer that Lambda is given.

use super::{Invocation, NotUnderstood, bridge, order, parse, queue};
use crate::{Problem, admin::token::issue, types::Accepted};
use axum::Router;
use document::{schedule::Watch, time::Time};
use engine::{
    port::{Host, StoreError},
    schedules::start_due,
    start::StartError,
};
use lambda_http::{Context, lambda_runtime::Diagnostic};
use serde::Serialize;
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

/// Schedules that one tick takes up at most. The next tick goes on.
const BITE: usize = 200;

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

/// Carries out an invocation. `owner` is the tenant of executions that start without a caller. Returns what Lambda
/// answers: the response to a request, the failures of a batch, what an event started, the execution of a start, or a
/// token.
///
/// # Errors
/// A [`Failure`], where the event is not understood or something was not started.
pub async fn handle(
    service: &Router,
    host: &dyn Host,
    owner: &str,
    json: &str,
    context: Context,
) -> Result<Box<RawValue>, Failure> {
    match parse(json)? {
        Invocation::Http(request) => {
            let answer = crate::service::lambda::whole(service, *request, context).await;
            answer.map_err(|error| Failure::new("no_answer", error.to_string()))
        }
        Invocation::Batch(batch) => {
            // Some emulators give no deadline, or one that has passed: neither is taken for the time of the function's
            // end.
            let killed_at = i64::try_from(context.deadline).ok().map(Time).filter(|at| *at > host.now());
            raw(&queue::start_each(host, owner, *batch, killed_at).await)
        }
        Invocation::Tick(event) => {
            let done = start_due(host, Watch::each_minute(), BITE).await?;
            let mut answer = bridge::offer(host, owner, &event).await?;
            answer["scheduled"] = json!(done.started);
            raw(&answer)
        }
        Invocation::Event(event) => raw(&bridge::offer(host, owner, &event).await?),
        Invocation::Task(token, order) => raw(&Accepted::of(&*order::place_awaited(host, owner, token, order).await?)),
        Invocation::Start(order) => {
            // Lambda repeats an asynchronous invocation under the same id, which so serves as the key.
            let key = Some(context.request_id).filter(|id| !id.is_empty());
            let placed = order::Placed { owner, by: "lambda", key };
            raw(&Accepted::of(&*order::place(host, placed, order).await?))
        }
        Invocation::Token(new) => raw(&issue(host, owner, None, new).await?),
    }
}

fn raw(answer: &impl Serialize) -> Result<Box<RawValue>, Failure> {
    to_raw_value(answer).map_err(|error| Failure::new("no_answer", error.to_string()))
}
