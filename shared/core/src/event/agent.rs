//! The events of agents.

use crate::{execution::ToolEnd, payload::Payload};
use document::id::NodeId;
use serde::{Deserialize, Serialize};

/// What an agent found when it began: what it remembers, the tools of servers, and what the workflows take that it may run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentOpened {
    /// The agent.
    pub node: NodeId,
    /// Number of the node's visit.
    pub visit: u32,
    /// Number of the attempt that looked, from 1.
    pub attempt: u32,
    /// The key of the conversation; none where the agent has no memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What is remembered, as a list of messages; none where the agent has no memory.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub memory: Option<Payload>,
    /// The tools of servers, by the node that names the server, as lists; and by the node of a tool that runs a saved
    /// workflow an object with the `parameters` that it takes. None where the agent has neither.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub tools: Option<Payload>,
}

/// A model answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentAnswered {
    /// The agent.
    pub node: NodeId,
    /// Number of the node's visit.
    pub visit: u32,
    /// Number of the attempt that asked, from 1.
    pub attempt: u32,
    /// What the model was told first, where that differs from what it was told the time before.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub asked: Option<Payload>,
    /// What it answered.
    pub answer: Payload,
    /// What the call used.
    #[serde(default)]
    pub usage: document::work::Usage,
    /// What the model is told since its answer cannot be used; none where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// What is added to the conversation that the agent remembers; none where the agent goes on, or remembers nothing.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub remember: Option<Payload>,
    /// Milliseconds that the call took; none where nobody measured it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Positions of the models that were asked before the one that answered, and have no quota any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_up: Vec<u32>,
}

/// A tool call of the model's latest answer ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgentToolEnded {
    /// The agent.
    pub node: NodeId,
    /// Number of the node's visit.
    pub visit: u32,
    /// Position of the call in the answer, from 0.
    pub index: u32,
    /// The node that is the tool, or the name by which the model asked for it where no node of its own is; none where the answer
    /// lies elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// How it ended.
    #[serde(flatten)]
    pub end: ToolEnd,
}
