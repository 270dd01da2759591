//! The type that the value of an expression has whatever the expression reads, for the static check of comparisons.
//! Where the type depends on what is read, there is none. An expression with a type may still fail, but it never yields
//! a value of another type.

use super::super::node::{Macro, Node, Operator};

/// The types that the value of an expression may have; none where they depend on what it reads.
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
        // A duration can be negated as well, so the operand must be known to be a number.
        Node::Negate(operand) => sure(operand, &["number"])?,
        Node::Binary(operator, sides) => match operator {
            Operator::Multiply | Operator::Divide | Operator::Modulo => "number",
            // A timestamp and a duration may be added to each other. In every other sum both sides have the type of the
            // result, so one known side is enough.
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

/// The types of the items of a literal list; none for other nodes, for an empty list and for one with optional items.
pub(super) fn of_items(list: &Node) -> Option<Vec<&'static str>> {
    let Node::List(items) = list else { return None };
    if items.is_empty() || items.iter().any(|(_, optional)| *optional) {
        return None;
    }
    any_of(items.iter().map(|(item, _)| item))
}

/// The types that the value of any of several expressions may have; none where those of one are not known.
fn any_of<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> Option<Vec<&'static str>> {
    let mut types = Vec::new();
    for node in nodes {
        types.extend(of(node)?);
    }
    types.sort_unstable();
    types.dedup();
    Some(types)
}

/// The type of an expression that has only one, where that is among the given ones.
fn sure(node: &Node, among: &[&str]) -> Option<&'static str> {
    match of(node)?[..] {
        [only] if among.contains(&only) => Some(only),
        _ => None,
    }
}

/// The type of what a function gives; none for functions that give back what they were given, such as `dyn`.
fn of_call(name: &str) -> Option<&'static str> {
    Some(match name {
        "bool" | "matches" | "contains" | "startsWith" | "endsWith" | "hasValue" => "boolean",
        "size" | "int" | "uint" | "double" | "indexOf" | "lastIndexOf" => "number",
        // All functions of the math extension, and all that read a part of a time, such as `getHours`.
        name if name.starts_with("math.") || name.starts_with("get") => "number",
        "string" | "lowerAscii" | "upperAscii" | "trim" | "charAt" | "substring" | "join" | "replace" | "urlEncode"
        | "base64.encode" => "string",
        "split" | "flatten" | "distinct" | "sort" | "slice" | "lists.range" => "array",
        "bytes" => "bytes",
        "timestamp" => "timestamp",
        "duration" => "duration",
        "type" => "type",
        _ => return None,
    })
}
