//! What an agent and its model said to each other, in parts that are each written once.

use crate::{error::Error, id::ExecutionId, payload::Payload};
use document::work::Usage;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// The conversation of one visit to an `agent` node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Talk {
    /// The key of the conversation that the agent remembers; none where it has no memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether what was said is added to that conversation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remembers: bool,
    /// Number of the turn that recorded the latest answer.
    #[serde(default)]
    pub ended_seq: u64,
    /// What was remembered when the agent began, as a list of messages; none where it has no memory.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub memory: Option<Payload>,
    /// The tools of servers when the agent began, by the node that names the server, as lists; and by the node of a tool that
    /// runs a saved workflow an object with the `parameters` that it takes. None where it has neither.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub tools: Option<Payload>,
    /// The answers of the model, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Arc<Said>>,
    /// What all answers used.
    #[serde(default)]
    pub usage: Usage,
    /// How many tool calls were run.
    #[serde(default)]
    pub calls: u64,
}

/// One answer of the model, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Number of the attempt that asked.
    pub attempt: u32,
    /// Number of the turn that recorded the answer; 0 where that was a turn of another execution, of which this one is a
    /// fork.
    #[serde(default)]
    pub seq: u64,
    /// What the model was told first, where that differs from what it was told the time before.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub asked: Option<Payload>,
    /// The answer.
    pub answer: Payload,
    /// What the model is told since its answer cannot be used; none where it can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// What became of the tool calls, by their position in the answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "by_position")]
    pub ended: BTreeMap<u32, ToolEnd>,
}

document::closed_set!(
    /// How a tool call ended.
    CallStatus {
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
    }
);

impl CallStatus {
    /// Whether the tool did nothing.
    pub fn is_not_run(self) -> bool {
        match self {
            Self::Succeeded | Self::Failed => false,
            Self::Refused | Self::Rejected | Self::Expired | Self::Answered => true,
        }
    }
}

/// How a tool call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolEnd {
    /// How.
    pub status: CallStatus,
    /// What the tool gave, whole; null where it gave nothing.
    #[serde(default)]
    pub result: Payload,
    /// Why it gave nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Error>,
    /// The arguments with which it ran, where a person changed them.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::payload::present")]
    pub arguments: Option<Payload>,
    /// Whoever approved the call, refused it, or answered in the tool's place; empty where nobody was asked, where nobody
    /// answered in time, and in journals of earlier releases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<String>,
    /// The execution that ran the call; none where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<ExecutionId>,
}

impl Said {
    /// Whether it is recorded what the tool calls gave that were run.
    pub fn is_gathered(&self) -> bool {
        self.ended.values().any(|end| end.execution_id.is_some())
    }
}

impl Talk {
    /// Every value that the conversation keeps.
    pub fn payloads(&self) -> impl Iterator<Item = &Payload> {
        let turns = self.turns.iter().flat_map(|said| {
            let ends = said.ended.values().flat_map(|end| [&end.result].into_iter().chain(&end.arguments));
            said.asked.iter().chain([&said.answer]).chain(ends)
        });
        self.memory.iter().chain(&self.tools).chain(turns)
    }

    /// Forgets which turns recorded it: they are those of another execution, of which this one is a fork. That execution
    /// also adds to the conversation that is remembered.
    pub(crate) fn begun_elsewhere(&mut self) {
        (self.remembers, self.ended_seq) = (false, 0);
        self.turns.iter_mut().for_each(|said| Arc::make_mut(said).seq = 0);
    }

    /// Replaces every value that the conversation keeps.
    pub fn replace_payloads(&mut self, by: &dyn Fn(&Payload) -> Payload) {
        let replace = |payload: &mut Payload| *payload = by(payload);
        self.memory.iter_mut().chain(&mut self.tools).for_each(replace);
        for said in self.turns.iter_mut().map(Arc::make_mut) {
            said.asked.iter_mut().chain([&mut said.answer]).for_each(replace);
            let ends = said.ended.values_mut();
            ends.flat_map(|end| [&mut end.result].into_iter().chain(&mut end.arguments)).for_each(replace);
        }
    }
}

/// Reads by the position of a call. In JSON the key of a map is a text, and within an event it stays one.
fn by_position<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<u32, ToolEnd>, D::Error> {
    let texts = BTreeMap::<String, ToolEnd>::deserialize(deserializer)?;
    let read = |(position, end): (String, ToolEnd)| Ok((position.parse().map_err(serde::de::Error::custom)?, end));
    texts.into_iter().map(read).collect()
}
