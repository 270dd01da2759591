//! What JSON Schemas declare about the members of a value: those of the execution's input, and those made of what is
//! known of a node's output. Where a schema leaves a name open on purpose, or cannot be followed, nothing is said of it.

use crate::limits;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A part of a schema, with the document that its references lead into.
type Part<'s> = (&'s Value, &'s Value);

/// The schema of anything, for a member that is named and not described.
static ANYTHING: Value = Value::Bool(true);

/// What is declared of a value: it satisfies one of these schemas at least.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared<'s>(Vec<Part<'s>>);

/// What is declared of a member of a value.
pub(crate) enum Member<'s> {
    /// The member, with what is declared of it in turn.
    Known(Declared<'s>),
    /// Nothing that can be judged.
    Open,
    /// Every schema declares members, and none this one. Those that they declare.
    Missing(BTreeSet<&'s str>),
}

impl<'s> Declared<'s> {
    /// What a whole schema declares.
    pub(crate) fn of(schema: &'s Value) -> Self {
        Self(vec![(schema, schema)])
    }

    /// What is declared of a value that satisfies a schema of this or of another.
    pub(crate) fn or(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// What is declared of a member.
    pub(crate) fn member(&self, name: &str) -> Member<'s> {
        let (mut all, mut found) = (Vec::new(), Vec::new());
        for &(schema, root) in &self.0 {
            let Some(parts) = parts(schema, root) else { return Member::Open };
            if parts.iter().any(|part| is_open(part)) || !parts.iter().any(|part| declares(part)) {
                return Member::Open;
            }
            for part in &parts {
                match part.get("properties").and_then(|properties| properties.get(name)) {
                    Some(member) => found.push((member, root)),
                    None if required(part).any(|one| one == name) => found.push((&ANYTHING, root)),
                    None => {}
                }
            }
            all.extend(parts);
        }
        if self.0.is_empty() {
            return Member::Open;
        }
        if !found.is_empty() {
            return Member::Known(Self(found));
        }
        let properties = |part: &&'s Value| part.get("properties").and_then(Value::as_object);
        let named = all.iter().filter_map(properties).flat_map(Map::keys).map(String::as_str);
        Member::Missing(named.chain(all.iter().flat_map(|part| required(part))).collect())
    }

    /// The first name on a path that nothing declares, by its position, with the names that are declared in its place.
    pub(crate) fn missing(self, path: &[String]) -> Option<(usize, BTreeSet<&'s str>)> {
        let mut here = self;
        for (at, name) in path.iter().enumerate() {
            match here.member(name) {
                Member::Known(next) => here = next,
                Member::Open => return None,
                Member::Missing(names) => return Some((at, names)),
            }
        }
        None
    }

    /// What is declared at the end of a path; none where nothing is.
    pub(crate) fn at(self, path: &[String]) -> Option<Self> {
        path.iter().try_fold(self, |here, name| match here.member(name) {
            Member::Known(next) => Some(next),
            Member::Open | Member::Missing(_) => None,
        })
    }

    /// What is declared of the items of a list that is described by one schema; none where nothing is.
    pub(crate) fn items(self) -> Option<Self> {
        let [(schema, root)] = self.0[..] else { return None };
        let items = schema.get("items").filter(|items| items.is_object() && schema.get("prefixItems").is_none())?;
        Some(Self(vec![(items, root)]))
    }
}

/// The schema with those that apply to the same value: behind references, and under `allOf` and its like. None where
/// one of them cannot be followed, or where there are too many.
fn parts<'s>(schema: &'s Value, root: &'s Value) -> Option<Vec<&'s Value>> {
    let mut all: Vec<&Value> = vec![schema];
    let mut next = 0;
    while let Some(&part) = all.get(next) {
        next += 1;
        let Value::Object(keys) = part else { continue };
        for (key, value) in keys {
            let more: Vec<&Value> = match key.as_str() {
                "$ref" => vec![root.pointer(value.as_str()?.strip_prefix('#')?)?],
                "$dynamicRef" | "$recursiveRef" => return None,
                "allOf" | "anyOf" | "oneOf" => value.as_array().into_iter().flatten().collect(),
                "if" | "then" | "else" => vec![value],
                "dependentSchemas" => value.as_object().into_iter().flat_map(Map::values).collect(),
                _ => Vec::new(),
            };
            for one in more {
                if !all.iter().any(|known| std::ptr::eq(*known, one)) {
                    all.push(one);
                }
            }
            if all.len() > limits::SHAPE_PARTS {
                return None;
            }
        }
    }
    Some(all)
}

/// The members that a part wants to be there.
fn required(part: &Value) -> impl Iterator<Item = &str> {
    part.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a part names members.
fn declares(part: &Value) -> bool {
    let named = part.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty());
    named || part.get("additionalProperties") == Some(&Value::Bool(false))
}

/// Whether a part describes members without naming them, or values as a whole.
fn is_open(part: &Value) -> bool {
    let described = |key: &str| part.get(key).is_some_and(Value::is_object);
    let whole = |key: &str| part.get(key).is_some();
    described("patternProperties")
        || described("additionalProperties")
        || described("unevaluatedProperties")
        || whole("const")
        || whole("enum")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The first name of a path that a schema does not declare.
    fn missing(schema: &Value, path: &str) -> Option<String> {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        let (at, _) = Declared::of(schema).missing(&path)?;
        Some(path[at].clone())
    }

    #[test]
    fn a_name_is_looked_for_wherever_a_schema_may_declare_it() {
        let schema = json!({
            "properties": { "a": { "properties": { "deep": {} } }, "self": { "$ref": "#" }, "loose": {} },
            "allOf": [{ "properties": { "b": {} } }],
            "anyOf": [{ "$ref": "#/$defs/c" }, { "required": ["d"] }],
            "if": { "properties": { "e": {} } },
            "dependentSchemas": { "a": { "properties": { "f": {} } } },
            "$defs": { "c": { "properties": { "c": {} } } },
        });
        for known in ["a", "a.deep", "b", "c", "d", "e", "f", "self.self.a", "loose.anything.at.all"] {
            assert_eq!(missing(&schema, known), None, "{known}");
        }
        for (path, name) in [("x", "x"), ("a.deeep", "deeep"), ("self.self.aa", "aa")] {
            assert_eq!(missing(&schema, path).as_deref(), Some(name), "{path}");
        }
    }

    #[test]
    fn what_a_schema_leaves_open_is_not_judged() {
        for open in [
            json!(true),
            json!({}),
            json!({ "type": "object" }),
            json!({ "properties": { "a": {} }, "additionalProperties": { "type": "string" } }),
            json!({ "properties": { "a": {} }, "patternProperties": { "^x-": {} } }),
            json!({ "properties": { "a": {} }, "$ref": "https://elsewhere.example/schema" }),
            json!({ "properties": { "a": {} }, "$ref": "#anchor" }),
            json!({ "properties": { "a": {} }, "$dynamicRef": "#a" }),
            json!({ "properties": { "a": {} }, "enum": [{ "b": 1 }] }),
        ] {
            assert_eq!(missing(&open, "b"), None, "{open}");
        }
        // Of several schemas, one that says nothing leaves everything open.
        let (closed, open) = (json!({ "properties": { "a": {} } }), json!({}));
        let both = Declared::of(&closed).or(Declared::of(&open));
        assert!(matches!(both.member("b"), Member::Open) && matches!(both.member("a"), Member::Open));
    }

    #[test]
    fn a_schema_of_many_parts_is_not_followed() {
        let many: Vec<Value> = (0..limits::SHAPE_PARTS + 1).map(|ix| json!({ "title": ix.to_string() })).collect();
        let schema = json!({ "properties": { "a": {} }, "allOf": many });
        assert_eq!(missing(&schema, "b"), None);
    }
}
