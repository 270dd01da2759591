//! Nodes that agents alone use: what they are to whom, and how often they were called.

use super::{seen::Seen, state::Look};
use crate::{
    limits,
    look::lent_as,
    words::{beginning, count},
};
use document::{Connection, Edge, graph::NodeIx, id::NodeId};
use stepwell_core::{
    reading::Reading,
    view::{self, ToolCalls},
};

/// How a node looks that never runs by itself.
pub const LOOK: Look = Look { class: "lent", sign: "", word: "Used by agents" };

/// What a node is to agents, in words; empty for one that runs by itself. A state is read without the values that lie
/// elsewhere: where answers are among them, calls are not counted.
pub fn of_node(seen: &Seen, ix: NodeIx) -> Vec<String> {
    let node = &seen.workflow.nodes[ix].id;
    let one = |(agent, connection): (NodeId, Connection)| told(seen, connection, &agent, node, limits::AGENT_NAME);
    view::lent_to(&seen.workflow, ix).into_iter().flat_map(one).collect()
}

/// Whether an agent has used what an edge lends it: a tool where it was called, all else where its model has answered.
pub fn is_used(seen: &Seen, edge: &Edge) -> bool {
    let talk = seen.then.node(&edge.to).and_then(|agent| agent.talk.as_ref());
    match edge.connection {
        Connection::AiTool | Connection::AiAgent => {
            calls(seen, &edge.to, &edge.from).is_some_and(|calls| calls.asked > 0)
        }
        _ => talk.is_some_and(|talk| !talk.turns.is_empty()),
    }
}

/// How often a tool was called; none for what is no tool, and where that lies elsewhere.
fn calls(seen: &Seen, agent: &NodeId, tool: &NodeId) -> Option<ToolCalls> {
    Reading::of(|reading| view::tool_calls(&seen.then, &seen.workflow, agent, tool, reading)).ok().flatten()
}

/// What a node is to an agent, such as `tool of Triage · 3 calls`, and how many other calls there were of which nothing ran.
/// Of the agent's name it says `most` characters.
pub fn told(seen: &Seen, connection: Connection, agent: &NodeId, node: &NodeId, most: usize) -> Vec<String> {
    let name = beginning(seen.name_of(agent.as_str()), most);
    let what = format!("{} of {name}", lent_as(connection));
    let Some(calls) = calls(seen, agent, node) else { return vec![what] };
    let ran = format!("{what} · {}", count(calls.asked - calls.not_run, "call"));
    let others = (calls.not_run > 0).then(|| format!("{} not run", calls.not_run));
    [ran].into_iter().chain(others).collect()
}
