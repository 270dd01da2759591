//! Events of EventBridge: starts the workflows whose `event_trigger` nodes listen to them.

use super::{
    failure::Failure,
    kinds::{Event, Invocation},
};
use document::{
    id::sha256_hex,
    pattern::{Listener, Pattern},
};
use engine::{
    port::Host,
    start::{StartError, StartRequest, latest, start},
};
use futures::future::join_all;
use serde::{Deserialize, de::Error};
use serde_json::{Map, Value, json};

/// The `started_by` of executions that an event starts.
const SUBJECT: &str = "eventbridge";

/// Reads an event. The source of a tick is EventBridge itself, or EventBridge Scheduler.
pub(super) fn read(json: &str) -> Result<Invocation, serde_json::Error> {
    let body: Value = serde_json::from_str(json)?;
    read_value(body)
}

/// The same as [`read`], for JSON that was read already.
pub(super) fn read_value(body: Value) -> Result<Invocation, serde_json::Error> {
    #[derive(Deserialize)]
    struct Head {
        id: String,
        source: String,
        #[serde(rename = "detail-type")]
        detail_type: String,
    }
    let head = Head::deserialize(&body)?;
    // Starts are keyed by the id: without one, other events would count as repetitions.
    if head.id.is_empty() {
        return Err(serde_json::Error::custom("`id` is empty"));
    }
    let ticks = matches!(head.source.as_str(), "aws.events" | "aws.scheduler");
    let event = Event { id: head.id, body };
    Ok(if ticks && head.detail_type == "Scheduled Event" { Invocation::Tick(event) } else { Invocation::Event(event) })
}

/// Starts every workflow that listens to an event, each at most once per event. Where one refuses, the others start all
/// the same. Returns `{"started": [{workflow_id, node, execution_id}]}`.
///
/// # Errors
/// Where the store failed or a workflow refused the event. Lambda then hands the same event in again, which starts only
/// what is missing, and keeps the event where that fails too.
pub(super) async fn offer(host: &dyn Host, owner: &str, event: &Event) -> Result<Value, Failure> {
    let listening = host.catalogue().listeners(owner).await?;
    // A pattern was checked when it was saved. One that this release cannot read must not keep the others from
    // starting.
    let meant = listening.into_iter().filter(|listener| match Pattern::read(&listener.pattern) {
        Ok(pattern) => pattern.matches(&event.body),
        Err(faults) => {
            let why = faults.first().map(|fault| fault.message.as_str());
            tracing::warn!(workflow = %listener.workflow, node = %listener.node, why, "a saved pattern cannot be read");
            false
        }
    });
    let starts = join_all(meant.map(|listener| start_one(host, owner, event, listener))).await;
    let (mut started, mut refused) = (Vec::new(), Vec::<Failure>::new());
    for (listener, result) in starts {
        let Listener { workflow, node, .. } = listener;
        match result {
            Ok(id) => started.push(json!({"workflow_id": workflow, "node": node, "execution_id": id})),
            // Nothing is told of the others then: the event comes again, and they are found to be started.
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(error) => {
                let why = error.told();
                tracing::error!(%workflow, %node, event = event.id, error = why, "an event did not start a workflow");
                refused.push(Failure::new(error.code(), format!("{node} of {workflow}: {why}")));
            }
        }
    }
    let all: Vec<_> = refused.iter().map(|one| one.message.as_str()).collect();
    match refused.first() {
        None => Ok(json!({ "started": started })),
        Some(first) => Err(Failure::new(&first.code, all.join("; "))),
    }
}

/// Starts the workflow of one listener, with the event as its input.
async fn start_one(
    host: &dyn Host,
    owner: &str,
    event: &Event,
    listener: Listener,
) -> (Listener, Result<String, StartError>) {
    let run = async {
        let (workflow, version) = latest(host, owner, listener.workflow.as_str(), None).await?;
        // The same event starts the same listener once, at however many deliveries.
        let key = format!("event\n{}\n{}\n{}", listener.workflow, listener.node, event.id);
        let hash = sha256_hex(key.as_bytes());
        let request = StartRequest {
            owner: owner.to_owned(),
            workflow,
            version,
            pinned: false,
            input: event.body.clone(),
            metadata: Map::new(),
            started_by: Some(SUBJECT.into()),
            trigger: Some(listener.node.clone()),
            idempotency: Some((key, hash)),
            awaited: false,
            in_line: None,
        };
        Ok(start(host, request).await?.id().to_string())
    };
    let result = run.await;
    (listener, result)
}
