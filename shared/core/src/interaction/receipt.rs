//! The receipt of a question that is over: what was shown, who answered what, how and when, and what came of it. It is
//! made from the state alone, so that the state keeps no second copy of it, and it is signed in its canonical form
//! (RFC 8785). A question that was cancelled has none, since nothing was decided.

use super::{Interaction, Response, evidence::Seal, put::Reassignment};
use crate::{
    event::{Event, Turn},
    execution::Execution,
    id::InteractionId,
};
use document::{id::sha256_hex, jcs};
use serde_json::{Value, json};
use std::sync::Arc;

/// The version of the form of receipts. A form that was signed once is made for ever.
pub const VERSION: u64 = 1;
/// The algorithm of the signature (RFC 8032).
pub const ALGORITHM: &str = "Ed25519";
/// Hexadecimal digits of a key's id.
const ID_DIGITS: usize = 16;

/// The id of a public key: the first 16 hexadecimal digits of the SHA-256 of its bytes.
pub fn key_id(public_key: &[u8]) -> String {
    sha256_hex(public_key).chars().take(ID_DIGITS).collect()
}

/// The receipt of a question of an execution; none while it is open, where it was cancelled, and for what was decided
/// before there were receipts. What only some questions have stands there where they have it, so that receipts that were
/// signed before there was such a thing are made as they were.
pub fn receipt(one: &Interaction, execution: &Execution) -> Option<Value> {
    let evidence = one.evidence.as_deref()?;
    let mut receipt = json!({
        "version": VERSION,
        "interaction_id": one.interaction_id,
        "execution_id": execution.id(),
        "workflow_id": execution.started.workflow_id,
        "workflow_hash": evidence.workflow_hash,
        "requester": execution.started.started_by,
        "node": one.activation.node,
        "visit": one.activation.visit,
        "epoch": one.activation.epoch,
        "kind": one.kind,
        "on_error": one.on_error,
        "shown": shown(one),
        "shown_sha256": shown_sha256(one),
        "assignees": one.assignees,
        "allow_requester": one.allow_requester,
        "approval_threshold": evidence.approval_threshold,
        "rejection_threshold": evidence.rejection_threshold,
        "opened_at": one.created_at.to_string(),
        "deadline": one.deadline.map(|at| at.to_string()),
        "timeout_action": one.timeout_action,
        "escalated": one.escalated,
        "responses": one.responses.iter().map(answered).collect::<Vec<Value>>(),
        "decided_at": one.decided_at.map(|at| at.to_string()),
        "status": one.status,
        "decision": one.decision,
        "automatic": evidence.automatic,
        "reason": evidence.reason,
    });
    if !execution.started.also_started_by.is_empty() {
        receipt["also_started_by"] = json!(execution.started.also_started_by);
    }
    if let Some(at) = evidence.escalated_at {
        receipt["escalation"] = json!({ "at": at.to_string(), "to": one.escalate_to });
    }
    if !one.reassigned.is_empty() {
        receipt["reassigned"] = one.reassigned.iter().map(put).collect();
    }
    Some(jcs::exact(receipt))
}

/// One time that a question was put to other people.
fn put(one: &Reassignment) -> Value {
    let mut put = json!({ "at": one.at.to_string(), "by": one.by, "from": one.from, "to": one.to });
    if let Some(reason) = &one.reason {
        put["reason"] = json!(reason);
    }
    put
}

/// The questions that these turns close with a receipt which is not signed, each with its receipt.
pub fn unsealed(turns: &[Turn], execution: &Execution) -> Vec<(InteractionId, Value)> {
    let closed = turns.iter().flat_map(|turn| &turn.events).filter_map(|event| match event {
        Event::InteractionClosed(closed) => Some(closed),
        _ => None,
    });
    let bare = closed.filter(|closed| closed.evidence.as_ref().is_some_and(|evidence| evidence.seal.is_none()));
    bare.filter_map(|closed| {
        let one = execution.interaction(closed.interaction_id.as_str())?;
        Some((closed.interaction_id.clone(), receipt(one, execution)?))
    })
    .collect()
}

/// Puts the signature of a question's receipt where the turns and the state keep it.
pub fn seal(turns: &mut [Turn], execution: &mut Execution, id: &InteractionId, seal: &Seal) {
    for event in turns.iter_mut().flat_map(|turn| &mut turn.events) {
        if let Event::InteractionClosed(closed) = event
            && closed.interaction_id == *id
            && let Some(evidence) = &mut closed.evidence
        {
            evidence.seal = Some(seal.clone());
        }
    }
    if let Some(one) = execution.interactions.iter_mut().rev().find(|one| one.interaction_id == *id)
        && let Some(evidence) = &mut Arc::make_mut(one).evidence
    {
        evidence.seal = Some(seal.clone());
    }
}

/// How the output of a node names a receipt: the question's id, and the SHA-256 of the canonical receipt; null where
/// there is none.
pub(crate) fn reference(one: &Interaction, execution: &Execution) -> Value {
    receipt(one, execution).map_or(
        Value::Null,
        |receipt| json!({"interaction_id": one.interaction_id, "sha256": sha256_hex(jcs::text(&receipt).as_bytes())}),
    )
}

/// Hexadecimal SHA-256 of exactly what a question shows, in its canonical form. Each response records it.
pub fn shown_sha256(one: &Interaction) -> String {
    sha256_hex(jcs::text(&jcs::exact(shown(one))).as_bytes())
}

/// What a question shows to whoever answers it.
fn shown(one: &Interaction) -> Value {
    json!({
        "question": one.question, "details": one.details, "kind": one.kind, "schema": one.schema,
        "options": one.options, "content": one.content, "authorization": one.authorization,
    })
}

/// One response, with every field whether or not it was given, but for the group, which few have.
fn answered(one: &Response) -> Value {
    let mut answered = json!({
        "by": one.by, "via": one.via, "entered_by": one.entered_by, "at": one.at.to_string(),
        "decision": one.decision, "answer": one.answer, "comment": one.comment, "data": one.data,
        "shown_sha256": one.shown_sha256,
    });
    if let Some(group) = &one.group {
        answered["group"] = json!(group);
    }
    answered
}
