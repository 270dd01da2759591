//! What differs between the document that was in force and the new one, as far as the rules can see it.

use document::{
    Edge, Node, Workflow,
    graph::{EdgeIx, NodeIx},
};
use serde_json::Value;
use std::collections::HashMap;

/// Two documents side by side. Where nothing differs around a choice, the choice is the one that was recorded.
pub(super) struct Differs<'a> {
    pub old: &'a Workflow,
    pub new: &'a Workflow,
    /// For each edge of the old document the edge of the new one that is the same.
    edges: Vec<Option<EdgeIx>>,
}

/// By what an edge is told to be the same.
type Mark<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, &'a str);

fn mark(edge: &Edge) -> Mark<'_> {
    let condition = edge.condition.as_ref().map(|condition| condition.source());
    (edge.from.as_str(), &edge.port, edge.to.as_str(), condition, edge.connection.as_str())
}

impl<'a> Differs<'a> {
    pub fn between(old: &'a Workflow, new: &'a Workflow) -> Self {
        let mut left: HashMap<Mark<'_>, Vec<EdgeIx>> = HashMap::new();
        for (ix, edge) in new.edges.iter().enumerate().rev() {
            left.entry(mark(edge)).or_default().push(ix);
        }
        let edges = old.edges.iter().map(|edge| left.get_mut(&mark(edge))?.pop()).collect();
        Self { old, new, edges }
    }

    /// The edge of the new document that is the same.
    pub fn edge(&self, old: EdgeIx) -> Option<EdgeIx> {
        self.edges.get(old).copied().flatten()
    }

    /// The same edges of the new document, without those that are no longer there.
    pub fn same(&self, old: &[EdgeIx]) -> Vec<EdgeIx> {
        let mut same: Vec<EdgeIx> = old.iter().filter_map(|&edge| self.edge(edge)).collect();
        same.sort_unstable();
        same
    }

    /// The ends of edges of the old document, in order.
    pub fn ends(&self, old: &[EdgeIx]) -> Vec<&'a str> {
        ends(self.old, old)
    }

    fn both(&self, id: &str) -> Option<(&'a Node, &'a Node)> {
        Some((self.old.node(id)?, self.new.node(id)?))
    }

    /// Whether the config of a node is another one, or what typed connections hand it.
    pub fn config(&self, id: &str) -> bool {
        let config = |workflow: &'a Workflow| raw(workflow, id).and_then(|node| node.get("config"));
        config(self.old) != config(self.new) || self.handed(id)
    }

    /// Whether a node is handed other data by typed connections, or in another order.
    fn handed(&self, id: &str) -> bool {
        let into = |workflow: &'a Workflow| {
            let data = workflow.graph.index.get(id).and_then(|&ix| workflow.graph.data.get(ix));
            let edges = data.into_iter().flatten().map(|&edge| &workflow.edges[edge]);
            edges.map(|edge| (edge.from.as_str(), edge.connection)).collect::<Vec<_>>()
        };
        into(self.old) != into(self.new)
    }

    /// Whether failed attempts of a node are followed by others in another way.
    pub fn retries(&self, id: &str) -> bool {
        self.both(id).is_none_or(|(old, new)| old.retry != new.retry || old.delivery != new.delivery)
    }

    /// Whether `on_error` of a node is another one.
    pub fn policy(&self, id: &str) -> bool {
        let named = |workflow| raw(workflow, id).and_then(|node| node.get("on_error"));
        self.both(id).is_none_or(|(old, new)| old.on_error != new.on_error) || named(self.old) != named(self.new)
    }

    /// Whether something else becomes of a failure of a node.
    pub fn failures(&self, id: &str) -> bool {
        self.policy(id) || self.routes(id, "error") || self.routes(id, "success")
    }

    /// Whether the edges out of a node along a port are others, or have other conditions.
    pub fn routes(&self, id: &str, port: &str) -> bool {
        let along = |workflow: &'a Workflow| {
            let ix = workflow.graph.index.get(id);
            let out = ix.and_then(|&ix| workflow.graph.out.get(ix)).map_or(&[][..], Vec::as_slice);
            let mut all: Vec<Mark<'a>> =
                out.iter().map(|&edge| mark(&workflow.edges[edge])).filter(|mark| mark.1 == port).collect();
            all.sort_unstable();
            all
        };
        let (old, new) = (along(self.old), along(self.new));
        let undecided = self.old.settings.on_condition_error != self.new.settings.on_condition_error;
        old != new || (undecided || self.handed(id)) && new.iter().any(|mark| mark.3.is_some())
    }

    /// Whether other edges lead into a node, or its join is another one.
    pub fn joins(&self, id: &str) -> bool {
        let into = |workflow: &'a Workflow| {
            let ix = workflow.graph.index.get(id);
            let incoming = ix.and_then(|&ix| workflow.graph.incoming.get(ix)).map_or(&[][..], Vec::as_slice);
            let mut all: Vec<(&'a str, &'a str)> = incoming
                .iter()
                .map(|&edge| &workflow.edges[edge])
                .map(|edge| (edge.from.as_str(), edge.port.as_str()))
                .collect();
            all.sort_unstable();
            all
        };
        self.both(id).is_none_or(|(old, new)| old.join != new.join) || into(self.old) != into(self.new)
    }

    /// Whether a loop may go another way than it did.
    pub fn iterates(&self, id: &str) -> bool {
        let settings =
            |workflow: &Workflow| (workflow.settings.max_loop_iterations, workflow.settings.on_condition_error);
        self.config(id) || self.routes(id, "loop") || settings(self.old) != settings(self.new)
    }
}

/// The ends of edges, in order.
pub(super) fn ends<'a>(workflow: &'a Workflow, edges: &[EdgeIx]) -> Vec<&'a str> {
    let mut ends: Vec<&str> =
        edges.iter().filter_map(|&edge| workflow.edges.get(edge)).map(|edge| edge.to.as_str()).collect();
    ends.sort_unstable();
    ends
}

/// The beginnings of edges, in order.
pub(super) fn beginnings<'a>(workflow: &'a Workflow, edges: &[EdgeIx]) -> Vec<(&'a str, &'a str)> {
    let named = edges.iter().filter_map(|&edge| workflow.edges.get(edge));
    let mut all: Vec<_> = named.map(|edge| (edge.from.as_str(), edge.port.as_str())).collect();
    all.sort_unstable();
    all
}

/// A node as its document has it.
fn raw<'a>(workflow: &'a Workflow, id: &str) -> Option<&'a Value> {
    let ix: NodeIx = *workflow.graph.index.get(id)?;
    workflow.document.get("nodes")?.get(ix)
}
