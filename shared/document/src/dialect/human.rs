//! Configs of `human` nodes in the words of other systems.

use super::{
    normal::{Origins, rename},
    types,
};
use serde_json::{Map, Value, json};

/// Brings the config of a `human` node into canonical form.
pub(super) fn normalize(config: &mut Map<String, Value>, now: &str, sent: &str, origins: &mut Origins) {
    let aliases: [(&[&str], &str); 4] = [
        (&["required_approvers", "approvers"], "assignees"),
        (&["message"], "question"),
        (&["tool_name"], "tool"),
        (&["tool_args"], "arguments"),
    ];
    for (from, to) in aliases {
        rename(config, from, to, now, sent, origins);
    }
    if let Some(kind) = config.get("kind").and_then(Value::as_str).and_then(|kind| types::kind(&kind.to_uppercase())) {
        config.insert("kind".into(), kind.into());
    }
    for key in ["timeout_action", "security_level"] {
        if let Some(text) = config.get(key).and_then(Value::as_str).map(str::to_lowercase) {
            config.insert(key.into(), text.into());
        }
    }
    minutes(config, now, sent, origins);
    channel(config, now, sent, origins);
}

/// Turns `timeout_minutes` into `timeout_seconds`. Whole minutes give whole seconds.
fn minutes(config: &mut Map<String, Value>, now: &str, sent: &str, origins: &mut Origins) {
    if config.contains_key("timeout_seconds") {
        return;
    }
    rename(config, &["timeout_minutes"], "timeout_seconds", now, sent, origins);
    if origins.sent(&format!("{now}/timeout_seconds")) != format!("{sent}/timeout_minutes") {
        return;
    }
    if let Some(value) = config.get_mut("timeout_seconds") {
        if let Some(seconds) = value.as_u64().and_then(|minutes| minutes.checked_mul(60)) {
            *value = json!(seconds);
        } else if let Some(minutes) = value.as_f64() {
            *value = json!(minutes * 60.0);
        }
    }
}

/// Turns `channel_type` and `slack_channel`, either of which may be missing, into a list of one channel.
fn channel(config: &mut Map<String, Value>, now: &str, sent: &str, origins: &mut Origins) {
    if config.contains_key("channels") {
        return;
    }
    let key = if config.contains_key("channel_type") { "channel_type" } else { "slack_channel" };
    let slack = config.remove("slack_channel");
    let kind = config.remove("channel_type").or_else(|| slack.as_ref().map(|_| "slack".into()));
    let Some(kind) = kind else { return };
    let kind = kind.as_str().map_or(kind.clone(), |text| text.to_lowercase().into());
    let mut channel = Map::new();
    let is_slack = kind == "slack";
    channel.insert("type".into(), kind);
    if let Some(name) = slack.filter(|_| is_slack) {
        channel.insert("channel".into(), name);
    }
    origins.moved(format!("{now}/channels"), format!("{sent}/{key}"));
    origins.moved(format!("{now}/channels/0"), format!("{sent}/{key}"));
    origins.moved(format!("{now}/channels/0/type"), format!("{sent}/{key}"));
    origins.moved(format!("{now}/channels/0/channel"), format!("{sent}/slack_channel"));
    config.insert("channels".into(), json!([channel]));
}
