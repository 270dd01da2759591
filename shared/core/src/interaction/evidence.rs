//! What the event and the state keep for the receipt of a question that is over.

use document::time::Time;
use serde::{Deserialize, Serialize};

/// What a receipt says that only the moment of the decision tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The hash of the workflow that was in force.
    pub workflow_hash: String,
    /// Votes that approve; none where the question is not decided by votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_threshold: Option<u64>,
    /// Votes that reject; none where the question is not decided by votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection_threshold: Option<u64>,
    /// Whether the decision was made without people: at the deadline, as the workflow says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
    /// Why no person decided; none where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the question escalated; none where it had not, or was over under a release whose receipts do not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_at: Option<Time>,
    /// The signature; none where the host signs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

/// The signature of a receipt, and whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    /// The id of the key.
    pub key_id: String,
    /// The 64 bytes of the signature of the canonical receipt, in base64.
    pub signature: String,
}
