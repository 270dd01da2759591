//! The JavaScript of a document. Reading does not parse it, since that takes an engine; a host that has one may.

use super::{Issue, Severity};

/// The code of one node, as it stands in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// JSON Pointer to the code in the document as it was sent.
    pub path: String,
    /// Id of the node.
    pub node: Option<String>,
    /// The body of a JavaScript function.
    pub code: String,
}

/// Where code does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxFault {
    /// What is wrong, in the words of the engine.
    pub message: String,
    /// Line of the code, from 1.
    pub line: u32,
    /// Column of the line, from 1.
    pub column: u32,
}

impl Script {
    /// The error of a document whose code does not parse.
    pub fn refused(&self, fault: &SyntaxFault) -> Issue {
        let SyntaxFault { message, line, column } = fault;
        Issue {
            code: "invalid_config".into(),
            severity: Severity::Error,
            path: self.path.clone(),
            node: self.node.clone(),
            message: format!("the code does not parse at line {line}, column {column}: {message}"),
            hint: "Correct the JavaScript: it is the body of a function, whose `return` gives the output.".into(),
        }
    }
}
