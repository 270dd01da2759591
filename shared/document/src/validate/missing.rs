//! `maybe_missing`: an expression reads the output of a node that may have been skipped.
//!
//! For each node the check finds the nodes that have surely run when it runs: those that lie behind every edge that can
//! have activated it, and those that follow from these without any choice, if every join in between waits for them.

use crate::{
    Join, Node,
    graph::{Bits, NodeIx},
    node::node_type::Role,
    reading::{Cx, Frame, Reader, Severity},
};
use expression::Expr;

/// Warns of every noted read of a node that may not have run. Nothing is said where a node could not be read or nodes
/// are on a circle: those errors come first.
pub(super) fn check(cx: &mut Cx<'_>, frame: &Frame<'_>, nodes: &[Option<Node>], conditions: &[Option<Expr>]) {
    let reads = frame.reads.take();
    let understood = nodes.iter().all(Option::is_some) && frame.graph.order.len() == nodes.len();
    if reads.is_empty() || !understood {
        return;
    }
    let sure = Sure::of(frame, nodes, conditions);
    let at_end = sure.at_end();
    for read in reads {
        let has_run = match read.reader {
            Reader::Node(node) | Reader::After(node) => sure.sets[node].has(read.of),
            Reader::End => at_end.has(read.of),
        };
        if !has_run {
            let name = frame.nodes[read.of].label(read.of);
            cx.about(read.node, |cx| {
                let message = format!("`{name}` may have been skipped when this is evaluated");
                let hint = format!("Ask first: `has(ctx.{name}) ? ctx.{name}.output : null`.");
                cx.report(Severity::Warning, "maybe_missing", &read.pointer, message, hint);
            });
        }
    }
}

/// Which nodes have surely run when another one runs.
struct Sure<'a> {
    frame: &'a Frame<'a>,
    nodes: &'a [Option<Node>],
    /// Per edge, whether it is live whenever its source has run.
    certain: Vec<bool>,
    /// Nodes whose join does not wait for every edge.
    racing: Bits,
    /// Per node, the nodes that it comes before.
    after: Vec<Bits>,
    /// Per node, the nodes that have surely run once it has run, itself among them.
    sets: Vec<Bits>,
}

impl<'a> Sure<'a> {
    fn of(frame: &'a Frame<'a>, nodes: &'a [Option<Node>], conditions: &[Option<Expr>]) -> Self {
        let certain =
            (0..frame.edges.len()).map(|edge| conditions[edge].is_none() && certain_port(frame, nodes, edge)).collect();
        // A join of kind `all` waits until every edge is resolved, so it never races, though one live edge is enough.
        let racing = (0..nodes.len()).filter(|&ix| needed(frame, nodes, ix) < frame.graph.incoming[ix].len());
        let racing = racing.filter(|&ix| nodes[ix].as_ref().is_some_and(|node| node.join != Join::All));
        let racing = racing.fold(Bits::new(nodes.len()), |mut all, ix| {
            all.insert(ix);
            all
        });
        let mut after = vec![Bits::new(nodes.len()); nodes.len()];
        for (ix, ancestors) in frame.graph.ancestors.iter().enumerate() {
            ancestors.iter().for_each(|before| after[before].insert(ix));
        }
        let sets = vec![Bits::new(nodes.len()); nodes.len()];
        let mut sure = Self { frame, nodes, certain, racing, after, sets };
        for &node in &frame.graph.order {
            let mut set = sure.behind(node);
            set.insert(node);
            sure.follow(&mut set, Some(node));
            sure.sets[node] = set;
        }
        sure
    }

    /// The nodes that have run whichever edges activated a node.
    fn behind(&self, node: NodeIx) -> Bits {
        let incoming = &self.frame.graph.incoming[node];
        let mut counts = vec![0usize; self.nodes.len()];
        for from in incoming.iter().filter_map(|&edge| self.frame.edges[edge].from) {
            self.sets[from].iter().for_each(|ix| counts[ix] += 1);
        }
        // `needed` edges are live. A node that lies behind all edges but fewer than that many lies behind a live one.
        let least = match self.nodes[node].as_ref().map(|node| node.join) {
            Some(Join::AtLeast(_)) => incoming.len() - needed(self.frame, self.nodes, node).min(incoming.len()) + 1,
            _ => incoming.len(),
        };
        let mut set = Bits::new(self.nodes.len());
        (0..counts.len()).filter(|&ix| counts[ix] >= least.max(1)).for_each(|ix| set.insert(ix));
        set
    }

    /// Adds to a set the nodes that run without any choice once those of the set have run, and that come before `node`,
    /// or before the end of the execution where `node` is none.
    fn follow(&self, set: &mut Bits, node: Option<NodeIx>) {
        for &next in &self.frame.graph.order {
            if set.has(next) || node.is_some_and(|node| !self.frame.graph.comes_before(next, node)) {
                continue;
            }
            let incoming = &self.frame.graph.incoming[next];
            let live = incoming
                .iter()
                .filter(|&&edge| self.certain[edge] && self.frame.edges[edge].from.is_some_and(|from| set.has(from)));
            if live.count() >= needed(self.frame, self.nodes, next).max(1) && !self.races(next, node) {
                let also = self.sets[next].clone();
                set.insert(next);
                set.join(&also);
            }
        }
    }

    /// Whether a join between `first` and `last` may go on without waiting for `first`.
    fn races(&self, first: NodeIx, last: Option<NodeIx>) -> bool {
        let Some(last) = last else { return false };
        let after = &self.after[first];
        self.racing.has(last) && after.has(last) || self.racing.meet(after, &self.frame.graph.ancestors[last])
    }

    /// The nodes that have surely run at the end. Of several triggers, any may have started the execution.
    fn at_end(&self) -> Bits {
        let triggers: Vec<NodeIx> =
            (0..self.nodes.len()).filter(|&ix| self.frame.has_role(ix, Role::Trigger)).collect();
        let mut set = Bits::new(self.nodes.len());
        if let [only] = triggers[..] {
            set.insert(only);
        }
        self.follow(&mut set, None);
        set
    }
}

/// How many live edges it takes to activate a node.
fn needed(frame: &Frame<'_>, nodes: &[Option<Node>], ix: NodeIx) -> usize {
    match nodes[ix].as_ref().map(|node| node.join) {
        Some(Join::AtLeast(count)) => usize::try_from(count).unwrap_or(usize::MAX).min(frame.graph.incoming[ix].len()),
        _ => 1,
    }
}

/// Whether the source of an edge, once it has run, has surely taken the edge's port.
fn certain_port(frame: &Frame<'_>, nodes: &[Option<Node>], edge: usize) -> bool {
    let edge = &frame.edges[edge];
    let (Some(from), Some(port)) = (edge.from, edge.port.as_deref()) else { return false };
    let Some(node) = &nodes[from] else { return false };
    let leads = |port: &str| frame.graph.out[from].iter().any(|&e| frame.edges[e].port.as_deref() == Some(port));
    node.kind.config().surely_takes(port, &leads)
}
