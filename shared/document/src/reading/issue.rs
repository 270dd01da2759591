//! One problem of a document, as people and programs read it.

use serde::{Deserialize, Serialize};

crate::closed_set!(
    /// How much a problem weighs.
    Severity {
        /// The document is refused.
        Error = "error",
        /// The document is taken, and probably does not do what was meant.
        Warning = "warning",
    }
);

/// One problem of a document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Issue {
    /// One of the codes of workflow format §7.
    pub code: String,
    /// Whether the problem refuses the document.
    pub severity: Severity,
    /// JSON Pointer (RFC 6901) into the document as it was sent.
    pub path: String,
    /// Id of the node that the problem is about, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// What is wrong, for people.
    pub message: String,
    /// How to put it right, for people.
    pub hint: String,
}
