//! Checks that the body of every loop is closed (execution model §4): no edge enters it but from the loop's port
//! `loop`, and none leaves it but back to the loop.

use crate::{
    graph::{EdgeIx, NodeIx},
    limits,
    node::node_type::Role,
    reading::{At, Cx, Frame},
};

/// Edges per loop that are examined to tell which one is wrong, of [`limits::EXAMINED_EDGES`] in all.
const EXAMINED: usize = 8;

/// Checks the bodies of all loops of a flow.
pub(super) fn closed(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>) {
    // The roots are the nodes at which the flow begins.
    let roots: Vec<NodeIx> = (0..frame.nodes.len())
        .filter(|&ix| {
            frame.has_role(ix, Role::Trigger)
                || (frame.graph.incoming[ix].is_empty() && frame.graph.back[ix].is_empty())
        })
        .collect();
    // A map's body may begin with a loop, into which only its own body leads.
    let begins = || (0..frame.nodes.len()).filter(|&ix| frame.graph.incoming[ix].is_empty());
    let roots = if roots.is_empty() { begins().collect() } else { roots };
    // Where all nodes are on circles, any of them serves as the beginning.
    let roots = if roots.is_empty() { (0..frame.nodes.len()).take(1).collect() } else { roots };
    let mut left = limits::EXAMINED_EDGES;
    for (ix, node) in frame.nodes.iter().enumerate() {
        if frame.has_role(ix, Role::Loop) {
            cx.about(Some(node.label(ix)), |cx| Body::new(frame, ix, &roots).check(cx, at, &mut left));
        }
    }
}

/// The body of one loop, and what is around it.
struct Body<'a> {
    frame: &'a Frame<'a>,
    the_loop: NodeIx,
    roots: &'a [NodeIx],
    /// Per node, whether it is reached from the port `loop` without passing the loop.
    inside: Vec<bool>,
    /// Per node, whether it is reached from the roots without the port `loop`.
    outside: Vec<bool>,
}

impl<'a> Body<'a> {
    fn new(frame: &'a Frame<'a>, the_loop: NodeIx, roots: &'a [NodeIx]) -> Self {
        let mut inside = vec![false; frame.nodes.len()];
        frame.graph.body[the_loop].iter().for_each(|&ix| inside[ix] = true);
        let mut body = Self { frame, the_loop, roots, inside, outside: Vec::new() };
        body.outside = body.reach(roots.iter().copied(), |edge| !body.enters(edge));
        body
    }

    /// Whether an edge leaves the loop by its port `loop`.
    fn enters(&self, edge: EdgeIx) -> bool {
        let edge = &self.frame.edges[edge];
        edge.from == Some(self.the_loop) && edge.port.as_deref() == Some("loop")
    }

    /// Per node, whether it is reached from the given ones along edges that `follow` accepts.
    fn reach(&self, from: impl Iterator<Item = NodeIx>, follow: impl Fn(EdgeIx) -> bool) -> Vec<bool> {
        let mut seen = vec![false; self.frame.nodes.len()];
        let mut queue: Vec<NodeIx> = from.collect();
        while let Some(node) = queue.pop() {
            if std::mem::replace(&mut seen[node], true) {
                continue;
            }
            let edges = self.frame.graph.out[node].iter().copied().filter(|&edge| follow(edge));
            queue.extend(edges.filter_map(|edge| self.frame.edges[edge].to));
        }
        seen
    }

    /// Reports what is wrong with the body. `examined` is how many edges may still be examined.
    fn check(&self, cx: &mut Cx<'_>, at: &At<'_>, examined: &mut usize) {
        // A body is closed where no node is reached both from the port `loop` and without it.
        let both = |ix: NodeIx| self.inside[ix] && self.outside[ix] && ix != self.the_loop;
        if !(0..self.inside.len()).any(both) {
            return;
        }
        let main = |ix: EdgeIx| {
            let edge = &self.frame.edges[ix];
            edge.is_main().then_some(edge.from.zip(edge.to)).flatten()
        };
        // The edges by which the two ways meet: each leaves the body or enters it, depending on where the author meant
        // the body to end.
        let mut leaving = Vec::new();
        let mut entering = Vec::new();
        for edge in 0..self.frame.edges.len() {
            let Some((from, to)) = main(edge).filter(|(_, to)| both(*to)) else { continue };
            let from_body = self.inside[from] && from != self.the_loop;
            if from_body && !self.outside[from] {
                leaving.push((edge, to));
            } else if !from_body && !self.enters(edge) {
                entering.push((edge, to));
            }
        }
        // An edge leaves the body if it leads to a node from which no path comes back to the loop, or to one that every
        // path to the loop passes. What lies behind it is outside then, and edges to there are no second problem.
        let (mut reported, mut left) = (false, vec![false; self.inside.len()]);
        for &(edge, to) in leaving.iter().take(EXAMINED.min(*examined)) {
            *examined -= 1;
            if !self.comes_back(to) || self.comes_first(to) {
                reported = true;
                let past = self.reach(std::iter::once(to), |edge| !self.enters(edge));
                left.iter_mut().zip(past).for_each(|(all, one)| *all |= one);
                self.report(cx, at, "edge_out_of_loop_body", edge);
            }
        }
        for &(edge, to) in entering.iter().take(EXAMINED) {
            if !left[to] {
                reported = true;
                self.report(cx, at, "edge_into_loop_body", edge);
            }
        }
        // The body is not closed even if no edge stands out, so one of them is reported.
        if !reported && let Some((edge, _)) = entering.iter().chain(&leaving).next() {
            self.report(cx, at, "edge_into_loop_body", *edge);
        }
    }

    /// Whether a path leads from a node to the loop.
    fn comes_back(&self, node: NodeIx) -> bool {
        self.reach(std::iter::once(node), |_| true)[self.the_loop]
    }

    /// Whether every path from the roots to the loop passes a node.
    fn comes_first(&self, node: NodeIx) -> bool {
        let others = self.roots.iter().copied().filter(|&root| root != node);
        !self.reach(others, |edge| self.frame.edges[edge].to != Some(node))[self.the_loop]
    }

    fn report(&self, cx: &mut Cx<'_>, at: &At<'_>, code: &str, edge: EdgeIx) {
        let label = |ix: Option<NodeIx>| ix.map_or_else(String::new, |ix| self.frame.nodes[ix].label(ix));
        let ends = &self.frame.edges[edge];
        let (from, to, name) = (label(ends.from), label(ends.to), label(Some(self.the_loop)));
        let (message, hint) = if code == "edge_out_of_loop_body" {
            (
                format!("the edge from `{from}` to `{to}` leaves the body of the loop `{name}`"),
                format!("Lead it back to `{name}`, go on from the port `done`, or end the loop with a `break` node."),
            )
        } else {
            (
                format!("the edge from `{from}` to `{to}` enters the body of the loop `{name}` from outside"),
                format!("Lead it to `{name}`: only the port `loop` enters the body."),
            )
        };
        cx.error(code, &at.key("edges").item(edge), message, hint);
    }
}
