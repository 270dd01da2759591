//! The event of a question that is over.

use crate::{
    id::InteractionId,
    interaction::{InteractionStatus, Response, evidence::Evidence},
};
use serde::{Deserialize, Serialize};

/// A question is over: answered, timed out, or no longer needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Closed {
    /// The interaction that is over.
    pub interaction_id: InteractionId,
    /// How the interaction ended.
    pub status: InteractionStatus,
    /// The port taken; none where the interaction ended without a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// The response that decided; none where no person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Box<Response>>,
    /// What the receipt says of the moment, and its signature; none where the interaction was cancelled, and in journals
    /// of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Box<Evidence>>,
}
