//! The effects that a state still owes to the outside. They are delivered again when a message comes a second time,
//! when a message was lost, and after a restart.

use crate::{
    allotment::take_turns,
    below::{left_alone, unwanted_children},
    effect::{Delivering, Effect, Message, Purpose, Undoing, Work},
    execution::{Children, Execution, NodeState, Phase, Status},
    id::{Activation, ExecutionId, InteractionId},
    interaction::delivery::{Delivery, DeliveryStatus},
    rollback::{After, Rolling},
};
use document::{Workflow, graph::NodeIx, time::Time};
use std::{ops::Range, sync::Arc};

/// Which of the effects that a state owes are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since<'a> {
    /// All of them.
    Ever,
    /// Only those that messages of this activation asked for. It is the latest visit to its node.
    Of(&'a Activation),
}

/// The effects that are still open: messages of due activations, timers, interactions, children to start or to cancel,
/// what a child owes to its parent, and what an ended execution owes to others, or one that is held back to itself.
/// Delivering them again does no harm. For a stuck execution the messages that it may not be able to process are left
/// out.
///
/// An execution that has not wholly arrived from another host owes nothing yet.
pub fn owed(workflow: &Workflow, state: &Execution, since: Since<'_>) -> Vec<Effect> {
    if state.arrives() {
        return Vec::new();
    }
    let mut effects = unwanted_children(state);
    if since == Since::Ever {
        effects.extend(left_alone(state));
    }
    effects.extend(closed_questions(state, since));
    effects.extend(messages(state, since));
    effects.extend(tell_parent(state));
    if state.rolling.is_some() && state.end.is_none() {
        effects.extend(owed_undo(state));
        effects.extend(stuck_for_parent(state));
        return effects;
    }
    if let Some(epoch) = state.undone_for {
        effects.extend(child_undone(state, epoch, None));
    }
    if state.end.is_some() {
        effects.extend(owed_at_end(state));
    } else if state.held {
        effects.push(Effect::Admit { workflow: state.started.workflow_id.clone() });
    } else {
        effects.extend((0..workflow.nodes.len()).flat_map(|ix| owed_by_node(workflow, state, ix, since)));
    }
    effects.extend(to_remember(state, since));
    effects
}

/// What an execution that has ended owes to others; nothing where it goes on.
pub fn owed_at_end(state: &Execution) -> Vec<Effect> {
    let Some(end) = state.end else { return Vec::new() };
    let error = (end != Status::Completed)
        .then(|| state.error.as_ref().map_or_else(|| end.to_string(), |error| error.message.clone()));
    end_effects(state, error)
}

/// What agents that have come to their end add to conversations, in case that the message which does it was lost.
fn to_remember(state: &Execution, since: Since<'_>) -> Vec<Effect> {
    let ended = state.nodes.iter().filter(|(_, node)| node.talk.as_ref().is_some_and(|talk| talk.remembers));
    let wanted = ended.filter(|(id, _)| match since {
        Since::Ever => true,
        Since::Of(cause) => cause.node == **id,
    });
    wanted
        .map(|(id, node)| {
            let work = Work::Remember {
                activation: state.activation(id),
                seq: node.talk.as_ref().map_or(0, |talk| talk.ended_seq),
            };
            Effect::Send { message: Message { execution: state.id().clone(), work }, at: None }
        })
        .collect()
}

