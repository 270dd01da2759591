//! What is said of a pause, a resume or a cancellation.

use crate::id::ExecutionId;
use serde::{Deserialize, Serialize};

/// Why it was asked, and of which execution. Who asked stands with the turn.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The reason, for people; none where the caller gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// For a child that does as its parent: the execution above it that a caller asked, or that decided it. None where the
    /// execution was asked itself, and in journals of earlier releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<ExecutionId>,
}
