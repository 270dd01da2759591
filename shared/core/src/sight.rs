//! What the expressions of a node can see of an execution (workflow format, §4).

use crate::{
    event::Started,
    evolve::{input_of, iteration_value},
    execution::{Execution, LoopState},
    payload::Payload,
    reading::Reading,
};
use document::{Workflow, graph::NodeIx, node::agent::tool};
use expression::{Context, ExecutionScope, LoopScope, Scope};
use serde_json::Value;

/// An execution as the expressions of one node see it.
pub struct Sight<'a> {
    workflow: &'a Workflow,
    state: &'a Execution,
    reading: &'a Reading,
    /// The node; none for the document's own `output`, which sees every node.
    node: Option<NodeIx>,
    /// The value of the name `output`.
    output: Option<Payload>,
    /// The node's input, where bare names are looked up first.
    input: Option<Payload>,
    /// The node's own new output, while it is being decided and not recorded yet.
    own: Option<Payload>,
    /// The values of `loop.iteration` and `loop.last`.
    in_loop: Option<(u64, Payload)>,
    item: Option<Payload>,
    index: Option<u64>,
    /// What a model gave the tool whose flow this is.
    args: Option<Payload>,
    started_at: String,
}

impl<'a> Sight<'a> {
    /// The sight of a node's config, where `output` is the node's input.
    pub fn of_config(workflow: &'a Workflow, state: &'a Execution, node: NodeIx, reading: &'a Reading) -> Self {
        let input = input_of(workflow, state, node, reading);
        Self::new(workflow, state, reading, Some(node), Some(input.clone()), Some(input))
    }

    /// The sight of an edge out of a node, where `output` is what the node gave. An edge out of a loop's port `loop`
    /// sees the iteration that begins.
    pub fn of_edge(
        workflow: &'a Workflow,
        state: &'a Execution,
        node: NodeIx,
        output: &Payload,
        port: &str,
        reading: &'a Reading,
    ) -> Self {
        let input = input_of(workflow, state, node, reading);
        let mut sight = Self::new(workflow, state, reading, Some(node), Some(output.clone()), Some(input));
        sight.own = Some(output.clone());
        if let Some(current) = sight.loop_state(node).filter(|_| port == "loop") {
            sight.in_loop = Some((current.begun, last_of(workflow, state, node, reading)));
            if current.items.is_some() {
                sight.item = Some(output.clone());
                sight.index = Some(current.begun);
            }
        }
        sight
    }

    /// The sight of a loop's own `while`, where `loop` is the iteration that would begin next.
    pub fn of_loop(
        workflow: &'a Workflow,
        state: &'a Execution,
        node: NodeIx,
        begun: u64,
        last: &Payload,
        reading: &'a Reading,
    ) -> Self {
        let input = input_of(workflow, state, node, reading);
        let output = if begun == 0 { input.clone() } else { last.clone() };
        let mut sight = Self::new(workflow, state, reading, Some(node), Some(output), Some(input));
        sight.in_loop = Some((begun, last.clone()));
        sight
    }

    /// The sight of the document's `output`, which can name every node.
    pub fn of_document(workflow: &'a Workflow, state: &'a Execution, reading: &'a Reading) -> Self {
        Self::new(workflow, state, reading, None, None, None)
    }

    fn new(
        workflow: &'a Workflow,
        state: &'a Execution,
        reading: &'a Reading,
        node: Option<NodeIx>,
        output: Option<Payload>,
        input: Option<Payload>,
    ) -> Self {
        let mut sight = Self {
            workflow,
            state,
            reading,
            node,
            output,
            input,
            own: None,
            in_loop: None,
            item: state.started.item.clone(),
            index: state.started.item.as_ref().and(state.started.parent.as_ref()).map(|parent| u64::from(parent.index)),
            args: args_of(workflow, state, reading),
            started_at: state.started_at.to_string(),
        };
        sight.look_around();
        sight
    }

    /// Finds the innermost loop around the node, and the item of the innermost `for_each` around it.
    fn look_around(&mut self) {
        let mut around = self.node.and_then(|node| self.enclosing(node));
        let mut item_found = false;
        while let Some(ix) = around {
            if let Some(state) = self.loop_state(ix) {
                if self.in_loop.is_none() {
                    let last = state.outputs.last().cloned().unwrap_or_default();
                    self.in_loop = Some((state.begun.saturating_sub(1), last));
                }
                if state.items.is_some() && !item_found {
                    item_found = true;
                    self.item = self.state.node(&self.workflow.nodes[ix].id).and_then(|node| node.output.clone());
                    self.index = Some(state.begun.saturating_sub(1));
                }
            }
            around = self.enclosing(ix);
        }
    }

    fn enclosing(&self, node: NodeIx) -> Option<NodeIx> {
        self.workflow.graph.around.get(node).copied().flatten()
    }