/// The effects that a message asked for when it was handled before, and that may have been lost since. Empty where the
/// message had no part in what was recorded.
pub fn owed_again(workflow: &Workflow, state: &Execution, work: &Work) -> Vec<Effect> {
    match work {
        Work::Step { activation, .. } | Work::Timer { activation, .. } => owed(workflow, state, Since::Of(activation)),
        // An end that is not recorded came too late: the end of another child ended the wait, and asked for what
        // follows.
        Work::ChildEnded { activation, attempt, index, .. } => {
            let kids = state.children.get(&activation.node).filter(|kids| kids.attempt == *attempt);
            let visit = state.node(&activation.node).map(|node| node.visit);
            let recorded = kids.is_some_and(|kids| visit == Some(activation.visit) && kids.ended.contains(*index));
            if recorded { owed(workflow, state, Since::Of(activation)) } else { Vec::new() }
        }
        Work::ChildAsks { activation, attempt, index, seq, .. } => {
            let kids = state.children.get(&activation.node).filter(|kids| kids.attempt == *attempt);
            let recorded = kids.is_some_and(|kids| kids.visit == activation.visit && kids.told_seq(*index) >= *seq);
            if recorded { tell_parent(state).into_iter().collect() } else { Vec::new() }
        }
        Work::Deliver(delivering) => messages_of(state, &delivering.interaction),
        Work::StartChildren { activation, attempt, from, to } => {
            owed_since_children_started(workflow, state, activation, *attempt, *from..*to)
        }
        Work::TellChildren { .. } | Work::Remember { .. } => Vec::new(),
        Work::Undo(_)
        | Work::ChildUndone { .. }
        | Work::RollBack
        | Work::Timeout
        | Work::Control { .. }
        | Work::Admit => owed(workflow, state, Since::Ever),
    }
}

/// What followed from the ends of children that were over when they were started, or could not be: whoever started them tells
/// the parent. The message for children of its range is the one at hand, and those before have their own.
fn owed_since_children_started(
    workflow: &Workflow,
    state: &Execution,
    activation: &Activation,
    attempt: u32,
    range: Range<u32>,
) -> Vec<Effect> {
    let same = |kids: &&Arc<Children>| kids.visit == activation.visit && kids.attempt == attempt;
    let kids = state.children.get(&activation.node).filter(same);
    let visit = state.node(&activation.node).map(|node| node.visit);
    let told = kids.is_some_and(|kids| range.clone().any(|index| kids.ended.contains(index)));
    if !told || visit != Some(activation.visit) {
        return Vec::new();
    }
    let mut effects = owed(workflow, state, Since::Of(activation));
    effects.retain_mut(|effect| match effect {
        Effect::Send {
            message: Message { work: Work::StartChildren { activation: of, from, to, .. }, .. }, ..
        } if of == activation => {
            *from = range.end.max(*from);
            from < to
        }
        _ => true,
    });
    effects
}

/// Tells the parent of a living execution whether people are asked in it or below it; none where it has no parent, or
/// where nobody was ever asked. An execution that has ended tells that instead.
pub(crate) fn tell_parent(state: &Execution) -> Option<Effect> {
    let parent = state.started.parent.as_ref().filter(|_| state.end.is_none() && state.asks_seq > 0)?;
    let work = Work::ChildAsks {
        activation: parent.activation.clone(),
        attempt: parent.attempt,
        index: parent.index,
        asks: state.asks,
        seq: state.asks_seq,
    };
    Some(Effect::Send { message: Message { execution: parent.execution_id.clone(), work }, at: None })
}

/// The attempt to undo that is due or runs.
pub(crate) fn undoing(state: &Execution, rolling: &Rolling) -> Undoing {
    Undoing { epoch: state.epoch, number: rolling.next, attempt: rolling.attempt }
}

/// The effect that asks for what a rollback needs next; none where it waits for a person.
pub(crate) fn owed_undo(state: &Execution) -> Option<Effect> {
    let rolling = state.rolling.as_ref().filter(|_| !state.paused && state.stuck.is_none())?;
    let (work, at) = match &rolling.plan {
        None => (Work::RollBack, None),
        Some(_) => (Work::Undo(undoing(state, rolling)), rolling.intended.or(rolling.due)),
    };
    Some(Effect::Send { message: Message { execution: state.id().clone(), work }, at })
}

