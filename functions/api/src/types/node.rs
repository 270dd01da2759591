//! The nodes of an execution, and the lines that they log.

use super::{Agent, ExecutionError, LentTo, Timestamp, Values, words};
use ::document::Workflow;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_core::{
    evolve::input_of,
    execution::Execution,
    task::{LogLevel, NodeLog},
    view::{self, NodeStatus},
};
use utoipa::ToSchema;

/// All nodes of an execution, in the document's order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Nodes {
    /// The nodes.
    pub items: Vec<Node>,
}

/// What a node of an execution has done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Node {
    /// The id of the node in its document.
    pub node: String,
    /// The name of the node, for people.
    pub name: String,
    /// What the node is doing.
    #[schema(value_type = words::NodeStatus)]
    pub status: NodeStatus,
    /// How often the node was visited.
    pub visits: u32,
    /// How many attempts ended, over all visits.
    pub attempts: u32,
    /// The input of the latest visit; null where there was none. A value that has no room in the answer is shown as
    /// `{"$blob": sha256, "bytes": n}`.
    pub input: Value,
    /// The latest output; null where the node has none. A value that has no room in the answer is shown as
    /// `{"$blob": sha256, "bytes": n}`.
    pub output: Value,
    /// The port that the latest outcome took.
    pub port: Option<String>,
    /// Why the latest attempt failed.
    pub error: Option<ExecutionError>,
    /// When the latest visit began.
    pub started_at: Option<Timestamp>,
    /// When the outcome of the latest visit was recorded.
    pub completed_at: Option<Timestamp>,
    /// Milliseconds that the last attempt ran; where nobody measured it, those of the whole visit.
    pub duration_ms: Option<u64>,
    /// The first hundred lines that the node logged.
    pub logs: Vec<LogLine>,
    /// How many children a `map` or `workflow` node has, in its latest attempt; absent where it has planned none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub children: Option<ChildCounts>,
    /// What an `agent` node and its model said to each other at the latest visit; absent before the first answer, and of
    /// other nodes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<Agent>,
    /// The agents that the node is lent to as a tool, a model, a memory or a parser; absent of a node that runs by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lent_to: Vec<LentTo>,
}

/// How many children a node has, and what became of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChildCounts {
    /// How many there are in all.
    pub count: u32,
    /// How many completed.
    pub completed: u32,
    /// How many ended in another way.
    pub failed: u32,
    /// How many of a `map` may fail without failing the node; null for a `workflow` node.
    pub tolerated: Option<u64>,
}

/// A line that a node logged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LogLine {
    /// The id of the node; absent where the line is listed with its node.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Number of the node's visit, from 1.
    pub visit: u32,
    /// Number of the attempt within the visit, from 1.
    pub attempt: u32,
    /// When the line was written.
    pub at: Timestamp,
    /// How much the line matters.
    #[schema(value_type = words::LogLevel)]
    pub level: LogLevel,
    /// The text of the line.
    pub message: String,
}

impl Nodes {
    /// The nodes of an execution. `logs` are the lines of all nodes.
    pub fn of(execution: &Execution, workflow: &Workflow, logs: &[NodeLog], values: &mut Values) -> Self {
        Self { items: workflow.nodes.iter().map(|node| Node::of(execution, workflow, node, logs, values)).collect() }
    }
}

impl Node {
    /// One node of an execution. `logs` are the lines of all nodes.
    pub fn of(
        execution: &Execution,
        workflow: &Workflow,
        node: &::document::Node,
        logs: &[NodeLog],
        values: &mut Values,
    ) -> Self {
        let state = execution.node(&node.id);
        // Input and times belong to a visit, so a node that was only skipped has none.
        let visited = state.filter(|state| state.visit > 0);
        let input = visited.map(|state| input(execution, workflow, node, &state.via, values));
        let own = logs.iter().filter(|log| log.node == node.id.as_str());
        Self {
            node: node.id.to_string(),
            name: node.name.clone(),
            status: view::node_status(state),
            visits: state.map_or(0, |state| state.visit),
            attempts: state.map_or(0, |state| state.attempts),
            input: input.unwrap_or_default(),
            output: state.and_then(|state| state.output.as_ref()).map(|it| values.show(it)).unwrap_or_default(),
            port: state.and_then(|state| state.port.clone()),
            error: state.and_then(|state| state.error.as_ref()).map(ExecutionError::from),
            started_at: visited.map(|state| Timestamp(state.activated_at)),
            completed_at: visited.and_then(|state| state.finished_at).map(Timestamp),
            duration_ms: visited.and_then(view::duration_ms),
            logs: own.map(|log| LogLine { node: None, ..LogLine::from(log) }).collect(),
            children: view::children(execution, workflow, &node.id).map(ChildCounts::from),
            agent: Agent::of(execution, &node.id, values),
            lent_to: LentTo::of(execution, workflow, &node.id, values),
        }
    }
}

/// The input of a node's latest visit. Where something is missing that it is made of, the outputs that it comes from are
/// shown by their nodes.
fn input(
    execution: &Execution,
    workflow: &Workflow,
    node: &::document::Node,
    via: &[usize],
    values: &mut Values,
) -> Value {
    let Some(&ix) = workflow.graph.index.get(&node.id) else { return Value::Null };
    match values.read(|reading| input_of(workflow, execution, ix, reading)) {
        Ok(whole) => values.show(&whole),
        Err(_) => {
            let sources = via.iter().filter_map(|edge| workflow.edges.get(*edge)).map(|edge| &edge.from);
            let parts = sources.filter_map(|from| Some((from, execution.node(from)?.output.as_ref()?)));
            Value::Object(parts.map(|(from, part)| (from.to_string(), values.show(part))).collect())
        }
    }
}

impl From<view::ChildCounts> for ChildCounts {
    fn from(counts: view::ChildCounts) -> Self {
        let view::ChildCounts { count, completed, failed, tolerated } = counts;
        Self { count, completed, failed, tolerated }
    }
}

impl From<&NodeLog> for LogLine {
    fn from(log: &NodeLog) -> Self {
        Self {
            node: Some(log.node.clone()),
            visit: log.visit,
            attempt: log.attempt,
            at: Timestamp(log.line.at),
            level: log.line.level,
            message: log.line.message.clone(),
        }
    }
}
