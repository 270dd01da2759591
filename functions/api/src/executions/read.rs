//! What the routes of several functions read of an execution and its journal to show it.

use crate::{
    Answered, App, limits,
    page::Room,
    types::{self, Values},
};
use engine::port::StoreError;
use std::collections::HashMap;
use stepwell_core::{event::Turn, execution::Execution, payload::Payload};

/// An execution as `GET /v1/executions/{id}` shows it. Only the values that this shows are fetched.
///
/// # Errors
/// What the store says.
pub async fn execution(app: &App, execution: &Execution) -> Answered<types::Execution> {
    let workflow = app.workflow(execution).await?;
    let show = |values: &mut Values| types::Execution::of(execution, &workflow, values);
    let mut shown = with_values_in(app, execution, |_| true, show).await?;
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

/// Shows values of an execution, of which those are fetched that have room.
async fn with_values_in<T>(
    app: &App,
    execution: &Execution,
    mut has_room: impl FnMut(usize) -> bool + Send,
    mut show: impl FnMut(&mut Values) -> T + Send,
) -> Answered<T> {
    // Whether a value that was asked for has room, by where it lies.
    let mut fits = HashMap::<String, bool>::new();
    loop {
        let mut values = Values::default();
        let shown = show(&mut values);
        let mut wanted: Vec<&Payload> = Vec::new();
        for payload in values.missing() {
            let Some(blob) = payload.missing() else { continue };
            if *fits.entry(blob.sha256.clone()).or_insert_with(|| has_room(blob.bytes as usize)) {
                wanted.push(payload);
            }
        }
        if wanted.is_empty() {
            return Ok(shown);
        }
        drop(shown);
        app.host.journal().fetch(execution.id(), &wanted).await?;
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
