//! What an expression reads, found without evaluating it. The static checks use it, and so does the start of a child,
//! which takes along only what its expressions read.

mod types;

use super::node::{Node, Operator};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an expression reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct References {
    /// The free names at the roots of paths: names of the scope and bare names, without the variables of macros.
    pub names: BTreeSet<String>,
    /// Ids of the nodes whose outputs the expression reads, each with whether every use is guarded (see
    /// [`Path::guarded`]).
    pub ctx_nodes: BTreeMap<String, bool>,
    /// Whether the expression reads `ctx` otherwise than by the literal id of a node.
    pub whole_ctx: bool,
    /// Every maximal static path, in the order of the source; a path that is used twice is there twice.
    pub paths: Vec<Path>,
    /// Comparisons of a path with a literal: the path, the literal, and `==`, `!=`, `<`, `<=`, `>` or `>=`, turned
    /// around where needed so that the path stands on the left.
    pub comparisons: Vec<(Path, Value, &'static str)>,
    /// Comparisons of two paths: the names of the left one, those of the right one, and the operator.
    pub pairs: Vec<(Vec<String>, Vec<String>, &'static str)>,
    /// Comparisons of a path with an expression whose type is certain: the names of the path, the types that the other
    /// side may have, and the operator, turned around as in `comparisons`. For `in`, these are the types of a literal
    /// list's items. A type is one of JSON Schema's `number`, `string`, `boolean`, `array` and `object`, or one that no
    /// JSON value has: `bytes`, `timestamp`, `duration` and `type`.
    pub typed: Vec<(Vec<String>, Vec<&'static str>, &'static str)>,
}

/// A path of literal names, such as `ctx.a.output['b-c'].d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The names of the path, the root first.
    pub segments: Vec<String>,
    /// Whether the expression provides for what the path leads to being missing: the path stands inside `has()` or has
    /// a `.?` in it, or the expression tests the path, or one that it begins with, with `has()` elsewhere.
    pub guarded: bool,
}

impl References {
    pub(super) fn of(node: &Node) -> Self {
        let mut walk = Walk::default();
        walk.node(node, false);
        walk.finish()
    }
}

#[derive(Default)]
struct Walk {
    found: References,
    /// The paths that the expression tests with `has()`.
    tested: Vec<Vec<String>>,
}

impl Walk {
    /// Collects what a node and all below it read. `guarded` where something around the node provides for absence.
    fn node(&mut self, node: &Node, guarded: bool) {
        // A literal path counts as a whole: its beginnings are no paths of their own.
        if let Some((segments, optional)) = chain(node) {
            return self.path(segments, guarded || optional);
        }
        match node {
            Node::Select(target, _) | Node::Not(target) | Node::Negate(target) | Node::Matches(target, _) => {
                self.node(target, guarded);
            }
            Node::OptSelect(target, _) => self.node(target, true),
            Node::Index(sides) => {
                self.node(&sides.0, guarded);
                self.node(&sides.1, false);
            }
            Node::OptIndex(sides) => {
                self.node(&sides.0, true);
                self.node(&sides.1, false);
            }
            Node::Has(path) => {
                self.tested.extend(chain(path).map(|(segments, _)| segments));
                self.node(path, true);
            }
            Node::List(elements) => elements.iter().for_each(|(element, _)| self.node(element, guarded)),
            Node::Map(entries) => entries.iter().for_each(|(key, value, _)| {
                self.node(key, guarded);
                self.node(value, guarded);
            }),
            Node::Binary(operator, sides) => {
                self.comparison(*operator, &sides.0, &sides.1);
                self.node(&sides.0, guarded);
                self.node(&sides.1, guarded);
            }
            Node::And(nodes) | Node::Or(nodes) | Node::Call(_, nodes) => {
                nodes.iter().for_each(|node| self.node(node, guarded));
            }
            Node::Conditional(parts) => {
                [&parts.0, &parts.1, &parts.2].into_iter().for_each(|node| self.node(node, guarded));
            }
            Node::Macro(_, parts) => {
                self.node(&parts.range, guarded);
                parts.filter.iter().for_each(|filter| self.node(filter, guarded));
                self.node(&parts.body, guarded);
            }
            _ => {}
        }
    }

    /// Records one use of a path. A node of `ctx` counts as guarded only if all uses of it are.
    fn path(&mut self, segments: Vec<String>, guarded: bool) {
        self.found.names.extend(segments.first().cloned());
        match (segments.first().map(String::as_str), segments.get(1)) {
            (Some("ctx"), Some(node)) => {
                let all = self.found.ctx_nodes.entry(node.clone()).or_insert(true);
                *all &= guarded;
            }
            (Some("ctx"), None) => self.found.whole_ctx = true,
            _ => {}
        }
        self.found.paths.push(Path { segments, guarded });
    }

    /// Records a comparison with a path on at least one side. The paths themselves are recorded by [`Self::node`].
    fn comparison(&mut self, operator: Operator, left: &Node, right: &Node) {
        use Operator::{Equal, Greater, GreaterEqual, In, Less, LessEqual, NotEqual};
        match operator {
            Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => match (chain(left), chain(right)) {
                (Some((left, _)), Some((right, _))) => self.found.pairs.push((left, right, operator.symbol())),
                (Some(path), None) => self.with_path(operator, path, right),
                (None, Some(path)) => self.with_path(operator.flipped(), path, left),
                (None, None) => {}
            },
            In => {
                if let (Some((path, _)), Some(items)) = (chain(left), types::of_items(right)) {
                    self.found.typed.push((path, items, operator.symbol()));
                }
            }
            _ => {}
        }
    }

    /// Records the comparison of a path on the left with a literal, or with an expression whose type is certain.
    fn with_path(&mut self, operator: Operator, (segments, guarded): (Vec<String>, bool), other: &Node) {
        let value = match other {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::from(*value),
            Node::Int(value) => Value::from(*value),
            Node::Uint(value) => Value::from(*value),
            Node::Double(value) => Value::from(*value),
            Node::Text(text) => Value::from(&**text),
            other => {
                self.found.typed.extend(types::of(other).map(|types| (segments, types, operator.symbol())));
                return;
            }
        };
        self.found.comparisons.push((Path { segments, guarded }, value, operator.symbol()));
    }

    /// Marks as guarded whatever the expression tests with `has()` anywhere. Which operand is evaluated after which
    /// test is not followed: authors who test a path at all have thought of its absence.
    fn finish(mut self) -> References {
        let tested = &self.tested;
        let covered = |path: &Path| tested.iter().any(|test| path.segments.starts_with(test));
        let found = &mut self.found;
        let paths = found.paths.iter_mut().chain(found.comparisons.iter_mut().map(|(path, ..)| path));
        paths.for_each(|path| path.guarded |= covered(path));
        for (node, guarded) in &mut found.ctx_nodes {
            *guarded |= tested.iter().any(|test| test.len() > 1 && test[0] == "ctx" && test[1] == *node);
        }
        self.found
    }
}

/// The names of a path that is literal from its root on, and whether an optional access is in it; none for other nodes.
fn chain(node: &Node) -> Option<(Vec<String>, bool)> {
    let (mut segments, mut optional, mut node) = (Vec::new(), false, node);
    loop {
        node = match node {
            Node::Free(_, name) => {
                segments.push(name.to_string());
                segments.reverse();
                return Some((segments, optional));
            }
            Node::Select(target, name) => {
                segments.push(name.to_string());
                target
            }
            Node::OptSelect(target, name) => {
                optional = true;
                segments.push(name.to_string());
                target
            }
            Node::Index(sides) | Node::OptIndex(sides) => {
                let Node::Text(name) = &sides.1 else { return None };
                optional |= matches!(node, Node::OptIndex(_));
                segments.push(name.to_string());
                &sides.0
            }
            _ => return None,
        }
    }
}

/// The text of a literal path, for messages; none for other nodes.
pub(super) fn written(node: &Node) -> Option<String> {
    let (segments, _) = chain(node)?;
    let mut out = String::new();
    for (i, name) in segments.iter().enumerate() {
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        match (i, plain) {
            (0, _) => out.push_str(name),
            (_, true) => out.extend([".", name]),
            (_, false) => out.extend(["['", name, "']"]),
        }
    }
    Some(out)
}
