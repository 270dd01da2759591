//! Where everything of a picture stands, for whoever draws it: the SVG of the API, and pages that show states on it.

use super::{
    edge_label,
    layout::{HEIGHT, Layout, MARGIN, WIDTH, layout},
    short,
};
use crate::{
    Body, Edge, Map, Node, NodeKind, Spawning, Workflow,
    graph::{EdgeIx, NodeIx},
    node::node_type::Shape,
};
use std::collections::HashSet;

/// The parts of a picture, in pixels from the upper left corner.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Width of the whole picture.
    pub width: f64,
    /// Height of the whole picture.
    pub height: f64,
    /// The boxes, in the document's order.
    pub boxes: Vec<NodeBox>,
    /// The lines, in the document's order.
    pub lines: Vec<Line>,
}

/// The box of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeBox {
    /// The node's position in the workflow.
    pub node: NodeIx,
    /// The centre of the box.
    pub centre: (f64, f64),
    /// Width and height.
    pub size: (f64, f64),
    /// Radius of its corners.
    pub radius: f64,
    /// The form of its type.
    pub shape: Shape,
    /// The first line in it: the node's name, cut to what fits.
    pub name: String,
    /// The second line: its type.
    pub kind: String,
    /// How many nodes of its body are folded away.
    pub folded: usize,
}

/// What a line stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// An edge that leads on.
    Forward,
    /// An edge that leads back to a loop, or to the same row.
    Back,
    /// A typed connection, which activates nothing.
    Typed,
}

/// The line of an edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The edge's position in the workflow.
    pub edge: EdgeIx,
    /// What it stands for.
    pub kind: LineKind,
    /// The path, as the attribute `d` of SVG has it.
    pub path: String,
    /// The centre of its label, and the label; none for an edge that says nothing.
    pub label: Option<((f64, f64), String)>,
}

/// Places all parts of a picture. The bodies of the loops in `folded` are left out; lines that lead there end at the loop.
/// The body of a map is never drawn: its box tells how many nodes the body has.
pub fn drawing(workflow: &Workflow, folded: &[NodeIx]) -> Drawing {
    let stands_for = stands_for(workflow, folded);
    let seen: Vec<bool> = stands_for.iter().enumerate().map(|(ix, stands)| ix == *stands).collect();
    let at = layout(workflow, &seen);
    let hidden_in = |loop_ix: usize| stands_for.iter().filter(|stands| **stands == loop_ix).count() - 1;
    let boxes = workflow.nodes.iter().enumerate().filter(|(ix, _)| seen[*ix]);
    let boxes = boxes.map(|(ix, node)| boxed(node, ix, at.centres[ix], hidden_in(ix))).collect();
    let mut drawn = HashSet::new();
    let lines = workflow.edges.iter().enumerate().filter_map(|(ix, edge)| {
        let end = |id: &str| workflow.node_ix(id).map(|node| stands_for[node]);
        let (from, to) = (end(edge.from.as_str())?, end(edge.to.as_str())?);
        let whole =
            workflow.node_ix(edge.from.as_str()) == Some(from) && workflow.node_ix(edge.to.as_str()) == Some(to);
        // Between two boxes of which one stands for others there is one line, and none within it.
        let is_drawn = whole || (from != to && drawn.insert((from, to)));
        is_drawn.then(|| line(workflow, &at, (ix, edge), (from, to)))
    });
    Drawing { width: at.width, height: at.height, boxes, lines: lines.collect() }
}

/// For each node the one in whose box it is: itself, or the outermost folded loop around it.
fn stands_for(workflow: &Workflow, folded: &[NodeIx]) -> Vec<NodeIx> {
    let around = &workflow.graph.around;
    let outermost = |node: NodeIx| {
        let (mut stands, mut at) = (node, around[node]);
        while let Some(outer) = at {
            if folded.contains(&outer) {
                stands = outer;
            }
            at = around[outer];
        }
        stands
    };
    (0..workflow.nodes.len()).map(outermost).collect()
}

fn boxed(node: &Node, ix: NodeIx, centre: (f64, f64), folded: usize) -> NodeBox {
    let radius = match node.of.shape {
        Shape::Start | Shape::End => HEIGHT / 2.0,
        Shape::Work => 6.0,
        Shape::Choice => 0.0,
        Shape::Person => 14.0,
    };
    let (name, kind) = (short(&node.name, 26), short(&kind_of(node), 32));
    NodeBox { node: ix, centre, size: (WIDTH, HEIGHT), radius, shape: node.of.shape, name, kind, folded }
}

fn line(workflow: &Workflow, at: &Layout, (ix, edge): (EdgeIx, &Edge), (from, to): (NodeIx, NodeIx)) -> Line {
    let ((x1, y1), (x2, y2)) = (at.centres[from], at.centres[to]);
    let back = workflow.graph.back[to].contains(&ix) || y2 <= y1;
    let kind = match (edge.is_main(), back) {
        (false, _) => LineKind::Typed,
        (true, true) => LineKind::Back,
        (true, false) => LineKind::Forward,
    };
    let (path, middle) = if back {
        // An edge that leads up, or to the same row, goes around the right-hand side of both boxes.
        let (x1, x2) = (x1 + WIDTH / 2.0, x2 + WIDTH / 2.0);
        let bend = x1.max(x2) + MARGIN * 0.6;
        (
            format!("M{x1:.0} {y1:.0}C{bend:.0} {y1:.0} {bend:.0} {y2:.0} {x2:.0} {y2:.0}"),
            (bend - 14.0, (y1 + y2) / 2.0),
        )
    } else {
        let (y1, y2) = (y1 + HEIGHT / 2.0, y2 - HEIGHT / 2.0);
        let half = (y2 - y1) / 2.0;
        let (a, b) = (y1 + half, y2 - half);
        (format!("M{x1:.0} {y1:.0}C{x1:.0} {a:.0} {x2:.0} {b:.0} {x2:.0} {y2:.0}"), ((x1 + x2) / 2.0, (y1 + y2) / 2.0))
    };
    let label = edge_label(workflow, edge);
    let label = (!label.is_empty()).then(|| (middle, short(&label, 36)));
    Line { edge: ix, kind, path, label }
}

/// The type of a node as the second line of its box.
fn kind_of(node: &Node) -> String {
    match &node.kind {
        NodeKind::Children(Spawning::Map(Map { body: Body::Inline(body), .. })) => {
            format!("map of {} nodes", body.nodes.len())
        }
        NodeKind::Children(Spawning::Map(Map { body: Body::Saved(id), .. })) => format!("map of {id}"),
        NodeKind::Children(Spawning::Workflow(_))
        | NodeKind::Route(_)
        | NodeKind::Compute(_)
        | NodeKind::Run(_)
        | NodeKind::Wait(_) => node.of.name.replace('_', " "),
    }
}
