//! What is carried through the reading of a document: its problems so far, and what applies to all of it.

use super::{At, Fields, Issue, Place, Severity, fields::kind_of, names, schema::Shape};
use crate::{OnError, Settings, limits};
use expression::{Expr, Template};
use serde_json::Value;

/// Carried through the reading of a document.
pub(crate) struct Cx<'o> {
    pub(crate) issues: Vec<Issue>,
    /// Translates a pointer into the canonical document to one into what was sent.
    sent: Box<dyn Fn(&str) -> String + 'o>,
    /// The node being read.
    pub(crate) node: Option<String>,
    /// `settings.on_error`.
    pub(crate) on_error: OnError,
    /// The document's settings, which the bodies of its maps share.
    pub(crate) settings: Settings,
    /// What the input's schema says about its members.
    pub(crate) input: Option<Shape>,
    /// Whether any node of the document declares `compensate`.
    pub(crate) compensates: bool,
    /// The id of the document.
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

    /// Runs with a node named in every problem.
    pub(crate) fn about<T>(&mut self, node: Option<String>, run: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.node, node);
        let result = run(self);
        self.node = before;
        result
    }

    /// A CEL member.
    pub(crate) fn expr(&mut self, f: &Fields<'_, '_>, key: &str, place: Place<'_>) -> Option<Expr> {
        let value = f.get(key)?;
        self.expr_at(value, &f.at.key(key), place)
    }

    /// CEL at a place. A boolean or a number is the literal that it looks like.
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

    /// A member that may hold templates.
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

/// Whether text can be an identifier of a node or a workflow.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=limits::ID_BYTES).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
