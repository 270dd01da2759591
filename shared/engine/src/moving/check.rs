//! What a piece must be before anything of it is believed. A file may be damaged, or made to harm.

use super::{
    outcome::{Importer, Refusal},
    piece::{Piece, documents},
};
use crate::{
    limits,
    port::{Host, StoreError},
};
use document::{Workflow, parse};
use serde::Deserialize;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};
use stepwell_core::{
    event::{Event, Imported, Parent, Started, Turn},
    id::{ExecutionId, child_id},
    payload::Payload,
    task::NodeLog,
};

/// What a piece says, once it is read: turns that have all of their values, and the documents that they name, by hash.
pub struct Read {
    pub turns: Vec<Turn>,
    pub logs: Vec<NodeLog>,
    pub documents: BTreeMap<String, Arc<Workflow>>,
}

/// Reads a piece by itself: its numbers, its turns, its values and its documents.
pub fn read(piece: &Piece) -> Result<Read, Refusal> {
    let damaged = |what: String| Err(Refusal::Damaged(what));
    if !is_uuid(piece.execution_id.as_str()) {
        return damaged(format!("`{}` is no id of an execution", piece.execution_id));
    }
    if piece.to() > piece.of || piece.of == 0 || (piece.complete && piece.to() != piece.of) {
        return damaged(format!("turns {} to {} are not a part of {}", piece.after + 1, piece.to(), piece.of));
    }
    let mut turns = Vec::with_capacity(piece.turns.len());
    for (number, written) in (piece.after + 1..).zip(&piece.turns) {
        let turn = Turn::deserialize(written).map_err(|error| Refusal::Damaged(format!("turn {number}: {error}")))?;
        if turn.seq != number {
            return damaged(format!("turn {} stands where turn {number} belongs", turn.seq));
        }
        // What this release would leave out, a newer one has written.
        if serde_json::to_value(&turn).ok().as_ref() != Some(written) {
            return damaged(format!("turn {number} says more than this release knows: it may be of a newer one"));
        }
        turns.push(turn);
    }
    let logs = piece.logs.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    if turns.is_empty() && !logs.is_empty() {
        return damaged("lines of nodes come without turns".into());
    }
    bring_values(piece, &turns)?;
    if piece.after == 0 {
        begins(piece, &turns)?;
    }
    let documents = read_documents(piece, &turns)?;
    Ok(Read { turns, logs, documents })
}

/// Reads a line that a node wrote, as short as a host keeps it.
fn line(written: &Value) -> Result<NodeLog, Refusal> {
    let log = NodeLog::deserialize(written).map_err(|error| Refusal::Damaged(format!("a line of a node: {error}")))?;
    let is_whole = serde_json::to_value(&log).ok().as_ref() == Some(written);
    if !is_whole || log.line.message.len() > stepwell_core::limits::LOG_LINE_BYTES {
        return Err(Refusal::Damaged("a line of a node is longer than hosts keep it, or says more".into()));
    }
    Ok(log)
}

/// Puts the values in that the turns refer to. None may be missing: the host could have one of that name, and it would be
/// another owner's.
fn bring_values(piece: &Piece, turns: &[Turn]) -> Result<(), Refusal> {
    let mut used = std::collections::BTreeSet::new();
    for payload in turns.iter().flat_map(Turn::payloads) {
        let Some(blob) = payload.missing().cloned() else { continue };
        let value = piece.values.get(&blob.sha256);
        if !value.is_some_and(|value| payload.brought(value.clone())) {
            return Err(Refusal::Damaged(format!("the value {} is missing, or is another one", blob.sha256)));
        }
        used.insert(blob.sha256);
    }
    match piece.values.keys().find(|sha256| !used.contains(*sha256)) {
        Some(unused) => Err(Refusal::Damaged(format!("no turn refers to the value {unused}"))),
        None => Ok(()),
    }
}

