//! What the schema of the execution's input says about the names that an expression uses at a place.

use super::{Place, Reader, shape};
use crate::node::node_type::Role;
use serde_json::Value;
use std::collections::BTreeSet;

/// The fixed names of the scope, which are no members of an input.
const SCOPE: [&str; 8] = ["output", "ctx", "input", "loop", "item", "index", "execution", "secrets"];

/// The schemas of the names that one expression uses.
pub(super) struct Known<'s> {
    /// The schema of the execution's input.
    input: &'s Value,
    /// The schema of `item`, in the body of a map over a part of the input.
    item: Option<&'s Value>,
    /// Whether `output` and bare names are surely the execution's input.
    passes: bool,
    /// Whether `args` is a name of its own.
    args: bool,
    extra: &'static [&'static str],
}

impl<'s> Known<'s> {
    /// The schemas at a place, for an expression that reads these names.
    pub(super) fn at(input: &'s Value, place: Place<'_>, names: &BTreeSet<String>) -> Self {
        Self {
            input,
            item: if names.contains("item") { item(input, place) } else { None },
            passes: place.sees_input && passes_input(place),
            args: place.frame.args,
            extra: place.extra,
        }
    }

    /// The schema in which a path is followed, with the rest of the path below it; none where nothing is known of it.
    pub(super) fn schema<'p>(&self, path: &'p [String]) -> Option<(&'s Value, &'p [String])> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "input" => Some((self.input, rest)),
            "item" => Some((self.item?, rest)),
            "output" if self.passes => Some((self.input, rest)),
            "args" if self.args => None,
            name if SCOPE.contains(&name) || self.extra.contains(&name) => None,
            _ if self.passes => Some((self.input, path)),
            _ => None,
        }
    }

    /// The types that the schema declares for what a path leads to; none where it declares none.
    pub(super) fn types(&self, path: &[String]) -> Option<Vec<String>> {
        let (schema, path) = self.schema(path)?;
        shape::types(schema, path)
    }
}

/// The schema of `item` in the body of a map. The list is looked up where the map stands; the schema of the input
/// applies there as well, since the executions of a body have the input of the execution around them.
fn item<'s>(input: &'s Value, place: Place<'_>) -> Option<&'s Value> {
    let (outer, map) = place.frame.outer?;
    let (Reader::Node(node) | Reader::After(node)) = place.reader else { return None };
    // Inside a loop of the body, and on the edges out of it, `item` may be that of a `for_each`.
    if place.frame.graph.around[node].is_some() || place.frame.has_role(node, Role::Loop) {
        return None;
    }
    let path = path_of(outer.nodes[map].object?.get("config")?.get("items")?.as_str()?)?;
    let names = path.first().cloned().into_iter().collect();
    let known = Known::at(input, Place::new(outer, Reader::Node(map)), &names);
    let (schema, path) = known.schema(&path)?;
    let list = shape::member(schema, path)?;
    list.get("items").filter(|items| items.is_object() && list.get("prefixItems").is_none())
}

/// The names of a list that is one path, such as `input.orders`: only such a list has a schema that can be looked up. It
/// is read for each expression that names an item, so it is not compiled.
pub(super) fn path_of(list: &str) -> Option<Vec<String>> {
    let list = list.trim();
    let list = list.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}")).unwrap_or(list).trim();
    let name = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        plain && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
    };
    list.split('.').map(|text| name(text).then(|| text.to_owned())).collect()
}

/// Whether `output` and bare names are surely the execution's input. They are where all nodes before are triggers and
/// branches, which put out their input unchanged.
fn passes_input(place: Place<'_>) -> bool {
    let frame = place.frame;
    let (node, with_itself) = match place.reader {
        Reader::Node(node) => (node, false),
        Reader::After(node) => (node, true),
        Reader::End => return false,
    };
    // In the body of a map the first nodes have the item as their input.
    if frame.outer.is_some() {
        return false;
    }
    let handed = |ix: usize| !frame.graph.data[ix].is_empty();
    let plain = |ix: usize| frame.nodes[ix].kind.is_some_and(|kind| kind.passes_input) && !handed(ix);
    let passing = |ix: usize| if with_itself && ix == node { plain(ix) } else { true };
    passing(node)
        && !handed(node)
        && !frame.graph.incoming[node].is_empty() | plain(node)
        && frame.graph.back[node].is_empty()
        && frame.graph.around[node].is_none()
        && frame.graph.ancestors[node].iter().all(plain)
        && frame.graph.order.contains(&node)
}
