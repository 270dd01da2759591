//! `wait`: waits for some time, until a time, or for an event from outside.

use super::{
    config::{Config, Subject, of_templates},
    node_type::{Mode, NodeType, Ports},
    setting::Setting,
};
use crate::{
    describe::{either, exactly_one, has, number, object, setting, templated, text, where_so},
    limits,
    reading::{At, Cx, Fields, Place, cut, object_of},
    time::Time,
};
use expression::{Expr, Template};
use serde_json::{Map, Value, json};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["delay", "sleep", "pause", "timer", "wait_for_event", "listen"],
    about: "Waits for some time, until a time, or for an event.",
    config,
    ports: Ports::Fixed(&["success", "timeout", "error"]),
    // An event brings data of whoever sends it.
    output: |config| config.get("event").is_none().then(|| object_of(&["waited_seconds"])),
    ..NodeType::new("wait", Mode::Wait)
};

/// Config of a `wait`, which waits for one of three things.
#[derive(Debug)]
pub enum Wait {
    /// Template of a number of seconds to wait for.
    Seconds(Template),
    /// Template of a time in RFC 3339 to wait until.
    Until(Template),
    /// A signal from outside.
    Event {
        /// Template of the event's name.
        name: Template,
        /// Seconds for which the event is awaited; as long as the execution lives where absent.
        timeout_seconds: Option<Setting<f64>>,
    },
}

/// What editors are told of the config of a `wait`.
fn config() -> Value {
    let until = "The time to wait until, such as `2030-01-31T09:00:00Z`.";
    let seconds = number("Seconds.", 0.0, limits::EXECUTION_SECONDS);
    let members = [
        ("seconds", either("Seconds to wait.", [seconds, templated()])),
        ("until", either(until, [json!({"type": "string", "pattern": r"^\s*[+-]?\d"}), templated()])),
        ("event", text("The name of the event to wait for.")),
        (
            "timeout_seconds",
            setting(number(
                "Seconds for which the event is awaited.",
                limits::LEAST_SECONDS,
                limits::EXECUTION_SECONDS,
            )),
        ),
    ];
    let waits = exactly_one(object(&[], members), &["seconds", "until", "event"]);
    where_so(waits, vec![(has("timeout_seconds"), has("event"))])
}

/// Reads the config of a `wait`: one of `seconds`, `until` and `event`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Wait> {
    let f = Fields::new(cx, config, at, "invalid_config", &["seconds", "until", "event", "timeout_seconds"]);
    let given = ["seconds", "until", "event"].iter().filter(|key| f.get(key).is_some()).count();
    if given != 1 {
        let message = "a wait has exactly one of `seconds`, `until` and `event`";
        cx.error("invalid_config", at, message, "Keep one of the three.");
    }
    let bounds = (limits::LEAST_SECONDS, limits::EXECUTION_SECONDS);
    let timeout_seconds = cx.setting(&f, "timeout_seconds", bounds, place);
    if f.get("timeout_seconds").is_some() && f.get("event").is_none() && given == 1 {
        f.wrong(cx, "timeout_seconds", "only an `event` is awaited with a timeout", "Remove it.");
    }
    // Literal times are checked now, and times from templates when the node is visited.
    let wait = if f.get("seconds").is_some() {
        let literal = f.get("seconds").is_some_and(|value| !value.is_string());
        if literal {
            f.number(cx, "seconds", 0.0, limits::EXECUTION_SECONDS)?;
        } else if !f.text(cx, "seconds")?.contains("{{") {
            f.wrong(cx, "seconds", "`seconds` is text", "Give a number, or a template such as `{{ input.delay }}`.");
            return None;
        }
        Wait::Seconds(cx.template(&f, "seconds", place)?)
    } else if f.get("until").is_some() {
        let text = f.text(cx, "until")?;
        if !text.contains("{{") && Time::parse(text).is_none() {
            let message = format!("`{}` is no RFC 3339 time", cut(text));
            f.wrong(cx, "until", message, "Write it as `2030-01-31T09:00:00Z`.");
            return None;
        }
        Wait::Until(cx.template(&f, "until", place)?)
    } else {
        let name = f.text(cx, "event")?;
        if !name.contains("{{") && !Wait::names_event(name) {
            let message = format!("`event` has {} bytes", name.len());
            f.wrong(cx, "event", message, format!("Give {} at most.", limits::EVENT_NAME_BYTES));
            return None;
        }
        Wait::Event { name: cx.template(&f, "event", place)?, timeout_seconds }
    };
    Some(wait)
}

impl Wait {
    /// Whether an event can have this name: not only blanks, and of [`limits::EVENT_NAME_BYTES`] at most.
    pub fn names_event(name: &str) -> bool {
        !name.trim().is_empty() && name.len() <= limits::EVENT_NAME_BYTES
    }

    /// Whether the event may come too late, so that the port `timeout` is taken.
    fn may_time_out(&self) -> bool {
        match self {
            Self::Event { timeout_seconds, .. } => timeout_seconds.is_some(),
            Self::Seconds(_) | Self::Until(_) => false,
        }
    }
}

impl Config for Wait {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        match self {
            Self::Seconds(template) | Self::Until(template) => of_templates(&[Some(template)], all),
            Self::Event { name, timeout_seconds } => {
                of_templates(&[Some(name)], all);
                timeout_seconds.iter().for_each(|it| it.expressions(all));
            }
        }
    }

    /// Without an edge out of `error` a failure is up to `on_error`, so it is not lost.
    fn needs_edges(&self, subject: &Subject<'_>) -> Vec<String> {
        if !self.may_time_out() {
            return Vec::new();
        }
        subject.ports.iter().filter(|port| *port != "error").cloned().collect()
    }

    fn surely_takes(&self, port: &str, leads: &dyn Fn(&str) -> bool) -> bool {
        !self.may_time_out() && port == "success" && !leads("error")
    }
}
