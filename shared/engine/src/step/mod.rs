//! The function `step`: runs one node per message, and handles whatever else the queue brings to an execution.
//!
//! Messages of one execution share one load and one commit. A message is acknowledged only after everything it
//! caused is durable; a crash anywhere means that it is handed out again, with the same result.

mod agent;
mod agent_patch;
mod attempt;
mod children;
mod collect;
mod deliver;
mod first_turns;
mod handled;
mod named;
mod report;
pub(crate) mod secrets;
mod taken_up;
mod undo;
mod unwanted;
mod veil;

pub use handled::TRANSIENT_SECONDS;

use crate::{
    ahead, delivery,
    drive::{Submission, Submitted, submit, workflow_of},
    port::{Delivery, Host, Receipt, StoreError, Verdict, Why},
};
use document::Workflow;
use futures::{FutureExt, future::join_all};
use handled::{ARRIVING_SECONDS, Handled, failed, unknown};
use std::{any::Any, collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc};
use stepwell_core::{
    below::tell_slice,
    command::{Asked, Command, Told},
    effect::{Effect, Message, Work},
    error::Rejection,
    execution::Execution,
    id::ExecutionId,
    owed::owed_again,
    task::NodeLog,
};
use tracing::{Instrument, info_span};

/// Handles a batch of messages, and returns one verdict per message, in order. Executions are handled at the same time.
/// Where the handling of one panics, only its own messages come again.
pub async fn handle(host: &dyn Host, deliveries: &[Delivery]) -> Vec<Verdict> {
    let mut by_execution: BTreeMap<&ExecutionId, Vec<usize>> = BTreeMap::new();
    for (position, delivery) in deliveries.iter().enumerate() {
        by_execution.entry(&delivery.message.execution).or_default().push(position);
    }
    let groups = by_execution.into_iter().map(|(id, positions)| async move {
        let batch: Vec<&Delivery> = positions.iter().map(|&position| &deliveries[position]).collect();
        let trace = batch.iter().find_map(|delivery| delivery.trace.as_deref());
        let span = info_span!("execution", execution = %id, traceparent = trace);
        let handling = AssertUnwindSafe(handle_execution(host, id, &batch).instrument(span)).catch_unwind();
        let verdicts = handling.await.unwrap_or_else(|panic| vec![panicked(id, &*panic); batch.len()]);
        (positions, verdicts)
    });
    let mut verdicts = vec![Verdict::Acknowledge; deliveries.len()];
    for (positions, found) in join_all(groups).await {
        for (position, verdict) in positions.into_iter().zip(found) {
            verdicts[position] = verdict;
        }
    }
    verdicts
}

/// The verdict on the messages of an execution whose handling panicked.
fn panicked(execution: &ExecutionId, panic: &(dyn Any + Send)) -> Verdict {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    tracing::error!(%execution, error = text, "handling messages panicked");
    Verdict::Return { after_seconds: TRANSIENT_SECONDS, why: Why::Failed(format!("handling it panicked: {text}")) }
}

/// Loads an execution once for all of its messages. Where it no longer exists, its messages are acknowledged.
async fn handle_execution(host: &dyn Host, id: &ExecutionId, batch: &[&Delivery]) -> Vec<Verdict> {
    let loaded = async {
        let Some(state) = host.journal().load_lean(id).await? else { return Ok(None) };
        let workflow = workflow_of(host, &state).await?;
        Ok::<_, StoreError>(Some((state, workflow)))
    };
    match loaded.await {
        // What it owes follows from its last turn, which is still to come.
        Ok(Some((state, _))) if state.arrives() => {
            let why = Why::Early("its execution has not wholly arrived from another host");
            vec![Verdict::Return { after_seconds: ARRIVING_SECONDS, why }; batch.len()]
        }
        Ok(Some((state, workflow))) => {
            let (mut verdicts, next) = handle_loaded(host, &state, &workflow, batch, 0).await;
            if let Some(next) = next
                && let Some(failed) = go_ahead(host, next, &state, workflow).await
            {
                // What came of the messages is not durable as a whole, so they come again, and it is made good.
                let done = verdicts.iter_mut().filter(|verdict| **verdict == Verdict::Acknowledge);
                done.for_each(|verdict| *verdict = failed.clone());
            }
            verdicts
        }
        Ok(None) => vec![Verdict::Acknowledge; batch.len()],
        Err(error) => batch.iter().map(|_| failed(&error)).collect(),
    }
}

