//! What the edges of a workflow say: neighbours, loop bodies, ancestors. Indices are positions in
//! `Workflow::nodes` and `Workflow::edges`.

use crate::id::NodeId;
use std::collections::HashMap;

/// A node's position in `Workflow::nodes`.
pub type NodeIx = usize;
/// An edge's position in `Workflow::edges`.
pub type EdgeIx = usize;

/// What the `main` edges of a workflow tell, computed once per document. Typed connections count for `data` alone. Lists of
/// lists are by the position of a node.
#[derive(Debug, Default)]
pub struct Graph {
    /// Edges out of each node.
    pub out: Vec<Vec<EdgeIx>>,
    /// Edges into each node that its join counts: all but those that come back to a loop from its body.
    pub incoming: Vec<Vec<EdgeIx>>,
    /// Edges that hand each node data beside what activates it, in the document's order.
    pub data: Vec<Vec<EdgeIx>>,
    /// For a loop: the edges that come back to it from its body.
    pub back: Vec<Vec<EdgeIx>>,
    /// For a loop: its body, nested loops and their bodies included. Empty for other nodes.
    pub body: Vec<Vec<NodeIx>>,
    /// The innermost loop around each node. A loop is not around itself.
    pub around: Vec<Option<NodeIx>>,
    /// For a loop: the nodes of its body around which it is the innermost loop.
    pub inner: Vec<Vec<NodeIx>>,
    /// How many nodes no loop is around.
    pub outside: usize,
    /// All nodes from which each node can be reached, not counting edges back to a loop.
    pub ancestors: Vec<Bits>,
    /// Nodes in topological order, not counting edges back to a loop.
    pub order: Vec<NodeIx>,
    /// The position of each node by its id.
    pub index: HashMap<NodeId, NodeIx>,
}

/// One `main` edge between two nodes that exist.
#[derive(Clone, Copy, Debug)]
pub struct Arc {
    /// The source of the edge.
    pub from: NodeIx,
    /// The target of the edge.
    pub to: NodeIx,
    /// Whether the edge leaves a loop by its port `loop`, and so leads into the loop's body.
    pub into_body: bool,
}

impl Graph {
    /// Computes everything from the nodes' ids, which of the nodes are loops, and the edges by position: none for an
    /// edge that is not `main` or lacks an end. Where edges run in a circle without a loop, `order` and `ancestors`
    /// leave out the nodes that cannot be ordered.
    pub fn compute(ids: &[Option<NodeId>], loops: &[bool], arcs: &[Option<Arc>]) -> Self {
        let count = ids.len();
        let mut graph = Self {
            out: vec![Vec::new(); count],
            incoming: vec![Vec::new(); count],
            data: vec![Vec::new(); count],
            back: vec![Vec::new(); count],
            body: vec![Vec::new(); count],
            around: vec![None; count],
            inner: vec![Vec::new(); count],
            outside: 0,
            ancestors: vec![Bits::new(count); count],
            order: Vec::with_capacity(count),
            index: HashMap::with_capacity(count),
        };
        for (ix, id) in ids.iter().enumerate() {
            if let Some(id) = id {
                graph.index.entry(id.clone()).or_insert(ix);
            }
        }
        for (ix, arc) in arcs.iter().enumerate() {
            if let Some(arc) = arc {
                graph.out[arc.from].push(ix);
            }
        }
        graph.find_bodies(loops, arcs);
        // Which edges come back to a loop is known only once its body is.
        for (ix, arc) in arcs.iter().enumerate() {
            let Some(arc) = arc else { continue };
            let comes_back = graph.body[arc.to].binary_search(&arc.from).is_ok();
            let into = if comes_back { &mut graph.back } else { &mut graph.incoming };
            into[arc.to].push(ix);
        }
        graph.sort(arcs);
        graph.find_ancestors(arcs);
        graph
    }

