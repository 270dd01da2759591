//! What is wrong with a value that a schema refuses.

use serde::{Deserialize, Serialize};

/// One way in which an input does not satisfy its schema.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputViolation {
    /// JSON Pointer (RFC 6901) into the input.
    pub path: String,
    /// What is wrong at that place, for people.
    pub message: String,
}