/// The step with which this process goes ahead, and the state in which it is due.
type Next = (Arc<Execution>, Message);

/// Goes ahead from step to step, from one after the state `before` on, in which `workflow` is in force. Returns the verdict
/// of a step that failed: it may have been recorded without what follows having been delivered. One that is early has its
/// own message to come again.
async fn go_ahead(
    host: &dyn Host,
    first: Next,
    before: &Arc<Execution>,
    mut workflow: Arc<Workflow>,
) -> Option<Verdict> {
    let (mut next, mut before) = (Some(first), before.clone());
    let mut steps = 0;
    while let Some((state, message)) = next {
        steps += 1;
        // Another process may have put the execution on another document, where the commit met a conflict.
        if state.workflow_hash() != before.workflow_hash() {
            match workflow_of(host, &state).await {
                Ok(in_force) => workflow = in_force,
                Err(error) => return Some(failed(&error)),
            }
        }
        // Hosts that acknowledge in their commit never go ahead, so that no receipt is used.
        let delivery = Delivery { receipt: Receipt::MAX, message, deliveries: 1, trace: None };
        let (verdicts, further) = handle_loaded(host, &state, &workflow, &[&delivery], steps).await;
        for verdict in verdicts {
            match &verdict {
                Verdict::Acknowledge | Verdict::Return { why: Why::Early(_), .. } => {}
                Verdict::Return { why: Why::Passing(_) | Why::Failed(_), .. } => return Some(verdict),
            }
        }
        (next, before) = (further, state);
    }
    None
}

/// Handles the messages of one execution: works each out, decides all commands in one submission, and says what becomes
/// of each message, and which step follows that this process goes on with. It has gone ahead by so many `steps`.
async fn handle_loaded(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    batch: &[&Delivery],
    steps: u32,
) -> (Vec<Verdict>, Option<Next>) {
    let handled = match unwanted::dropped(host, state, batch).await {
        Ok(Some(dropped)) => dropped,
        Ok(None) => join_all(batch.iter().map(|delivery| one(host, state, workflow, delivery))).await,
        Err(error) => return (batch.iter().map(|_| failed(&error)).collect(), None),
    };
    let mut verdicts = vec![Verdict::Acknowledge; batch.len()];
    // What is in hand stays so until all is recorded.
    let Gathered { asked, logs, acks, owners, in_hand: _in_hand } = gathered(handled, batch, &mut verdicts);
    if asked.is_empty() {
        return (verdicts, None);
    }
    let (asked, owners) = merge_told(asked, owners);
    // What other messages led to is not found again by going through all that the execution owes.
    let of_steps = batch.iter().all(|delivery| matches!(delivery.message.work, Work::Step { .. }));
    let ahead = host.ahead().filter(|ahead| of_steps && ahead::has_room(ahead, steps));
    let submission = Submission { logs, acks, ahead, ..Submission::of(asked, state, workflow) };
    let mut next = None;
    match submit(host, state.id(), submission).await {
        Ok(Some(submitted)) => {
            let refused = replied(&submitted, &owners, &mut verdicts);
            let stale: Vec<_> = refused.iter().map(|&position| batch[position]).collect();
            if let Err(error) = deliver_again(host, &submitted, workflow, &stale).await {
                refused.iter().for_each(|&position| verdicts[position] = failed(&error));
            }
            next = submitted.next.map(|message| (submitted.state, message));
        }
        Ok(None) => {}
        Err(error) => {
            for &position in owners.iter().flatten() {
                verdicts[position] = failed(&error);
            }
        }
    }
    (verdicts, next)
}

