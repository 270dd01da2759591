//! What happens to a question beside its votes: its end, messages, reminders, other people.

use crate::{
    id::InteractionId,
    interaction::{InteractionStatus, Response, delivery::Told, evidence::Evidence},
};
use document::time::Time;
use serde::{Deserialize, Serialize};

/// One try to send a message about a question has ended, or a message that was taken came back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TriedToTell {
    /// The question.
    pub interaction_id: InteractionId,
    /// Position of the receiver in the question's deliveries, from 0.
    pub delivery: usize,
    /// The number of the message to this receiver, from 1.
    pub number: u32,
    /// How the try ended, or what came of it later.
    pub told: Told,
    /// When it is tried again; none where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_at: Option<Time>,
}

/// Those who have not answered are reminded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reminded {
    /// The question.
    pub interaction_id: InteractionId,
    /// When they are reminded next; none where they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Time>,
}

/// Other people are asked from here on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reassigned {
    /// The question.
    pub interaction_id: InteractionId,
    /// Everybody who may answer from now on.
    pub assignees: Vec<String>,
    /// Whether those who read along are told, and whoever was written to is told how it ended. False in journals of earlier
    /// releases.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tells: bool,
    /// The subject that put the question to them. None in journals of earlier releases, of which receipts say nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The caller's reason, for people; none where the caller gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Somebody asked for the messages to be sent again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldAgain {
    /// The question.
    pub interaction_id: InteractionId,
    /// The one receiver that is meant; none for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Whether those who have answered get nothing, unless they are the one that is meant. False in journals of earlier
    /// releases.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spares: bool,
}

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
