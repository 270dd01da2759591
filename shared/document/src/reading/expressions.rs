//! Compiles the expressions and templates of a document, and checks what they name.

use super::{At, Cx, Fields, Place, kind_of, names, secrets};
use expression::{Expr, Template};
use serde_json::Value;

impl Cx<'_> {
    /// Compiles the CEL of a member and checks its names; none where the member is absent or does not compile.
    pub fn expr(&mut self, f: &Fields<'_, '_>, key: &str, place: Place<'_>) -> Option<Expr> {
        let value = f.get(key)?;
        self.expr_at(value, &f.at.key(key), place)
    }

    /// Compiles CEL and checks its names. A JSON boolean or number stands for the CEL literal of the same text.
    pub fn expr_at(&mut self, value: &Value, at: &At<'_>, place: Place<'_>) -> Option<Expr> {
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
    pub fn template(&mut self, f: &Fields<'_, '_>, key: &str, place: Place<'_>) -> Option<Template> {
        let value = f.object.get(key)?;
        let at = f.at.key(key);
        match Template::compile(value) {
            Ok(template) => {
                for (pointer, expr) in template.expressions() {
                    names::check(self, expr, &at.below(&pointer), place);
                }
                secrets::check(self, &template, &at, place);
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
