//! What is asked about a tool.

use serde::{Deserialize, Serialize};
use serde_json::Value;

document::closed_set!(
    /// How dangerous the tool of an `authorization` is.
    SecurityLevel {
        /// A yes is enough.
        Medium = "medium",
        /// Interfaces ask for the tool's name before they send a yes.
        High = "high",
    }
);

/// What an `authorization` asks about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Authorization {
    /// The tool, its template rendered: its name as a rule, null where the document names none.
    pub tool: Value,
    /// What the tool would be called with, its templates rendered; null where the document gives nothing.
    pub arguments: Value,
    /// How dangerous the tool is.
    pub security_level: SecurityLevel,
}
