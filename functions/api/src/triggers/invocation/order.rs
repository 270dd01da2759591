//! A start that comes as plain JSON: a direct invocation, a message, a task of Step Functions.

use super::{Failure, Invocation};
use crate::executions::idempotency::keyed;
use document::id::sha256_hex;
use engine::{
    port::{Host, StoreError},
    start::{StartRequest, id_of, latest, replay, start},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{fmt, sync::Arc};
use stepwell_core::{effect::Effect, execution::Execution};

/// What is to be started.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// A saved workflow.
    pub workflow_id: String,
    /// Its version; the latest where absent.
    #[serde(default)]
    pub version: Option<u64>,
    /// The execution's input; `{}` where absent.
    #[serde(default)]
    pub input: Option<Value>,
    /// Free, for lists.
    #[serde(default)]
    pub metadata: Option<Map<String, Value>>,
    /// The same key with the same order gives the same execution.
    #[serde(default)]
    pub idempotency_key: Option<String>,
    #[serde(default)]
    task_token: Option<TaskToken>,
}

/// Characters of a task token: Step Functions' own bound. It would refuse a longer one when it is told of the end.
const TOKEN_CHARS: usize = 2_048;

/// By which a task of Step Functions is told how it ended: a credential.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TaskToken(String);

impl TryFrom<String> for TaskToken {
    type Error = String;

    fn try_from(token: String) -> Result<Self, String> {
        match token.chars().count() {
            1..=TOKEN_CHARS => Ok(Self(token)),
            count => Err(format!("a `task_token` has 1 to {TOKEN_CHARS} characters, and this one has {count}")),
        }
    }
}

impl fmt::Debug for TaskToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TaskToken")
    }
}

pub(super) fn read(json: &str) -> Result<Invocation, serde_json::Error> {
    let mut order: Order = serde_json::from_str(json)?;
    Ok(match order.task_token.take() {
        Some(token) => Invocation::Task(token, order),
        None => Invocation::Start(order),
    })
}

/// In whose name, how and by what an order starts something.
pub(super) struct Placed<'a> {
    /// The tenant.
    pub(super) owner: &'a str,
    /// Who started it.
    pub(super) by: &'static str,
    /// A key of its own, where the order names none.
    pub(super) key: Option<String>,
}

/// Starts what an order asks for.
pub(super) async fn place(host: &dyn Host, placed: Placed<'_>, order: Order) -> Result<Arc<Execution>, Failure> {
    let request = request(host, placed, order, false).await?;
    Ok(start(host, request).await?)
}

/// The same for a caller who waits. The token is kept before the start, so that the execution cannot end before it; one
/// that started before and has ended tells the new caller at once.
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
    // Nobody waits for what another order started.
    let _ = replay(host, owner, &key, &hash).await?;
    host.keep_caller(&id_of(owner, &key), &token).await?;
    let execution = start(host, request).await?;
    // It may have ended at any time before the token was kept: whoever told of the end did not see this caller.
    if execution.end.is_some() {
        host.deliver(execution.id(), &[Effect::AnswerCaller]).await?;
    }
    Ok(execution)
}

async fn request(host: &dyn Host, placed: Placed<'_>, order: Order, awaited: bool) -> Result<StartRequest, Failure> {
    let Placed { owner, by, key } = placed;
    let (input, metadata) = (order.input.unwrap_or_else(|| json!({})), order.metadata.unwrap_or_default());
    let whole = json!({"input": input, "version": order.version, "metadata": metadata, "awaited": awaited});
    let idempotency = order.idempotency_key.or(key).map(|key| {
        let route = format!("{by}\n{}", order.workflow_id);
        keyed(&route, &key, &whole)
    });
    let (workflow, version) = latest(host, owner, &order.workflow_id, order.version).await?;
    Ok(StartRequest {
        owner: owner.to_owned(),
        workflow,
        version,
        input,
        metadata,
        started_by: Some(by.to_owned()),
        trigger: None,
        idempotency,
        awaited,
    })
}
