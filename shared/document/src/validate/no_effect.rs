//! `no_effect`: what the format takes and this release does nothing with. Whoever builds one of these takes its warning
//! away.

use crate::{
    Connection, OnError,
    node::node_type::Mode,
    read_tools::{is_agent, is_lent, lends},
    reading::{At, Cx, Frame, RawEdge, RawNode},
};

/// Warns of what a flow says in vain.
pub(crate) fn check(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>) {
    let (nodes_at, edges_at) = (at.key("nodes"), at.key("edges"));
    for (ix, raw) in frame.nodes.iter().enumerate() {
        let at = nodes_at.item(ix);
        let lent = is_lent(frame, ix);
        cx.about(raw.id.as_ref().map(ToString::to_string), |cx| {
            node(cx, raw, &at);
            if !lent && raw.object.and_then(|object| object.get("tool")).is_some_and(|tool| !tool.is_null()) {
                let hint = "Join it to an `agent` by an edge with the connection `ai_tool`.";
                cx.warning("no_effect", &at.key("tool"), "no agent has this node as a tool", hint);
            }
        });
    }
    for (ix, raw) in frame.edges.iter().enumerate() {
        if !(lends(raw.connection) && is_agent(frame, raw.to)) {
            edge(cx, raw, &edges_at.item(ix));
        }
    }
}

fn node(cx: &mut Cx<'_>, raw: &RawNode<'_>, at: &At<'_>) {
    let (Some(object), Some(kind)) = (raw.object, raw.kind) else { return };
    let given = |key: &str| object.get(key).is_some_and(|value| !value.is_null());
    let (at_once, never_again) = match kind.mode {
        Mode::Route => (true, true),
        Mode::Compute => (true, false),
        Mode::Run | Mode::Wait | Mode::Children | Mode::Agent => (false, false),
        Mode::Lend => (true, true),
    };
    if at_once && given("timeout_seconds") {
        let message = format!("a `{}` is decided at once: nothing of it is timed", kind.name);
        let hint = "Bound the nodes that take time, or the whole execution by `settings.timeout_seconds`.";
        cx.warning("no_effect", &at.key("timeout_seconds"), message, hint);
    }
    if kind.mode == Mode::Agent && object.get("delivery").and_then(|it| it.as_str()) == Some("at_most_once") {
        let message = "a model whose answer was lost is asked again: that does nothing outside";
        let hint = "Give `delivery` to the tools that must not run twice.";
        cx.warning("no_effect", &at.key("delivery"), message, hint);
    }
    let policy = object.get("on_error").and_then(OnError::of);
    if kind.name == "fail" && policy == Some(OnError::AskHuman) {
        let message = "a `fail` ends the execution, and nobody is asked about that";
        let hint = "Put a `human` before it, or give `rollback` to undo what was done first.";
        cx.warning("no_effect", &at.key("on_error"), message, hint);
    }
    if never_again && given("retry") {
        let message = format!("a `{}` is decided once, and the same way again: it is not retried", kind.name);
        cx.warning("no_effect", &at.key("retry"), message, "Give it to the nodes that may fail for now.");
    }
}

fn edge(cx: &mut Cx<'_>, raw: &RawEdge<'_>, at: &At<'_>) {
    if raw.connection.hands_data() {
        let given = |key: &&str| raw.object.and_then(|object| object.get(*key)).is_some_and(|value| !value.is_null());
        for key in ["port", "condition"].into_iter().filter(given) {
            let message = "the latest output is handed over, whichever way the node went";
            let hint = "Leave it out, or put what is to be handed over into the output of a node of its own.";
            cx.warning("no_effect", &at.key(key), message, hint);
        }
    } else if raw.connection != Connection::Main {
        let message = "only an agent is lent something by this connection";
        let hint = "Lead it to an `agent`, or a `main` edge to what is to run.";
        cx.warning("no_effect", &at.key("connection"), message, hint);
    }
}
