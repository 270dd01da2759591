//! The fold: events make the state. No expression is evaluated here, no rule is decided.

use crate::{
    event::{Event, Started, Turn},
    execution::{Children, EdgeState, Execution, LoopState, NodeState, Phase, Status},
    id::NodeId,
    payload::Payload,
    time::Time,
    workflow::{Workflow, graph::NodeIx},
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};

/// Why recorded turns do not make a state: the journal or its workflow is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The first event must be `execution_started`, and no other may be.
    #[error("turn {0} does not follow from what was recorded before it")]
    Order(u64),
    /// An event names a node that the workflow does not have.
    #[error("turn {0} names a node that the workflow does not have")]
    Node(u64),
}

/// The state after one more turn.
///
/// # Errors
/// Where the turn is not the next one, or does not fit the workflow.
pub fn evolve(workflow: &Workflow, state: Option<Execution>, turn: &Turn) -> Result<Execution, FoldError> {
    let before = state.as_ref().map_or(0, |state| state.seq);
    if turn.seq != before + 1 {
        return Err(FoldError::Order(turn.seq));
    }
    let mut events = turn.events.iter();
    let mut state = match (state, turn.events.first()) {
        (Some(state), _) => state,
        (None, Some(Event::ExecutionStarted(started))) => {
            events.next();
            begin(workflow, started, turn.at)
        }
        (None, _) => return Err(FoldError::Order(turn.seq)),
    };
    state.seq = turn.seq;
    state.updated_at = turn.at;
    for event in events {
        apply(workflow, &mut state, event, turn.at).ok_or(FoldError::Node(turn.seq))?;
    }
    Ok(state)
}

/// The state of an execution that was just accepted.
pub(crate) fn begin(workflow: &Workflow, started: &Started, at: Time) -> Execution {
    Execution {
        started: Arc::new(started.clone()),
        started_at: at,
        updated_at: at,
        completed_at: started.skipped.is_some().then_some(at),
        seq: 1,
        epoch: 0,
        begun: false,
        held: started.held,
        paused: false,
        resume_count: 0,
        end: started.skipped.is_some().then_some(Status::Skipped),
        stuck: None,
        output: None,
        error: None,
        done: 0,
        skipped: 0,
        nodes: BTreeMap::new(),
        edges: Arc::new(vec![EdgeState::Open; workflow.edges.len()]),
        loops: BTreeMap::new(),
        children: BTreeMap::new(),
        interactions: Vec::new(),
        signals: Vec::new(),
    }
}

