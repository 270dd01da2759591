//! What is carried through the reading of a document: its problems so far, and what applies to all of it.

use super::{At, Fields, Issue, Place, Severity, fields::kind_of, names, schema::Shape};
use crate::{OnError, Settings, limits};
use expression::{Expr, Template};
use serde_json::Value;

/// The state of reading one document.
pub(crate) struct Cx<'o> {
    /// The problems found so far.
    pub(crate) issues: Vec<Issue>,
    /// Translates a pointer into the canonical document to one into the document as it was sent.
    sent: Box<dyn Fn(&str) -> String + 'o>,
    /// Id of the node being read, which its problems bear.
    pub(crate) node: Option<String>,
    /// `settings.on_error`: the policy of nodes that name none.
    pub(crate) on_error: OnError,
    /// The document's settings, which the bodies of its maps share.
    pub(crate) settings: Settings,
    /// The schema of the execution's input, where the document has one.
    pub(crate) input: Option<Shape>,
    /// Whether any node of the document declares `compensate`.
    pub(crate) compensates: bool,
    /// The id of the document, with which the ids of its maps' bodies begin.
    pub(crate) workflow: String,
}

impl<'o> Cx<'o> {
    pub(crate) fn new(sent: impl Fn(&str) -> String + 'o) -> Self {
        Self {
            issues: Vec::new(),
            sent: Box::new(sent),
            node: None,
            on_error: OnError::Fail,
            settings: Settings::default(),
            input: None,
            compensates: false,
            workflow: String::new(),
        }
    }

    pub(crate) fn error(&mut self, code: &str, at: &At<'_>, message: impl Into<String>, hint: impl Into<String>) {
        self.report(Severity::Error, code, &at.pointer(), message.into(), hint.into());
    }

    pub(crate) fn warning(&mut self, code: &str, at: &At<'_>, message: impl Into<String>, hint: impl Into<String>) {
        self.report(Severity::Warning, code, &at.pointer(), message.into(), hint.into());
    }

    /// Notes a problem at a pointer into the canonical document. A problem that repeats the one before is left out, and
    /// so are all beyond [`limits::ISSUES`].
    pub(crate) fn report(&mut self, severity: Severity, code: &str, pointer: &str, message: String, hint: String) {
        if self.issues.len() >= limits::ISSUES {
            return;
        }
        let path = (self.sent)(pointer);
        let issue = Issue { code: code.to_owned(), severity, path, node: self.node.clone(), message, hint };
        if self.issues.last() != Some(&issue) {
            self.issues.push(issue);
        }
    }

    /// Runs something, all problems of which bear this node's id.
    pub(crate) fn about<T>(&mut self, node: Option<String>, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.node, node);
        let result = run(self);
        self.node = before;
        result
    }

    /// Compiles the CEL of a member and checks its names; none where the member is absent or does not compile.
    pub(crate) fn expr(&mut self, f: &Fields<'_, '_>, key: &str, place: Place<'_>) -> Option<Expr> {
        let value = f.get(key)?;
        self.expr_at(value, &f.at.key(key), place)
    }

    /// Compiles CEL and checks its names. A JSON boolean or number stands for the CEL literal of the same text.
    pub(crate) fn expr_at(&mut self, value: &Value, at: &At<'_>, place: Place<'_>) -> Option<Expr> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            other => {
                let message = format!("an expression is a string, and this is {}", kind_of(other));
                self.error("invalid_cel", at, message, "Write CEL, such as `input.amount > 100`.");
                return None;
            }
        };
        match Expr::compile(&text) {
            Ok(expr) => {
                names::check(self, &expr, at, place);
                Some(expr)
            }
            Err(error) => {
                self.error("invalid_cel", at, error.message, "See the table of variables and functions of CEL.");
                None
            }
        }
    }

    /// Compiles a member that may hold templates and checks the names in all its expressions.
    pub(crate) fn template(&mut self, f: &Fields<'_, '_>, key: &str, place: Place<'_>) -> Option<Template> {
        let value = f.object.get(key)?;
        let at = f.at.key(key);
        match Template::compile(value) {
            Ok(template) => {
                for (pointer, expr) in template.expressions() {
                    names::check(self, expr, &at.below(&pointer), place);
                }
                Some(template)
            }
            Err(errors) => {
                for (pointer, error) in errors {
                    let hint = "Write `{{ expression }}` in CEL.";
                    self.error("invalid_cel", &at.below(&pointer), error.message, hint);
                }
                None
            }
        }
    }
}

/// Whether a text can be the id of a node or a workflow (workflow format §1).
pub(crate) fn is_id(text: &str) -> bool {
    (1..=limits::ID_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
