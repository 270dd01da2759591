//! Receipts of questions, and the public keys that they are checked with.

use super::{Authorization, Choice, Response, Timestamp, words};
use ::document::{id::sha256_hex, jcs};
use engine::port::PublicKey;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stepwell_core::{
    execution::Execution,
    interaction::{self, receipt},
};
use utoipa::ToSchema;

/// The proof of a decision: what was shown, who answered what, how and when, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"receipt": {"version": 1, "decision": "approved"}, "sha256": "9f86d081884c7d65",
    "algorithm": "Ed25519", "key_id": "4f2a9c1d7e8b6035", "signature": "b64"}))]
pub struct Receipt {
    /// What is signed, in its canonical form (RFC 8785).
    #[schema(value_type = Decided)]
    pub receipt: Value,
    /// Hexadecimal SHA-256 of the canonical receipt.
    pub sha256: String,
    /// The algorithm of the signature: always `Ed25519`.
    pub algorithm: String,
    /// The id of the key that signed; null where the host that decided signs nothing.
    pub key_id: Option<String>,
    /// The signature of the canonical receipt, 64 bytes in base64; null likewise.
    pub signature: Option<String>,
}

/// What a receipt says. It is made by the rules and shown as it was signed, so that this type only describes it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the description is made of the type")]
pub struct Decided {
    /// The version of the form: 1.
    version: u32,
    /// The id of the question.
    interaction_id: String,
    /// The execution that asked.
    execution_id: String,
    /// The workflow of that execution.
    workflow_id: String,
    /// The hash of the workflow that was in force when it was decided.
    workflow_hash: String,
    /// Who started the execution; null where nobody did.
    requester: Option<String>,
    /// Of a fork, who started what it goes back to; absent where there is nobody.
    #[schema(required = false)]
    also_started_by: Vec<String>,
    /// The node that asked.
    node: String,
    /// The number of the node's visit, from 1.
    visit: u32,
    /// The epoch of the execution, which grows by one at each rollback.
    epoch: u32,
    /// What was asked for.
    #[schema(value_type = words::InteractionKind)]
    kind: String,
    /// Whether the question was what to do about a node that failed.
    on_error: bool,
    /// Exactly what was shown to whoever answered.
    shown: ShownToPeople,
    /// Hexadecimal SHA-256 of the canonical form of `shown`.
    shown_sha256: String,
    /// The people who could answer in the end; empty for anyone of the owner.
    assignees: Vec<String>,
    /// Whether whoever started the execution could decide it.
    allow_requester: bool,
    /// Votes that approve; null where the question is not decided by votes.
    approval_threshold: Option<u64>,
    /// Votes that reject; null where the question is not decided by votes.
    rejection_threshold: Option<u64>,
    /// When the question was asked.
    opened_at: Timestamp,
    /// When its time was over; null where it had all the time of its execution.
    deadline: Option<Timestamp>,
    /// What was to happen at the deadline.
    timeout_action: String,
    /// Whether more people were asked because nobody decided in time.
    escalated: bool,
    /// When, and who; absent where it was not so.
    #[schema(required = false)]
    escalation: Escalated,
    /// Each time that the question was put to other people, oldest first; absent where it never was.
    #[schema(required = false)]
    reassigned: Vec<PutToOthers>,
    /// Every answer, oldest first; of one person the last one counts.
    responses: Vec<Response>,
    /// When it was decided.
    decided_at: Timestamp,
    /// How it was decided: `answered` or `timed_out`.
    #[schema(value_type = words::InteractionStatus)]
    status: String,
    /// The port that was decided on; null where the node failed instead.
    decision: Option<String>,
    /// Whether the deadline decided in the place of people.
    automatic: bool,
    /// Why no person decided; null where one did.
    reason: Option<String>,
}

/// That more people were asked.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the description is made of the type")]
pub struct Escalated {
    /// When.
    at: Timestamp,
    /// Who could answer besides.
    to: Vec<String>,
}

/// That a question was put to other people.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the description is made of the type")]
pub struct PutToOthers {
    /// When.
    at: Timestamp,
    /// Who put it to them.
    by: String,
    /// Who could answer until then; empty for anyone of the owner.
    from: Vec<String>,
    /// Who could answer from then on.
    to: Vec<String>,
    /// The reason that was given; absent where none was.
    #[schema(required = false)]
    reason: String,
}

/// What a question showed.
#[derive(ToSchema)]
#[allow(dead_code, reason = "the description is made of the type")]
pub struct ShownToPeople {
    /// The question itself.
    question: String,
    /// More about the question, in Markdown.
    details: Option<String>,
    /// What the question asked for.
    #[schema(value_type = words::InteractionKind)]
    kind: String,
    /// The JSON Schema of an `input`.
    schema: Option<Value>,
    /// The options of a `decision`.
    options: Vec<Choice>,
    /// The content of a `review`.
    content: Option<Value>,
    /// The tool that an `authorization` was about.
    authorization: Option<Authorization>,
}

impl Receipt {
    /// The receipt of a question of an execution; none while it is open, where it was cancelled, and for what an earlier
    /// release decided.
    pub fn of(one: &interaction::Interaction, execution: &Execution) -> Option<Self> {
        let receipt = receipt::receipt(one, execution)?;
        let seal = one.evidence.as_ref().and_then(|evidence| evidence.seal.clone());
        let (key_id, signature) = seal.map(|seal| (seal.key_id, seal.signature)).unzip();
        let sha256 = sha256_hex(jcs::text(&receipt).as_bytes());
        Some(Self { receipt, sha256, algorithm: receipt::ALGORITHM.into(), key_id, signature })
    }
}

/// A public key that signs receipts, or did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"key_id": "4f2a9c1d7e8b6035", "algorithm": "Ed25519", "public_key": "b64",
    "created_at": "2026-01-31T09:00:00.000Z", "retired_at": null}))]
pub struct Key {
    /// The key's id: the first 16 hexadecimal digits of the SHA-256 of its bytes.
    pub key_id: String,
    /// The algorithm: always `Ed25519`.
    pub algorithm: String,
    /// The 32 bytes of the key (RFC 8032), in base64.
    pub public_key: String,
    /// Since when it signs.
    pub created_at: Timestamp,
    /// When another key took its place; null for the one that signs.
    pub retired_at: Option<Timestamp>,
}

impl From<PublicKey> for Key {
    fn from(key: PublicKey) -> Self {
        Self {
            key_id: key.key_id,
            algorithm: receipt::ALGORITHM.into(),
            public_key: key.public_key,
            created_at: Timestamp(key.created_at),
            retired_at: key.retired_at.map(Timestamp),
        }
    }
}

/// The keys of a host.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({"items": []}))]
pub struct Keys {
    /// The keys, newest first. Empty where the host signs nothing.
    pub items: Vec<Key>,
}
