//! What Slack is answered.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What Slack does once it is answered; with no field at all nothing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SlackReply {
    /// Of a form: `clear` closes it, `errors` shows what is wrong beside its fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_action: Option<String>,
    /// What is wrong, by the name of the field's block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<BTreeMap<String, String>>,
    /// Of a command: `ephemeral`, since nobody else sees the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_type: Option<String>,
    /// Of a command: the answer, in Slack's mark-up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

impl SlackReply {
    /// Closes the form.
    pub fn clear() -> Self {
        Self { response_action: Some("clear".into()), ..Self::default() }
    }

    /// Shows what is wrong beside the form's fields.
    pub fn errors(errors: BTreeMap<String, String>) -> Self {
        Self { response_action: Some("errors".into()), errors: Some(errors), ..Self::default() }
    }

    /// A text for whoever gave a command.
    pub fn text(text: String) -> Self {
        Self { response_type: Some("ephemeral".into()), text: Some(text), ..Self::default() }
    }
}
