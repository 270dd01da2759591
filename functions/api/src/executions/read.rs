//! What the routes of several functions read of an execution and its journal to show it.

use crate::{Answered, App, limits, page::Room, types};
use engine::{drive::with_values, port::StoreError};
use std::collections::HashSet;
use stepwell_core::{event::Turn, execution::Execution, payload::Payload};

/// An execution as `GET /v1/executions/{id}` shows it. Only the values that this shows are fetched.
///
/// # Errors
/// What the store says.
pub async fn execution(app: &App, execution: &Execution) -> Answered<types::Execution> {
    let workflow = app.workflow(execution).await?;
    let mut shown = with_values(&*app.host, execution, || types::Execution::of(execution, &workflow)).await?;
    shown.http_allow = app.host.http_allow(execution.id()).await?;
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
