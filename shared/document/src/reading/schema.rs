//! JSON Schemas in documents: compiled without fetching anything, and asked what they decide.

use super::{At, Cx, at::join, cut, kind_of};
use crate::limits;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Compiles a schema (2020-12 unless its `$schema` says otherwise). A value that is no usable schema is reported under
/// `code`.
pub(crate) fn compile(cx: &mut Cx<'_>, source: &Value, at: &At<'_>, code: &str) -> Option<Validator> {
    sound(source).map_err(|wrong| cx.error(code, &at.below(&wrong.pointer), wrong.message, wrong.hint)).ok()
}

/// Why a value is no usable schema.
pub struct Unsound {
    /// JSON Pointer to the faulty place within the value.
    pub pointer: String,
    /// What is wrong there, for people.
    pub message: String,
    /// What to do about it, as one sentence.
    pub hint: &'static str,
}

/// Compiles a schema, and refuses one with which validating would never end.
pub fn sound(source: &Value) -> Result<Validator, Unsound> {
    if !source.is_object() && !source.is_boolean() {
        let message = format!("a schema is an object, and this is {}", kind_of(source));
        return Err(Unsound { pointer: String::new(), message, hint: "Give a JSON Schema." });
    }
    if let Some(pointer) = endless(source) {
        let hint = "Let the reference lead to a schema that says something.";
        return Err(Unsound { pointer, message: "this `$ref` only leads back to itself".into(), hint });
    }
    validator(source).map_err(|error| Unsound {
        pointer: error.instance_path().as_str().to_owned(),
        message: format!("no JSON Schema: {}", cut(&error.to_string())),
        hint: "Give a JSON Schema of draft 2020-12; only references into itself (`#/…`) are followed.",
    })
}

/// Compiles a schema to a validator that fetches nothing and gives up on patterns that take too long.
pub fn validator(source: &Value) -> Result<Validator, Box<jsonschema::ValidationError<'static>>> {
    let patterns = PatternOptions::fancy_regex().backtrack_limit(limits::PATTERN_BACKTRACKS);
    jsonschema::options().offline().with_pattern_options(patterns).build(source).map_err(Box::new)
}

/// The pointer of a `$ref` that leads back to itself by references and combinations alone. Validating with it would
/// never end, since it descends into the schema without descending into the value.
fn endless(root: &Value) -> Option<String> {
    let mut refs = Vec::new();
    collect(root, String::new(), &mut refs);
    // A depth-first search over the schemas, which are known by their pointers: from each to those that are applied to
    // the same value. `ended` holds the schemas that were visited, and `path` those on the way to the current one.
    let mut ended: std::collections::HashSet<String> = std::collections::HashSet::new();
    for (at, _) in &refs {
        let mut path: Vec<String> = Vec::new();
        let mut stack = vec![(at.clone(), 0)];
        while let Some((at, depth)) = stack.pop() {
            path.truncate(depth);
            // A schema on its own way is applied to one value again and again.
            if path.contains(&at) {
                return Some(format!("{}/$ref", refs.iter().find(|(from, _)| path.contains(from))?.0));
            }
            if !ended.insert(at.clone()) && depth == 0 {
                continue;
            }
            // A chain this long ends somewhere, but validating would recurse along it.
            if path.len() > limits::JSON_DEPTH * 4 {
                return Some(format!("{at}/$ref"));
            }
            let next = applied(root, &at);
            path.push(at);
            stack.extend(next.into_iter().map(|to| (to, depth + 1)));
        }
    }
    None
}

/// Pointers to the schemas that are applied to the same value as the one at `at`.
fn applied(root: &Value, at: &str) -> Vec<String> {
    let Some(Value::Object(schema)) = root.pointer(at) else { return Vec::new() };
    let mut out = Vec::new();
    for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
        if let Some(Value::String(target)) = schema.get(key)
            && let Some(pointer) = target.strip_prefix('#')
        {
            out.push(local(root, pointer));
        }
    }
    for key in ["allOf", "anyOf", "oneOf"] {
        if let Some(Value::Array(parts)) = schema.get(key) {
            out.extend((0..parts.len()).map(|ix| format!("{at}/{key}/{ix}")));
        }
    }
    for key in ["not", "if", "then", "else"] {
        if schema.contains_key(key) {
            out.push(format!("{at}/{key}"));
        }
    }
    out
}

/// The pointer that a reference's fragment leads to. The fragment is a pointer itself, or the name of an anchor.
fn local(root: &Value, fragment: &str) -> String {
    if fragment.is_empty() || fragment.starts_with('/') {
        return fragment.replace("%24", "$").replace("%25", "%");
    }
    let mut found = Vec::new();
    anchors(root, String::new(), fragment, &mut found);
    found.pop().unwrap_or_default()
}

/// Collects pointers to the schemas that bear an anchor of this name.
fn anchors(value: &Value, at: String, name: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if ["$anchor", "$dynamicAnchor"].iter().any(|key| map.get(*key).is_some_and(|anchor| anchor == name)) {
                found.push(at.clone());
            }
            map.iter().for_each(|(key, value)| anchors(value, join(&at, key), name, found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(ix, value)| anchors(value, format!("{at}/{ix}"), name, found));
        }
        _ => {}
    }
}

/// Collects all references: the pointer of the schema that each stands in, and its target as written.
fn collect(value: &Value, at: String, refs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
                if let Some(Value::String(target)) = map.get(key) {
                    refs.push((at.clone(), target.clone()));
                }
            }
            map.iter().for_each(|(key, value)| collect(value, join(&at, key), refs));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(ix, value)| collect(value, format!("{at}/{ix}"), refs));
        }
        _ => {}
    }
}
