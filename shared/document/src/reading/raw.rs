//! The nodes and edges of a flow before their configs and conditions are read.

use crate::{connection::Connection, graph::NodeIx, id::NodeId, node::node_type::NodeType};
use serde_json::{Map, Value};

/// A node before its config is read. Its fields are none where the document is too broken to tell.
pub(crate) struct RawNode<'d> {
    pub(crate) object: Option<&'d Map<String, Value>>,
    pub(crate) id: Option<NodeId>,
    /// The type, where it is a known one.
    pub(crate) kind: Option<&'static NodeType>,
    pub(crate) ports: Option<Vec<String>>,
}

impl RawNode<'_> {
    /// The node as messages name it: by its id, or by its position where it has none.
    pub(crate) fn label(&self, ix: NodeIx) -> String {
        self.id.as_ref().map_or_else(|| format!("#{ix}"), ToString::to_string)
    }
}

/// An edge before its condition is read.
pub(crate) struct RawEdge<'d> {
    pub(crate) object: Option<&'d Map<String, Value>>,
    /// The source, where the edge names one that exists.
    pub(crate) from: Option<NodeIx>,
    /// The target, where the edge names one that exists.
    pub(crate) to: Option<NodeIx>,
    /// The port that the edge follows, the default filled in. None where it names none and the source's ports are not
    /// known.
    pub(crate) port: Option<String>,
    pub(crate) connection: Connection,
}

impl RawEdge<'_> {
    pub(crate) fn is_main(&self) -> bool {
        self.connection == Connection::Main
    }
}
