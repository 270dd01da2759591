//! Undoes the next thing of a rollback: runs what a node declares as `compensate`, or has a child undone whole.

use super::{
    children::obey,
    handled::{Handled, failed, later, unknown},
    secrets::Vault,
};
use crate::{
    compensation::rendered,
    delivery,
    drive::{Submission, document_of, submit, with_values},
    limits,
    port::{Host, StoreError, Verdict},
    prepare::SecretSource,
    rollback::{self, Undone, undo_child},
};
use document::{Delivery, Workflow, time::Time};
use std::sync::Arc;
use stepwell_core::{
    command::{Again, Asked, Command},
    effect::{ChildControl, Undoing},
    execution::Execution,
    id::{Activation, ExecutionId, child_id, derive},
    owed::{Since, owed},
    payload::Payload,
    reading::Reading,
    rollback::{Rolling, Undo, What},
    task::{Failure, NodeLog, Outcome, Report, Task},
};

/// Makes the plan of the rollback that an execution asked for. `again`: the message was handed out before.
pub(super) async fn plan(host: &dyn Host, state: &Arc<Execution>, workflow: &Workflow, again: bool) -> Handled {
    match rollback::asked(host, state).await {
        Ok(true) => Handled::Verdict(Verdict::Acknowledge),
        Ok(false) => over(host, state, workflow, again).await,
        Err(error) => Handled::Verdict(failed(&error)),
    }
}

/// Acknowledges a message about what is over. Whoever handled it before may have died after the commit, so what was
/// asked for then is delivered again.
async fn over(host: &dyn Host, state: &Execution, workflow: &Workflow, again: bool) -> Handled {
    if !again {
        return Handled::Verdict(Verdict::Acknowledge);
    }
    match delivery::repeat(host, state.id(), &owed(workflow, state, Since::Ever)).await {
        Ok(()) => Handled::Verdict(Verdict::Acknowledge),
        Err(error) => Handled::Verdict(failed(&error)),
    }
}

/// Does what a message of a rollback asks for, up to the outcome that is to be reported. `again`: the message was handed
/// out before.
pub(super) async fn undo(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    undoing: Undoing,
    again: bool,
) -> Handled {
    let present = |rolling: &&Arc<Rolling>| {
        (state.epoch, rolling.next, rolling.attempt) == (undoing.epoch, undoing.number, undoing.attempt)
    };
    let stands = state.paused || state.stuck.is_some() || state.end.is_some();
    let Some(rolling) = state.rolling.as_ref().filter(present).filter(|_| !stands) else {
        // It may come before the turn that asks for it is seen.
        if undoing.epoch > state.epoch {
            return Handled::Verdict(unknown("the rollback that it speaks of is not recorded yet"));
        }
        return over(host, state, workflow, again).await;
    };
    let Some(current) = rolling.current() else { return Handled::Verdict(Verdict::Acknowledge) };
    let now = host.now();
    if let Some(until) = rolling.awaits() {
        return awaited(host, state, &current.activation, undoing, until);
    }
    if let Some(at) = rolling.due.filter(|at| *at > now) {
        return later(at, now);
    }
    match &current.what {
        What::Child { attempt, index, completed } => {
            let id = child_id(state.id(), &current.activation, *attempt, *index);
            match child(host, state, &id, undoing).await {
                // Somebody deleted it, and with it what it did is forgotten.
                Ok(Undone::Gone) if *completed => asks(gone(undoing, &id)),
                Ok(Undone::Whole | Undone::Gone) => asks(succeeded(undoing)),
                // The child tells when it is undone.
                Ok(Undone::Begun) => Handled::Verdict(Verdict::Acknowledge),
                Ok(Undone::Stuck(seq, why)) => {
                    let (epoch, activation, attempt, index) =
                        (undoing.epoch, current.activation.clone(), *attempt, *index);
                    asks(Command::ChildUndone { epoch, activation, attempt, index, error: Some(why), seq })
                }
                Err(error) => Handled::Verdict(failed(&error)),
            }
        }
        What::Node { .. } => match node(host, state, workflow, rolling, current, undoing).await {
            Ok(handled) => handled,
            Err(error) => Handled::Verdict(failed(&error)),
        },
    }
}

/// Has a child undone whole. What its parent wants may have changed while the child began, and could not be told so.
async fn child(host: &dyn Host, parent: &Execution, id: &ExecutionId, undoing: Undoing) -> Result<Undone, StoreError> {
    let undone = undo_child(host, parent, id, undoing.attempt > 1).await?;
    if undone == Undone::Begun {
        obey(host, id, ChildControl::Pause).await?;
    }
    Ok(undone)
}