/// Folds one event. None where it names a node that the workflow does not have.
pub(crate) fn apply(workflow: &Workflow, state: &mut Execution, event: &Event, at: Time) -> Option<()> {
    match event {
        Event::ExecutionStarted(_) => return None,
        Event::ExecutionAdmitted => state.held = false,
        Event::NodeTriggered { node, live } => {
            let output = state.started.input.clone();
            activate(state, node, 1, &[], at);
            finish(state, node, "success", Some(&output), at);
            route(workflow, state, node, live)?;
        }
        Event::NodeActivated { node, visit, via } => {
            workflow.graph.index.get(node)?;
            activate(state, node, *visit, via, at);
        }
        Event::AttemptIntended { node, attempt, deadline, .. } => {
            let node = node_mut(state, node);
            node.attempt = *attempt;
            node.phase = Phase::Intended { deadline: *deadline };
        }
        Event::NodeSucceeded { node, attempt, port, output, duration_ms, live, .. } => {
            attempted(state, node, *attempt, *duration_ms);
            finish(state, node, port, Some(output), at);
            if let Some(live) = live {
                route(workflow, state, node, live)?;
            }
        }
        Event::AttemptFailed { node, attempt, error, retry_at, .. } => {
            attempted(state, node, *attempt, None);
            let node = node_mut(state, node);
            node.attempt = attempt + 1;
            node.error = Some(error.clone());
            node.phase = Phase::Due { at: Some(*retry_at) };
        }
        Event::NodeFailed { node, attempt, error, .. } => {
            attempted(state, node, *attempt, None);
            let seq = state.seq;
            let node = node_mut(state, node);
            node.error = Some(error.clone());
            node.port = None;
            node.phase = Phase::Unrouted;
            node.finished_at = Some(at);
            node.finished_seq = seq;
        }
        Event::NodeRouted { node, port, output, live, .. } => {
            finish(state, node, port, output.as_ref(), at);
            route(workflow, state, node, live)?;
        }
        Event::NodesSkipped { nodes } => {
            for node in nodes {
                skip(workflow, state, node, at)?;
            }
        }
        Event::Warning { .. } => {}
        Event::LoopEntered { .. } | Event::LoopIterated { .. } | Event::LoopBroken { .. } => {
            apply_loop(workflow, state, event)?;
        }
        Event::WaitStarted { node, until, event, .. } => {
            state.begun = true;
            node_mut(state, node).phase = Phase::Waiting { until: *until, event: event.clone(), since: at };
        }
        Event::SignalReceived { name, data } => state.signals.push((name.clone(), data.clone())),
        Event::SignalConsumed { name, .. } => {
            if let Some(position) = state.signals.iter().position(|(kept, _)| kept == name) {
                state.signals.remove(position);
            }
        }
        Event::InteractionOpened { .. }
        | Event::InteractionVoted { .. }
        | Event::InteractionClosed { .. }
        | Event::InteractionEscalated { .. } => apply_interaction(state, event, at),
        Event::ChildrenPlanned { .. } | Event::ChildrenStarted { .. } | Event::ChildrenEnded { .. } => {
            apply_children(state, event);
        }
        Event::ExecutionPaused { .. } => state.paused = true,
        Event::ExecutionResumed { .. } => {
            state.paused = false;
            state.resume_count += 1;
        }
        Event::ExecutionStuck { error } => state.stuck = Some(error.clone()),
        Event::ExecutionCompleted { output } => {
            state.output = Some(output.clone());
            end(state, Status::Completed, at);
        }
        Event::ExecutionFailed { error } => {
            state.error = Some(error.clone());
            end(state, Status::Failed, at);
        }
        Event::ExecutionCancelled { .. } => end(state, Status::Cancelled, at),
    }
    Some(())
}

fn node_mut<'a>(state: &'a mut Execution, node: &NodeId) -> &'a mut NodeState {
    Arc::make_mut(state.nodes.entry(node.clone()).or_insert_with(|| {
        Arc::new(NodeState {
            visit: 0,
            phase: Phase::Idle,
            via: Vec::new(),
            attempt: 0,
            attempts: 0,
            activated_at: Time(0),
            activated_seq: 0,
            finished_at: None,
            finished_seq: 0,
            duration_ms: None,
            port: None,
            output: None,
            error: None,
        })
    }))
}

fn activate(state: &mut Execution, node: &NodeId, visit: u32, via: &[usize], at: Time) {
    let seq = state.seq;
    let node = node_mut(state, node);
    node.visit = visit;
    node.phase = Phase::Due { at: None };
    node.via = via.to_vec();
    node.attempt = 1;
    node.activated_at = at;
    node.activated_seq = seq;
    node.finished_at = None;
    node.duration_ms = None;
    node.port = None;
    node.error = None;
}

fn attempted(state: &mut Execution, node: &NodeId, attempt: u32, duration_ms: Option<u64>) {
    state.begun = true;
    let node = node_mut(state, node);
    node.attempt = attempt;
    node.attempts += 1;
    node.duration_ms = duration_ms.or(node.duration_ms);
}

fn finish(state: &mut Execution, node: &NodeId, port: &str, output: Option<&Payload>, at: Time) {
    let seq = state.seq;
    let node = node_mut(state, node);
    node.phase = Phase::Unrouted;
    node.port = Some(port.into());
    if let Some(output) = output {
        node.output = Some(output.clone());
    }
    node.finished_at = node.finished_at.or(Some(at));
    node.finished_seq = seq;
}

/// Resolves the edges out of a node. A loop's port `loop` has its own turn-taking and is left alone.
fn route(workflow: &Workflow, state: &mut Execution, node: &NodeId, live: &[usize]) -> Option<()> {
    let ix = *workflow.graph.index.get(node)?;
    let is_loop = !workflow.graph.body.get(ix)?.is_empty();
    node_mut(state, node).phase = Phase::Finished;
    if workflow.graph.around.get(ix)?.is_none() {
        state.done += 1;
    }
    let edges = Arc::make_mut(&mut state.edges);
    for &edge in workflow.graph.out.get(ix)? {
        if !(is_loop && workflow.edges.get(edge)?.port == "loop") {
            *edges.get_mut(edge)? = if live.contains(&edge) { EdgeState::Live } else { EdgeState::Dead };
        }
    }
    Some(())
}

