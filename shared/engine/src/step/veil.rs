//! The value of a secret that somebody typed, or that a node or a tool handed on: in what a model is asked, in what it answers, in
//! what its tools give and in what it remembers, its name stands in its place, however the value is encoded. So the journal of an
//! agent has exactly what the model saw, and neither has the value.

use super::secrets::Vault;
use crate::{
    masking::Needles,
    port::{Host, StoreError},
    prepare::SecretSource as _,
};
use document::{
    Workflow,
    node::agent::Head,
    work::{Message, ModelCall, ToolSpec, Work},
};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use stepwell_core::{
    execution::Execution,
    task::{Task, UsedSecret},
};

/// Masks the secrets that the workflow names, of which the key of the model is one, in what a model is asked and in what is
/// recorded of it. Whoever makes the call masks them in the answer.
///
/// # Errors
/// Where the store fails.
pub(super) async fn veil(
    host: &dyn Host,
    state: &Execution,
    workflow: &Workflow,
    task: &mut Task,
    head: &mut Head,
) -> Result<(), StoreError> {
    let all = names(host, state, workflow).await?;
    let known = |name: &&str| task.secrets.iter().all(|secret| secret.name != **name);
    let others = all.iter().map(String::as_str).filter(known).collect();
    // They are masked in the answer too. Where they may be sent is not asked: nothing has placed them.
    let others = Vault::named(host, state, others).await?.used().into_iter();
    task.secrets.extend(others.map(|secret| UsedSecret { hosts: vec!["*".into()], ..secret }));
    let needles = Needles::of(&task.secrets);
    head.system.iter_mut().for_each(|text| needles.mask_text_once(text));
    head.messages.iter_mut().for_each(|message| said(&needles, message));
    if let Work::Model(call) = &mut task.work {
        asked(&needles, call);
    }
    Ok(())
}

/// Masks them in what the tools of an agent gave.
///
/// # Errors
/// Where the store fails.
pub(super) async fn veil_given(
    host: &dyn Host,
    state: &Execution,
    workflow: &Workflow,
    given: &mut Value,
) -> Result<(), StoreError> {
    let needles = needles(host, state, workflow).await?;
    let ended = given.get_mut("ended").and_then(Value::as_array_mut);
    for (key, value) in ended.into_iter().flatten().filter_map(Value::as_object_mut).flatten() {
        // Which call it was, of which execution and how it ended is said in words of ours.
        if !["call", "status", "execution_id"].contains(&key.as_str()) {
            needles.mask(value);
        }
    }
    Ok(())
}

/// Masks them in what an agent finds when it begins: what it remembers, which may be from before a secret was one, and what
/// its tools take.
///
/// # Errors
/// Where the store fails.
pub(super) async fn veil_found(
    host: &dyn Host,
    state: &Execution,
    workflow: &Workflow,
    memory: Option<&mut Vec<Message>>,
    tools: &mut Map<String, Value>,
) -> Result<(), StoreError> {
    let needles = needles(host, state, workflow).await?;
    memory.into_iter().flatten().for_each(|message| said(&needles, message));
    for found in tools.values_mut() {
        let each = match found {
            Value::Array(tools) => tools.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        for (key, value) in each.iter_mut().filter_map(Value::as_object_mut).flatten() {
            // A server is asked for its tools by their names.
            if key != "name" {
                needles.mask_schema(value);
            }
        }
    }
    Ok(())
}

/// What finds the secrets that the whole document names.
async fn needles(host: &dyn Host, state: &Execution, workflow: &Workflow) -> Result<Needles, StoreError> {
    let all = names(host, state, workflow).await?;
    Ok(Needles::of(&Vault::named(host, state, all.iter().map(String::as_str).collect()).await?.used()))
}

/// The names of the secrets in the whole document, of which the body of a `map` and the flow of a tool are parts.
async fn names(host: &dyn Host, state: &Execution, workflow: &Workflow) -> Result<BTreeSet<String>, StoreError> {
    let root = match state.started.body.is_empty() {
        true => None,
        false => host.catalogue().workflow(state.workflow_hash()).await?,
    };
    Ok(root.as_deref().unwrap_or(workflow).secrets().into_iter().map(str::to_owned).collect())
}

/// Masks secrets in all that a call says to a model.
fn asked(needles: &Needles, call: &mut ModelCall) {
    call.system.iter_mut().for_each(|text| needles.mask_text_once(text));
    call.messages.iter_mut().for_each(|message| said(needles, message));
    for ToolSpec { name: _, description, parameters } in &mut call.tools {
        needles.mask_text_once(description);
        needles.mask_schema(parameters);
    }
    call.output_schema.iter_mut().for_each(|schema| needles.mask_schema(schema));
}

fn said(needles: &Needles, message: &mut Message) {
    match message {
        Message::System { content } | Message::User { content } | Message::Tool { content, .. } => {
            needles.mask_text_once(content);
        }
        Message::Assistant { content, tool_calls } => {
            needles.mask_text_once(content);
            tool_calls.iter_mut().for_each(|call| needles.mask_once(&mut call.arguments));
        }
    }
}
