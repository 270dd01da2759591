//! `output_parser`: the JSON Schema of what agents are to answer with.

use super::{
    config::Config,
    node_type::{Mode, NodeType},
};
use crate::{
    InputSchema,
    describe::{free, object},
    reading::{At, Cx, Fields, schema},
};
use expression::Expr;
use serde_json::{Map, Value};

/// What the rest of Stepwell knows of the type, by its line in [`super::Types::standard`].
pub static TYPE: NodeType = NodeType {
    also: &["structured_output", "output_schema"],
    about: "The JSON Schema of what agents answer with; joined to them by a connection `ai_output_parser`.",
    config,
    ..NodeType::new("output_parser", Mode::Lend)
};

/// What editors are told of the config of an `output_parser`.
fn config() -> Value {
    object(&["schema"], [("schema", free("JSON Schema of the answer."))])
}

/// Reads the config of an `output_parser`.
pub(crate) fn read(cx: &mut Cx<'_>, config: &Map<String, Value>, at: &At<'_>) -> Option<InputSchema> {
    let f = Fields::new(cx, config, at, "invalid_config", &["schema"]);
    if f.get("schema").is_none() {
        f.missing(cx, "schema", "Give a JSON Schema.");
    }
    of_member(cx, &f, "schema")
}

/// The schema that a member is.
pub(crate) fn of_member(cx: &mut Cx<'_>, f: &Fields<'_, '_>, key: &str) -> Option<InputSchema> {
    let source = f.get(key)?;
    let schema = schema::compile(cx, source, &f.at.key(key), f.code)?;
    Some(InputSchema { source: source.clone(), schema })
}

impl Config for InputSchema {
    fn expressions<'a>(&'a self, _: &mut Vec<&'a Expr>) {}
}
