//! The latest pause, resume, cancel or retry of an execution, as its children are told of it.

use crate::{effect::ChildControl, event::Said};
use serde::{Deserialize, Serialize};

/// What was asked of an execution as a whole, by whom and why. Its children are asked the same in that name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// What was asked.
    pub control: ChildControl,
    /// The subject that asked; none where nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Why, and of which execution above.
    #[serde(flatten)]
    pub said: Said,
}
