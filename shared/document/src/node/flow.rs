//! Reads the config of nodes that route, wait or end: `branch`, `loop`, `wait`, `break`, `succeed` and `fail`.

use crate::{
    Loop, NodeKind, Over, Rule, Wait, limits,
    validate::{At, Cx, Fields, Place, fields::cut},
};
use serde_json::{Map, Value};

/// Reads the config of a `branch`.
pub(super) fn branch(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<NodeKind> {
    let f = Fields::new(cx, config, at, "invalid_config", &["rules", "default"]);
    let default = port(cx, &f, "default");
    if f.get("rules").is_none() {
        f.missing(cx, "rules", "Give a list of {\"when\": CEL, \"port\": name}.");
    }
    let list = f.list(cx, "rules", limits::RULES)?;
    let rules_at = at.key("rules");
    let mut rules = Vec::with_capacity(list.len());
    for (ix, rule) in list.iter().enumerate() {
        let at = rules_at.item(ix);
        // A rule with a mistake is left out, and the ones after it are checked all the same.
        let Value::Object(rule) = rule else {
            cx.error("invalid_config", &at, "a rule is an object", "Give {\"when\": CEL, \"port\": name}.");
            continue;
        };
        let f = Fields::new(cx, rule, &at, "invalid_config", &["when", "port"]);
        for key in ["when", "port"] {
            if f.get(key).is_none() {
                f.missing(cx, key, "Give {\"when\": CEL, \"port\": name}.");
            }
        }
        let (when, port) = (cx.expr(&f, "when", place), port(cx, &f, "port"));
        if let (Some(when), Some(port)) = (when, port) {
            rules.push(Rule { when, port });
        }
    }
    Some(NodeKind::Branch { rules, default })
}

/// The name of a port, which may be any text on one line of at most `limits::PORT_BYTES`.
pub(super) fn port(cx: &mut Cx<'_>, f: &Fields<'_, '_>, key: &str) -> Option<String> {
    let name = f.text(cx, key)?;
    if name.len() > limits::PORT_BYTES || name.chars().any(char::is_control) {
        let hint = format!("Use at most {} bytes, on one line.", limits::PORT_BYTES);
        f.wrong(cx, key, format!("`{}` is no name for a port", cut(name)), hint);
        return None;
    }
    Some(name.to_owned())
}

/// Reads the config of a `loop`: `while` or `for_each`.
pub(super) fn repeat(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<NodeKind> {
    let f = Fields::new(cx, config, at, "invalid_config", &["while", "for_each", "max_iterations"]);
    let max_iterations = f.integer(cx, "max_iterations", 1, limits::MOST_ITERATIONS);
    if f.get("while").is_some() == f.get("for_each").is_some() {
        let message = "a loop has one of `while` and `for_each`";
        cx.error("invalid_config", at, message, "Give a condition as `while`, or a list as `for_each`.");
        return None;
    }
    let over = match cx.expr(&f, "while", place.without_input()) {
        Some(condition) => Over::While(condition),
        None => Over::ForEach(cx.expr(&f, "for_each", place)?),
    };
    Some(NodeKind::Loop(Loop { over, max_iterations }))
}

/// Reads the config of a `wait`: one of `seconds`, `until` and `event`.
pub(super) fn wait(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<NodeKind> {
    let f = Fields::new(cx, config, at, "invalid_config", &["seconds", "until", "event", "timeout_seconds"]);
    let given = ["seconds", "until", "event"].iter().filter(|key| f.get(key).is_some()).count();
    if given != 1 {
        let message = "a wait has exactly one of `seconds`, `until` and `event`";
        cx.error("invalid_config", at, message, "Keep one of the three.");
    }
    let timeout_seconds = f.number(cx, "timeout_seconds", limits::LEAST_SECONDS, limits::EXECUTION_SECONDS);
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
        if !text.contains("{{") && text.parse::<jiff::Timestamp>().is_err() {
            let message = format!("`{}` is no RFC 3339 time", cut(text));
            f.wrong(cx, "until", message, "Write it as `2030-01-31T09:00:00Z`.");
            return None;
        }
        Wait::Until(cx.template(&f, "until", place)?)
    } else {
        f.text(cx, "event")?;
        Wait::Event { name: cx.template(&f, "event", place)?, timeout_seconds }
    };
    Some(NodeKind::Wait(wait))
}

/// Reads the config of a `break`, `succeed` or `fail`.
pub(super) fn end(
    cx: &mut Cx<'_>,
    config: &Map<String, Value>,
    at: &At<'_>,
    kind: &str,
    place: Place<'_>,
) -> Option<NodeKind> {
    if kind == "fail" {
        let f = Fields::new(cx, config, at, "invalid_config", &["code", "message"]);
        f.text(cx, "code");
        f.text(cx, "message");
        let code = f.get("code").and_then(|_| cx.template(&f, "code", place));
        let message = f.get("message").and_then(|_| cx.template(&f, "message", place));
        return Some(NodeKind::Fail { code, message });
    }
    let f = Fields::new(cx, config, at, "invalid_config", &["output"]);
    let output = cx.template(&f, "output", place);
    Some(if kind == "break" { NodeKind::Break { output } } else { NodeKind::Succeed { output } })
}
