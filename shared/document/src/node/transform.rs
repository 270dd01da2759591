//! `transform`: computes one value from what the node sees.

use super::{
    config::{Compute, Config, of_templates},
    node_type::{Mode, NodeType},
};
use crate::describe::{cel, exactly_one, free, object};
use crate::reading::{At, Cx, Fields, Place, literal};
use expression::{Expr, ExprError, Scope, Template};
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    output: |config| config.get("set").filter(|set| set.is_object()).map(literal),
    also: &["set", "pass", "assign", "expression", "template", "edit_fields", "variables"],
    about: "Computes one value from what the node sees.",
    config,
    ..NodeType::new("transform", Mode::Compute)
};

/// Config of a `transform`, which puts out one value.
#[derive(Debug)]
pub enum Transform {
    /// The value is an object of templates.
    Set(Template),
    /// The value is that of a CEL expression.
    Expression(Expr),
}

/// What editors are told of the config of a `transform`.
fn config() -> Value {
    let set = free("The value, an object whose strings may be templates.");
    let members = [("set", set), ("expression", cel("The value."))];
    exactly_one(object(&[], members), &["set", "expression"])
}

/// Reads the config of a `transform`: `set` or `expression`.
pub(super) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>, place: Place<'_>) -> Option<Transform> {
    let f = Fields::new(cx, config, at, "invalid_config", &["set", "expression"]);
    if f.get("set").is_some() == f.get("expression").is_some() {
        let message = "a transform has one of `set` and `expression`";
        cx.error("invalid_config", at, message, "Give an object of templates as `set`, or CEL as `expression`.");
        return None;
    }
    if f.get("expression").is_some() {
        return cx.expr(&f, "expression", place).map(Transform::Expression);
    }
    f.object(cx, "set")?;
    cx.template(&f, "set", place).map(Transform::Set)
}

impl Config for Transform {
    fn expressions<'a>(&'a self, all: &mut Vec<&'a Expr>) {
        match self {
            Self::Set(template) => of_templates(&[Some(template)], all),
            Self::Expression(expr) => all.push(expr),
        }
    }
}

impl Compute for Transform {
    fn compute(&self, scope: &Scope<'_>) -> Result<Value, ExprError> {
        match self {
            Self::Set(template) => template.render(scope),
            Self::Expression(expression) => expression.eval(scope),
        }
    }
}
