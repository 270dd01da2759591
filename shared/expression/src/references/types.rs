//! The types that the values of an expression have whatever it reads. Where that is not plain there is none: an
//! expression may fail instead, but never yield another type.

use super::super::node::{Macro, Node, Operator};

/// The types that a value may have.
pub(super) fn of(node: &Node) -> Option<Vec<&'static str>> {
    let one = match node {
        Node::Bool(_) | Node::Has(_) | Node::Not(_) | Node::And(_) | Node::Or(_) | Node::Matches(..) => "boolean",
        Node::Int(_) | Node::Uint(_) | Node::Double(_) => "number",
        Node::Text(_) => "string",
        Node::Bytes(_) => "bytes",
        Node::List(_) => "array",
        Node::Map(_) => "object",
        Node::Call(native, _) => of_call(native.name)?,
        Node::Macro(Macro::All | Macro::Exists | Macro::ExistsOne, _) => "boolean",
        Node::Macro(Macro::Map | Macro::Filter, _) => "array",
        // A duration can be negated too.
        Node::Negate(operand) => sure(operand, &["number"])?,
        Node::Binary(operator, sides) => match operator {
            Operator::Multiply | Operator::Divide | Operator::Modulo => "number",
            // Times mix with durations; of all else one side decides.
            Operator::Add => {
                [&sides.0, &sides.1].into_iter().find_map(|side| sure(side, &["number", "string", "array"]))?
            }
            Operator::Subtract => [&sides.0, &sides.1].into_iter().find_map(|side| sure(side, &["number"]))?,
            _ => "boolean",
        },
        Node::Conditional(parts) => return any_of([&parts.1, &parts.2]),
        _ => return None,
    };
    Some(vec![one])
}

/// The types of the items of a literal list.
pub(super) fn of_items(list: &Node) -> Option<Vec<&'static str>> {
    let Node::List(items) = list else { return None };
    if items.is_empty() || items.iter().any(|(_, optional)| *optional) {
        return None;
    }
    any_of(items.iter().map(|(item, _)| item))
}

/// The types that the value of one of some nodes may have.
fn any_of<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Option<Vec<&'static str>> {
    let mut types = Vec::new();
    for node in nodes {
        types.extend(of(node)?);
    }
    types.sort_unstable();
    types.dedup();
    Some(types)
}

/// The one type of a value, where it is among these.
fn sure(node: &Node, among: &[&str]) -> Option<&'static str> {
    match of(node)?[..] {
        [only] if among.contains(&only) => Some(only),
        _ => None,
    }
}

/// What a function gives; none for those that give back what they were given.
fn of_call(name: &str) -> Option<&'static str> {
    Some(match name {
        "bool" | "matches" | "contains" | "startsWith" | "endsWith" | "hasValue" => "boolean",
        "size" | "int" | "uint" | "double" | "indexOf" | "lastIndexOf" => "number",
        // All of CEL's math, and all parts of times.
        name if name.starts_with("math.") || name.starts_with("get") => "number",
        "string" | "lowerAscii" | "upperAscii" | "trim" | "charAt" | "substring" | "join" | "replace"
        | "base64.encode" => "string",
        "split" | "flatten" | "distinct" | "sort" | "slice" | "lists.range" => "array",
        "bytes" => "bytes",
        "timestamp" => "timestamp",
        "duration" => "duration",
        "type" => "type",
        _ => return None,
    })
}
