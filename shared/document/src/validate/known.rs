//! What the schema of the input says about the names at a place.

use super::{Place, Reader, schema};
use expression::Expr;
use serde_json::Value;
use std::collections::BTreeSet;

/// Names that the language itself gives to every expression.
const SCOPE: [&str; 8] = ["output", "ctx", "input", "loop", "item", "index", "execution", "secrets"];

/// What is known of an expression's names.
pub(super) struct Known<'s> {
    input: &'s Value,
    /// The schema of `item`, in the body of a map over a part of the input.
    item: Option<&'s Value>,
    /// Whether `output` and bare names are surely the execution's input.
    passes: bool,
    extra: &'static [&'static str],
}

impl<'s> Known<'s> {
    /// Of an expression that reads these names.
    pub(super) fn at(input: &'s Value, place: Place<'_>, names: &BTreeSet<String>) -> Self {
        Self {
            input,
            item: if names.contains("item") { item(input, place) } else { None },
            passes: place.sees_input && passes_input(place),
            extra: place.extra,
        }
    }

    /// The schema that a path is to be followed in, and what is left of the path there.
    pub(super) fn schema<'p>(&self, path: &'p [String]) -> Option<(&'s Value, &'p [String])> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "input" => Some((self.input, rest)),
            "item" => Some((self.item?, rest)),
            "output" if self.passes => Some((self.input, rest)),
            name if SCOPE.contains(&name) || self.extra.contains(&name) => None,
            _ if self.passes => Some((self.input, path)),
            _ => None,
        }
    }

    /// The types declared for what a path leads to.
    pub(super) fn types(&self, path: &[String]) -> Option<Vec<String>> {
        let (schema, path) = self.schema(path)?;
        schema::types(schema, path)
    }
}

/// The schema of the items of the map around, whose input is the input of its body's executions too.
fn item<'s>(input: &'s Value, place: Place<'_>) -> Option<&'s Value> {
    let (outer, map) = place.frame.outer?;
    let (Reader::Node(node) | Reader::After(node)) = place.reader else { return None };
    // In and behind a `for_each` loop, `item` is the loop's.
    if place.frame.graph.around[node].is_some() || place.frame.nodes[node].kind == Some("loop") {
        return None;
    }
    let list = Expr::compile(outer.nodes[map].object?.get("config")?.get("items")?.as_str()?).ok()?;
    let references = list.references();
    let path = &references.paths.first()?.segments;
    if path.join(".") != list.source() {
        return None;
    }
    let known = Known::at(input, Place::new(outer, Reader::Node(map)), &references.names);
    let (schema, path) = known.schema(path)?;
    let list = schema::member(schema, path)?;
    list.get("items").filter(|items| items.is_object() && list.get("prefixItems").is_none())
}

/// Whether `output` and bare names are surely the execution's input: only triggers and branches come before.
fn passes_input(place: Place<'_>) -> bool {
    let frame = place.frame;
    let (node, with_itself) = match place.reader {
        Reader::Node(node) => (node, false),
        Reader::After(node) => (node, true),
        Reader::End => return false,
    };
    // In the body of a map they are the item first.
    if frame.outer.is_some() {
        return false;
    }
    let kind = |ix: usize| frame.nodes[ix].kind.unwrap_or_default();
    let plain = |ix: usize| matches!(kind(ix), "manual_trigger" | "webhook_trigger" | "event_trigger" | "branch");
    let passing = |ix: usize| if with_itself && ix == node { plain(ix) } else { true };
    passing(node)
        && !frame.graph.incoming[node].is_empty() | plain(node)
        && frame.graph.back[node].is_empty()
        && frame.graph.around[node].is_none()
        && frame.graph.ancestors[node].iter().all(|&ix| plain(ix))
        && frame.graph.order.contains(&node)
}