/// What the messages of one execution ask for.
#[derive(Default)]
struct Gathered {
    asked: Vec<Asked>,
    logs: Vec<NodeLog>,
    acks: Vec<Receipt>,
    /// The position of the message that each command comes from, for the verdicts.
    owners: Vec<usize>,
    in_hand: Vec<Box<dyn Send>>,
}

/// Gathers what messages ask for, and notes the verdicts on those that ask for nothing.
fn gathered(handled: Vec<Handled>, batch: &[&Delivery], verdicts: &mut [Verdict]) -> Gathered {
    let mut all = Gathered::default();
    for (position, handled) in handled.into_iter().enumerate() {
        let (commands, lines, place) = match handled {
            Handled::Verdict(verdict) => {
                verdicts[position] = verdict;
                continue;
            }
            Handled::Commands(commands, lines) => (commands, lines, None),
            Handled::Ran(commands, lines, place) => (commands, lines, Some(place)),
        };
        all.owners.extend(commands.iter().map(|_| position));
        all.asked.extend(commands);
        all.logs.extend(lines);
        all.acks.push(batch[position].receipt);
        all.in_hand.extend(place);
    }
    all
}

/// Makes verdicts of what the rules replied to the commands of messages. Returns the positions of messages that were refused
/// and are done: stale, or repeated.
fn replied(submitted: &Submitted, owners: &[Vec<usize>], verdicts: &mut [Verdict]) -> Vec<usize> {
    let mut refused = Vec::new();
    for (positions, reply) in owners.iter().zip(&submitted.replies) {
        for &position in positions {
            if verdicts[position] == Verdict::Acknowledge {
                verdicts[position] = verdict_of(reply);
                refused.extend(reply.is_err().then_some(position));
            }
        }
    }
    refused.retain(|&position| verdicts[position] == Verdict::Acknowledge);
    refused
}

/// Delivers again what messages that were refused had caused when they were handled before: that handler may have died
/// between commit and delivery. One that was handed out for the first time repeats nothing, unless a copy of it was handled
/// elsewhere at the same time, so that nothing was left to commit here. For messages that were handed out before, the host
/// is called even without effects, since it may have more to make good. Hosts that deliver within the commit need none of
/// it.
async fn deliver_again(
    host: &dyn Host,
    submitted: &Submitted,
    workflow: &Workflow,
    stale: &[&Delivery],
) -> Result<(), StoreError> {
    if !delivery::may_be_lost(host) {
        return Ok(());
    }
    let state = &submitted.state;
    let owed = |it: &&Delivery| match it.deliveries > 1 || !submitted.committed {
        true => owed_again(workflow, state, &it.message.work),
        false => delivery::owed_by_ended(host, state),
    };
    let mut effects = Vec::<Effect>::new();
    for effect in stale.iter().flat_map(owed) {
        if !effects.contains(&effect) {
            effects.push(effect);
        }
    }
    let again = stale.iter().any(|it| it.deliveries > 1);
    if again {
        let further = ahead::owed_again(host, workflow, state);
        effects.extend(further.into_iter().filter(|effect| !effects.contains(effect)).collect::<Vec<_>>());
    }
    match again {
        true => delivery::repeat(host, state.id(), &effects).await,
        false => delivery::deliver(host, state.id(), &effects).await,
    }
}

/// Merges what several children of one activation tell into one command, so that it costs one turn: their ends, and
/// their words about questions. Returns the commands, and the positions of the messages that each stands for.
fn merge_told(asked: Vec<Asked>, owners: Vec<usize>) -> (Vec<Asked>, Vec<Vec<usize>>) {
    let (mut merged, mut positions) = (Vec::<Asked>::new(), Vec::<Vec<usize>>::new());
    for (one, owner) in asked.into_iter().zip(owners) {
        match merged.iter_mut().position(|other| merge(&mut other.command, &one.command)) {
            Some(at) => positions[at].push(owner),
            None => {
                merged.push(one);
                positions.push(vec![owner]);
            }
        }
    }
    (merged, positions)
}

