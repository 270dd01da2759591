//! Orders: starts that come as plain JSON, by a direct invocation, in a message of SQS, or from a task of Step
//! Functions.

use super::{
    failure::Failure,
    kinds::{Invocation, Order, TaskToken},
};
use crate::executions::idempotency::keyed;
use document::{
    canonical::{Canonical, CanonicalMap},
    id::sha256_hex,
};
use engine::{
    port::{Host, StoreError},
    start::{StartRequest, id_of, latest, replay, start},
};
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;
use stepwell_core::{effect::Effect, execution::Execution};

/// Reads an order, and tells by its task token whether somebody waits for the end.
pub(super) fn read(json: &str) -> Result<Invocation, serde_json::Error> {
    let mut order: Order = serde_json::from_str(json)?;
    Ok(match order.task_token.take() {
        Some(token) => Invocation::Task(token, order),
        None => Invocation::Start(order),
    })
}

/// What an order does not say itself: whose it is, and how it came.
pub(super) struct Placed<'a> {
    /// The tenant of the execution.
    pub(super) owner: &'a str,
    /// What sent the order: `lambda`, `sqs` or `step-functions`. It becomes `started_by`, and part of the key.
    pub(super) by: &'static str,
    /// The key where the order names none, such as the id of its message.
    pub(super) key: Option<String>,
}

/// Starts what an order asks for.
///
/// # Errors
/// Where the start is refused or the store fails.
pub(super) async fn place(host: &dyn Host, placed: Placed<'_>, order: Order) -> Result<Arc<Execution>, Failure> {
    let request = request(host, placed, order, false).await?;
    Ok(start(host, request).await?)
}

/// Starts what an order asks for, for a task of Step Functions that waits for the end. The task token is kept before
/// the start, so that the execution cannot end before. An execution that the same key started earlier, and that has
/// ended, tells this task at once.
///
/// # Errors
/// Where the start is refused or the store fails.
pub(super) async fn place_awaited(
    host: &dyn Host,
    owner: &str,
    TaskToken(token): TaskToken,
    order: Order,
) -> Result<Arc<Execution>, Failure> {
    let key = Some(sha256_hex(token.as_bytes()));
    let request = request(host, Placed { owner, by: "step-functions", key }, order, true).await?;
    let Some((key, hash)) = request.idempotency.clone() else {
        return Err(StoreError::Permanent("an awaited start has no key".into()).into());
    };
    // A key that another order has used is refused here, before the token is kept with that order's execution.
    let _ = replay(host, owner, &key, &hash).await?;
    host.outbox().keep_caller(&id_of(owner, &key), &token).await?;
    let execution = start(host, request).await?;
    // An earlier start under this key may have ended before the token was kept: its end was not told to this task.
    if execution.end.is_some() {
        host.outbox().deliver(execution.id(), &[Effect::AnswerCaller]).await?;
    }
    Ok(execution)
}

/// All that makes two orders different.
#[derive(Serialize)]
struct Whole<'a> {
    awaited: bool,
    input: Canonical<'a>,
    metadata: CanonicalMap<'a>,
    version: Option<u64>,
}

/// Makes the request to start what an order asks for. The hash covers all that makes two orders different.
async fn request(host: &dyn Host, placed: Placed<'_>, order: Order, awaited: bool) -> Result<StartRequest, Failure> {
    let Placed { owner, by, key } = placed;
    let (input, metadata) = (order.input.unwrap_or_else(|| json!({})), order.metadata.unwrap_or_default());
    let whole = Whole { awaited, input: Canonical(&input), metadata: CanonicalMap(&metadata), version: order.version };
    let idempotency = order.idempotency_key.or(key).map(|key| {
        let route = format!("{by}\n{}", order.workflow_id);
        keyed(&route, &key, &whole)
    });
    let (workflow, version) = latest(host, owner, &order.workflow_id, order.version).await?;
    Ok(StartRequest {
        owner: owner.to_owned(),
        workflow,
        version,
        pinned: order.version.is_some(),
        input,
        metadata,
        started_by: Some(by.to_owned()),
        trigger: None,
        idempotency,
        awaited,
        in_line: None,
    })
}
