//! What the edges of a workflow say: neighbours, loop bodies, ancestors. Indices are positions in
//! `Workflow::nodes` and `Workflow::edges`.

/// A node's position in `Workflow::nodes`.
pub type NodeIx = usize;
/// An edge's position in `Workflow::edges`.
pub type EdgeIx = usize;

/// Computed once per document. Only `main` edges count.
#[derive(Debug, Default)]
pub struct Graph {
    /// Edges out of each node.
    pub out: Vec<Vec<EdgeIx>>,
    /// Edges into each node that its join counts: all but those that come back to a loop from its body.
    pub incoming: Vec<Vec<EdgeIx>>,
    /// For a loop: the edges that come back to it from its body.
    pub back: Vec<Vec<EdgeIx>>,
    /// For a loop: its body, nested loops and their bodies included. Empty for other nodes.
    pub body: Vec<Vec<NodeIx>>,
    /// The innermost loop around each node. A loop is not around itself.
    pub around: Vec<Option<NodeIx>>,
    /// All nodes from which each node can be reached, not counting edges back to a loop; sorted.
    pub ancestors: Vec<Vec<NodeIx>>,
    /// Nodes in topological order, not counting edges back to a loop.
    pub order: Vec<NodeIx>,
    /// Position by id.
    pub index: std::collections::HashMap<crate::id::NodeId, NodeIx>,
}
