//! Carries out each kind of invocation, and makes the answer that Lambda is given.

use super::{bridge, failure::Failure, kinds::Invocation, order, parse, queue};
use crate::{
    admin::token::issue,
    limits,
    types::{Accepted, TokenBody},
};
use axum::Router;
use document::{schedule::Watch, time::Time};
use engine::{port::Host, schedules::start_due};
use lambda_http::Context;
use serde::Serialize;
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};

/// Schedules that one tick takes up at most. The next tick goes on.
const BITE: usize = 200;

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
    carry_out(service, host, owner, parse(json)?, context).await
}

/// The same, but whoever may invoke the function may make no API tokens by it.
///
/// # Errors
/// As [`handle`], and for a token that is asked for.
pub async fn handle_without_tokens(
    service: &Router,
    host: &dyn Host,
    owner: &str,
    json: &str,
    context: Context,
) -> Result<Box<RawValue>, Failure> {
    match parse(json)? {
        Invocation::Token(_) => {
            let told =
                "tokens are made with POST /v1/tokens alone: the parameter TokensByInvocation of the stack is false";
            Err(Failure::new("forbidden", told))
        }
        other => carry_out(service, host, owner, other, context).await,
    }
}

async fn carry_out(
    service: &Router,
    host: &dyn Host,
    owner: &str,
    invocation: Invocation,
    context: Context,
) -> Result<Box<RawValue>, Failure> {
    match invocation {
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
        Invocation::Token(new) => {
            let end = host.now().after_seconds(limits::FIRST_TOKEN_DAYS * 86_400.0);
            let new = TokenBody { expires_at: new.expires_at.or_else(|| Some(end.to_string())), ..new };
            let made = issue(host, owner, new).await?;
            tracing::warn!(token = made.id, "an API token was made by an invocation, and not over HTTP");
            raw(&made)
        }
    }
}

fn raw(answer: &impl Serialize) -> Result<Box<RawValue>, Failure> {
    to_raw_value(answer).map_err(|error| Failure::new("no_answer", error.to_string()))
}