/// Waits for the outcome of a run that is to be undone, as long as it can come.
fn awaited(host: &dyn Host, state: &Execution, run: &Activation, undoing: Undoing, until: Time) -> Handled {
    let now = host.now();
    match host.journal().in_hand(state.id(), run) {
        Some(false) => asks(Command::StopAwaiting { undoing, lost: true }),
        _ if now >= until => asks(Command::StopAwaiting { undoing, lost: false }),
        // It may be cut off by a crash, of which nobody tells.
        Some(true) => later(until.min(now.after_seconds(limits::LOOKS_AGAIN_SECONDS)), now),
        None => later(until, now),
    }
}

fn asks(command: Command) -> Handled {
    Handled::Commands(vec![Asked::from(command)], Vec::new())
}

/// Reports that a child which completed is not there to be undone.
fn gone(undoing: Undoing, id: &ExecutionId) -> Command {
    let message = format!("execution {id} is deleted, so what it did cannot be undone: undo it by hand");
    Command::Undone { undoing, outcome: Outcome::Failed(Failure::new("child_deleted", message)), again: None }
}

fn succeeded(undoing: Undoing) -> Command {
    let outcome = Outcome::Succeeded { port: "success".into(), output: Payload::default() };
    Command::Undone { undoing, outcome, again: None }
}

/// Runs the compensation of a node.
async fn node(
    host: &dyn Host,
    state: &Arc<Execution>,
    workflow: &Arc<Workflow>,
    rolling: &Rolling,
    current: &Undo,
    undoing: Undoing,
) -> Result<Handled, StoreError> {
    // It is undone as the document said by which it ran.
    let hash = current.patched.as_deref().unwrap_or(&state.started.workflow_hash);
    let ran_by = document_of(host, &state.started, hash).await?;
    let by = ran_by.node(current.activation.node.as_str()).and_then(|node| node.compensate.as_deref());
    let Some(by) = by else {
        let failure = Failure::new("no_compensation", "the workflow no longer says how this node is undone");
        return Ok(asks(Command::Undone { undoing, outcome: Outcome::Failed(failure), again: None }));
    };
    let again = Some(Again { retry: by.retry.clone(), delivery: by.delivery });
    if let Some(deadline) = rolling.intended {
        let now = host.now();
        if deadline > now {
            return Ok(later(deadline, now));
        }
        let message = "the attempt was begun and nobody knows how it ended: it is not run again (`at_most_once`)";
        let outcome = Outcome::Unknown(Failure::new("outcome_unknown", message));
        return Ok(asks(Command::Undone { undoing, outcome, again }));
    }
    let vault = Vault::of(host, state, by).await?;
    let render = || Reading::of(|reading| rendered(state, rolling, current, by, &vault, reading));
    let rendered = with_values(host, state.id(), render).await?;
    let timeout_seconds = by.timeout_seconds.unwrap_or(limits::NODE_SECONDS);
    let work = match rendered {
        Ok(Some(work)) => work,
        Ok(None) => return Ok(asks(succeeded(undoing))),
        Err(error) => {
            let outcome = Outcome::Failed(Failure::new(error.code, error.message));
            return Ok(asks(Command::Undone { undoing, outcome, again }));
        }
    };
    // The key is that of the visit, so that every attempt to undo it has the same, in later rollbacks too.
    let idempotency_key = derive(&["undo", state.id().as_str(), &current.activation.to_string()]);
    let task =
        Task { owner: state.started.owner.clone(), idempotency_key, timeout_seconds, work, secrets: vault.used() };
    if by.delivery == Delivery::AtMostOnce {
        let deadline = host.now().after_seconds(timeout_seconds + limits::GRACE_SECONDS);
        let intend = Command::IntendUndo { undoing, deadline };
        let intended = submit(host, state.id(), Submission::of(vec![intend.into()], state, workflow)).await?;
        if intended.is_none_or(|intended| intended.replies != [Ok(())]) {
            return Ok(Handled::Verdict(unknown("another handler was faster to record that the compensation begins")));
        }
    }
    let Report { outcome, logs } = host.run(&task).await;
    let line = |line| NodeLog {
        node: current.activation.node.to_string(),
        visit: current.activation.visit,
        attempt: undoing.attempt,
        line,
    };
    let command = Command::Undone { undoing, outcome: outcome.into(), again };
    Ok(Handled::Commands(vec![command.into()], logs.into_iter().map(line).collect()))
}
