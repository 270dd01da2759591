//! The value of a secret that somebody typed, or that a node or a tool handed on: in what a model is asked, in what it answers and in
//! what its tools give, its name stands in its place. So the journal of an agent has exactly what the model saw, and neither has the
//! value.

use super::secrets::Vault;
use crate::{
    limits,
    port::{Host, StoreError},
    prepare::SecretSource as _,
};
use document::{
    Workflow,
    node::agent::Head,
    work::{Message, Work},
};
use serde_json::Value;
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
    let hide = hidden(&task.secrets);
    head.system.iter_mut().for_each(&hide);
    head.messages.iter_mut().for_each(|message| within(message, &hide));
    if let Work::Model(call) = &mut task.work {
        call.system.iter_mut().for_each(&hide);
        call.messages.iter_mut().for_each(|message| within(message, &hide));
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
    let all = names(host, state, workflow).await?;
    let all = Vault::named(host, state, all.iter().map(String::as_str).collect()).await?.used();
    in_texts(given, &hidden(&all));
    Ok(())
}

/// The names of the secrets in the whole document, of which the body of a `map` and the flow of a tool are parts.
async fn names(host: &dyn Host, state: &Execution, workflow: &Workflow) -> Result<BTreeSet<String>, StoreError> {
    let root = match state.started.body.is_empty() {
        true => None,
        false => host.catalogue().workflow(state.workflow_hash()).await?,
    };
    Ok(root.as_deref().unwrap_or(workflow).secrets().into_iter().map(str::to_owned).collect())
}

/// Puts in a text the names of secrets in the place of their values, but for values so short that any text has them.
fn hidden(all: &[UsedSecret]) -> impl Fn(&mut String) {
    let mut forms: Vec<_> =
        all.iter().filter(|secret| secret.value.len() >= limits::MASKED_BYTES).flat_map(forms).collect();
    // Of two that begin alike the longer one is meant.
    forms.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    move |text| {
        for (value, shown) in &forms {
            if text.contains(value) {
                *text = text.replace(value, shown);
            }
        }
    }
}

/// How a secret stands in a text, and in a text that is JSON; each with what is shown in its place.
fn forms(secret: &UsedSecret) -> Vec<(String, String)> {
    let shown = format!("[secret {}]", secret.name);
    let escaped = Value::String(secret.value.clone()).to_string();
    let escaped = escaped[1..escaped.len() - 1].to_owned();
    let both = [secret.value.clone()].into_iter().chain((escaped != secret.value).then_some(escaped));
    both.map(|form| (form, shown.clone())).collect()
}

fn within(message: &mut Message, hide: &impl Fn(&mut String)) {
    match message {
        Message::System { content } | Message::User { content } | Message::Tool { content, .. } => hide(content),
        Message::Assistant { content, tool_calls } => {
            hide(content);
            tool_calls.iter_mut().for_each(|call| in_texts(&mut call.arguments, hide));
        }
    }
}

fn in_texts(value: &mut Value, hide: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => hide(text),
        Value::Array(items) => items.iter_mut().for_each(|item| in_texts(item, hide)),
        Value::Object(members) => {
            for (mut name, mut member) in std::mem::take(members) {
                hide(&mut name);
                in_texts(&mut member, hide);
                members.insert(name, member);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
