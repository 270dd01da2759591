//! A turn in the making. Every event is folded into the state as soon as it is recorded, so that each rule sees what
//! the rules before it did.

use crate::{
    documents::Documents,
    effect::{Effect, Message, Purpose, Work},
    error::Rejection,
    event::{Event, Request, Said, Turn},
    evolve::{apply, close_turn, remember},
    execution::{Execution, Phase},
    id::{Activation, ExecutionId},
    limits,
    owed::{step_of, tell_parent},
    payload::Payload,
    reading::Reading,
};
use document::{
    Node, Workflow,
    graph::{EdgeIx, NodeIx},
    id::NodeId,
    time::Time,
};
use serde_json::Value;
use std::collections::VecDeque;

/// What a decided command leads to.
#[derive(Clone, Debug)]
pub struct Decided {
    /// The turn to record; none where nothing happened.
    pub turn: Option<Turn>,
    /// What the host does once the turn is committed, in order.
    pub effects: Vec<Effect>,
    /// The state after the turn.
    pub state: Execution,
}

/// A turn in the making, with the state as its events have changed it so far.
pub(crate) struct Deciding<'a> {
    documents: Documents<'a>,
    /// The document in force.
    pub workflow: &'a Workflow,
    pub state: Execution,
    pub now: Time,
    /// What the rules read values by. Where one is missing, nothing of the turn counts.
    pub reading: &'a Reading,
    /// The execution above in whose name a child is asked; none where it is asked itself.
    pub above: Option<ExecutionId>,
    /// Nodes with an incoming edge that this turn resolved; `settle` checks their joins.
    pub touched: VecDeque<NodeIx>,
    /// Routing nodes that were activated and are decided in this turn.
    pub routing: VecDeque<NodeIx>,
    /// How many more routing nodes and iterations this turn decides before the rest becomes a continuation message.
    pub hops: usize,
    events: Vec<Event>,
    effects: Vec<Effect>,
}

impl<'a> Deciding<'a> {
    /// A turn on a state.
    ///
    /// # Errors
    /// Where the document in force is not at hand.
    pub fn new(
        documents: Documents<'a>,
        mut state: Execution,
        now: Time,
        reading: &'a Reading,
    ) -> Result<Self, Rejection> {
        let workflow = documents.of(&state).ok_or_else(|| Rejection::lacking(state.workflow_hash()))?;
        state.seq += 1;
        state.updated_at = now;
        Ok(Self {
            documents,
            workflow,
            state,
            now,
            reading,
            above: None,
            touched: VecDeque::new(),
            routing: VecDeque::new(),
            hops: limits::HOPS_PER_TURN,
            events: Vec::new(),
            effects: Vec::new(),
        })
    }

    /// What was recorded so far.
    pub fn recorded(&self) -> &[Event] {
        &self.events
    }

    /// Records an event and folds it into the state at once. After one that puts the execution on another document, that
    /// one is in force; whoever records it has seen that it is at hand.
    pub fn record(&mut self, event: Event) {
        if apply(self.workflow, &mut self.state, &event, self.now, self.reading).is_some() {
            self.events.push(event);
            self.workflow = self.documents.of(&self.state).unwrap_or(self.workflow);
        }
    }

    /// Whether a document is at hand; the one of the start where no hash is given.
    pub fn has_document(&self, hash: Option<&str>) -> bool {
        self.documents.named(&self.state.started, hash).is_some()
    }