fn skip(workflow: &Workflow, state: &mut Execution, node: &NodeId, at: Time) -> Option<()> {
    let ix = *workflow.graph.index.get(node)?;
    if workflow.graph.around.get(ix)?.is_none() {
        state.skipped += 1;
    }
    let state_of = node_mut(state, node);
    state_of.phase = Phase::Skipped;
    state_of.finished_at = Some(at);
    let edges = Arc::make_mut(&mut state.edges);
    for &edge in workflow.graph.out.get(ix)? {
        *edges.get_mut(edge)? = EdgeState::Dead;
    }
    Some(())
}

fn apply_loop(workflow: &Workflow, state: &mut Execution, event: &Event) -> Option<()> {
    state.begun = true;
    match event {
        Event::LoopEntered { node, items } => {
            let entered = LoopState { items: items.clone(), ..LoopState::default() };
            state.loops.insert(node.clone(), Arc::new(entered));
            node_mut(state, node).phase = Phase::Looping;
        }
        Event::LoopIterated { node, live } => {
            let ix = *workflow.graph.index.get(node)?;
            let value = iteration_value(workflow, state, ix);
            let input = input_of(workflow, state, ix);
            let current = Arc::make_mut(state.loops.get_mut(node)?);
            if current.begun > 0 {
                current.outputs.push(value.clone());
            }
            let item = match &current.items {
                Some(items) => Payload::new(items.value().get(current.begun as usize).cloned().unwrap_or(Value::Null)),
                None if current.begun == 0 => input,
                None => value,
            };
            current.begun += 1;
            reset_body(workflow, state, ix, live)?;
            node_mut(state, node).output = Some(item);
        }
        Event::LoopBroken { node, by } => {
            Arc::make_mut(state.loops.get_mut(node)?).broken = Some(by.clone());
            let ix = *workflow.graph.index.get(node)?;
            for &inner in workflow.graph.body.get(ix)? {
                drop_open(state, &workflow.nodes.get(inner)?.id);
            }
        }
        _ => {}
    }
    Some(())
}

/// Opens a loop's body for its next iteration.
fn reset_body(workflow: &Workflow, state: &mut Execution, ix: NodeIx, live: &[usize]) -> Option<()> {
    let graph = &workflow.graph;
    for &inner in graph.body.get(ix)? {
        let id = &workflow.nodes.get(inner)?.id;
        if state.nodes.contains_key(id) {
            node_mut(state, id).phase = Phase::Idle;
        }
        let edges = Arc::make_mut(&mut state.edges);
        for &edge in graph.out.get(inner)? {
            *edges.get_mut(edge)? = EdgeState::Open;
        }
    }
    let edges = Arc::make_mut(&mut state.edges);
    for &edge in graph.out.get(ix)? {
        if workflow.edges.get(edge)?.port == "loop" {
            *edges.get_mut(edge)? = if live.contains(&edge) { EdgeState::Live } else { EdgeState::Dead };
        }
    }
    Some(())
}

fn apply_interaction(state: &mut Execution, event: &Event, at: Time) {
    if let Event::InteractionOpened { interaction } = event {
        state.begun = true;
        let phase = Phase::Asking { interaction_id: interaction.interaction_id.clone() };
        node_mut(state, &interaction.activation.node).phase = phase;
        state.interactions.push(Arc::new((**interaction).clone()));
        return;
    }
    let (Event::InteractionVoted { interaction_id, .. }
    | Event::InteractionClosed { interaction_id, .. }
    | Event::InteractionEscalated { interaction_id, .. }) = event
    else {
        return;
    };
    let Some(one) = state.interactions.iter_mut().rev().find(|one| &one.interaction_id == interaction_id) else {
        return;
    };
    let one = Arc::make_mut(one);
    if matches!(event, Event::InteractionClosed { status, .. } if status == "answered") {
        state.resume_count += 1;
    }
    match event {
        Event::InteractionVoted { response, .. } => one.responses.push((**response).clone()),
        Event::InteractionClosed { status, decision, response, .. } => {
            one.status.clone_from(status);
            one.decision.clone_from(decision);
            one.decided_at = Some(at);
            one.responses.extend(response.iter().map(|response| (**response).clone()));
        }
        Event::InteractionEscalated { assignees, deadline, .. } => {
            one.assignees.clone_from(assignees);
            one.deadline = *deadline;
            one.escalated = true;
        }
        _ => {}
    }
}

