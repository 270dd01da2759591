//! Sends one message about a question to one receiver, and reports what became of it. A channel that fails is tried again
//! later; nothing else waits for that.

use super::{
    handled::{Handled, failed, later},
    secrets::Vault,
};
use crate::{
    drive::with_values,
    groups::people_of,
    port::{Host, Letter, StoreError, Verdict, Webhook},
    prepare::SecretSource,
};
use document::{Channels, Workflow, group_of};
use expression::ExprError;
use serde_json::{Value, json};
use std::sync::Arc;
use stepwell_core::{
    command::{Asked, Command},
    effect::Delivering,
    execution::Execution,
    id::derive,
    interaction::{
        Interaction,
        channel::Channel,
        delivery::{Delivery, Notice, Told},
        telling::on_its_way,
    },
    reading::Reading,
    sight::Sight,
};

/// Does what a message of the queue asks for, up to the outcome that is to be recorded.
pub(super) async fn deliver(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Workflow,
    delivering: Delivering,
) -> Handled {
    let one = state.interaction(delivering.interaction.as_str());
    let Some((one, delivery)) = one.and_then(|one| Some((one, on_its_way(one, &delivering)?))) else {
        return Handled::Verdict(Verdict::Acknowledge);
    };
    let now = host.now();
    if let Some(at) = delivery.due.filter(|at| *at > now) {
        return later(at, now);
    }
    match tell(host, state, workflow, one, delivery, &delivering).await {
        Ok(told) => {
            let command = Command::Told { delivering, told };
            Handled::Commands(vec![Asked::from(command)], Vec::new())
        }
        Err(error) => Handled::Verdict(failed(&error)),
    }
}

/// Sends the message, or says who is to get it in place of a group.
async fn tell(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Workflow,
    one: &Arc<Interaction>,
    delivery: &Delivery,
    delivering: &Delivering,
) -> Result<Told, StoreError> {
    let Some(notifier) = host.notifier() else {
        return Ok(Told::Refused { error: "this host sends no messages".into() });
    };
    if let Some(why) = notifier.unconfigured(delivery.kind) {
        return Ok(Told::Refused { error: why });
    }
    if delivery.personal && group_of(&delivery.to).is_some() {
        let members = people_of(host, &state.started.owner, std::slice::from_ref(&delivery.to)).await?;
        return Ok(match members.is_empty() {
            true => Told::Failed { error: format!("{} has no members", delivery.to), after_seconds: None },
            false => Told::Members(members),
        });
    }
    let Some(channel) = one.channels.get(delivery.channel) else { return Ok(Told::Dropped) };
    // A message without its link would be of no use, so one whose link cannot be made now is sent later.
    host.ready_links().await?;
    let id = message_id(delivering);
    let inbox = host.links().map(|links| links.inbox(&one.interaction_id));
    let webhook = match channel {
        Channel::Webhook { .. } => {
            match webhook(host, state, workflow, one, delivery, (&id, inbox.as_deref())).await? {
                Ok(webhook) => Some(webhook),
                Err(error) => return Ok(Told::Refused { error: error.message }),
            }
        }
        Channel::Web | Channel::Email { .. } | Channel::Slack { .. } => None,
    };
    let own = host.links().filter(|_| delivery.personal && one.is_open());
    let letter = Letter {
        id,
        delivering: delivering.clone(),
        owner: state.started.owner.clone(),
        notice: delivery.notice,
        number: delivery.number,
        channel: channel.clone(),
        to: delivery.to.clone(),
        link: own.and_then(|links| links.link(&one.interaction_id, &delivery.to)),
        inbox,
        reference: delivery.reference.clone(),
        interaction: one.clone(),
        execution: state.id().clone(),
        workflow: state.started.workflow_id.to_string(),
        requester: state.started.started_by.clone(),
        webhook,
        now: host.now(),
    };
    Ok(notifier.send(&letter).await)
}

/// The id of a message, the same at each try.
fn message_id(delivering: &Delivering) -> String {
    let (receiver, number) = (delivering.delivery.to_string(), delivering.number.to_string());
    derive(&["message", delivering.interaction.as_str(), &receiver, &number])
}

/// What a webhook sends, by the document that the execution runs by now.
async fn webhook(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Workflow,
    one: &Interaction,
    delivery: &Delivery,
    (id, inbox): (&str, Option<&str>),
) -> Result<Result<Webhook, ExprError>, StoreError> {
    let gone = || ExprError { code: "no_channel", message: "the workflow no longer has this webhook".into() };
    let found = workflow.nodes.iter().position(|node| node.id == one.activation.node);
    let Some((ix, channels)) = found.and_then(|ix| Some((ix, channels_of(workflow, ix, one.on_error)?))) else {
        return Ok(Err(gone()));
    };
    let Some(template) = channels.webhook(delivery.channel) else { return Ok(Err(gone())) };
    let vault = Vault::named(host, state, template.secrets()).await?;
    let message = message(state, one, delivery, id, inbox);
    let render = || {
        Reading::of(|reading| {
            let sight = Sight::of_config(workflow, state, ix, reading);
            template.render(&sight.scope_with(&[("message", &message)]), &vault)
        })
    };
    let rendered = with_values(host, state.id(), render).await?;
    let allow = host.http_allow(state.id()).await?;
    Ok(rendered.map(|task| Webhook {
        url: task.request.url.clone(),
        headers: task.request.headers.iter().cloned().collect(),
        secret: task.secret,
        body: task.request.body.clone(),
        secrets: vault.used(),
        allow,
    }))
}

/// The channels of a node's question, or of the question about its failure.
fn channels_of(workflow: &Workflow, ix: usize, on_error: bool) -> Option<&Channels> {
    let node = workflow.nodes.get(ix)?;
    match on_error {
        true => node.put_to.as_ref()?.channels.as_ref(),
        false => node.kind.human()?.channels.as_ref(),
    }
}

/// What the templates of a webhook see as `message`.
fn message(state: &Execution, one: &Interaction, delivery: &Delivery, id: &str, inbox: Option<&str>) -> Value {
    json!({
        "id": id,
        "notice": delivery.notice,
        "text": text(one, delivery.notice),
        "interaction_id": one.interaction_id,
        "execution_id": state.id(),
        "workflow_id": state.started.workflow_id,
        "node": one.activation.node,
        "kind": one.kind,
        "question": one.question,
        "details": one.details,
        "assignees": one.assignees,
        "deadline": one.deadline.map(|at| at.to_string()),
        "status": one.status,
        "decision": one.decision,
        "url": inbox,
    })
}

/// The message in one sentence.
fn text(one: &Interaction, notice: Notice) -> String {
    match notice {
        Notice::Asked | Notice::Again => one.question.clone(),
        Notice::Reminder => format!("Reminder: {}", one.question),
        Notice::Escalated => format!("Nobody has decided yet: {}", one.question),
        Notice::Reassigned => format!("Others are asked now: {}", one.question),
        Notice::Outcome => {
            let how = one.decision.as_deref().unwrap_or(one.status.as_str());
            format!("{} (over: {how})", one.question)
        }
    }
}
