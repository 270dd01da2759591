//! What an expression reads, found without evaluating it.

mod types;

use super::node::{Node, Operator};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an expression reads.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct References {
    /// The free names at the root of its paths: scope names and bare names, without the variables of macros.
    pub names: BTreeSet<String>,
    /// The nodes whose outputs it reads, each with whether every use is guarded (see [`Path::guarded`]).
    pub ctx_nodes: BTreeMap<String, bool>,
    /// Whether it reads `ctx` otherwise than by the literal name of a node.
    pub whole_ctx: bool,
    /// The secrets that it names.
    pub secrets: BTreeSet<String>,
    /// Every maximal static path, in the order of the source; a path that is used twice is there twice.
    pub paths: Vec<Path>,
    /// Comparisons of a path with a literal, as if the path stood on the left: `==`, `!=`, `<`, `<=`, `>` or `>=`.
    pub comparisons: Vec<(Path, Value, &'static str)>,
    /// Comparisons of two paths.
    pub pairs: Vec<(Vec<String>, Vec<String>, &'static str)>,
    /// Comparisons of a path with what has a type whatever it reads, as if the path stood on the left, and `in` with
    /// the types of a list's items: JSON Schema's `number`, `string`, `boolean`, `array` and `object`, or what no JSON
    /// value is: `bytes`, `timestamp`, `duration` and `type`.
    pub typed: Vec<(Vec<String>, Vec<&'static str>, &'static str)>,
}

/// A path of literal names, `ctx.a.output['b-c'].d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Its names, the root first.
    pub segments: Vec<String>,
    /// Whether absence is provided for: it stands inside `has()`, is reached by `.?`, or the expression also tests
    /// with `has()` the path or a part of it from the root.
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
    /// The paths inside `has()`.
    tested: Vec<Vec<String>>,
}

impl Walk {
    fn node(&mut self, node: &Node, guarded: bool) {
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

    fn path(&mut self, segments: Vec<String>, guarded: bool) {
        self.found.names.extend(segments.first().cloned());
        match (segments.first().map(String::as_str), segments.get(1)) {
            (Some("ctx"), Some(node)) => {
                let all = self.found.ctx_nodes.entry(node.clone()).or_insert(true);
                *all &= guarded;
            }
            (Some("ctx"), None) => self.found.whole_ctx = true,
            (Some("secrets"), Some(secret)) => {
                self.found.secrets.insert(secret.clone());
            }
            _ => {}
        }
        self.found.paths.push(Path { segments, guarded });
    }

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

/// The names of a path that is literal throughout, and whether an optional access is in it.
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

/// A literal path as one would write it, for messages.
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
