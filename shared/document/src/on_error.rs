//! Reads `on_error`, of a node and of `settings`: a word, or whom a failure is put to, how long, and what follows then.

use crate::{
    limits,
    node::{human, node_type::NodeType},
    policy::{AfterError, OnError, Settings},
    put_to::PutToPeople,
    reading::{At, Cx, Fields, Place},
};
use serde_json::{Map, Value};

/// The words of `on_error`.
const WORDS: [&str; 4] = ["fail", "continue", "ask_human", "rollback"];
/// What to write for a question that names people and ends.
const EXAMPLE: &str = "Give {\"ask_human\": {\"assignees\": [\"ops@example.com\"], \"timeout_seconds\": 86400, \
                       \"timeout_action\": \"abort\"}}.";

/// The policy at a position of [`WORDS`].
fn of_word(ix: usize) -> OnError {
    match ix {
        1 => OnError::Continue,
        2 => OnError::AskHuman,
        3 => OnError::Rollback,
        _ => OnError::Fail,
    }
}

/// Reads `on_error` of `settings`. Whom it names is kept for the nodes: each reads the templates from where it stands.
pub(crate) fn of_settings(cx: &mut Cx<'_>, f: &Fields<'_, '_>, settings: &mut Settings) {
    if let Some((policy, people)) = policy(cx, f) {
        settings.on_error = policy;
        cx.put_to = people.cloned();
        warn_of_nobody(cx, f, policy, people);
    }
}

/// Reads `on_error` of a node, or takes that of the settings.
pub(crate) fn of_node(
    cx: &mut Cx<'_>,
    f: &Fields<'_, '_>,
    of: &NodeType,
    place: Place<'_>,
) -> (OnError, Option<PutToPeople>) {
    let Some((policy, people)) = policy(cx, f) else { return inherited(cx, of, place) };
    let at = f.at.key("on_error");
    // A node without the port `success` cannot go on after a failure, whatever `on_error` says.
    if policy == OnError::Continue && !of.may_go_on() {
        let message = format!("no port of a `{}` stands for its failure: one ends the execution all the same", of.name);
        let hint = "Leave it out, or handle what may fail with an edge out of a port.";
        cx.warning("unhandled_port", &at, message, hint);
    }
    warn_of_nobody(cx, f, policy, people);
    let Some(people) = people else { return (policy, None) };
    let asked = put_to(cx, people, &at.key("ask_human"), place);
    if asked.timeout_action == AfterError::Skip && !of.may_go_on() {
        let message = format!("a `{}` that failed cannot be skipped: it has no port to go on by", of.name);
        cx.error("schema", &at.key("ask_human").key("timeout_action"), message, "Use `retry` or `abort`.");
    }
    (policy, Some(asked))
}

/// The policy of the settings, as a node that names none of its own reads it.
fn inherited(cx: &mut Cx<'_>, of: &NodeType, place: Place<'_>) -> (OnError, Option<PutToPeople>) {
    let Some(people) = cx.put_to.take() else { return (cx.on_error, None) };
    let errors = cx.issues.len();
    let (settings, root) = ("settings", At::Root);
    let mut asked = put_to(cx, &people, &root.key(settings).key("on_error").key("ask_human"), place);
    // What is wrong with it would be told again of every other node.
    if cx.issues.len() == errors {
        cx.put_to = Some(people);
    }
    if !of.may_go_on() && asked.timeout_action == AfterError::Skip {
        asked.timeout_action = AfterError::Abort;
    }
    (cx.on_error, Some(asked))
}

/// The word, and of the object form what it says of people.
fn policy<'d>(cx: &mut Cx<'_>, f: &Fields<'d, '_>) -> Option<(OnError, Option<&'d Map<String, Value>>)> {
    let Value::Object(object) = f.get("on_error")? else {
        return f.word(cx, "on_error", &WORDS).map(|ix| (of_word(ix), None));
    };
    let at = f.at.key("on_error");
    let f = Fields::new(cx, object, &at, "schema", &["ask_human"]);
    if f.get("ask_human").is_none() {
        f.missing(cx, "ask_human", EXAMPLE);
        return None;
    }
    f.object(cx, "ask_human").map(|people| (OnError::AskHuman, Some(people)))
}

/// Reads whom a failure is put to.
fn put_to(cx: &mut Cx<'_>, object: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> PutToPeople {
    let known = ["assignees", "channels", "timeout_seconds", "timeout_action"];
    let f = Fields::new(cx, object, at, "schema", &known);
    let assignees = human::people(cx, &f, "assignees", place);
    let channels = human::channels::read(cx, &f, place);
    let timeout_seconds = f.number(cx, "timeout_seconds", limits::LEAST_SECONDS, limits::EXECUTION_SECONDS);
    let action = f.word(cx, "timeout_action", AfterError::WORDS).map(|ix| AfterError::ALL[ix]);
    if f.get("timeout_action").is_some() && f.get("timeout_seconds").is_none() {
        let hint = "Give `timeout_seconds` too, or remove this.";
        f.wrong(cx, "timeout_action", "nothing ever times out here", hint);
    }
    PutToPeople { assignees, channels, timeout_seconds, timeout_action: action.unwrap_or(AfterError::Abort) }
}

/// Warns of a failure that is put to nobody in particular, or for ever.
fn warn_of_nobody(cx: &mut Cx<'_>, f: &Fields<'_, '_>, policy: OnError, people: Option<&Map<String, Value>>) {
    if policy != OnError::AskHuman {
        return;
    }
    let names = |key: &str| people.is_some_and(|people| people.get(key).is_some_and(|value| !value.is_null()));
    let message = match (names("assignees"), names("timeout_seconds")) {
        (_, true) => return,
        (true, false) => "a failed node may wait as long as the execution lives",
        (false, false) => "nobody is named who decides, and a failed node may wait as long as the execution lives",
    };
    cx.warning("human_without_timeout", &f.at.key("on_error"), message, EXAMPLE);
}