fn apply_children(state: &mut Execution, event: &Event) {
    match event {
        Event::ChildrenPlanned { node, visit, count, items } => {
            state.begun = true;
            node_mut(state, node).phase = Phase::Children;
            let children = Children {
                visit: *visit,
                count: *count,
                items: items.clone(),
                started: 0,
                ended: Default::default(),
                failed: Default::default(),
            };
            state.children.insert(node.clone(), Arc::new(children));
        }
        Event::ChildrenStarted { node, to, .. } => {
            if let Some(children) = state.children.get_mut(node) {
                Arc::make_mut(children).started = *to;
            }
        }
        Event::ChildrenEnded { node, completed, failed, .. } => {
            let Some(children) = state.children.get_mut(node).map(Arc::make_mut) else { return };
            for &index in completed.iter().chain(failed) {
                children.ended.insert(index);
            }
            for &index in failed {
                children.failed.insert(index);
            }
            if children.ended.len() == children.count {
                node_mut(state, node).phase = Phase::Due { at: None };
            }
        }
        _ => {}
    }
}

fn end(state: &mut Execution, status: Status, at: Time) {
    state.end = Some(status);
    state.stuck = None;
    state.paused = false;
    state.completed_at = Some(at);
    let open: Vec<NodeId> =
        state.nodes.iter().filter(|(_, node)| node.phase.is_open()).map(|(id, _)| id.clone()).collect();
    for node in &open {
        drop_open(state, node);
    }
}

fn drop_open(state: &mut Execution, node: &NodeId) {
    let Some(found) = state.nodes.get_mut(node).filter(|found| found.phase.is_open()) else { return };
    let found = Arc::make_mut(found);
    let failed = found.phase == Phase::Unrouted && found.port.is_none();
    found.phase = if failed { Phase::Failed } else { Phase::Dropped };
}

/// A node's input: the output along its one live edge, or several merged (workflow format, §3).
pub fn input_of(workflow: &Workflow, state: &Execution, ix: NodeIx) -> Payload {
    let Some(node) = workflow.nodes.get(ix).and_then(|node| state.node(&node.id)) else { return Payload::default() };
    if node.via.is_empty() {
        return state.started.item.clone().unwrap_or_else(|| state.started.input.clone());
    }
    along(workflow, state, &node.via)
}

/// The value of the iteration that ran last: what came along the edges back, or what `break` gave.
pub fn iteration_value(workflow: &Workflow, state: &Execution, ix: NodeIx) -> Payload {
    let broken = workflow.nodes.get(ix).and_then(|node| state.loops.get(&node.id)).and_then(|l| l.broken.as_ref());
    if let Some(by) = broken {
        return state.node(by).and_then(|node| node.output.clone()).unwrap_or_default();
    }
    let back: Vec<usize> = workflow.graph.back.get(ix).map_or(Vec::new(), |edges| {
        edges.iter().copied().filter(|edge| state.edges.get(*edge) == Some(&EdgeState::Live)).collect()
    });
    if back.is_empty() { Payload::default() } else { along(workflow, state, &back) }
}

fn along(workflow: &Workflow, state: &Execution, edges: &[usize]) -> Payload {
    let output = |edge: usize| {
        let from = &workflow.edges.get(edge)?.from;
        Some((from, state.node(from)?.output.clone().unwrap_or_default()))
    };
    if let [only] = edges {
        return output(*only).map(|(_, output)| output).unwrap_or_default();
    }
    let outputs: Vec<_> = edges.iter().filter_map(|edge| output(*edge)).collect();
    let objects: Option<Vec<&Map<String, Value>>> =
        outputs.iter().map(|(_, value)| value.value().as_object()).collect();
    let merged: Map<String, Value> = match objects {
        Some(objects) => objects.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect(),
        None => outputs.iter().map(|(from, value)| (from.to_string(), value.value().clone())).collect(),
    };
    Payload::new(Value::Object(merged))
}
