//! What is said about agents: what became of the tool calls of their models, and which nodes lend them what.

use crate::{
    agent::{Planned, awaited},
    execution::{CallStatus, Execution},
    id::ExecutionId,
    reading::Reading,
};
use document::{Connection, NodeKind, Workflow, graph::NodeIx, id::NodeId};
use serde_json::Value;
use std::collections::BTreeMap;

document::closed_set!(
    /// What became of a tool call that a model asked for, or what it waits for.
    CallState {
        /// The call waits until others have ended.
        Pending = "pending",
        /// The call runs.
        Running = "running",
        /// A person must approve the call, or is asked within it.
        WaitingHuman = "waiting_human",
        /// The call has ended. What it came to is recorded when the other calls of the answer have ended too.
        Ended = "ended",
        /// The tool gave a result.
        Succeeded = "succeeded",
        /// The tool failed.
        Failed = "failed",
        /// The call was never run: there is no such tool, or it takes no such arguments.
        Refused = "refused",
        /// A person refused it.
        Rejected = "rejected",
        /// Nobody approved it in time.
        Expired = "expired",
        /// A person answered in the tool's place.
        Answered = "answered",
        /// The agent ended before the call had a result.
        Cancelled = "cancelled",
    }
);

document::closed_set!(
    /// What people decided about a tool call.
    Decision {
        /// The tool may run, and whatever came of it since is its own matter.
        Approved = "approved",
        /// The tool may not run.
        Refused = "refused",
        /// A person gave the result in the tool's place.
        Answered = "answered",
    }
);

impl CallState {
    /// What people decided about a call of which it is known that some did.
    pub fn decision(self) -> Decision {
        match self {
            Self::Rejected => Decision::Refused,
            Self::Answered => Decision::Answered,
            Self::Ended
            | Self::Succeeded
            | Self::Failed
            | Self::Refused
            | Self::Expired
            | Self::Pending
            | Self::WaitingHuman
            | Self::Running
            | Self::Cancelled => Decision::Approved,
        }
    }
}

impl From<CallStatus> for CallState {
    fn from(status: CallStatus) -> Self {
        match status {
            CallStatus::Succeeded => Self::Succeeded,
            CallStatus::Failed => Self::Failed,
            CallStatus::Refused => Self::Refused,
            CallStatus::Rejected => Self::Rejected,
            CallStatus::Expired => Self::Expired,
            CallStatus::Answered => Self::Answered,
        }
    }
}

/// A tool call whose result is not recorded yet, or will not be: its agent ended before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// What it waits for.
    pub state: CallState,
    /// The execution that runs it; none before it is asked for.
    pub execution_id: Option<ExecutionId>,
}

/// The tool calls of an agent's latest answer that have no result yet, by their position in it.
pub fn calls_under_way(execution: &Execution, node: &NodeId, reading: &Reading) -> BTreeMap<u32, UnderWay> {
    let activation = execution.activation(node);
    let is_open = execution.node(node).is_some_and(|state| state.phase.is_open());
    let Some(kids) = awaited(execution, &activation) else { return BTreeMap::new() };
    let planned = reading.value(&kids.items).as_array();
    let one = |(index, one): (u32, &Value)| {
        let planned: Planned = serde_json::from_value(one.clone()).ok()?;
        let is_asked_for = index < kids.started;
        let state = match () {
            () if kids.ended.contains(index) => CallState::Ended,
            () if !is_open => CallState::Cancelled,
            () if !is_asked_for => CallState::Pending,
            () if kids.asking.contains_key(&index) => CallState::WaitingHuman,
            () => CallState::Running,
        };
        let execution_id = is_asked_for.then(|| kids.id_of(execution.id(), &activation, index));
        Some((planned.call, UnderWay { state, execution_id }))
    };
    (0..).zip(planned.into_iter().flatten()).filter_map(one).collect()
}

/// The agents that a node is lent to, and what it is to them, in the document's order; none for a node that runs by itself.
pub fn lent_to(workflow: &Workflow, node: NodeIx) -> Vec<(NodeId, Connection)> {
    let Some(lent) = workflow.nodes.get(node).filter(|node| matches!(node.kind, NodeKind::Lend(_))) else {
        return Vec::new();
    };
    let edges = workflow.edges.iter().filter(|edge| edge.from == lent.id && !edge.is_main());
    edges.map(|edge| (edge.to.clone(), edge.connection)).collect()
}

/// How often the model of an agent asked for a tool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToolCalls {
    /// Calls in all.
    pub asked: u64,
    /// Those that are over and of which nothing ran: the tool takes no such arguments, or people did not allow it, or answered in
    /// its place.
    pub not_run: u64,
}

/// How often the model of an agent asked for a tool at the agent's latest visit, or for one of those of a server; none for
/// what is no tool of it.
pub fn tool_calls(
    execution: &Execution,
    workflow: &Workflow,
    agent: &NodeId,
    tool: &NodeId,
    reading: &Reading,
) -> Option<ToolCalls> {
    let known = workflow.node(agent.as_str())?.kind.agent()?;
    let own = known.tools.iter().find(|one| one.node == *tool && !one.is_server).map(|one| one.name.as_str());
    let is_server = known.servers.iter().any(|(server, _)| server == tool);
    if own.is_none() && !is_server {
        return None;
    }
    let Some(talk) = execution.node(agent).and_then(|node| node.talk.as_deref()) else {
        return Some(ToolCalls::default());
    };
    let served = talk.tools.as_ref().filter(|_| is_server).map(|tools| &reading.value(tools)[tool.as_str()]);
    let served = served.and_then(Value::as_array).into_iter().flatten().filter_map(|one| one["name"].as_str());
    let names: Vec<&str> = own.into_iter().chain(served).collect();
    let mut told = ToolCalls::default();
    for said in &talk.turns {
        let calls = reading.value(&said.answer)["tool_calls"].as_array().map(Vec::as_slice).unwrap_or_default();
        let of_tool = |call: &Value| call["name"].as_str().is_some_and(|name| names.contains(&name));
        for (call, _) in (0..).zip(calls).filter(|(_, call)| of_tool(call)) {
            told.asked += 1;
            told.not_run += u64::from(said.ended.get(&call).is_some_and(|end| end.status.is_not_run()));
        }
    }
    Some(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_became_of_a_call_says_what_people_decided() {
        for &state in CallState::ALL {
            let decision = match state.as_str() {
                "rejected" => Decision::Refused,
                "answered" => Decision::Answered,
                _ => Decision::Approved,
            };
            assert_eq!(state.decision(), decision, "{state}");
        }
    }
}
