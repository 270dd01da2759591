//! A flow being read: its nodes and edges before their configs are understood, and who may read whom.

use crate::{
    Connection,
    graph::{Graph, NodeIx},
    id::NodeId,
};
use serde_json::{Map, Value};
use std::cell::RefCell;

/// A node before its config is understood.
pub(crate) struct RawNode<'d> {
    pub(crate) object: Option<&'d Map<String, Value>>,
    pub(crate) id: Option<NodeId>,
    pub(crate) kind: Option<&'static str>,
    /// None where the config is too broken to tell.
    pub(crate) ports: Option<Vec<String>>,
}

impl RawNode<'_> {
    pub(crate) fn label(&self, ix: NodeIx) -> String {
        self.id.as_ref().map_or_else(|| format!("#{ix}"), ToString::to_string)
    }
}

/// An edge before its condition is understood.
pub(crate) struct RawEdge<'d> {
    pub(crate) object: Option<&'d Map<String, Value>>,
    pub(crate) from: Option<NodeIx>,
    pub(crate) to: Option<NodeIx>,
    /// The port it follows, the default filled in. None where the source's ports are not known.
    pub(crate) port: Option<String>,
    pub(crate) connection: Connection,
}

impl RawEdge<'_> {
    pub(crate) fn is_main(&self) -> bool {
        self.connection == Connection::Main
    }
}

/// A flow being read: a document's, or the body of a map's.
pub(crate) struct Frame<'a> {
    pub(crate) nodes: &'a [RawNode<'a>],
    pub(crate) edges: &'a [RawEdge<'a>],
    pub(crate) graph: &'a Graph,
    /// The flow around a map's body, and the map.
    pub(crate) outer: Option<(&'a Frame<'a>, NodeIx)>,
    /// Unguarded reads of outputs, judged once all nodes are understood.
    pub(crate) reads: RefCell<Vec<Read>>,
}

/// An expression that reads a node's output without `has()`.
pub(crate) struct Read {
    pub(crate) reader: Reader,
    pub(crate) of: NodeIx,
    pub(crate) pointer: String,
    pub(crate) node: Option<String>,
}

/// Who evaluates an expression.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reader {
    /// A node, when it runs.
    Node(NodeIx),
    /// An edge out of a node, once that has run.
    After(NodeIx),
    /// The document's `output`, at the end.
    End,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) frame: &'a Frame<'a>,
    pub(crate) reader: Reader,
    /// Whether `secrets` may be read here.
    pub(crate) secrets: bool,
    /// Whether `output` and bare names are those of the node's input; not so in a response or a compensation.
    pub(crate) sees_input: bool,
    /// Names that exist only here.
    pub(crate) extra: &'static [&'static str],
    /// Whether `output` and those names are all there is.
    pub(crate) alone: bool,
}

impl<'a> Place<'a> {
    pub(crate) fn new(frame: &'a Frame<'a>, reader: Reader) -> Self {
        Self { frame, reader, secrets: false, sees_input: true, extra: &[], alone: false }
    }

    pub(crate) fn with_secrets(mut self) -> Self {
        self.secrets = true;
        self
    }

    pub(crate) fn without_input(mut self) -> Self {
        self.sees_input = false;
        self
    }

    pub(crate) fn about_response(mut self) -> Self {
        self.sees_input = false;
        self.extra = &["status", "headers", "body", "encoding"];
        self.alone = true;
        self
    }

    pub(crate) fn about_answer(mut self) -> Self {
        self.extra = &["answer"];
        self
    }
}

/// What an expression may know of a node that it names.
pub(crate) enum Sight {
    /// It has run before, or may have.
    Seen,
    /// There is no such node.
    Absent,
    /// It can never have run before.
    TooLate,
}

impl Frame<'_> {
    /// Whether `reader` may name a node, and notes the read where it is not guarded.
    pub(crate) fn sight(&self, name: &str, reader: Reader, note: Option<(&str, Option<&str>)>) -> Sight {
        let mut found = Sight::Absent;
        if let Some(&of) = self.graph.index.get(name) {
            if self.may_read(of, reader) {
                if let Some((pointer, node)) = note {
                    let (pointer, node) = (pointer.to_owned(), node.map(str::to_owned));
                    self.reads.borrow_mut().push(Read { reader, of, pointer, node });
                }
                return Sight::Seen;
            }
            found = Sight::TooLate;
        }
        // A node of the body hides one outside of the same name.
        if let Some((outer, map)) = self.outer.filter(|_| matches!(found, Sight::Absent)) {
            match outer.sight(name, Reader::Node(map), note) {
                Sight::Absent => {}
                sight => return sight,
            }
        }
        found
    }

    fn may_read(&self, of: NodeIx, reader: Reader) -> bool {
        // In a circle nothing has an order; the circle is the error to report.
        let ordered = |node: NodeIx| self.graph.order.contains(&node);
        match reader {
            Reader::End => true,
            Reader::Node(node) => self.graph.comes_before(of, node) || !ordered(node),
            Reader::After(node) => of == node || self.graph.comes_before(of, node) || !ordered(node),
        }
    }

    /// Names that `reader` may read, for hints.
    pub(crate) fn readable(&self, reader: Reader) -> Vec<String> {
        let mut names: Vec<String> = (0..self.nodes.len())
            .filter(|&ix| self.may_read(ix, reader))
            .filter_map(|ix| self.nodes[ix].id.as_ref().map(ToString::to_string))
            .collect();
        if let Some((outer, map)) = self.outer {
            names.extend(outer.readable(Reader::Node(map)));
        }
        names
    }
}
