//! Attempts that say how long they may take, for hosts that end them earlier.

use super::{Issue, Severity};

/// An attempt outside of the host whose bound the document says, as it stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Lasting {
    /// JSON Pointer to the bound in the document as it was sent.
    pub path: String,
    /// Id of the node.
    pub node: Option<String>,
    /// Whether the attempt is a call of a language model.
    pub asks_model: bool,
    /// The bound.
    pub seconds: f64,
}

impl Lasting {
    /// The problem of a document whose attempt may last longer than the `most` seconds that its host gives one. A model that
    /// is cut off is asked all over again, and cut off again: so such a call is refused. Whatever else is cut off fails by
    /// itself, and says so.
    pub fn too_long(&self, most: f64, hint: &str) -> Option<Issue> {
        let (what, severity) = match self.asks_model {
            true => ("a call of a model", Severity::Error),
            false => ("an attempt", Severity::Warning),
        };
        (self.seconds > most).then(|| Issue {
            code: "timeout_too_long".into(),
            severity,
            path: self.path.clone(),
            node: self.node.clone(),
            message: format!("this host gives {what} {most} s at most, and this one may take {} s", self.seconds),
            hint: hint.to_owned(),
        })
    }
}
