//! The fold of events into the state. Nothing is decided and no expression is evaluated here: events say what was
//! decided.

mod agent;
mod children;
mod inputs;
mod instructed;
mod loops;
mod moves;
mod node;
mod patched;
mod people;
mod progress;
mod retried;
mod rollback;

pub use inputs::{input_of, iteration_value, parts_of_input};

use crate::{
    agent::note,
    documents::Documents,
    event::{Event, Request, Started, Turn},
    execution::{Answered, EdgeState, Execution, Phase, Status},
    limits,
    reading::{Missing, Reading},
};
use children::apply_children;
use document::{Workflow, time::Time};
use loops::apply_loop;
use moves::{activate, asked_about, attempted, end, finish, route, skip, warned};
use node::node_mut;
pub use patched::put_on;
use people::apply_interaction;
pub(crate) use progress::progress;
use retried::{TakenUp, take_up};
use rollback::apply_rollback;
pub(crate) use rollback::bring_back;
pub use rollback::gone_back;
use std::{collections::BTreeMap, sync::Arc};

/// Why recorded turns do not make a state: the journal or the workflow is not the one that was recorded.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FoldError {
    /// The turn's number (given) is not the next one, or the journal does not begin with `execution_started`.
    #[error("turn {0} does not follow from what was recorded before it")]
    Order(u64),
    /// The turn (its number is given) names a node or an edge that the workflow does not have.
    #[error("turn {0} names a node that the workflow does not have")]
    Node(u64),
    /// Nothing is wrong, but the document of this hash is needed: find it, and fold again.
    #[error("the workflow {0} is needed")]
    Document(String),
    /// Nothing is wrong, but the fold reads values that are offloaded: fetch them, and fold again.
    #[error("{0}")]
    Needs(Missing),
}

/// The state after one more turn; a state of none stands for an execution that does not exist yet.
///
/// # Errors
/// [`FoldError`], where the turn is not the next one, or does not fit the workflow.
pub fn evolve<'a>(
    documents: impl Into<Documents<'a>>,
    state: Option<Execution>,
    turn: &Turn,
) -> Result<Execution, FoldError> {
    fold(documents, state, std::slice::from_ref(turn))
}

/// The state after some turns. All values that folding them reads and that are missing are told at once.
///
/// # Errors
/// [`FoldError`], where the turns do not follow one another, do not fit the workflow, or are none and there is no state.
pub fn fold<'a>(
    documents: impl Into<Documents<'a>>,
    state: Option<Execution>,
    turns: &[Turn],
) -> Result<Execution, FoldError> {
    let documents = documents.into();
    let folded = Reading::of(|reading| {
        let next = |state, turn| evolved(documents, state, turn, reading).map(Some);
        turns.iter().try_fold(state, next)?.ok_or(FoldError::Order(1))
    });
    folded.unwrap_or_else(|missing| Err(FoldError::Needs(missing)))
}

pub(crate) fn evolved(
    documents: Documents<'_>,
    state: Option<Execution>,
    turn: &Turn,
    reading: &Reading,
) -> Result<Execution, FoldError> {
    let before = state.as_ref().map_or(0, |state| state.seq);
    if turn.seq != before + 1 {
        return Err(FoldError::Order(turn.seq));
    }
    let mut events = turn.events.iter();
    let mut state = match (state, turn.events.first()) {
        (Some(state), _) => state,
        (None, Some(Event::ExecutionStarted(started))) => {
            events.next();
            let lacking = || FoldError::Document(started.workflow_hash.clone());
            begin(documents.named(started, None).ok_or_else(lacking)?, started, turn.at)
        }
        (None, _) => return Err(FoldError::Order(turn.seq)),
    };
    state.seq = turn.seq;
    state.updated_at = turn.at;
    for event in events {
        let workflow = in_force(documents, &state)?;
        apply(workflow, &mut state, event, turn.at, reading).ok_or(FoldError::Node(turn.seq))?;
    }
    if let Some(request) = &turn.request {
        remember(&mut state, request.clone());
    }
    close_turn(in_force(documents, &state)?, &mut state, turn.by.as_deref(), &turn.events);
    Ok(state)
}

