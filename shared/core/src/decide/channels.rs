//! The channels of a question, their templates rendered when it is opened.

use super::named::as_people;
use crate::{interaction::channel::Channel, limits};
use document::{ChannelTemplate, Channels};
use expression::{ExprError, Scope, Template};
use serde_json::Value;

/// The channels by which the people of a question are told.
///
/// # Errors
/// What a template says that fails or yields no channel.
pub(super) fn channels(given: Option<&Channels>, scope: &Scope<'_>) -> Result<Vec<Channel>, ExprError> {
    match given {
        None => Ok(Vec::new()),
        Some(Channels::Listed(listed)) => listed.iter().map(|one| listed_one(one, scope)).collect(),
        Some(Channels::Yielded(template)) => yielded(template.render(scope)?),
    }
}

fn listed_one(given: &ChannelTemplate, scope: &Scope<'_>) -> Result<Channel, ExprError> {
    let value = |template: &Option<Template>| template.as_ref().map(|it| it.render(scope)).transpose();
    match given {
        ChannelTemplate::Web => Ok(Channel::Web),
        ChannelTemplate::Email { to } => Ok(Channel::Email { to: addresses(value(to)?.unwrap_or_default())? }),
        ChannelTemplate::Slack { channel } => Ok(Channel::Slack { channel: name(value(channel)?)? }),
        ChannelTemplate::Webhook(webhook) => Ok(Channel::Webhook { name: webhook.name.clone() }),
    }
}

/// The channels that one template yields for the whole list.
fn yielded(value: Value) -> Result<Vec<Channel>, ExprError> {
    let Value::Array(items) = value else { return Err(refused("yields no list of channels")) };
    if items.len() > document::limits::CHANNELS {
        return Err(refused(&format!("yields more than {} channels", document::limits::CHANNELS)));
    }
    items.into_iter().map(yielded_one).collect()
}

fn yielded_one(value: Value) -> Result<Channel, ExprError> {
    let member = |key: &str| value.get(key).cloned();
    let own: &[&str] = match value.get("type").and_then(Value::as_str) {
        Some("web") => &[],
        Some("email") => &["to"],
        Some("slack") => &["channel"],
        Some("webhook") => return Err(refused("yields a webhook: a webhook's URL stands in the document")),
        _ => return Err(refused("yields something else than {\"type\": \"web\", \"email\" or \"slack\"}")),
    };
    let keys = value.as_object().into_iter().flat_map(serde_json::Map::keys);
    if let Some(unknown) = keys.filter(|key| *key != "type").find(|key| !own.contains(&key.as_str())) {
        return Err(refused(&format!("yields a channel with the member `{unknown}`, which it does not have")));
    }
    match own {
        ["to"] => Ok(Channel::Email { to: addresses(member("to").unwrap_or_default())? }),
        ["channel"] => Ok(Channel::Slack { channel: name(member("channel"))? }),
        _ => Ok(Channel::Web),
    }
}

fn addresses(value: Value) -> Result<Vec<String>, ExprError> {
    let named = as_people(value).map_err(|why| refused(&format!("has a `to` that {why}")))?;
    if named.len() > limits::DELIVERIES {
        return Err(refused(&format!("has a `to` with more than {} addresses", limits::DELIVERIES)));
    }
    Ok(named)
}

fn name(value: Option<Value>) -> Result<Option<String>, ExprError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) if !name.trim().is_empty() => Ok(Some(name.trim().to_owned())),
        Some(_) => Err(refused("has a `channel` that is no name: give `#name` or the channel's id")),
    }
}

fn refused(why: &str) -> ExprError {
    ExprError { code: "template_error", message: format!("`channels` {why}") }
}
