//! What the routes of several functions read of an execution and its journal to show it.

use crate::{Answered, App, Problem, limits, page::Room, types};
use document::Workflow;
use engine::{
    drive::with_values,
    port::StoreError,
    questions::{Reads, open_below},
};
use std::collections::HashSet;
use stepwell_core::{event::Turn, evolve::evolve, execution::Execution, payload::Payload};

/// An execution as `GET /v1/executions/{id}` shows it. Only the values that this shows are fetched.
///
/// # Errors
/// What the store says.
pub async fn execution(app: &App, execution: &Execution) -> Answered<types::Execution> {
    one_of_many(app, execution, &Reads::default()).await
}

/// The same for one of a list, whose executions share what may be read of their descendants.
///
/// # Errors
/// What the store says.
pub async fn one_of_many(app: &App, execution: &Execution, reads: &Reads) -> Answered<types::Execution> {
    let workflow = app.workflow(execution).await?;
    let mut shown = with_values(&*app.host, execution, || types::Execution::of(execution, &workflow)).await?;
    let mut room = Room::default();
    for asked in open_below(app.host.journal(), execution, limits::QUESTIONS_BELOW, reads).await? {
        let asking = app.workflow(&asked.execution).await?;
        let question = types::Interaction::of(&asked.interaction, &asked.execution, &asking);
        if !room.takes_item(&question) {
            break;
        }
        shown.pending_interactions.push(question);
    }
    shown.cost.usage = app.host.journal().cost(execution.id()).await?;
    Ok(shown)
}

/// Computes what shows the values of all nodes of an execution. Values are fetched as long as they fit into
/// [`limits::VALUES_BYTES`], the first in any case; the others stay missing, and are shown by where they lie.
///
/// # Errors
/// What the store says.
pub async fn with_values_that_fit<T>(
    app: &App,
    execution: &Execution,
    mut compute: impl FnMut() -> T + Send,
) -> Result<T, StoreError> {
    let (mut room, mut left_out) = (Room::of(limits::VALUES_BYTES), HashSet::<String>::new());
    loop {
        // As in `with_values`, values that somebody else fetches meanwhile count as missing.
        let missing: Vec<&Payload> = execution.payloads().into_iter().filter(|it| it.missing().is_some()).collect();
        let computed = compute();
        let mut taken = HashSet::new();
        let mut seen: Vec<&Payload> = Vec::new();
        for payload in missing.into_iter().filter(|payload| payload.was_asked_for()) {
            let Some(blob) = payload.blob() else { continue };
            if left_out.contains(&blob.sha256) {
                continue;
            }
            if taken.contains(&blob.sha256) || room.takes(blob.bytes as usize) {
                taken.insert(&blob.sha256);
                seen.push(payload);
            } else {
                left_out.insert(blob.sha256.clone());
            }
        }
        if seen.is_empty() {
            return Ok(computed);
        }
        drop(computed);
        app.host.journal().fetch(execution.id(), &seen).await?;
    }
}

/// Turns 1 to `last` of an execution's journal, in which offloaded values are missing; fewer where it has no more.
///
/// # Errors
/// What the store says.
pub async fn turns_to(app: &App, execution: &Execution, last: u64) -> Result<Vec<Turn>, StoreError> {
    let mut turns: Vec<Turn> = Vec::new();
    while (turns.len() as u64) < last {
        let after = turns.len() as u64;
        let wanted = limits::TURNS_PER_READ.min((last - after) as usize);
        let more = app.host.journal().turns_lean(execution.id(), after, wanted).await?;
        if more.is_empty() {
            break;
        }
        turns.extend(more);
    }
    Ok(turns)
}

/// Folds turns from the first on: checkpoints are not stored. Each state is shown to `visit`, with its turn, until that
/// returns false; the last state shown is returned.
///
/// # Errors
/// A 500 where the turns do not fold, and where there are none.
pub fn folded(
    workflow: &Workflow,
    turns: &[Turn],
    mut visit: impl FnMut(&Turn, &Execution) -> bool,
) -> Answered<Execution> {
    let mut state = None;
    for turn in turns {
        let next = evolve(workflow, state, turn).map_err(|error| {
            tracing::error!(%error, seq = turn.seq, "a recorded turn does not fold");
            Problem::internal()
        })?;
        let goes_on = visit(turn, &next);
        state = Some(next);
        if !goes_on {
            break;
        }
    }
    state.ok_or_else(Problem::internal)
}

/// An execution as it was after one of its turns, in which offloaded values are missing.
///
/// # Errors
/// What the store says.
pub async fn state_at(app: &App, execution: &Execution, seq: u64) -> Answered<Execution> {
    let turns = turns_to(app, execution, seq).await?;
    folded(&*app.workflow(execution).await?, &turns, |_, _| true)
}