fn in_force<'a>(documents: Documents<'a>, state: &Execution) -> Result<&'a Workflow, FoldError> {
    documents.of(state).ok_or_else(|| FoldError::Document(state.workflow_hash().to_owned()))
}

/// Keeps at the end of a turn what follows from the whole of it. True where the parent is to be told whether people are
/// asked.
pub(crate) fn close_turn(workflow: &Workflow, state: &mut Execution, by: Option<&str>, events: &[Event]) -> bool {
    instructed::note_instruction(state, by, events);
    progress::note_progress(workflow, state);
    children::note_asking(state)
}

/// Keeps a request that the state's latest turn did, and forgets the oldest one beyond the bound.
pub(crate) fn remember(state: &mut Execution, request: Request) {
    let requests = Arc::make_mut(&mut state.requests);
    if requests.len() >= limits::KEPT_REQUESTS {
        requests.remove(0);
    }
    requests.push(Answered { request, seq: state.seq });
}

/// The state of an execution that was just accepted. One that `overlap` refused has ended already.
pub(crate) fn begin(workflow: &Workflow, started: &Started, at: Time) -> Execution {
    let mut state = at_rest(workflow, started, at);
    if let Some(fork) = &started.forked {
        bring_back(&mut state, &fork.point, Some(&fork.execution_id), false);
        state.signals.clone_from(&fork.signals);
    }
    state
}

fn at_rest(workflow: &Workflow, started: &Started, at: Time) -> Execution {
    Execution {
        started: Arc::new(started.clone()),
        started_at: at,
        updated_at: at,
        completed_at: started.skipped.is_some().then_some(at),
        seq: 1,
        epoch: 0,
        held: started.held,
        paused: false,
        instructed: None,
        patched: None,
        arrived: false,
        rolling: None,
        visits: Arc::default(),
        undone_for: None,
        left: Vec::new(),
        retried: 0,
        rested_ms: 0,
        taken_up: started.taken_up,
        won: BTreeMap::new(),
        extended: None,
        resume_count: 0,
        end: started.skipped.is_some().then_some(Status::Skipped),
        stuck: None,
        stuck_seq: 0,
        output: None,
        error: None,
        done: 0,
        skipped: 0,
        nodes: BTreeMap::new(),
        edges: Arc::new(vec![EdgeState::Open; workflow.edges.len()]),
        loops: BTreeMap::new(),
        children: BTreeMap::new(),
        progress: 0,
        asks: false,
        asks_seq: 0,
        asked_below_until: None,
        interactions: Vec::new(),
        warnings: Arc::default(),
        requests: Arc::default(),
        signals: Vec::new(),
    }
}

/// Folds one event into the state. None where the event does not fit the workflow.
pub(crate) fn apply(
    workflow: &Workflow,
    state: &mut Execution,
    event: &Event,
    at: Time,
    reading: &Reading,
) -> Option<()> {
    let asking = children::asking(state);
    change(workflow, state, event, at, reading)?;
    if children::ceased(state, event, asking) {
        state.asked_below_until = Some(at);
    }
    Some(())
}

