//! The attempt to undo something that a rollback takes over from one that it cuts short.

use crate::effect::Undoing;
use document::time::Time;
use serde::{Deserialize, Serialize};

/// An `at_most_once` attempt to undo the first thing of a plan, which an earlier rollback began. It is not made twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Carried {
    /// The attempt, as the earlier rollback names it. Its outcome counts.
    pub undoing: Undoing,
    /// When its outcome counts as unknown.
    pub deadline: Time,
}
