//! What an agent and its model said to each other, and what nodes are lent to agents.

use super::{ExecutionError, Values, words};
use ::document::{
    Connection, Workflow,
    id::NodeId,
    work::{ModelAnswer, ToolCall, Usage},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use stepwell_core::{
    execution::{Execution, Said, Talk},
    view::{self, CallState, UnderWay},
};
use utoipa::ToSchema;

/// The conversation of an agent with its model at the latest visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Agent {
    /// What the agent remembered when it began; absent where it has no memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<AgentMemory>,
    /// The answers of the model, in order, each with what came of it.
    pub turns: Vec<AgentTurn>,
    /// What all answers used.
    pub usage: AgentUsage,
}

/// What an agent remembered when it began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgentMemory {
    /// The key of the conversation; null where none was found.
    pub key: Option<String>,
    /// The messages, oldest first. A value that has no room in the answer is shown as `{"$blob": sha256, "bytes": n}`.
    pub messages: Value,
}

/// One answer of the model, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgentTurn {
    /// Number of the answer, from 1.
    pub turn: u32,
    /// The checkpoint that recorded it; absent where that is one of another execution, of which this one is a fork.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
    /// What the model was told first, `{system, messages}`; absent where that is what it was told before the answer before.
    /// A value that has no room in the answer is shown as `{"$blob": sha256, "bytes": n}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Value>,
    /// The text; empty where the model only asked for tools.
    pub text: String,
    /// The tools that the model asked for, in its order.
    pub tool_calls: Vec<AgentCall>,
    /// What the call used.
    pub usage: AgentUsage,
    /// The model that answered, as `provider/name`.
    pub model: String,
    /// Why the model stopped: `stop`, `tool_calls`, `length`, `content_filter`, or the provider's own word.
    pub stop_reason: String,
    /// What the model was told since its answer could not be used; absent where it could.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_again: Option<String>,
    /// Where the answer lies, as `{"$blob": sha256, "bytes": n}`, where it has no room here; the text, the calls and what they
    /// used are then left out. With `"sealed": true` where nobody is shown it (`settings.redact`); the text is then left out,
    /// and the arguments of calls that were not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<Value>,
}

/// A tool call that a model asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgentCall {
    /// The provider's id of the call.
    pub id: String,
    /// The name of the tool, as the model wrote it.
    pub name: String,
    /// The arguments; those that a person put in the place of the model's, where one did.
    pub arguments: Value,
    /// The arguments that the model asked for, where a person put others in their place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_arguments: Option<Value>,
    /// Whoever approved the call, refused it, or answered in the tool's place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decided_by: Vec<String>,
    /// What became of the call, or what it waits for.
    #[schema(value_type = words::CallState)]
    pub status: CallState,
    /// What the tool gave, whole; null where it gave nothing, or has not yet. A value that has no room in the answer is shown
    /// as `{"$blob": sha256, "bytes": n}`.
    pub result: Value,
    /// Why it gave nothing.
    pub error: Option<ExecutionError>,
    /// The execution that runs or ran the call; null where none did.
    pub execution_id: Option<String>,
}

/// What calls of models used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AgentUsage {
    /// Tokens that were read.
    pub input_tokens: u64,
    /// Tokens that were written.
    pub output_tokens: u64,
    /// Of the tokens that were read, those that the provider had kept from before.
    pub cached_tokens: u64,
    /// What they cost in US dollars; null where the host knows no price of all of them.
    pub usd: Option<f64>,
}

/// An agent that has a node as a tool, a model, a memory or a parser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LentTo {
    /// The agent.
    pub node: String,
    /// What the node is to it.
    #[schema(value_type = words::ConnectionType)]
    pub connection: Connection,
    /// How often the agent's model asked for the tool at the agent's latest visit; null for what is no tool, and where the
    /// answers that tell it have no room in the answer.
    pub calls: Option<u64>,
}

