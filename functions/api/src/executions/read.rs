//! What the routes of several functions read of an execution and its journal to show it.

use crate::{
    Answered, App, Problem, limits,
    page::Room,
    request::bounds::room_for_values,
    types::{self, Values},
};
use engine::{
    past::RanBy,
    port::StoreError,
    questions::{Reads, open_below},
};
use std::collections::{HashMap, HashSet};
use stepwell_core::{
    event::{Event, Turn},
    evolve::{FoldError, evolve, fold},
    execution::Execution,
    id::ExecutionId,
    payload::Payload,
};

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
    let show = |values: &mut Values| types::Execution::of(execution, &workflow, values);
    let mut shown = with_values_in(app, execution, |_| true, show).await?;
    let mut room = Room::default();
    for asked in open_below(app.host.journal(), execution, limits::QUESTIONS_BELOW, reads).await?.questions {
        let asking = app.workflow(&asked.execution).await?;
        let question = types::Interaction::of(&asked.interaction, &asked.execution, &asking);
        if !room.takes_item(&question) {
            break;
        }
        shown.pending_interactions.push(question);
    }
    shown.http_allow = app.host.http_allow(execution.id()).await?;
    shown.cost.usage = app.host.journal().cost(execution.id()).await?;
    Ok(shown)
}

/// Shows values of all nodes of an execution. Values are fetched as long as they fit into [`limits::VALUES_BYTES`], the
/// first in any case; the others stay missing, and are shown by where they lie.
///
/// # Errors
/// What the store says.
pub async fn with_values_that_fit<T>(
    app: &App,
    execution: &Execution,
    show: impl FnMut(&mut Values) -> T + Send,
) -> Answered<T> {
    let mut room = Room::of(limits::VALUES_BYTES);
    with_values_in(app, execution, move |bytes| room.takes(bytes), show).await
}

/// Shows values of an execution, of which those are fetched that have room; `has_room` is told the bytes of each as JSON.
/// An answer that is sent in one piece has a bound of its own. In the place of a value that the store has lost its error is
/// shown, so that one hides no other.
///
/// # Errors
/// What the store says.
pub async fn with_values_in<T>(
    app: &App,
    execution: &Execution,
    mut has_room: impl FnMut(usize) -> bool + Send,
    mut show: impl FnMut(&mut Values) -> T + Send,
) -> Answered<T> {
    // Whether a value that was asked for has room, by where it lies.
    let mut fits = HashMap::<String, bool>::new();
    let mut is_shown = room_for_values();
    let mut lost = HashSet::new();
    loop {
        let mut values = Values::without(lost.clone());
        let shown = show(&mut values);
        let mut wanted: Vec<&Payload> = Vec::new();
        for payload in values.missing() {
            let Some(blob) = payload.missing().filter(|blob| !lost.contains(&blob.sha256)) else { continue };
            if *fits.entry(blob.sha256.clone()).or_insert_with(|| {
                let bytes = blob.bytes as usize;
                is_shown(bytes) && has_room(bytes)
            }) {
                wanted.push(payload);
            }
        }
        if wanted.is_empty() {
            return Ok(shown);
        }
        drop(shown);
        lost.extend(fetch_what_is_there(app, execution, &wanted).await?);
    }
}

/// Fetches values, and returns the hashes of those that are lost: what is left of the others is shown.
async fn fetch_what_is_there(app: &App, execution: &Execution, wanted: &[&Payload]) -> Answered<HashSet<String>> {
    let (journal, id) = (app.host.journal(), execution.id());
    match journal.fetch(id, wanted).await {
        Ok(()) => return Ok(HashSet::new()),
        Err(StoreError::Permanent(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let mut lost = HashSet::new();
    for payload in wanted {
        let Some(blob) = payload.missing() else { continue };
        match journal.fetch(id, &[*payload]).await {
            Ok(()) => {}
            Err(StoreError::Permanent(why)) => {
                tracing::error!(%why, execution = %id, "a value cannot be read, and is shown as lost");
                lost.insert(blob.sha256.clone());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(lost)
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
    // It moved where it was then, and has arrived here since.
    if let Some(Event::ExecutionStarted(started)) = turns.first_mut().and_then(|first| first.events.first_mut()) {
        started.imported = None;
    }
    Ok(turns)
}

/// The turn of this number, in which offloaded values are missing.
///
/// # Errors
/// What the store says, and a 500 where there is none.
pub async fn turn_at(app: &App, execution: &Execution, seq: u64) -> Answered<Turn> {
    let turns = app.host.journal().turns_lean(execution.id(), seq.saturating_sub(1), 1).await?;
    turns.into_iter().next().ok_or_else(Problem::internal)
}

/// Folds turns from the first on: checkpoints are not stored. The values that this takes are fetched.
///
/// # Errors
/// What the store says, and a 500 where the turns do not fold, or there are none.
pub async fn folded(app: &App, execution: &Execution, turns: &[Turn]) -> Answered<Execution> {
    let id = execution.id();
    let ran_by = RanBy::of(&*app.host, &execution.started, turns).await?;
    loop {
        match fold(ran_by.documents(), None, turns) {
            Ok(state) => return Ok(state),
            Err(FoldError::Needs(missing)) => app.host.journal().fetch(id, &missing.payloads()).await?,
            Err(error) => return Err(unfolded(id, &error)),
        }
    }
}

/// The first state of which `is_it` holds, and otherwise the last one. Each is shown to it with its turn.
///
/// # Errors
/// Those of [`folded`].
pub async fn first_state(
    app: &App,
    execution: &Execution,
    turns: &[Turn],
    mut is_it: impl FnMut(&Turn, &Execution) -> bool,
) -> Answered<Execution> {
    // All values that any of the turns takes are there after it.
    drop(folded(app, execution, turns).await?);
    let ran_by = RanBy::of(&*app.host, &execution.started, turns).await?;
    let mut state = None;
    for turn in turns {
        let next = evolve(ran_by.documents(), state, turn).map_err(|error| unfolded(execution.id(), &error))?;
        if is_it(turn, &next) {
            return Ok(next);
        }
        state = Some(next);
    }
    state.ok_or_else(Problem::internal)
}

fn unfolded(id: &ExecutionId, error: &FoldError) -> Problem {
    tracing::error!(%error, execution = %id, "recorded turns do not fold");
    Problem::internal()
}

/// An execution as it was after one of its turns, in which offloaded values may be missing.
///
/// # Errors
/// What the store says.
pub async fn state_at(app: &App, execution: &Execution, seq: u64) -> Answered<Execution> {
    let turns = turns_to(app, execution, seq).await?;
    folded(app, execution, &turns).await
}
