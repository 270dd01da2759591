//! The built-in tool `patch_workflow`: an agent changes the workflow that its own execution runs by. The change is the live
//! patch that people ask for, with its proof; what is refused is told to the model.

use crate::{
    drive::with_values,
    patch::{PatchRequest, Refused, patch},
    port::{Host, StoreError},
};
use document::{
    Parsed, Workflow,
    node::agent::{BuiltIn, PATCH_WORKFLOW},
};
use futures::future::{BoxFuture, FutureExt};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};
use stepwell_core::{
    agent::{Ended, Heard, talk},
    error::{Error, Rejection},
    event::Request,
    execution::{CallStatus, Execution, ToolEnd},
    id::{Activation, derive},
    payload::Payload,
    reading::Reading,
    task::Outcome,
};

/// Carries out the patches among the tool calls that an agent gathers, in their order, and puts what came of each in the
/// place of what the call gave. A call that is gathered again patches nothing twice.
///
/// # Errors
/// Where the store fails.
pub(super) async fn patched(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    activation: &Activation,
    outcome: Outcome,
) -> Result<Outcome, StoreError> {
    let agent = workflow.node(activation.node.as_str()).and_then(|node| node.kind.agent());
    // No two tools of an agent have one name.
    if !agent.is_some_and(|agent| agent.has(BuiltIn::PatchWorkflow)) {
        return Ok(outcome);
    }
    let Outcome::Succeeded { port, output } = outcome else { return Ok(outcome) };
    let Ok(Heard::Ended(mut ended)) = serde_json::from_value::<Heard>(output.clone()) else {
        return Ok(Outcome::Succeeded { port, output });
    };
    let answer = with_values(host, state.id(), || {
        Reading::of(|reading| {
            let said = talk(state, activation).and_then(|talk| talk.turns.last());
            said.map(|said| reading.value(&said.answer)["tool_calls"].clone()).unwrap_or_default()
        })
    })
    .await?;
    for one in &mut ended {
        let is_patch = answer[one.call as usize]["name"] == PATCH_WORKFLOW;
        if is_patch && one.end.status == CallStatus::Succeeded {
            one.end = carried_out(host, state, workflow, activation, one).await?;
        }
    }
    Ok(Outcome::Succeeded { port, output: serde_json::to_value(Heard::Ended(ended)).unwrap_or_default() })
}

/// Patches the execution as one call asks for it.
async fn carried_out(
    host: &dyn Host,
    state: &Execution,
    workflow: &Workflow,
    activation: &Activation,
    call: &Ended,
) -> Result<ToolEnd, StoreError> {
    let given = call.end.result.value().cloned().unwrap_or_default();
    let refused = |message: String| ToolEnd {
        status: CallStatus::Failed,
        result: Payload::default(),
        error: Some(Error::new("patch_refused", message)),
        ..call.end.clone()
    };
    if state.started.parent.is_some() {
        return Ok(refused("this agent runs within another execution, whose workflow is not its own".into()));
    }
    let id = call.end.execution_id.as_ref().map_or_else(|| call.call.to_string(), ToString::to_string);
    let key = derive(&["agent patch", &id]);
    let now = host.journal().load_lean(state.id()).await?;
    let before = now.as_ref().and_then(|now| now.request(&key)).map(|before| before.seq);
    let result = |seq: u64, later: Vec<String>| ToolEnd {
        result: Payload::new(json!({"patched": true, "checkpoint": seq.to_string(), "counts_later": later})),
        ..call.end.clone()
    };
    // It was done before whoever gathered the calls died. By the changed document the operations mean something else.
    if let Some(seq) = before {
        return Ok(result(seq, Vec::new()));
    }
    let asked = PatchRequest {
        operations: given["operations"].clone(),
        description: given["description"].as_str().map(str::to_owned),
        by: Some(format!("agent:{}", activation.node)),
        request: Some(Request { key, hash: document::canonical::sha256(&given) }),
    };
    let known: BTreeSet<String> = workflow.secrets().into_iter().map(str::to_owned).collect();
    let checks = |parsed: Arc<Parsed>| checked(&known, parsed);
    match patch(host, state.id(), asked, &checks, false).await? {
        Ok(done) => Ok(result(done.state.seq, done.later.into_iter().map(|later| later.message).collect())),
        Err(Refused::Rejected(Rejection::Repeated(seq))) => Ok(result(seq, Vec::new())),
        Err(why) => Ok(refused(told(why))),
    }
}

/// Whoever saved the document says which secrets it uses; a model says that of none.
fn checked(known: &BTreeSet<String>, parsed: Arc<Parsed>) -> BoxFuture<'_, Result<(), Refused>> {
    let other = parsed.workflow.secrets().into_iter().find(|name| !known.contains(*name)).map(str::to_owned);
    async move { other.map_or(Ok(()), |name| Err(Refused::Secret(name))) }.boxed()
}

/// Why a patch is refused, as the model is told.
fn told(why: Refused) -> String {
    let list = |all: Vec<String>| all.join("; ");
    match why {
        Refused::Missing => "the execution is gone".into(),
        Refused::Operations(wrong) => wrong.message,
        Refused::Invalid(issues) => {
            let all = issues.into_iter().map(|issue| format!("{} at `{}`", issue.message, issue.path)).collect();
            format!("the changed workflow is not valid: {}", list(all))
        }
        Refused::InTheWay(obstacles) => {
            let all = obstacles.into_iter().map(|one| one.message).collect();
            format!("what has happened stands in the way: {}", list(all))
        }
        Refused::Secret(name) => format!("the workflow may not come to name the secret {name}"),
        Refused::Store(error) => error.to_string(),
        Refused::Rejected(rejection) => rejection.to_string(),
    }
}