/// Checks that the first turn begins the execution that the piece names.
fn begins(piece: &Piece, turns: &[Turn]) -> Result<(), Refusal> {
    let refused = |what: &str| Err(Refusal::Damaged(what.to_owned()));
    match started_of(turns) {
        Some(started) if started.format != 1 => {
            refused("the journal has a format that this release does not know: use a newer one")
        }
        Some(started) if started.execution_id != piece.execution_id => refused("the journal is that of another one"),
        Some(started) if metadata_bytes(started) > limits::METADATA_BYTES => refused("the metadata is too large"),
        Some(_) => Ok(()),
        None => refused("the first turn does not begin with a start"),
    }
}

fn metadata_bytes(started: &Started) -> usize {
    if started.metadata.is_empty() { 0 } else { serde_json::to_vec(&started.metadata).map_or(0, |text| text.len()) }
}

/// The start that turns begin with; none where they do not begin at the first.
pub fn started_of(turns: &[Turn]) -> Option<&Started> {
    match turns.first()?.events.first()? {
        Event::ExecutionStarted(started) => Some(started),
        _ => None,
    }
}

/// Reads the documents, which must be those that the turns name.
fn read_documents(piece: &Piece, turns: &[Turn]) -> Result<BTreeMap<String, Arc<Workflow>>, Refusal> {
    let named = documents(turns);
    let mut found = BTreeMap::new();
    for document in &piece.documents {
        let parsed = parse(document).map_err(|issues| {
            let why = issues.first().map_or_else(String::new, |issue| format!(": {}", issue.message));
            Refusal::Damaged(format!("a document is not valid on this release{why}"))
        })?;
        let workflow = parsed.workflow;
        if !named.contains(workflow.hash.as_str()) {
            return Err(Refusal::Damaged(format!("no turn names the document {}", workflow.hash)));
        }
        found.insert(workflow.hash.clone(), workflow);
    }
    match named.into_iter().find(|hash| !found.contains_key(*hash)) {
        Some(missing) => Err(Refusal::Damaged(format!("the document {missing} is missing, or is another one"))),
        None => Ok(found),
    }
}

/// Whether a text is a UUID in lower case, as every id of an execution is.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// The start as this host records it: the importer owns it, nobody waits for its end here, and the operator's bound on
/// descendants holds.
pub fn here(host: &dyn Host, to: &Importer<'_>, of: u64, started: &Started) -> Started {
    Started {
        owner: to.owner.to_owned(),
        awaited: false,
        descendants: started.descendants.min(host.most_descendants()),
        imported: Some(Imported { turns: of }),
        ..started.clone()
    }
}

/// Whether a stored turn is the one that came along, but for what a host says of its own of a start.
pub fn same(stored: &Turn, given: &Turn) -> bool {
    if stored.seq != 1 {
        return stored == given;
    }
    let (mut stored, mut given) = (stored.clone(), given.clone());
    for turn in [&mut stored, &mut given] {
        if let Some(Event::ExecutionStarted(started)) = turn.events.first_mut() {
            started.owner = String::new();
            started.awaited = false;
            started.descendants = 0;
            started.imported = None;
        }
    }
    stored == given
}

/// Checks that a child belongs to an execution that was imported by the same owner: what a child tells its parent is
/// believed.
pub async fn belongs(
    host: &dyn Host,
    to: &Importer<'_>,
    id: &ExecutionId,
    parent: &Parent,
) -> Result<Result<(), Refusal>, StoreError> {
    if child_id(&parent.execution_id, &parent.activation, parent.attempt, parent.index) != *id {
        return Ok(Err(Refusal::Damaged(format!("{id} is no child of {}", parent.execution_id))));
    }
    let above = host.journal().load_lean(&parent.execution_id).await?;
    let Some(above) = above.filter(|above| above.started.owner == to.owner && above.started.imported.is_some()) else {
        return Ok(Err(Refusal::Orphan(parent.execution_id.clone())));
    };
    let depth = above.started.parent.as_ref().map_or(0, |parent| parent.depth) + 1;
    if parent.depth != depth || depth > limits::CHILD_DEPTH {
        return Ok(Err(Refusal::Damaged(format!("{id} stands {} deep where it is {depth}", parent.depth))));
    }
    Ok(Ok(()))
}

/// Every value of some turns.
pub fn payloads(turns: &[Turn]) -> Vec<Payload> {
    turns.iter().flat_map(Turn::payloads).cloned().collect()
}
