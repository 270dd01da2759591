//! What became of an act in Slack, and the question that it was about.

use crate::types::SlackReply;
use std::sync::Arc;
use stepwell_core::{execution::Execution, id::InteractionId, interaction::Interaction};

/// What is told of a question that the host does not have.
pub(super) const GONE: &str = "this question is not there any more";

/// What became of an act.
#[derive(Default)]
pub(super) struct Done {
    /// What Slack is answered.
    pub reply: SlackReply,
    /// What the person is told beside that.
    pub word: Option<String>,
}

impl Done {
    /// Only the person is told something.
    pub fn word(text: impl Into<String>) -> Self {
        Self { word: Some(text.into()), ..Self::default() }
    }

    /// Only Slack is answered something.
    pub fn reply(reply: SlackReply) -> Self {
        Self { reply, word: None }
    }
}

/// A question, with the execution that asks it.
pub(super) struct Asked {
    /// The execution.
    pub execution: Arc<Execution>,
    /// The question.
    pub id: InteractionId,
}

impl Asked {
    /// The question as the execution keeps it.
    pub fn question(&self) -> Option<&Interaction> {
        self.execution.interaction(self.id.as_str()).map(|question| &**question)
    }
}
