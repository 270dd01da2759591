//! The channels by which a document tells people. A host may say which of them reach nobody from it.

use super::{Issue, Severity};

/// A channel of one question, as it stands in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelUse {
    /// JSON Pointer to the channel in the document as it was sent.
    pub path: String,
    /// Id of the node.
    pub node: Option<String>,
    /// The channel's kind: `email`, `slack` or `webhook`.
    pub kind: &'static str,
}

impl ChannelUse {
    /// The problem of a document that tells by a channel which its host has not set up. `why` says what to do about it.
    pub fn unconfigured(&self, severity: Severity, why: &str) -> Issue {
        Issue {
            code: "channel_not_configured".into(),
            severity,
            path: self.path.clone(),
            node: self.node.clone(),
            message: format!("nobody is told by `{}` from this host", self.kind),
            hint: why.to_owned(),
        }
    }
}
