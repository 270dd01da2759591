//! What is done about each invocation.

use super::{Invocation, NotUnderstood, bridge, order, parse, queue};
use crate::{Problem, admin::token::issue};
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
use stepwell_core::view;

/// Schedules taken up by one tick: the next one goes on.
const BITE: usize = 200;

/// Why nothing, or not everything, was started. Lambda tells whoever invoked the function: Step Functions catches it by
/// its code, EventBridge and SQS try again and keep what failed in the end.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// For machines: a code of the API, or `not_understood`.
    pub code: String,
    /// For people.
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

/// Does what the function was invoked for, in the name of the owner of what starts without a caller, and says what
/// Lambda answers: the response of a request, the failures of a batch, what an event started, the execution of a start.
///
/// # Errors
/// [`Failure`]: see there.
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
            // Emulators say it wrongly, as a time that has passed, or not at all.
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
        Invocation::Task(token, order) => {
            raw(&view::accepted(&*order::place_awaited(host, owner, token, order).await?))
        }
        Invocation::Start(order) => {
            // Lambda tries an asynchronous invocation again under the same id.
            let key = Some(context.request_id).filter(|id| !id.is_empty());
            let placed = order::Placed { owner, by: "lambda", key };
            raw(&view::accepted(&*order::place(host, placed, order).await?))
        }
        Invocation::Token(new) => raw(&issue(host, owner, None, new).await?),
    }
}

fn raw(answer: &impl Serialize) -> Result<Box<RawValue>, Failure> {
    to_raw_value(answer).map_err(|error| Failure::new("no_answer", error.to_string()))
}
