//! Waits, within a request, for an execution to reach some state.

use crate::{App, limits};
use document::time::Time;
use engine::{port::StoreError, questions::asking_children};
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    execution::{Execution, Phase, Status},
    id::ExecutionId,
    interaction::Interaction,
};
use tokio::time::{Instant, timeout_at};

/// Waits until `there` holds of the execution, for `patience` at most and no longer than the host goes on, and returns
/// its latest state. One that is deleted meanwhile is returned as it was seen last. Offloaded values may be missing in
/// it.
///
/// # Errors
/// What the store says.
pub async fn until(
    app: &App,
    mut execution: Arc<Execution>,
    patience: Duration,
    there: impl Fn(&Execution) -> bool + Send,
) -> Result<Arc<Execution>, StoreError> {
    let deadline = Instant::now() + patience;
    while !there(&execution) && Instant::now() < deadline {
        let id = execution.id().clone();
        let changed = timeout_at(deadline, app.host.journal().changed(&id, execution.seq));
        let goes_on = tokio::select! {
            changed = changed => changed.is_ok(),
            () = app.stop.stopped() => false,
        };
        if !goes_on {
            break;
        }
        match app.host.journal().load_lean(&id).await? {
            Some(now) => execution = now,
            None => break,
        }
    }
    Ok(execution)
}

/// Waits after an answer, up to [`limits::WAIT`], for what follows from it in the execution that the caller named.
/// `asking` is the state after the answer of the execution that asked, which may be a descendant: it goes on first, and
/// then tells those above it.
///
/// # Errors
/// What the store says.
pub async fn after_answer(
    app: &App,
    named: &Arc<Execution>,
    asking: Arc<Execution>,
    question: &Interaction,
) -> Result<Arc<Execution>, StoreError> {
    let soon = soon_after(app.host.now());
    if asking.id() == named.id() {
        return until(app, asking, limits::WAIT, |state| settled(state, soon)).await;
    }
    // Where more votes are needed, nothing follows.
    if asking.interaction(question.interaction_id.as_str()).is_some_and(|one| one.is_open()) {
        return Ok(named.clone());
    }
    let (before, asked) = (named.seq, asking_children(named));
    // As long as the same children ask as before, the word of the one that went on has not arrived.
    let moved = |state: &Execution| state.seq > before && told_anew(state, named, &asked);
    until(app, named.clone(), limits::WAIT, |state| moved(state) && settled(state, soon)).await
}

/// Whether one of the children that asked has told something since, or has ended.
pub fn told_anew(now: &Execution, before: &Execution, asked: &[ExecutionId]) -> bool {
    let still = asking_children(now);
    let told = |state: &Execution| state.children.values().map(|kids| kids.asking.values().sum::<u64>()).sum::<u64>();
    asked.iter().any(|id| !still.contains(id)) || told(now) > told(before)
}

/// Until when whoever asked for something at this time waits for what follows.
pub fn soon_after(at: Time) -> Time {
    at.after_seconds(limits::WAIT.as_secs_f64())
}

/// Whether the execution has ended or waits for a person: there a start with `wait` returns.
pub fn ended_or_asks(execution: &Execution) -> bool {
    let status = execution.status();
    status.is_terminal() || status == Status::WaitingHuman
}

/// Whether nothing more will happen by itself before `until`. While a retry or a wait is due by then, or a child runs,
/// it pays to wait.
pub fn settled(execution: &Execution, until: Time) -> bool {
    match execution.status() {
        Status::Pending | Status::Running | Status::RollingBack => false,
        Status::Waiting => !execution.nodes.values().any(|node| moves_by(&node.phase, until)),
        _ => true,
    }
}

/// Whether a node in this phase goes on without anybody's doing by `until`; a child may end at any time.
fn moves_by(phase: &Phase, until: Time) -> bool {
    match phase {
        Phase::Children => true,
        Phase::Due { at: Some(at) } | Phase::Waiting { until: Some(at), .. } => *at <= until,
        _ => false,
    }
}
