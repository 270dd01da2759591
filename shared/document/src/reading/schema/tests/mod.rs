//! Schemas and values that cost too much are refused before they cost it; others work as before.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod agreement;
mod compiling;
mod legitimate;
mod validating;

use super::{Schema, Unsound};
use serde_json::{Map, Value, json};

/// `levels` definitions, each of which is made of a reference to the next. The last one is a string.
fn chain(levels: usize, link: impl Fn(Value) -> Value) -> Value {
    let name = |ix: usize| format!("a{ix}");
    let link = |ix: usize| (name(ix), link(json!({"$ref": format!("#/$defs/{}", name(ix + 1))})));
    let mut defs: Map<String, Value> = (0..levels).map(link).collect();
    defs.insert(name(levels), json!({"type": "string"}));
    json!({"$defs": defs, "$ref": "#/$defs/a0"})
}

/// Why a schema is refused.
#[track_caller]
fn refused(schema: &Value) -> Unsound {
    match Schema::compile(schema) {
        Ok(_) => panic!("accepted: {}", schema.to_string().chars().take(300).collect::<String>()),
        Err(why) => why,
    }
}

#[track_caller]
fn compiled(schema: &Value) -> Schema {
    Schema::compile(schema).map_err(|why| format!("{why:?}")).unwrap()
}

/// The steps that checking a value takes, and whether it fits; none where it is too expensive.
fn steps(schema: &Schema, value: &Value) -> (Option<bool>, u64) {
    schema.check(value, crate::limits::SCHEMA_STEPS)
}
