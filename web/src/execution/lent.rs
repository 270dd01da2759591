//! Nodes that agents alone use: what they are to whom, and how often they were called.

use super::{seen::Seen, state::Look};
use crate::{limits, look::lent_as, words::beginning};
use document::{Connection, Edge, graph::NodeIx, id::NodeId};
use stepwell_core::{reading::Reading, view};

/// How a node looks that never runs by itself.
pub const LOOK: Look = Look { class: "lent", sign: "", word: "Used by agents" };

/// What a node is to agents, in words; empty for one that runs by itself. A state is read without the values that lie
/// elsewhere: where answers are among them, calls are not counted.
pub fn of_node(seen: &Seen, ix: NodeIx) -> Vec<String> {
    let node = &seen.workflow.nodes[ix].id;
    let one = |(agent, connection): (NodeId, Connection)| {
        let name = beginning(seen.name_of(agent.as_str()), limits::AGENT_NAME);
        told(connection, &name, calls(seen, &agent, node))
    };
    view::lent_to(&seen.workflow, ix).into_iter().map(one).collect()
}

/// Whether an agent has used what an edge lends it: a tool where it was called, all else where its model has answered.
pub fn is_used(seen: &Seen, edge: &Edge) -> bool {
    let talk = seen.then.node(&edge.to).and_then(|agent| agent.talk.as_ref());
    match edge.connection {
        Connection::AiTool | Connection::AiAgent => calls(seen, &edge.to, &edge.from).is_some_and(|calls| calls > 0),
        _ => talk.is_some_and(|talk| !talk.turns.is_empty()),
    }
}

/// How often a tool was called; none for what is no tool, and where that lies elsewhere.
fn calls(seen: &Seen, agent: &NodeId, tool: &NodeId) -> Option<u64> {
    Reading::of(|reading| view::tool_calls(&seen.then, &seen.workflow, agent, tool, reading)).ok().flatten()
}

/// What a node is to an agent, such as `tool of Triage · 3 calls`.
pub fn told(connection: Connection, agent: &str, calls: Option<u64>) -> String {
    let what = lent_as(connection);
    let calls = calls.map(|calls| format!(" · {}", crate::words::count(calls, "call"))).unwrap_or_default();
    format!("{what} of {agent}{calls}")
}