/// Tells the parent of a child in whose epoch the child was asked to be undone whole that it is, or why it is stuck.
pub(crate) fn child_undone(state: &Execution, epoch: u32, error: Option<String>) -> Option<Effect> {
    let seq = if error.is_some() { state.stuck_seq } else { 0 };
    let parent = state.started.parent.as_ref()?;
    let (activation, attempt, index) = (parent.activation.clone(), parent.attempt, parent.index);
    let work = Work::ChildUndone { epoch, activation, attempt, index, error, seq };
    Some(Effect::Send { message: Message { execution: parent.execution_id.clone(), work }, at: None })
}

/// Tells the parent that waits until this child is undone that the child is stuck.
fn stuck_for_parent(state: &Execution) -> Option<Effect> {
    match (&state.stuck, &state.rolling.as_ref()?.asked.after) {
        (Some(error), After::Cancel { epoch }) => child_undone(state, *epoch, Some(error.message.clone())),
        (Some(_), After::GoOn | After::Fail { .. }) | (None, _) => None,
    }
}

/// Tells people of interactions that are over, unless their node has been visited again since.
fn closed_questions(state: &Execution, since: Since<'_>) -> Vec<Effect> {
    let closed = state.interactions.iter().filter(|one| !one.is_open());
    let wanted = closed.filter(|one| match since {
        Since::Ever => one.activation == state.activation(&one.activation.node),
        Since::Of(cause) => one.activation == *cause,
    });
    wanted.map(|one| Effect::CloseInteraction(one.interaction_id.clone())).collect()
}

/// The messages about questions that are on their way.
fn messages(state: &Execution, since: Since<'_>) -> Vec<Effect> {
    let meant = state.interactions.iter().filter(|one| match since {
        Since::Ever => true,
        Since::Of(cause) => one.activation == *cause,
    });
    meant.flat_map(|one| messages_of(state, &one.interaction_id)).collect()
}

/// The messages about one question that are on their way.
fn messages_of(state: &Execution, id: &InteractionId) -> Vec<Effect> {
    let one = state.interaction(id.as_str());
    let numbered = one.iter().flat_map(|one| one.deliveries.iter().enumerate());
    numbered.filter_map(|(ix, delivery)| message_of(state.id(), id, ix, delivery)).collect()
}

/// The effect that sends a message about a question; none where it is not on its way.
pub(crate) fn message_of(
    execution: &ExecutionId,
    id: &InteractionId,
    ix: usize,
    delivery: &Delivery,
) -> Option<Effect> {
    if delivery.status != DeliveryStatus::Pending {
        return None;
    }
    let attempt = delivery.attempts + 1;
    let delivering = Delivering { interaction: id.clone(), delivery: ix, number: delivery.number, attempt };
    let message = Message { execution: execution.clone(), work: Work::Deliver(delivering) };
    Some(Effect::Send { message, at: delivery.due })
}

/// The effects that one node owes: its timers, and what makes it go on.
fn owed_by_node(workflow: &Workflow, state: &Execution, ix: NodeIx, since: Since<'_>) -> Vec<Effect> {
    let id = &workflow.nodes[ix].id;
    let Some(node) = state.node(id) else { return Vec::new() };
    // An activation asked for its own effects, and for those of the nodes that its last turn activated. A loop is
    // looked at in any case: its next iteration may have been left to a message.
    if let Since::Of(cause) = since {
        let finished = state.node(&cause.node).map_or(0, |cause| cause.finished_seq);
        let caused = *id == cause.node || (finished > 0 && node.activated_seq == finished);
        // Where children of the one ended, those of another may have begun.
        let turns = node.phase == Phase::Children && state.children.contains_key(&cause.node);
        let caused = caused || (turns && take_turns(workflow, state, ix));
        if !caused && node.phase != Phase::Looping {
            return Vec::new();
        }
    }
    let activation = state.activation(id);
    let timers = timers(state, node).into_iter();
    let timers = timers.map(|(purpose, at)| Effect::SetTimer { activation: activation.clone(), purpose, at });
    // A message that keeps failing is not sent again and again: somebody repairs the cause, and moves the message back.
    let is_left_alone = since == Since::Ever && state.is_stuck_at(node);
    let others = match &node.phase {
        // While the execution is paused nothing starts, but timers and interactions go on.
        Phase::Due { .. } | Phase::Intended { .. } | Phase::Looping | Phase::Children
            if state.stands_still() || is_left_alone =>
        {
            Vec::new()
        }
        Phase::Due { at } => step_of(workflow, state, ix, *at).into_iter().collect(),
        Phase::Intended { deadline } => step_of(workflow, state, ix, Some(*deadline)).into_iter().collect(),
        Phase::Looping if body_is_over(workflow, state, ix) => step_of(workflow, state, ix, None).into_iter().collect(),
        Phase::Asking { interaction_id } => vec![Effect::OpenInteraction(interaction_id.clone())],
        Phase::Children => {
            let Some(kids) = state.children.get(id) else { return Vec::new() };
            let activation = activation.clone();
            let work = Work::StartChildren { activation, attempt: kids.attempt, from: 0, to: kids.asked() };
            vec![Effect::Send { message: Message { execution: state.id().clone(), work }, at: None }]
        }
        _ => Vec::new(),
    };
    timers.chain(others).collect()
}