    /// Finds the body of every loop, the innermost loop around every node, and what is inside of none.
    fn find_bodies(&mut self, loops: &[bool], arcs: &[Option<Arc>]) {
        // A body is every node that is reached from the port `loop` without passing the loop itself.
        for start in (0..loops.len()).filter(|&ix| loops[ix]) {
            let mut seen = vec![false; loops.len()];
            seen[start] = true;
            let mut body = Vec::new();
            let mut queue = vec![start];
            while let Some(node) = queue.pop() {
                for arc in self.out[node].iter().filter_map(|&edge| arcs[edge]) {
                    if (node != start || arc.into_body) && !seen[arc.to] {
                        seen[arc.to] = true;
                        body.push(arc.to);
                        queue.push(arc.to);
                    }
                }
            }
            body.sort_unstable();
            self.body[start] = body;
        }
        // A body within another is the smaller one, so it comes later and its loop stays as the innermost.
        let mut by_size: Vec<NodeIx> = (0..loops.len()).filter(|&ix| loops[ix]).collect();
        by_size.sort_by_key(|&ix| std::cmp::Reverse(self.body[ix].len()));
        for start in by_size {
            for &node in &self.body[start] {
                self.around[node] = Some(start);
            }
        }
        for (node, around) in self.around.iter().enumerate() {
            match *around {
                Some(start) => self.inner[start].push(node),
                None => self.outside += 1,
            }
        }
    }

    /// Puts the nodes in topological order, by Kahn's algorithm. Of nodes that are ready at once, the document's order
    /// decides.
    fn sort(&mut self, arcs: &[Option<Arc>]) {
        let mut missing: Vec<usize> = self.incoming.iter().map(Vec::len).collect();
        let mut ready: std::collections::BinaryHeap<_> =
            (0..missing.len()).filter(|&ix| missing[ix] == 0).map(std::cmp::Reverse).collect();
        while let Some(std::cmp::Reverse(node)) = ready.pop() {
            self.order.push(node);
            for arc in self.out[node].iter().filter_map(|&edge| arcs[edge]) {
                if self.body[arc.to].binary_search(&node).is_err() {
                    missing[arc.to] -= 1;
                    if missing[arc.to] == 0 {
                        ready.push(std::cmp::Reverse(arc.to));
                    }
                }
            }
        }
    }

    /// Collects the ancestors of every node. Those of its predecessors are known, since nodes are taken in order.
    fn find_ancestors(&mut self, arcs: &[Option<Arc>]) {
        for &node in &self.order {
            let mut set = Bits::new(self.out.len());
            for arc in self.incoming[node].iter().filter_map(|&edge| arcs[edge]) {
                set.join(&self.ancestors[arc.from]);
                set.insert(arc.from);
            }
            self.ancestors[node] = set;
        }
    }

    /// Whether `ancestor` comes before `node`, not counting edges back to a loop.
    pub fn comes_before(&self, ancestor: NodeIx, node: NodeIx) -> bool {
        self.ancestors[node].has(ancestor)
    }

    /// The loops around a node, the innermost first.
    pub fn loops_around(&self, node: NodeIx) -> Vec<NodeIx> {
        let mut loops = Vec::new();
        let mut at = self.around[node];
        while let Some(ix) = at {
            // Two loops in each other's bodies are refused, but walks over a refused document must end too.
            if loops.contains(&ix) {
                break;
            }
            loops.push(ix);
            at = self.around[ix];
        }
        loops
    }
}

/// A set of positions, as one bit each: two thousand nodes with all their ancestors take half a megabyte.
#[derive(Clone, Debug, PartialEq)]
pub struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn new(count: usize) -> Self {
        Self(vec![0; count.div_ceil(64)])
    }
    pub(crate) fn insert(&mut self, ix: usize) {
        self.0[ix / 64] |= 1 << (ix % 64);
    }
    /// Whether a position is in the set.
    pub fn has(&self, ix: usize) -> bool {
        self.0.get(ix / 64).is_some_and(|word| word & (1 << (ix % 64)) != 0)
    }
    /// Whether a position is in all of three sets.
    pub(crate) fn meet(&self, other: &Self, third: &Self) -> bool {
        self.0.iter().zip(&other.0).zip(&third.0).any(|((a, b), c)| a & b & c != 0)
    }
    pub(crate) fn join(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }
    /// The positions, the smallest first.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0
            .iter()
            .enumerate()
            .flat_map(|(word, &bits)| (0..64).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| word * 64 + bit))
    }
}