/// What an event itself says of the state.
fn change(workflow: &Workflow, state: &mut Execution, event: &Event, at: Time, reading: &Reading) -> Option<()> {
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
            state.won.remove(node);
            activate(state, node, *visit, via, at);
        }
        Event::AttemptIntended { node, attempt, deadline, .. } => {
            let node = node_mut(state, node);
            node.attempt = *attempt;
            node.phase = Phase::Intended { deadline: *deadline };
        }
        Event::NodeSucceeded { node, attempt, port, output, duration_ms, live, .. } => {
            // Where people go on without a node that failed, its attempt was counted when it failed, and no other one ran.
            if !asked_about(state, node) {
                attempted(state, node, *attempt, *duration_ms);
            }
            finish(state, node, port, Some(output), at);
            if let Some(live) = live {
                route(workflow, state, node, live)?;
            }
        }
        Event::AttemptFailed { node, attempt, error, retry_at, .. } => {
            // Where a person was asked about the failure, the attempt was counted when it failed, and the person wants
            // the next one at once.
            let asked = asked_about(state, node);
            if !asked {
                attempted(state, node, *attempt, None);
                if let Some(of) = workflow.node(node.as_str()) {
                    note(node_mut(state, node), of, *attempt, error);
                }
            }
            let node = node_mut(state, node);
            node.timeout_at = None;
            node.attempt = attempt + 1;
            node.error = Some(error.clone());
            node.finished_at = None;
            node.phase = Phase::Due { at: (!asked).then_some(*retry_at) };
            node.due_at = Some(if asked { at } else { *retry_at });
        }
        Event::NodeFailed { node, attempt, error, .. } => {
            // Where a person was asked about the failure, the attempt was counted when it failed. Where only the way on
            // could not be decided, it was counted when its outcome was recorded.
            let counted = state.node(node).is_some_and(|found| found.phase == Phase::Unrouted && found.port.is_some());
            if !counted && !asked_about(state, node) {
                attempted(state, node, *attempt, None);
            }
            let seq = state.seq;
            let node = node_mut(state, node);
            node.timeout_at = None;
            node.error = Some(error.clone());
            // Without a port the failure is not handled yet.
            node.undecided = node.port.take();
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
        Event::Warning { node, code, message } => warned(state, node, code, message, at),
        Event::LoopEntered { .. } | Event::LoopIterated { .. } | Event::LoopBroken { .. } => {
            apply_loop(workflow, state, event, reading)?;
        }
        Event::WaitStarted { node, until, event, timeout_at, .. } => {
            let node = node_mut(state, node);
            node.phase = Phase::Waiting { until: *until, event: event.clone(), since: at };
            node.timeout_at = *timeout_at;
        }
        Event::SignalReceived { name, data } => state.signals.push((name.clone(), data.clone())),
        Event::SignalConsumed { name, .. } => {
            if let Some(position) = state.signals.iter().position(|(kept, _)| kept == name) {
                state.signals.remove(position);
            }
        }
        Event::InteractionOpened { .. }
        | Event::InteractionVoted { .. }
        | Event::InteractionClosed(_)
        | Event::InteractionEscalated { .. }
        | Event::InteractionTold(_)
        | Event::InteractionReminded(_)
        | Event::InteractionReassigned(_)
        | Event::InteractionToldAgain(_) => apply_interaction(state, event, at),
        Event::ChildrenPlanned(_)
        | Event::ChildrenStarted { .. }
        | Event::ChildrenEnded { .. }
        | Event::ChildrenAsked { .. } => apply_children(state, event),
        Event::AgentOpened(_) | Event::AgentAnswered(_) | Event::AgentToolEnded(_) => agent::apply_agent(state, event),
        // Of this the turn's request is all that is kept.
        Event::AnswerPassedOn { .. } => {}
        Event::ExecutionPaused { .. } => state.paused = true,
        Event::ExecutionResumed { .. } => {
            state.paused = false;
            state.resume_count += 1;
        }
        Event::ExecutionRetried { deadline, timeouts, begun, cut_off, reopened, by_parent, .. } => {
            let taken = TakenUp { timeouts, begun, cut_off, reopened };
            take_up(state, at, *deadline, *by_parent, &taken);
        }
        Event::WorkflowPatched(patched) => put_on(state, patched, at),
        Event::RollbackAsked { .. }
        | Event::RollbackBegun { .. }
        | Event::AwaitedEnded { .. }
        | Event::CompensationIntended { .. }
        | Event::CompensationFailed(_)
        | Event::Compensated { .. }
        | Event::RolledBack { .. }
        | Event::ExecutionUnstuck { .. } => apply_rollback(state, event),
        // That nothing of it is missing any more follows from its number.
        // Journals that moved before have that of the earlier import too.
        Event::ExecutionImported => {
            let turns = state.started.imported.as_ref().map(|imported| imported.turns);
            state.arrived |= turns.is_some_and(|turns| state.seq > turns);
        }
        Event::ExecutionStuck { error } => {
            state.stuck = Some(error.clone());
            state.stuck_seq = state.seq;
            if let Some(rolling) = state.rolling.as_mut().filter(|rolling| rolling.passed.is_some()) {
                Arc::make_mut(rolling).passed = None;
            }
        }
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
