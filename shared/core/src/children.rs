//! What a `map` or `workflow` node hands its children, and what it makes of what they give (execution model, §7). Hosts
//! load and store; `decide` says when children start and end.

use crate::{
    agent::{self, Decided, Heard, Planned},
    allotment::budget_of_child,
    error::Error,
    event::Started,
    execution::{Children as Kids, Execution, Parent, Status},
    id::{Activation, ExecutionId, child_id},
    payload::Payload,
    reading::{Missing, Reading},
    sight::Sight,
    task::{Failure, Outcome},
};
use document::{
    Body, Children, NodeKind, Spawning, Workflow,
    graph::NodeIx,
    id::{NodeId, WorkflowId},
    node::agent::Agent,
    time::Time,
};
use expression::Context as _;
use serde_json::{Value, json};
use std::sync::Arc;

/// The workflow at the end of a path of `map` nodes with inline bodies and of tools of agents, from a document on: what an
/// execution runs whose [`Started::body`] is that path. A tool stands in it as `agent/tool`.
///
/// # Errors
/// The first part of the path that leads to no flow.
pub fn body_of(root: Arc<Workflow>, path: &[NodeId]) -> Result<Arc<Workflow>, &NodeId> {
    path.iter().try_fold(root, |workflow, id| {
        let Some((agent, tool)) = id.as_str().split_once('/') else {
            let map = workflow.node(id.as_str());
            return map.and_then(|map| map.kind.inline_body()).cloned().ok_or(id);
        };
        let (tool, approved) = tool.strip_suffix(APPROVED).map_or((tool, false), |tool| (tool, true));
        flow_of(workflow.node(agent).and_then(|node| node.kind.agent()), tool, approved).cloned().ok_or(id)
    })
}

/// What a path to the flow of a tool ends with, where a person must approve the call first.
const APPROVED: &str = "/approved";

/// The flow that a call of an agent's tool runs.
fn flow_of<'a>(agent: Option<&'a Agent>, tool: &str, approved: bool) -> Option<&'a Arc<Workflow>> {
    let tool = agent?.tools.iter().find(|known| known.node.as_str() == tool)?;
    if approved { tool.approved_flow.as_ref() } else { Some(&tool.flow) }
}

/// The children of one attempt of a node.
#[derive(Clone, Copy)]
pub struct Family<'a> {
    workflow: &'a Workflow,
    /// The parent's state.
    state: &'a Execution,
    activation: &'a Activation,
    attempt: u32,
    ix: NodeIx,
    /// How many descendants each child may have alive at once.
    descendants: u32,
}

