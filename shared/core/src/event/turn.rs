//! Turns: what one command recorded, in one write.

use super::Event;
use document::time::Time;
use serde::{Deserialize, Serialize};

/// One decided command: everything that it recorded, in one write. The turn's number is the id of the checkpoint after
/// it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// Number of the turn in its execution, counted from 1 without a gap.
    pub seq: u64,
    /// When the command was decided, by the host's clock.
    pub at: Time,
    /// The subject (such as an e-mail address) that asked for it, of the execution or of one above it; none where a worker, a
    /// timer or the rules of another execution did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The request that asked for it, where its client may send it again; none for all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<Request>,
    /// What the turn recorded, in the order in which it folds.
    pub events: Vec<Event>,
}

impl Turn {
    /// The hashes of the documents that the turn put the execution on.
    pub fn documents(&self) -> impl Iterator<Item = &str> {
        self.events.iter().filter_map(|event| match event {
            Event::WorkflowPatched(patched) => Some(patched.hash.as_str()),
            _ => None,
        })
    }

    /// How many warnings the turn recorded, for those who count them.
    pub fn warnings(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::Warning { .. })).count()
    }
}

/// A request that its client may send again, as by an `Idempotency-Key`. Keys and bodies are kept as hashes, so that
/// neither has a length to worry about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Derived from the client's key, the route and the caller.
    pub key: String,
    /// Hexadecimal SHA-256 of the body, by which a repetition is told from another request under the same key.
    pub hash: String,
}