impl Agent {
    /// The conversation of a node; none where it has none.
    pub fn of(execution: &Execution, node: &NodeId, values: &mut Values) -> Option<Self> {
        let state = execution.node(node)?;
        let talk: &Talk = state.talk.as_deref()?;
        // Where what was planned has no room, a call says only that it has not ended.
        let under_way = values.read(|reading| view::calls_under_way(execution, node, reading)).unwrap_or_default();
        let nothing = BTreeMap::new();
        let rest = if state.phase.is_open() { CallState::Running } else { CallState::Cancelled };
        let turns = (1..).zip(&talk.turns).map(|(turn, said)| {
            let is_latest = turn as usize == talk.turns.len();
            let open = match is_latest {
                true => Open { under_way: &under_way, rest },
                false => Open { under_way: &nothing, rest: CallState::Cancelled },
            };
            AgentTurn::of(turn, said, &open, values)
        });
        let turns = turns.collect();
        let messages = talk.memory.as_ref().map(|memory| values.show(memory));
        let memory = messages.map(|messages| AgentMemory { key: talk.key.clone(), messages });
        Some(Self { memory, turns, usage: talk.usage.into() })
    }
}

/// What is known of the calls of an answer that have no end.
struct Open<'a> {
    /// Those that are under way, by their position in the answer.
    under_way: &'a BTreeMap<u32, UnderWay>,
    /// The status of all others.
    rest: CallState,
}

impl AgentTurn {
    fn of(turn: u32, said: &Said, open: &Open<'_>, values: &mut Values) -> Self {
        let shown = values.show(&said.answer);
        let sealed = said.answer.is_sealed();
        let whole = match sealed {
            true => values.read(|reading| reading.value(&said.answer).clone()).unwrap_or_default(),
            false => shown.clone(),
        };
        let (answer, left_out) = match serde_json::from_value::<ModelAnswer>(whole) {
            // What the calls were that were run, the execution says by itself.
            Ok(answer) if sealed => (ModelAnswer { text: String::new(), ..answer }, Some(shown)),
            Ok(answer) => (answer, None),
            Err(_) => (ModelAnswer::default(), Some(shown)),
        };
        let calls = (0..).zip(answer.tool_calls);
        Self {
            turn,
            checkpoint: (said.seq > 0).then(|| said.seq.to_string()),
            asked: said.asked.as_ref().map(|asked| values.show(asked)),
            text: answer.text,
            tool_calls: calls.map(|(at, call)| AgentCall::of(at, call, said, open, values)).collect(),
            usage: answer.usage.into(),
            model: answer.model,
            stop_reason: answer.stop_reason,
            told_again: said.again.clone(),
            left_out,
        }
    }
}

impl AgentCall {
    fn of(at: u32, call: ToolCall, said: &Said, open: &Open<'_>, values: &mut Values) -> Self {
        let ToolCall { id, name, mut arguments, signature: _ } = call;
        // Only the answer has those of a call that was not run.
        if said.answer.is_sealed() && said.ended.get(&at).is_some_and(|end| end.execution_id.is_none()) {
            arguments = Value::Null;
        }
        let Some(end) = said.ended.get(&at) else {
            let known = open.under_way.get(&at);
            return Self {
                id,
                name,
                arguments,
                asked_arguments: None,
                decided_by: Vec::new(),
                status: known.map_or(open.rest, |known| known.state),
                result: Value::Null,
                error: None,
                execution_id: known.and_then(|known| known.execution_id.as_ref()).map(ToString::to_string),
            };
        };
        let edited = end.arguments.as_ref().map(|edited| values.show(edited));
        let asked_arguments = edited.as_ref().map(|_| arguments.clone());
        Self {
            id,
            name,
            arguments: edited.unwrap_or(arguments),
            asked_arguments,
            decided_by: end.decided_by.clone(),
            status: end.status.into(),
            result: values.show(&end.result),
            error: end.error.as_ref().map(ExecutionError::from),
            execution_id: end.execution_id.as_ref().map(ToString::to_string),
        }
    }
}

impl LentTo {
    /// The agents that a node is lent to.
    pub fn of(execution: &Execution, workflow: &Workflow, node: &NodeId, values: &mut Values) -> Vec<Self> {
        let Some(ix) = workflow.node_ix(node.as_str()) else { return Vec::new() };
        let one = |(agent, connection): (NodeId, Connection)| {
            let calls = values.read(|reading| view::tool_calls(execution, workflow, &agent, node, reading));
            Self { node: agent.to_string(), connection, calls: calls.ok().flatten().map(|calls| calls.asked) }
        };
        view::lent_to(workflow, ix).into_iter().map(one).collect()
    }
}

impl From<Usage> for AgentUsage {
    fn from(usage: Usage) -> Self {
        let Usage { input_tokens, output_tokens, cached_tokens, nano_usd: _ } = usage;
        Self { input_tokens, output_tokens, cached_tokens, usd: usage.usd() }
    }
}
