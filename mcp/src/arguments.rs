//! What the tools take: told as a JSON Schema, and read.

use crate::result;
use rmcp::model::{CallToolResult, JsonObject, Tool};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A tool whose arguments are an object of these properties.
pub fn tool(name: &'static str, about: &'static str, properties: Value, required: &[&str]) -> Tool {
    let mut schema = JsonObject::new();
    schema.insert("type".into(), "object".into());
    schema.insert("properties".into(), properties);
    if !required.is_empty() {
        schema.insert("required".into(), required.to_vec().into());
    }
    schema.insert("additionalProperties".into(), false.into());
    Tool::new(name, about, schema)
}

/// Reads the arguments of a tool.
///
/// # Errors
/// The tool's result where they do not fit.
pub fn read<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, CallToolResult> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| result::misfit(&error.to_string()))
}
