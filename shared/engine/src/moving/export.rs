//! Reads an execution in pieces.

use super::{
    lines::Lines,
    piece::{Piece, documents},
};
use crate::{
    limits,
    port::{Host, StoreError},
};
use serde_json::{Map, Value};
use stepwell_core::{event::Turn, id::ExecutionId, payload::Payload};

/// The part of an execution after a turn, as far as its JSON has about `room` bytes, and one turn at least. `of` is the
/// number of the last turn that is wanted at all: what comes later is left out, so that all pieces show one moment.
///
/// # Errors
/// What the store says, and `Permanent` where it has lost a document or a value.
pub async fn export(host: &dyn Host, id: &ExecutionId, after: u64, of: u64, room: usize) -> Result<Piece, StoreError> {
    let mut piece = Piece {
        execution_id: id.clone(),
        of,
        after,
        documents: Vec::new(),
        values: Map::new(),
        turns: Vec::new(),
        logs: Vec::new(),
        complete: false,
    };
    let mut lines = Lines::after(host, id, after).await?;
    let mut bytes = 0;
    while piece.to() < of {
        let wanted = usize::try_from(of - piece.to()).unwrap_or(usize::MAX).min(limits::TURNS_PER_BITE);
        let turns = host.journal().turns_lean(id, piece.to(), wanted).await?;
        if turns.is_empty() {
            return Err(StoreError::Permanent(format!("execution {id} has no turn {}", piece.to() + 1)));
        }
        for turn in &turns {
            let written = serde_json::to_value(turn).map_err(|error| unwritable(turn, &error))?;
            let documents = named(host, turn).await?;
            let weight = |value: &Value| serde_json::to_vec(value).map_or(0, |text| text.len());
            let values: u64 = new_values(turn, &piece.values).map(|(_, bytes)| bytes).sum();
            let (logs, seen) = lines.until(turn, turn.seq == of);
            let adds = weight(&written)
                + logs.iter().map(weight).sum::<usize>()
                + documents.iter().map(weight).sum::<usize>()
                + usize::try_from(values).unwrap_or(usize::MAX / 2);
            if !piece.turns.is_empty() && bytes + adds > room {
                return Ok(piece);
            }
            bytes += adds;
            lines.pass(seen);
            piece.logs.extend(logs);
            take_values(host, id, turn, &mut piece.values).await?;
            piece.documents.extend(documents);
            piece.turns.push(written);
        }
    }
    Ok(piece)
}

fn unwritable(turn: &Turn, error: &serde_json::Error) -> StoreError {
    StoreError::Permanent(format!("turn {} cannot be written: {error}", turn.seq))
}

/// The documents that a turn names.
async fn named(host: &dyn Host, turn: &Turn) -> Result<Vec<Value>, StoreError> {
    let mut found = Vec::new();
    for hash in documents(std::slice::from_ref(turn)) {
        let gone = || StoreError::Permanent(format!("the workflow {hash} is not stored"));
        let workflow = host.catalogue().workflow(hash).await?.ok_or_else(gone)?;
        found.push((*workflow.document).clone());
    }
    Ok(found)
}

/// The offloaded values of a turn that a piece does not have yet, each once, with its bytes.
fn new_values<'a>(turn: &'a Turn, there: &Map<String, Value>) -> impl Iterator<Item = (&'a Payload, u64)> {
    let mut seen: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for payload in turn.payloads() {
        if let Some(blob) = payload.blob().filter(|blob| !there.contains_key(&blob.sha256))
            && !seen.contains(&blob.sha256.as_str())
        {
            seen.push(&blob.sha256);
            found.push((payload, blob.bytes));
        }
    }
    found.into_iter()
}

/// Adds the offloaded values of a turn to those of a piece.
async fn take_values(
    host: &dyn Host,
    id: &ExecutionId,
    turn: &Turn,
    values: &mut Map<String, Value>,
) -> Result<(), StoreError> {
    let wanted: Vec<&Payload> = new_values(turn, values).map(|(payload, _)| payload).collect();
    host.journal().fetch(id, &wanted).await?;
    for payload in wanted {
        if let (Some(blob), Some(value)) = (payload.blob(), payload.value()) {
            values.insert(blob.sha256.clone(), value.clone());
        }
    }
    Ok(())
}
