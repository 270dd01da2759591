//! Reads one node: what all types have in common, such as its retries, and by its type its config.

use crate::{
    Lent, Node, NodeKind,
    dialect::NODE_KEYS,
    id::NodeId,
    limits,
    node::{
        Raw, Types,
        map::Flows,
        node_type::{Mode, NodeType},
    },
    on_error,
    policy::{Delivery, Join, Retry},
    reading::{At, Cx, Fields, Place, kind_of},
};
use serde_json::{Map, Value};

/// The keys of a node under `compensate`.
const UNDO_KEYS: [&str; 7] = ["name", "type", "config", "retry", "timeout_seconds", "delivery", "metadata"];

/// What reads configs: the types, and the flows within them.
#[derive(Clone, Copy)]
pub(crate) struct Readers<'a> {
    pub(crate) types: &'a Types,
    pub(crate) flows: &'a Flows<'a>,
}

/// Reads a node whose id and type are known. None where an error, which was reported, keeps it from being built.
pub(crate) fn read_node(
    cx: &mut Cx<'_>,
    readers: Readers<'_>,
    object: &Map<String, Value>,
    at: &At<'_>,
    (id, of): (&NodeId, &'static NodeType),
    place: Place<'_>,
) -> Option<Node> {
    let f = Fields::new(cx, object, at, "schema", &NODE_KEYS);
    let config = read_kind(cx, readers, &f, of, place);
    let mut node = common(cx, &f, id, of, config)?;
    let (policy, people) = on_error::of_node(cx, &f, of, place);
    (node.on_error, node.put_to) = (policy, people.map(Box::new));
    node.join = join(cx, &f);
    if let Some(undo) = f.object(cx, "compensate") {
        node.compensate = compensate(cx, readers, undo, &at.key("compensate"), id, place.without_input()).map(Box::new);
    }
    Some(node)
}

/// A node that is read where an agent has it. What stands in the flow itself is only its place.
pub(crate) fn lent(
    cx: &mut Cx<'_>,
    object: &Map<String, Value>,
    at: &At<'_>,
    id: &NodeId,
    of: &'static NodeType,
) -> Node {
    let f = Fields::new(cx, object, at, "schema", &NODE_KEYS);
    Node {
        id: id.clone(),
        name: f.get("name").and_then(Value::as_str).map_or_else(|| id.to_string(), str::to_owned),
        of,
        kind: NodeKind::Lend(Lent),
        ports: of.ports_of(f.get("config").unwrap_or(&Value::Null)).unwrap_or_default(),
        retry: Retry { max_attempts: 1, initial_seconds: 1.0, backoff: 2.0, max_seconds: 60.0, jitter: true },
        timeout_seconds: None,
        on_error: cx.on_error,
        put_to: None,
        join: Join::All,
        delivery: Delivery::AtLeastOnce,
        compensate: None,
    }
}

/// Builds a node from the keys that it shares with a node under `compensate`.
fn common(
    cx: &mut Cx<'_>,
    f: &Fields<'_, '_>,
    id: &NodeId,
    of: &'static NodeType,
    config: Option<NodeKind>,
) -> Option<Node> {
    let name = f.text(cx, "name").map_or_else(|| id.to_string(), str::to_owned);
    let delivery = match f.word(cx, "delivery", &["at_least_once", "at_most_once"]) {
        Some(1) => Delivery::AtMostOnce,
        _ => Delivery::AtLeastOnce,
    };
    let timeout = f.number(cx, "timeout_seconds", limits::LEAST_SECONDS, limits::EXECUTION_SECONDS);
    if let Some(seconds) = timeout.filter(|_| of.mode.does_io()) {
        warn_of_ceiling(cx, f, of, seconds);
        cx.lasts(&f.at.key("timeout_seconds"), of.mode == Mode::Agent, seconds);
    }
    let retry = retry(cx, f, of, delivery);
    f.object(cx, "metadata");
    Some(Node {
        id: id.clone(),
        name,
        of,
        kind: config?,
        ports: of.ports_of(f.get("config").unwrap_or(&Value::Null)).unwrap_or_default(),
        retry,
        // A node that waits has no bound of its own.
        timeout_seconds: timeout.or(usual_seconds(of.mode)),
        on_error: cx.on_error,
        put_to: None,
        join: Join::All,
        delivery,
        compensate: None,
    })
}

/// Seconds of one attempt of a node that does not say; none for one that waits.
fn usual_seconds(mode: Mode) -> Option<f64> {
    match mode {
        Mode::Wait | Mode::Children => None,
        Mode::Agent => Some(limits::MODEL_SECONDS),
        Mode::Route | Mode::Compute | Mode::Run | Mode::Lend => Some(limits::NODE_SECONDS),
    }
}

/// Warns of an attempt that asks for more than hosts give where their operators do not say.
fn warn_of_ceiling(cx: &mut Cx<'_>, f: &Fields<'_, '_>, of: &NodeType, seconds: f64) {
    const MOST: f64 = limits::ATTEMPT_SECONDS;
    if seconds > MOST {
        let message =
            format!("hosts stop an attempt of `{}` after {MOST} s, unless their operator allows more", of.name);
        let hint =
            format!("Give at most {MOST}, and do longer work in parts, or elsewhere with a `wait` for its event.");
        cx.warning("timeout_too_long", &f.at.key("timeout_seconds"), message, hint);
    }
}

/// Reads a node's config by its type.
fn read_kind(
    cx: &mut Cx<'_>,
    readers: Readers<'_>,
    f: &Fields<'_, '_>,
    of: &'static NodeType,
    place: Place<'_>,
) -> Option<NodeKind> {
    let empty = Map::new();
    // A config that is no object is reported once, and nothing in it is looked for.
    let config = match f.object.get("config") {
        None | Some(Value::Null) => &empty,
        Some(Value::Object(config)) => config,
        Some(other) => {
            let message = format!("`config` is {}", kind_of(other));
            cx.error("schema", &f.at.key("config"), message, "Give an object.");
            return None;
        }
    };
    let raw = Raw { config, at: &f.at.key("config"), place, flows: readers.flows };
    readers.types.read(of, cx, &raw)
}

/// Reads `retry`, with the type's defaults for what it leaves out.
fn retry(cx: &mut Cx<'_>, f: &Fields<'_, '_>, of: &NodeType, delivery: Delivery) -> Retry {
    let attempts = if delivery == Delivery::AtLeastOnce { of.attempts } else { 1 };
    let mut retry =
        Retry { max_attempts: attempts, initial_seconds: 1.0, backoff: 2.0, max_seconds: 60.0, jitter: true };
    let Some(object) = f.object(cx, "retry") else { return retry };
    let at = f.at.key("retry");
    let known = ["max_attempts", "initial_seconds", "backoff", "max_seconds", "jitter"];
    let f = Fields::new(cx, object, &at, "schema", &known);
    if let Some(attempts) = f.integer(cx, "max_attempts", 1, u64::from(limits::RETRY_ATTEMPTS)) {
        retry.max_attempts = attempts as u32;
    }
    retry.initial_seconds = f.number(cx, "initial_seconds", 0.0, limits::RETRY_SECONDS).unwrap_or(1.0);
    retry.backoff = f.number(cx, "backoff", 1.0, limits::RETRY_BACKOFF).unwrap_or(2.0);
    let most = f.number(cx, "max_seconds", 0.0, limits::RETRY_SECONDS);
    // A first delay beyond the default bound is meant: the bound gives way, not the delay.
    retry.max_seconds = most.unwrap_or_else(|| retry.initial_seconds.max(60.0));
    retry.jitter = f.flag(cx, "jitter").unwrap_or(true);
    retry
}

/// Reads `join`: `all`, `any` or `{"at_least": n}`.
fn join(cx: &mut Cx<'_>, f: &Fields<'_, '_>) -> Join {
    if let Some(Value::Object(object)) = f.get("join") {
        let at = f.at.key("join");
        let f = Fields::new(cx, object, &at, "schema", &["at_least"]);
        if f.get("at_least").is_none() {
            f.missing(cx, "at_least", "Give `all`, `any` or {\"at_least\": n}.");
        }
        return f.integer(cx, "at_least", 1, limits::EDGES as u64).map_or(Join::All, Join::AtLeast);
    }
    match f.word(cx, "join", &["all", "any"]) {
        Some(1) => Join::Any,
        _ => Join::All,
    }
}

/// Reads the node under `compensate`. It bears the id of the node that it undoes.
fn compensate(
    cx: &mut Cx<'_>,
    readers: Readers<'_>,
    object: &Map<String, Value>,
    at: &At<'_>,
    id: &NodeId,
    place: Place<'_>,
) -> Option<Node> {
    let f = Fields::new(cx, object, at, "schema", &UNDO_KEYS);
    let Some(name) = f.text(cx, "type") else {
        f.missing(cx, "type", "Say what undoes the node, such as `http_request`.");
        return None;
    };
    let undoing = || readers.types.all().filter(|of| of.mode.can_undo());
    let Some(of) = undoing().find(|of| of.name == name) else {
        let names: Vec<&str> = undoing().map(|of| of.name).collect();
        let hint = format!("Use one of `{}`.", names.join("`, `"));
        cx.error("invalid_config", &at.key("type"), format!("a node of type `{name}` undoes nothing"), hint);
        return None;
    };
    let config = read_kind(cx, readers, &f, of, place);
    common(cx, &f, id, of, config)
}