    fn loop_state(&self, ix: NodeIx) -> Option<&'a LoopState> {
        let node = self.workflow.nodes.get(ix)?;
        self.state.loops.get(&node.id).map(|state| &**state)
    }

    /// The scope in which the expressions are evaluated.
    pub fn scope(&self) -> Scope<'_> {
        self.scope_with(&[])
    }

    /// The scope with names that are looked up before all others.
    pub fn scope_with<'s>(&'s self, extra: &'s [(&'s str, &'s Value)]) -> Scope<'s> {
        let started: &Started = &self.state.started;
        let input = self.reading.value(&started.input);
        Scope {
            output: self.value(self.output.as_ref()),
            input,
            ctx: self,
            in_loop: self
                .in_loop
                .as_ref()
                .map(|(iteration, last)| LoopScope { iteration: *iteration, last: self.reading.value(last) }),
            item: self.value(self.item.as_ref()),
            index: self.index,
            execution: ExecutionScope {
                id: started.execution_id.as_str(),
                workflow_id: started.workflow_id.as_str(),
                started_at: &self.started_at,
            },
            args: self.value(self.args.as_ref()),
            extra,
            bare: [self.value(self.input.as_ref()), Some(input)],
        }
    }

    fn value<'p>(&self, payload: Option<&'p Payload>) -> Option<&'p Value> {
        payload.map(|payload| self.reading.value(payload))
    }

    /// The output of a node as `ctx` shows it.
    pub fn payload_of(&self, id: &str) -> Option<Payload> {
        let Some(&ix) = self.workflow.graph.index.get(id) else {
            let inherited = self.state.started.inherited.iter().find(|(node, _)| node.as_str() == id);
            return inherited.map(|(_, payload)| payload.clone());
        };
        self.seen(ix).cloned()
    }

    /// The element of the list around the node.
    pub fn item(&self) -> Option<&Payload> {
        self.item.as_ref()
    }

    /// What a model gave the tool whose flow this is.
    pub fn args(&self) -> Option<&Payload> {
        self.args.as_ref()
    }

    /// The position of that element.
    pub fn index(&self) -> Option<u64> {
        self.index
    }

    /// The number of the iteration around the node, and the value of the one before.
    pub fn in_loop(&self) -> Option<&(u64, Payload)> {
        self.in_loop.as_ref()
    }

    /// The latest output of another node, where the node sees it: that of an ancestor on the graph, so that no value
    /// depends on a race, and in a loop of the present iteration.
    fn seen(&self, ix: NodeIx) -> Option<&'a Payload> {
        let other = self.state.node(&self.workflow.nodes.get(ix)?.id)?;
        if let Some(node) = self.node
            && (other.stale || !self.workflow.graph.ancestors.get(node)?.has(ix))
        {
            return None;
        }
        other.output.as_ref()
    }
}

impl Context for Sight<'_> {
    fn output_of(&self, id: &str) -> Option<&Value> {
        let Some(&ix) = self.workflow.graph.index.get(id) else {
            let inherited = self.state.started.inherited.iter().find(|(node, _)| node.as_str() == id);
            return self.value(inherited.map(|(_, payload)| payload));
        };
        // The node's output is named while its edges are decided, before it is recorded.
        if Some(ix) == self.node && self.own.is_some() {
            return self.value(self.own.as_ref());
        }
        self.value(self.seen(ix))
    }

    fn nodes(&self) -> Vec<&str> {
        let inherited = self.state.started.inherited.iter().map(|(node, _)| node.as_str());
        let own = self
            .state
            .nodes
            .keys()
            .filter(|id| self.workflow.graph.index.get(*id).is_some_and(|&ix| self.seen(ix).is_some()));
        inherited.chain(own.map(|id| id.as_str())).collect()
    }
}

/// What a model gave the tool in whose flow an execution runs, as whoever approved the call may have changed it; none where
/// it runs in none.
fn args_of(workflow: &Workflow, state: &Execution, reading: &Reading) -> Option<Payload> {
    let Some(item) = state.started.item.as_ref().filter(|_| state.started.is_of_tool()) else {
        return state.started.args.clone();
    };
    // A call that a person approves first has the model's reason beside the arguments.
    let Some(ix) = workflow.node_ix(tool::ARGUMENTS) else { return Some(item.clone()) };
    let chosen = state.node(&workflow.nodes[ix].id).and_then(|node| node.output.clone());
    let given = || Payload::new(reading.value(item).get("arguments").cloned().unwrap_or_default());
    Some(chosen.unwrap_or_else(given))
}

/// The value of a loop's last iteration; null before the first has ended.
pub(crate) fn last_of(workflow: &Workflow, state: &Execution, ix: NodeIx, reading: &Reading) -> Payload {
    let begun = workflow.nodes.get(ix).and_then(|node| state.loops.get(&node.id)).map_or(0, |state| state.begun);
    if begun == 0 { Payload::default() } else { iteration_value(workflow, state, ix, reading) }
}
