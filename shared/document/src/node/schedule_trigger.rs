//! `schedule_trigger`: executions start here as time passes.

use super::{
    config::{AlsoReads, Config},
    node_type::NodeType,
};
use crate::{
    describe::{exactly_one, number, object, text, word},
    limits,
    reading::{At, Cx, Fields, cut},
    schedule::times::{self, ScheduleTrigger},
};
use expression::Expr;
use serde_json::{Map, Value};

/// The type. Its output is the due time, which the execution has as its input.
pub static TYPE: NodeType = NodeType {
    also: &["cron", "schedule", "timer_trigger", "interval"],
    about: "Starts executions by the clock.",
    config,
    ..NodeType::trigger("schedule_trigger")
};

/// What editors are told of the config of a `schedule_trigger`.
fn config() -> Value {
    let missed = [("skip", "The next time is waited for."), ("run_once", "One execution is started for all of them.")];
    let members = [
        ("cron", text("Five fields, such as `0 9 * * MON-FRI`, or six with seconds first.")),
        ("every_seconds", number("Seconds from one start to the next.", 1.0, limits::EXECUTION_SECONDS)),
        ("timezone", text("An IANA name, such as `Europe/Berlin`: UTC where absent.")),
        ("missed", word("What becomes of times that were missed: `skip` where absent.", &missed)),
    ];
    exactly_one(object(&[], members), &["cron", "every_seconds"])
}

/// Reads the config of a `schedule_trigger`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> Option<ScheduleTrigger> {
    let f = Fields::new(cx, config, at, "invalid_config", &["cron", "every_seconds", "timezone", "missed"]);
    let cron = f.text(cx, "cron").map(str::to_owned);
    if let Some(text) = &cron
        && let Err(reason) = times::cron(text)
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
    if times::zone(timezone.as_deref()).is_none() {
        let name = cut(timezone.as_deref().unwrap_or_default());
        f.wrong(cx, "timezone", format!("`{name}` is no time zone"), "Give an IANA name, such as `Europe/Berlin`.");
    } else if every_seconds.is_some() && timezone.is_some() {
        let hint = "Leave it out, or give the times of day as `cron`.";
        cx.warning("no_effect", &at.key("timezone"), "seconds are the same in every time zone", hint);
    }
    let missed = f.word(cx, "missed", &["skip", "run_once"]);
    Some(ScheduleTrigger { cron, every_seconds, timezone, run_missed_once: missed == Some(1) })
}

impl Config for ScheduleTrigger {
    fn expressions<'a>(&'a self, _: &mut Vec<&'a Expr>) {}

    fn reads(&self) -> AlsoReads {
        // A trigger puts out the execution's input.
        AlsoReads { input: true, ..AlsoReads::default() }
    }
}