/// What a child runs.
pub enum Runs<'a> {
    /// The body of the `map`, within the parent's document.
    Body(&'a Arc<Workflow>),
    /// The latest version of a saved workflow.
    Saved(&'a WorkflowId),
}

/// Whether a child has ended without having completed before its parent was retried for the last time, and goes on now
/// since the node that failed with it does. What it tells of that end does not count.
pub fn is_taken_up(parent: &Execution, child: &Execution) -> bool {
    let Some(of) = &child.started.parent else { return false };
    let failed = matches!(child.end, Some(Status::Failed | Status::Cancelled));
    let kids =
        parent.children.get(&of.activation.node).filter(|_| parent.waits_for_children(&of.activation, of.attempt));
    failed && kids.is_some_and(|kids| child.taken_up < kids.reopened && !kids.ended.contains(of.index))
}

/// What the node's output needs of one child. A whole state is larger, and there may be many children.
pub struct Given {
    /// The child's id.
    pub id: ExecutionId,
    /// How the child ended.
    pub status: Status,
    /// The child's output; null where it has none.
    pub output: Value,
    /// Why the child failed.
    pub error: Option<Error>,
    /// What people decided about it, where it is a call of a tool.
    pub decided: Decided,
}

impl<'a> Family<'a> {
    /// The children of an attempt; none where the workflow does not have the node. `workflow` and `state` are the
    /// parent's.
    pub fn of(workflow: &'a Workflow, state: &'a Execution, activation: &'a Activation, attempt: u32) -> Option<Self> {
        let ix = *workflow.graph.index.get(&activation.node)?;
        let descendants = budget_of_child(workflow, state, ix);
        Some(Self { workflow, state, activation, attempt, ix, descendants })
    }

    /// The id of a child.
    pub fn id(&self, index: u32) -> ExecutionId {
        match self.kids() {
            Some(kids) => kids.id_of(self.state.id(), self.activation, index),
            None => child_id(self.state.id(), self.activation, self.attempt, index),
        }
    }

    /// The visit to the node.
    pub fn activation(&self) -> &Activation {
        self.activation
    }

    /// How many children there are.
    pub fn count(&self) -> u32 {
        self.kids().map_or(0, |kids| kids.count)
    }

    /// The items of a `map`, or the input of the children of a `workflow` node. All children read it.
    pub fn items(&self) -> Payload {
        self.kids().map(|kids| kids.items.clone()).unwrap_or_default()
    }

    /// What a child runs, or why it cannot start; none where the node is of a type without children.
    pub fn runs(&self, index: u32, reading: &Reading) -> Option<Result<Runs<'a>, String>> {
        if let NodeKind::Agent(agent) = self.kind() {
            let planned = self.planned(index, reading)?;
            let flow = flow_of(Some(agent), &planned.tool, planned.approved);
            return Some(
                flow.map(Runs::Body).ok_or_else(|| format!("the agent has no tool {} any more", planned.tool)),
            );
        }
        if let NodeKind::Children(Spawning::Map(map)) = self.kind() {
            return Some(Ok(match &map.body {
                Body::Inline(body) => Runs::Body(body),
                Body::Saved(saved) => Runs::Saved(saved),
            }));
        }
        let named = self.listed()?.workflow_ids.get(index as usize);
        Some(named.map(Runs::Saved).ok_or_else(|| "there is no such child".into()))
    }

    /// What a child starts with that runs the body of the `map`: it names the parent's document, and the way to the body
    /// in it. It gets only the values that the body reads, which keeps its journal small.
    ///
    /// # Errors
    /// Where the items are offloaded: fetch them, and ask again.
    pub fn start_of_body(&self, index: u32, body: &Workflow, now: Time) -> Result<Started, Missing> {
        Reading::of(|reading| self.with_body(index, body, now, reading))
    }

    fn with_body(&self, index: u32, body: &Workflow, now: Time, reading: &Reading) -> Started {
        let (parent, reads) = (&self.state.started, body.reads());
        // Outputs that the body reads of nodes outside of it: those of the parent's nodes as they are now, and those that
        // the parent itself was handed down.
        let sight = Sight::of_config(self.workflow, self.state, self.ix, reading);
        let own = sight.nodes().into_iter().filter_map(|id| {
            let (id, node) = self.state.nodes.get_key_value(id)?;
            Some((id.clone(), node.output.clone()?))
        });
        let wanted = |id: &NodeId| {
            let named = reads.all_nodes || reads.nodes.iter().any(|node| node == id.as_str());
            named && !body.graph.index.contains_key(id)
        };
        let inherited = parent.inherited.iter().cloned().chain(own).filter(|(id, _)| wanted(id)).collect();
        // The flow of a tool has the arguments of its own call, as its item.
        let args = sight.args().filter(|_| reads.args && !matches!(self.kind(), NodeKind::Agent(_))).cloned();
        let (step, item) = self.way(index, reading);
        Started {
            workflow_id: parent.workflow_id.clone(),
            workflow_version: parent.workflow_version,
            workflow_hash: self.state.workflow_hash().to_owned(),
            body: parent.body.iter().cloned().chain([step]).collect(),
            item: Some(item),
            input: if reads.input { parent.input.clone() } else { Payload::default() },
            inherited,
            args,
            ..self.start(index, body, now)
        }
    }

    /// The last part of the way to the flow of a child, and the item that it works on.
    fn way(&self, index: u32, reading: &Reading) -> (NodeId, Payload) {
        match self.planned(index, reading) {
            None => (self.activation.node.clone(), self.item(index, reading)),
            Some(call) => {
                let approved = if call.approved { APPROVED } else { "" };
                let step = format!("{}/{}{approved}", self.activation.node, call.tool);
                let mut item = call.arguments;
                if call.approved {
                    item = json!({ "arguments": item, "reason": call.reason });
                    item.as_object_mut().into_iter().for_each(|members| {
                        members.extend(call.parameters.iter().map(|schema| ("parameters".into(), schema.clone())));
                        members.extend(call.name.iter().map(|name| ("name".into(), json!(name))));
                    });
                }
                (step.into(), Payload::new(item))
            }
        }
    }

    /// The tool call that a child of an agent runs.
    fn planned(&self, index: u32, reading: &Reading) -> Option<Planned> {
        let NodeKind::Agent(_) = self.kind() else { return None };
        let all = reading.value(&self.kids()?.items);
        serde_json::from_value(all.get(index as usize)?.clone()).ok()
    }

    /// What a child starts with that runs a saved workflow, of which `version` is the latest. The error says why the
    /// workflow refuses the input, for the parent's journal.
    ///
    /// # Errors
    /// Where the input is offloaded: fetch it, and ask again.
    pub fn start_of_saved(
        &self,
        index: u32,
        version: u64,
        saved: &Workflow,
        now: Time,
    ) -> Result<Result<Started, String>, Missing> {
        Reading::of(|reading| self.with_saved(index, version, saved, now, reading))
    }

    fn with_saved(
        &self,
        index: u32,
        version: u64,
        saved: &Workflow,
        now: Time,
        reading: &Reading,
    ) -> Result<Started, String> {
        let (input, item) = match self.listed() {
            Some(_) => (Payload::new(reading.value(&self.items()).clone()), None),
            None => {
                let item = self.item(index, reading);
                (item.clone(), Some(item))
            }
        };
        if let Some(violation) = saved.check_input(reading.value(&input)).first() {
            let id = &saved.id;
            return Err(format!("the input of {id} is refused: {} at {}", violation.message, violation.path));
        }
        Ok(Started { workflow_version: version, input, item, ..self.start(index, saved, now) })
    }

    /// What all children start with.
    fn start(&self, index: u32, workflow: &Workflow, now: Time) -> Started {
        let parent = &self.state.started;
        let depth = parent.parent.as_ref().map_or(0, |parent| parent.depth) + 1;
        Started {
            owner: parent.owner.clone(),
            started_by: parent.started_by.clone(),
            also_started_by: parent.also_started_by.clone(),
            descendants: self.descendants,
            taken_up: self.kids().map_or(0, |kids| kids.reopened),
            parent: Some(Parent {
                execution_id: parent.execution_id.clone(),
                activation: self.activation.clone(),
                attempt: self.attempt,
                index,
                depth,
            }),
            ..Started::new(self.id(index), workflow, Value::Null, now)
        }
    }

    /// Whether the node's output shows what a child gave. The output of a `map` is null at an item that failed, whereas a
    /// model gets to know why a tool did.
    pub fn is_shown(&self, index: u32) -> bool {
        let tells = self.listed().is_some() || matches!(self.kind(), NodeKind::Agent(_));
        tells || !self.kids().is_some_and(|kids| kids.failed.contains(index))
    }

    /// The outcome of the node, once all children have ended: made of what they gave, in the order of their indexes. None
    /// stands for a child that is not shown, or does not exist.
    pub fn outcome(&self, given: Vec<Option<Given>>) -> Outcome {
        if let NodeKind::Agent(_) = self.kind() {
            return self.of_tools(given);
        }
        let output = match self.listed() {
            // `stop_on_failure` is about lists. A node with a single workflow fails where that fails.
            Some(children) if !children.list => match given.into_iter().next().flatten() {
                Some(child) if child.status == Status::Completed => child.output,
                other => return Outcome::Failed(why(other)),
            },
            Some(children) => {
                let list = children.workflow_ids.iter().zip(given).map(|(id, child)| {
                    let status = child.as_ref().map_or(Status::Failed, |child| child.status);
                    let (execution_id, output) = child.map(|child| (child.id, child.output)).unzip();
                    let mut shown = json!({ "workflow_id": id, "execution_id": execution_id, "status": status });
                    shown["output"] = output.unwrap_or_default();
                    shown
                });
                Value::Array(list.collect())
            }
            None => {
                Value::Array(given.into_iter().map(|child| child.map(|it| it.output).unwrap_or_default()).collect())
            }
        };
        Outcome::Succeeded { port: "success".into(), output }
    }

    /// What the tool calls of an agent gave.
    fn of_tools(&self, given: Vec<Option<Given>>) -> Outcome {
        let ended = Reading::of(|reading| {
            (0..)
                .zip(given)
                .filter_map(|(index, given)| {
                    let gave = given.map(|given| (given.status, given.output, given.error, given.decided));
                    Some(agent::ended(&self.planned(index, reading)?, self.id(index), gave))
                })
                .collect::<Vec<_>>()
        });
        let Ok(ended) = ended else {
            let failure = Failure::new("invalid_output", "the calls of the agent's tools were not fetched");
            return Outcome::Failed(failure.retryable());
        };
        let output = serde_json::to_value(Heard::Ended(ended)).unwrap_or_default();
        Outcome::Succeeded { port: "success".into(), output }
    }

    fn kind(&self) -> &'a NodeKind {
        &self.workflow.nodes[self.ix].kind
    }

    /// The workflows of a `workflow` node, whose ids its output shows; none for a `map`.
    fn listed(&self) -> Option<&'a Children> {
        if let NodeKind::Children(Spawning::Workflow(children)) = self.kind() { Some(children) } else { None }
    }

    fn item(&self, index: u32, reading: &Reading) -> Payload {
        Payload::new(reading.value(&self.items()).get(index as usize).cloned().unwrap_or_default())
    }

    fn kids(&self) -> Option<&'a Arc<Kids>> {
        self.state.children.get(&self.activation.node)
    }
}

/// The failure of a node whose single child did not complete.
fn why(child: Option<Given>) -> Failure {
    let message =
        child.and_then(|child| child.error).map_or_else(|| "it did not complete".into(), |error| error.message);
    Failure::new("child_failed", format!("the child failed: {message}")).retryable()
}

#[cfg(test)]
mod tests;