/// Adds to a command what another one tells of children of the same attempt. False where it tells nothing of them.
fn merge(into: &mut Command, more: &Command) -> bool {
    match (into, more) {
        (
            Command::ChildrenEnded { activation: a, attempt: n, reopened: r, ends: all },
            Command::ChildrenEnded { activation, attempt, reopened, ends },
        ) if (&*a, &*n, &*r) == (activation, attempt, reopened) => all.extend(ends.iter().cloned()),
        (
            Command::ChildrenAsked { activation: a, attempt: n, told: all },
            Command::ChildrenAsked { activation, attempt, told },
        ) if (&*a, &*n) == (activation, attempt) => all.extend(told),
        _ => return false,
    }
    true
}

/// Works out what one message asks for. `state` and `workflow` are those of its execution.
async fn one(host: &dyn Host, state: &Arc<Execution>, workflow: &Arc<Workflow>, delivery: &Delivery) -> Handled {
    let command = match delivery.message.work.clone() {
        // Running a node or working on children may take long and fails by itself; all else is one command.
        Work::Step { activation, attempt, .. } => {
            return attempt::step(host, state, workflow, activation, attempt, delivery.deliveries > 1).await;
        }
        Work::StartChildren { activation, attempt, from, to } => {
            // Its handler may have died after it recorded the ends of children that were over at once.
            if delivery.deliveries > 1
                && let Err(error) = delivery::make_good(host, state, workflow, &delivery.message.work).await
            {
                return Handled::Verdict(failed(&error));
            }
            return match children::start_children(host, state, workflow, &activation, attempt, from..to).await {
                Ok(commands) if commands.is_empty() => Handled::Verdict(Verdict::Acknowledge),
                Ok(commands) => Handled::Commands(commands, Vec::new()),
                Err(error) => Handled::Verdict(failed(&error)),
            };
        }
        Work::TellChildren { activation, attempt, control, from, to } => {
            let effects = tell_slice(state, &activation, attempt, control, from..to);
            return match delivery::deliver(host, state.id(), &effects).await {
                Ok(()) => Handled::Verdict(Verdict::Acknowledge),
                Err(error) => Handled::Verdict(failed(&error)),
            };
        }
        Work::Timer { activation, purpose } => Command::Timer { activation, purpose },
        Work::Timeout => Command::Timeout,
        Work::ChildEnded { activation, attempt, index, error } => {
            let void = match error {
                None => Ok(false),
                Some(_) => taken_up::is_void(host, state, workflow, &activation, attempt, index).await,
            };
            match void {
                // The rules refuse it as stale. What an earlier handling of the same message led to is delivered again then.
                Ok(true) => children::told_ends(state, activation, attempt, Vec::new()),
                Ok(false) => children::told_ends(state, activation, attempt, vec![(index, error)]),
                Err(error) => return Handled::Verdict(failed(&error)),
            }
        }
        Work::ChildAsks { activation, attempt, index, asks, seq } => {
            Command::ChildrenAsked { activation, attempt, told: vec![Told { index, asks, seq }] }
        }
        Work::Control { control } => {
            return match children::obey(host, state.id(), control).await {
                Ok(()) => Handled::Verdict(Verdict::Acknowledge),
                Err(error) => Handled::Verdict(failed(&error)),
            };
        }
        Work::RollBack => return undo::plan(host, state, workflow, delivery.deliveries > 1).await,
        Work::Undo(undoing) => return undo::undo(host, state, workflow, undoing, delivery.deliveries > 1).await,
        Work::ChildUndone { epoch, activation, attempt, index, error, seq } => {
            Command::ChildUndone { epoch, activation, attempt, index, error, seq }
        }
        Work::Deliver(delivering) => return deliver::deliver(host, state, workflow, delivering).await,
        Work::Remember { activation, seq } => return agent::remember(host, state, &activation, seq).await,
        Work::Admit => Command::Admit,
    };
    Handled::Commands(vec![command.into()], Vec::new())
}

/// The verdict on a message whose command was decided: one about an activation that the state does not know yet comes
/// again; any other refusal means that the command is stale or repeated.
fn verdict_of(reply: &Result<(), Rejection>) -> Verdict {
    match reply {
        Err(Rejection::Unknown) => unknown("the activation that it speaks of is not recorded yet"),
        _ => Verdict::Acknowledge,
    }
}