    /// Records the first event. The state was made of it, so it is not folded.
    pub fn record_started(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Records that a node is skipped. Nodes that are skipped one after the other share an event.
    pub fn record_skipped(&mut self, node: NodeId) {
        let event = Event::NodesSkipped { nodes: vec![node.clone()] };
        if apply(self.workflow, &mut self.state, &event, self.now, self.reading).is_none() {
            return;
        }
        match self.events.last_mut() {
            Some(Event::NodesSkipped { nodes }) => nodes.push(node),
            _ => self.events.push(event),
        }
    }

    /// Records that an expression could not be evaluated, although the execution goes on.
    pub fn warn(&mut self, node: &NodeId, code: &str, message: String) {
        self.record(Event::Warning { node: node.clone(), code: code.into(), message });
    }

    /// What is said of a pause, a resume or a cancellation that is recorded.
    pub fn said(&self, reason: Option<String>) -> Said {
        Said { reason, above: self.above.clone() }
    }

    /// Asks for an effect.
    pub fn request(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Asks for a message to this execution, not before `at` where it is given.
    pub fn send(&mut self, work: Work, at: Option<Time>) {
        let message = Message { execution: self.state.id().clone(), work };
        self.effects.push(Effect::Send { message, at });
    }

    /// Asks for the next attempt of a node, not before `at` where it is given.
    pub fn send_step(&mut self, ix: NodeIx, at: Option<Time>) {
        if let Some(effect) = step_of(self.workflow, &self.state, ix, at) {
            self.effects.push(effect);
        }
    }

    pub fn node(&self, ix: NodeIx) -> &'a Node {
        &self.workflow.nodes[ix]
    }

    /// The position of an activation's node, if the activation is the node's latest visit in the present epoch. An
    /// older one is stale; a newer one is unknown, because its message overtook its turn.
    pub fn current(&self, activation: &Activation) -> Result<NodeIx, Rejection> {
        if activation.epoch != self.state.epoch {
            return Err(Rejection::Stale("it belongs to an epoch before a rollback"));
        }
        let ix = self.workflow.graph.index.get(&activation.node).copied().ok_or(Rejection::Unknown)?;
        match self.state.node(&activation.node) {
            Some(node) if node.visit == activation.visit => Ok(ix),
            Some(node) if node.visit > activation.visit => Err(Rejection::Stale("the node was visited again since")),
            _ => Err(Rejection::Unknown),
        }
    }

    pub fn phase(&self, ix: NodeIx) -> &Phase {
        self.state.node(&self.workflow.nodes[ix].id).map_or(&Phase::Idle, |node| &node.phase)
    }

    /// The positions of the edges out of a node along one port.
    pub fn edges_along(&self, ix: NodeIx, port: &str) -> Vec<EdgeIx> {
        let out = self.workflow.graph.out.get(ix).map_or(&[][..], Vec::as_slice);
        out.iter().copied().filter(|&edge| self.workflow.edges[edge].port == port).collect()
    }

    /// Records the outcome of a node that succeeded. Its edges are resolved too, unless the execution is paused. Where
    /// that is not possible, the node keeps its outcome and fails.
    pub fn finish(&mut self, ix: NodeIx, port: &str, output: Payload, duration_ms: Option<u64>) {
        self.drop_timeout(ix);
        let resolved = (!self.state.stands_still()).then(|| self.live_edges(ix, port, &output)).transpose();
        let (live, undecided) = match resolved {
            Ok(live) => (live, None),
            Err(error) => (None, Some(error)),
        };
        let node = self.node(ix);
        let (visit, attempt) = self.state.node(&node.id).map_or((0, 1), |state| (state.visit, state.attempt.max(1)));
        let resolved = live.is_some();
        let (node, port) = (node.id.clone(), port.to_owned());
        self.record(Event::NodeSucceeded { node, visit, attempt, port, output, duration_ms, live });
        if resolved {
            self.touch_targets(ix);
        }
        if let Some(error) = undecided {
            self.fail_node(ix, error, false);
        }
    }

    /// Finishes a node with a plain value that no worker measured.
    pub fn finish_with(&mut self, ix: NodeIx, port: &str, output: Value) {
        self.finish(ix, port, Payload::new(output), None);
    }

    /// The decided turn; without a recorded event there is none, and its number stays free.
    pub fn done(mut self, by: Option<String>, request: Option<Request>) -> Decided {
        if self.events.is_empty() {
            self.state.seq -= 1;
            return Decided { turn: None, effects: self.effects, state: self.state };
        }
        if let Some(request) = request.clone() {
            remember(&mut self.state, request);
        }
        if close_turn(self.workflow, &mut self.state, by.as_deref(), &self.events) {
            self.effects.extend(tell_parent(&self.state));
        }
        let turn = Turn { seq: self.state.seq, at: self.now, by, request, events: self.events };
        Decided { turn: Some(turn), effects: self.effects, state: self.state }
    }

    /// Drops the timer of an activation.
    pub fn drop_timer(&mut self, node: &NodeId, purpose: Purpose) {
        let activation = self.state.activation(node);
        self.request(Effect::DropTimer { activation, purpose });
    }
}