/// The timers of a node that waits: for the time of its config, and for its `timeout_seconds`.
pub(crate) fn timers(state: &Execution, node: &NodeState) -> Vec<(Purpose, Time)> {
    let own = match &node.phase {
        Phase::Waiting { until, .. } => until.map(|at| (Purpose::Wait, at)),
        Phase::Asking { interaction_id } => {
            let one = state.interaction(interaction_id.as_str());
            one.and_then(|one| one.deadline).map(|at| (Purpose::Deadline, at))
        }
        Phase::Children => None,
        _ => return Vec::new(),
    };
    let reminder = match &node.phase {
        Phase::Asking { interaction_id } => state.interaction(interaction_id.as_str()).and_then(|one| one.remind_at),
        _ => None,
    };
    let reminder = reminder.map(|at| (Purpose::Remind, at));
    own.into_iter().chain(reminder).chain(node.timeout_at.map(|at| (Purpose::Attempt, at))).collect()
}

/// Whether nothing in a loop's body is due, running or waiting, so that a message must begin the next iteration.
pub(crate) fn body_is_over(workflow: &Workflow, state: &Execution, ix: NodeIx) -> bool {
    let body = &workflow.graph.body[ix];
    !body.iter().any(|&inner| state.node(&workflow.nodes[inner].id).is_some_and(|node| node.phase.is_open()))
}

/// The effect that sends the message for the next attempt of a node.
pub(crate) fn step_of(workflow: &Workflow, state: &Execution, ix: NodeIx, at: Option<Time>) -> Option<Effect> {
    let node = workflow.nodes.get(ix)?;
    let attempt = state.node(&node.id)?.attempt.max(1);
    let work = Work::Step { activation: state.activation(&node.id), attempt, io: node.of.mode.does_io() };
    Some(Effect::Send { message: Message { execution: state.id().clone(), work }, at })
}

/// The effects that an ended execution owes to others: to its parent, to a caller who waits for its end, and to those
/// that `max_concurrency` holds back, whatever its own document says of a limit. A child and an execution that was
/// skipped held nobody back.
pub(crate) fn end_effects(state: &Execution, error: Option<String>) -> Vec<Effect> {
    let mut effects = Vec::new();
    if let Some(parent) = &state.started.parent {
        let (activation, attempt, index) = (parent.activation.clone(), parent.attempt, parent.index);
        let work = Work::ChildEnded { activation, attempt, index, error };
        effects.push(Effect::Send { message: Message { execution: parent.execution_id.clone(), work }, at: None });
    }
    if state.started.awaited {
        effects.push(Effect::AnswerCaller);
    }
    if state.started.parent.is_none() && state.started.skipped.is_none() {
        effects.push(Effect::Admit { workflow: state.started.workflow_id.clone() });
    }
    effects
}
