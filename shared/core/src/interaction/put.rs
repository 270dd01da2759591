//! What a question keeps of who was asked before: its receipt tells it.

use document::time::Time;
use serde::{Deserialize, Serialize};

/// A question was put to other people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reassignment {
    /// When.
    pub at: Time,
    /// The subject that put it to them.
    pub by: String,
    /// Who could answer until then; empty for anyone of the owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// Who could answer from then on.
    pub to: Vec<String>,
    /// The reason that was given; none where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Reassignment {
    /// Bytes of the names and the reason.
    pub(crate) fn bytes(&self) -> usize {
        let names = self.from.iter().chain(&self.to).map(String::len).sum::<usize>();
        names + self.by.len() + self.reason.as_ref().map_or(0, String::len)
    }
}
