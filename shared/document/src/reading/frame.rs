//! A flow while it is read: the nodes and edges of a document or of a map's body before their configs are read, and
//! which expressions may read the outputs of which nodes.

use super::{Outputs, RawEdge, RawNode};
use crate::{
    graph::{Graph, NodeIx},
    node::node_type::Role,
};
use std::cell::RefCell;

/// What is known of a flow before the configs of its nodes are read.
pub struct Frame<'a> {
    pub(crate) nodes: &'a [RawNode<'a>],
    pub(crate) edges: &'a [RawEdge<'a>],
    pub(crate) graph: &'a Graph,
    /// For the body of a map: the flow that holds the map, and the map in it.
    pub(crate) outer: Option<(&'a Frame<'a>, NodeIx)>,
    /// What is known of the nodes' outputs.
    pub(crate) outputs: Outputs,
    /// Reads of outputs without `has()`, which are judged once the configs of all nodes are read.
    pub(crate) reads: RefCell<Vec<Read>>,
    /// Whether the flow is that of a tool, in which `args` is what a model gave it.
    pub(crate) args: bool,
}

/// An expression that reads a node's output without `has()`.
pub(crate) struct Read {
    pub(crate) reader: Reader,
    /// The node whose output is read.
    pub(crate) of: NodeIx,
    /// JSON Pointer to the expression in the canonical document.
    pub(crate) pointer: String,
    /// Id of the node in which the expression stands.
    pub(crate) node: Option<String>,
}

/// When an expression is evaluated, which decides whose outputs there are.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Reader {
    /// When this node runs: the expression stands in its config.
    Node(NodeIx),
    /// Once this node has run: the expression stands on an edge out of it.
    After(NodeIx),
    /// At the end of the execution: the expression is the document's `output`.
    End,
}

/// Where a template of a config may place secrets. Each reader says so of its own fields, by [`Place::with_secrets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SecretsIn {
    /// Nowhere.
    Nothing,
    /// In any string of it.
    Strings,
    /// In strings inside of the object that it must be, and not in place of the object.
    Members,
    /// In a URL, behind its host: the names of hosts are looked up in the open.
    UrlPath,
}

/// Where an expression stands, which decides what names it may use.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub(crate) frame: &'a Frame<'a>,
    pub(crate) reader: Reader,
    /// On an edge: the port that it follows.
    pub(crate) port: Option<&'a str>,
    /// Where the template here may place secrets.
    pub(crate) secrets: SecretsIn,
    /// Whether `output` and bare names are those of the node's input. They are not in the `expect` of a request, in a
    /// compensation, and in the `while` of a loop.
    pub(crate) sees_input: bool,
    /// Names that exist only here.
    pub(crate) extra: &'static [&'static str],
    /// Whether `output` and the names in `extra` are the only names, as in the `expect` of a request.
    pub(crate) alone: bool,
}

impl<'a> Place<'a> {
    pub(crate) fn new(frame: &'a Frame<'a>, reader: Reader) -> Self {
        Self { frame, reader, port: None, secrets: SecretsIn::Nothing, sees_input: true, extra: &[], alone: false }
    }

    /// The place on an edge that follows a port.
    pub(crate) fn along(mut self, port: Option<&'a str>) -> Self {
        self.port = port;
        self
    }

    pub(crate) fn with_secrets(mut self, secrets: SecretsIn) -> Self {
        self.secrets = secrets;
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

    pub(crate) fn about_message(mut self) -> Self {
        self.extra = &["message"];
        self
    }

    pub(crate) fn about_args(mut self) -> Self {
        self.extra = &["args"];
        self
    }

    pub(crate) fn about_answer(mut self) -> Self {
        self.extra = &["answer"];
        self
    }
}

/// Whether an expression may read the output of a node that it names.
pub(crate) enum Sight {
    /// The node has run before the expression is evaluated, or may have.
    Seen,
    /// There is no such node.
    Absent,
    /// The node can never have run before the expression is evaluated.
    TooLate,
}

impl Frame<'_> {
    /// Whether a node's type has a role in the graph; false where its type is not known.
    pub(crate) fn has_role(&self, ix: NodeIx, role: Role) -> bool {
        self.nodes[ix].kind.is_some_and(|kind| kind.role == role)
    }

    /// Whether `reader` may name a node. Where no `has()` guards the read, `note` gives the pointer of the expression
    /// and the node that it stands in, under which an allowed read is noted for later.
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
        // A node of the body hides one of the same id in the flow around it.
        if let Some((outer, map)) = self.outer.filter(|_| matches!(found, Sight::Absent)) {
            match outer.sight(name, Reader::Node(map), note) {
                Sight::Absent => {}
                sight => return sight,
            }
        }
        found
    }

    pub(crate) fn may_read(&self, of: NodeIx, reader: Reader) -> bool {
        // Nodes on a circle have no order. The circle is reported by itself, so what they read is not judged.
        let ordered = |node: NodeIx| self.graph.order.contains(&node);
        match reader {
            Reader::End => true,
            Reader::Node(node) => self.graph.comes_before(of, node) || !ordered(node),
            Reader::After(node) => of == node || self.graph.comes_before(of, node) || !ordered(node),
        }
    }

    /// Ids of the nodes that `reader` may read, for hints.
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
