//! `no_effect`: what the format takes and this release does nothing with. Whoever builds one of these takes its warning
//! away.

use crate::{
    Connection, OnError,
    graph::NodeIx,
    node::node_type::Mode,
    read_tools::{is_agent, lends},
    reading::{At, Cx, Frame, RawEdge, RawNode},
};

/// What a node says of how it is run.
const OF_RUNS: [&str; 6] = ["timeout_seconds", "retry", "on_error", "join", "delivery", "compensate"];

/// Warns of what a flow says in vain.
pub(crate) fn check(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>) {
    let (nodes_at, edges_at) = (at.key("nodes"), at.key("edges"));
    for (ix, raw) in frame.nodes.iter().enumerate() {
        let at = nodes_at.item(ix);
        let tool = is_tool(frame, ix);
        cx.about(raw.id.as_ref().map(ToString::to_string), |cx| {
            node(cx, raw, &at);
            if is_agent(frame, Some(ix)) {
                lent_twice(cx, frame, ix, (&at, &edges_at));
            }
            if !tool && given(raw, "tool") {
                let hint = match raw.kind.is_none_or(|kind| kind.mode.can_be_tool()) {
                    true => "Join it to an `agent` by an edge with the connection `ai_tool`.",
                    false => "Leave it out: a node of this type is no tool.",
                };
                cx.warning("no_effect", &at.key("tool"), "no agent has this node as a tool", hint);
            }
            if tool && given(raw, "join") {
                let hint = "Leave it out: each call of a tool is run by itself.";
                cx.warning("no_effect", &at.key("join"), "no edges come together in a tool", hint);
            }
        });
    }
    for (ix, raw) in frame.edges.iter().enumerate() {
        if !(lends(raw.connection) && is_agent(frame, raw.to)) {
            edge(cx, raw, &edges_at.item(ix));
        }
    }
}

/// Whether an agent has a node as a tool.
fn is_tool(frame: &Frame<'_>, ix: NodeIx) -> bool {
    let as_tool = |connection| matches!(connection, Connection::AiTool | Connection::AiAgent);
    frame.edges.iter().any(|edge| edge.from == Some(ix) && as_tool(edge.connection) && is_agent(frame, edge.to))
}

/// Warns of what an agent is lent in vain, since it has one of it alone: the last counts.
fn lent_twice(cx: &mut Cx<'_>, frame: &Frame<'_>, ix: NodeIx, (node_at, edges_at): (&At<'_>, &At<'_>)) {
    for (connection, what) in [(Connection::AiMemory, "memory"), (Connection::AiOutputParser, "parser")] {
        let lent = |edge: &RawEdge<'_>| edge.to == Some(ix) && edge.connection == connection;
        let all: Vec<usize> = (0..frame.edges.len()).filter(|&at| lent(&frame.edges[at])).collect();
        let Some((_, before)) = all.split_last() else { continue };
        for &at in before {
            let hint = "Leave it out, or lead it to another agent.";
            cx.warning(
                "no_effect",
                &edges_at.item(at),
                format!("an agent has one {what}: another is lent to it"),
                hint,
            );
        }
        let config = frame.nodes[ix].object.and_then(|object| object.get("config"));
        let own = config.and_then(|config| config.get("output_schema")).is_some_and(|schema| !schema.is_null());
        if own && connection == Connection::AiOutputParser {
            let hint = "Leave it out, or the edge from the parser.";
            let at = node_at.key("config");
            cx.warning("no_effect", &at.key("output_schema"), "the schema of a parser is lent to this agent", hint);
        }
    }
}

/// Whether a node has a member, and one that is not null.
fn given(raw: &RawNode<'_>, key: &str) -> bool {
    raw.object.and_then(|object| object.get(key)).is_some_and(|value| !value.is_null())
}

fn node(cx: &mut Cx<'_>, raw: &RawNode<'_>, at: &At<'_>) {
    let (Some(object), Some(kind)) = (raw.object, raw.kind) else { return };
    let given = |key: &str| given(raw, key);
    if kind.mode == Mode::Lend {
        for key in OF_RUNS.into_iter().filter(|key| given(key)) {
            let message = format!("a `{}` is lent to agents, and never run itself", kind.name);
            cx.warning("no_effect", &at.key(key), message, "Leave it out, or give it to the agent.");
        }
        return;
    }
    let (at_once, never_again) = match kind.mode {
        Mode::Route => (true, true),
        Mode::Compute => (true, false),
        Mode::Run | Mode::Wait | Mode::Children | Mode::Agent | Mode::Lend => (false, false),
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
