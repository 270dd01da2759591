//! Reads the config of the four triggers.

use crate::{
    NodeKind, ScheduleTrigger, WebhookTrigger, limits,
    pattern::Pattern,
    schedule,
    validate::{At, Cx, Fields, fields::cut},
};
use serde_json::{Map, Value};

/// Reads the config of one of the four triggers.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, kind: &str) -> Option<NodeKind> {
    match kind {
        "webhook_trigger" => {
            let f = Fields::new(cx, config, at, "invalid_config", &["path", "secret"]);
            let path = f.text(cx, "path").map(str::to_owned);
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
            if path.as_ref().is_some_and(|path| path.len() > limits::PATH_BYTES || !path.chars().all(plain)) {
                let hint = format!("Use up to {} of `A-Z a-z 0-9 - _ . /`.", limits::PATH_BYTES);
                f.wrong(cx, "path", "`path` is no plain part of a URL", hint);
            }
            let secret = f.text(cx, "secret").map(str::to_owned);
            Some(NodeKind::WebhookTrigger(WebhookTrigger { path, secret }))
        }
        "event_trigger" => {
            let f = Fields::new(cx, config, at, "invalid_config", &["pattern"]);
            let pattern = f.object(cx, "pattern").cloned().map(Value::Object);
            // The pattern is kept as the document has it, and read here to report its faults.
            let faults = pattern.as_ref().map(Pattern::read).and_then(Result::err).unwrap_or_default();
            for fault in faults {
                cx.error("invalid_config", &at.key("pattern").below(&fault.path), fault.message, fault.hint);
            }
            Some(NodeKind::EventTrigger { pattern })
        }
        "schedule_trigger" => Some(NodeKind::ScheduleTrigger(schedule_trigger(cx, config, at))),
        _ => {
            Fields::new(cx, config, at, "invalid_config", &[]);
            Some(NodeKind::ManualTrigger)
        }
    }
}

/// Reads the config of a `schedule_trigger`. The schedule and the time zone are parsed here only to report mistakes.
fn schedule_trigger(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> ScheduleTrigger {
    let f = Fields::new(cx, config, at, "invalid_config", &["cron", "every_seconds", "timezone", "missed"]);
    let cron = f.text(cx, "cron").map(str::to_owned);
    if let Some(text) = &cron
        && let Err(reason) = schedule::cron(text)
    {
        let message = format!("`{}` is no schedule: {reason}", cut(text));
        f.wrong(cx, "cron", message, "Give five fields, such as `0 9 * * MON-FRI`, or six with seconds first.");
    }
    let every_seconds = f.number(cx, "every_seconds", 1.0, limits::EXECUTION_SECONDS);
    if f.get("cron").is_some() == f.get("every_seconds").is_some() {
        let message = "a schedule has one of `cron` and `every_seconds`";
        cx.error("invalid_config", at, message, "Keep one of the two.");
    }
    let timezone = f.text(cx, "timezone").map(str::to_owned);
    if schedule::zone(timezone.as_deref()).is_none() {
        let name = cut(timezone.as_deref().unwrap_or_default());
        f.wrong(cx, "timezone", format!("`{name}` is no time zone"), "Give an IANA name, such as `Europe/Berlin`.");
    }
    let missed = f.word(cx, "missed", &["skip", "run_once"]);
    ScheduleTrigger { cron, every_seconds, timezone, run_missed_once: missed == Some(1) }
}
