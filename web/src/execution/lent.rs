//! Nodes that agents alone use: what they are to whom, and how often they were called.

use super::{seen::Seen, state::Look};
use document::{Connection, graph::NodeIx};
use stepwell_core::{reading::Reading, view};

/// How a node looks that never runs by itself.
pub const LOOK: Look = Look { class: "lent", sign: "", word: "Used by agents" };

/// What a node is to agents, in words; empty for one that runs by itself. A state is read without the values that lie
/// elsewhere: where answers are among them, calls are not counted.
pub fn of_node(seen: &Seen, ix: NodeIx) -> Vec<String> {
    let node = &seen.workflow.nodes[ix].id;
    let one = |(agent, connection)| {
        let calls = Reading::of(|reading| view::tool_calls(&seen.then, &seen.workflow, &agent, node, reading));
        told(connection, agent.as_str(), calls.ok().flatten())
    };
    view::lent_to(&seen.workflow, ix).into_iter().map(one).collect()
}

/// What a node is to an agent, such as `tool of triage · 3 calls`.
pub fn told(connection: Connection, agent: &str, calls: Option<u64>) -> String {
    let what = match connection {
        Connection::AiTool | Connection::AiAgent => "tool",
        Connection::AiLanguageModel => "model",
        Connection::AiMemory => "memory",
        Connection::AiOutputParser => "parser",
        Connection::Main
        | Connection::AiChain
        | Connection::AiDocument
        | Connection::AiEmbedding
        | Connection::AiReranker
        | Connection::AiRetriever
        | Connection::AiTextSplitter
        | Connection::AiVectorStore => "source",
    };
    let calls = calls.map(|calls| format!(" · {}", crate::words::count(calls, "call"))).unwrap_or_default();
    format!("{what} of {agent}{calls}")
}
