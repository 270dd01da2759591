//! Drafts: workflow documents that a language model writes.

use super::{Document, Fault};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What is to be drafted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftBody {
    /// What the workflow is to do, in words.
    pub intent: String,
    /// The model: `provider/name`, or an object as `model` in the config of an `agent`. The host's own,
    /// `STEPWELL_DRAFT_MODEL`, where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Value>,
    /// A document that is to be changed. Absent for a new one.
    #[schema(value_type = Option<Document>)]
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "::document::json::unique_if_any")]
    pub base: Option<Value>,
}

/// A draft. Nothing of it is saved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Draft {
    /// Whether the document would be saved.
    pub valid: bool,
    /// The last document that the model wrote; null where it wrote none that can be read.
    #[schema(value_type = Option<Document>)]
    pub document: Option<Value>,
    /// What that document is refused for.
    pub errors: Vec<Fault>,
    /// What the static checks advise against.
    pub warnings: Vec<Fault>,
    /// What the model says of it.
    pub explanation: String,
    /// How often the model was asked: once, and again for each answer that was refused.
    pub rounds: u32,
    /// The tokens of all rounds.
    pub usage: Tokens,
}

/// Tokens that calls of a model used.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// Tokens that were read.
    pub input_tokens: u64,
    /// Tokens that were written.
    pub output_tokens: u64,
    /// Of the tokens that were read, those that the provider had kept from before.
    pub cached_tokens: u64,
    /// What they cost in dollars; null where the host knows no price of all of them.
    pub usd: Option<f64>,
}
