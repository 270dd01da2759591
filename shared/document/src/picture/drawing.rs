//! Where everything of a picture stands, for whoever draws it: the SVG of the API, and pages that show states on it.

use super::{
    edge_label,
    layout::{Ends, HEIGHT, Layout, MARGIN, WIDTH, layout},
    short,
};
use crate::{
    Body, Edge, Map, Node, NodeKind, Spawning, Workflow,
    graph::{EdgeIx, NodeIx},
    node::node_type::Shape,
};
use std::collections::HashSet;

/// Characters of a label: what has room between two boxes.
const LABEL: usize = 36;

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
    let ends = ends(workflow, &stands_for);
    let at = layout(workflow, &seen, &ends);
    let hidden_in = |loop_ix: usize| stands_for.iter().filter(|stands| **stands == loop_ix).count() - 1;
    let boxes = workflow.nodes.iter().enumerate().filter(|(ix, _)| seen[*ix]);
    let boxes = boxes.map(|(ix, node)| boxed(node, ix, at.centres[ix], hidden_in(ix))).collect();
    let lines = workflow.edges.iter().zip(&ends).enumerate();
    let lines = lines.filter_map(|(ix, (edge, ends))| Some(line(workflow, &at, (ix, edge), (*ends)?)));
    let (mut lines, gaps): (Vec<Line>, Vec<Option<Gap>>) = lines.unzip();
    share_labels(&mut lines);
    part_labels(&mut lines, &gaps);
    Drawing { width: at.width, height: at.height, boxes, lines }
}

/// Lines that lie on each other have one label, which says what all of them say.
fn share_labels(lines: &mut [Line]) {
    for ix in 1..lines.len() {
        let (before, rest) = lines.split_at_mut(ix);
        let Some(first) = before.iter_mut().find(|line| line.path == rest[0].path && line.label.is_some()) else {
            continue;
        };
        if let (Some((_, own)), Some((_, shared))) = (rest[0].label.take(), &mut first.label) {
            *shared = short(&format!("{shared}, {own}"), LABEL);
        }
    }
}

/// Where along the first part of its line a label may stand, the middle first.
const PLACES: [f64; 5] = [0.5, 0.66, 0.34, 0.8, 0.2];
/// Height of a label, and the width of one of its characters.
const LABEL_SIZE: (f64, f64) = (14.0, 6.8);
/// What is left free around a label on its ground.
const LABEL_ROOM: f64 = 5.0;

/// Width and height of the ground of a label: no line runs through it. Characters of scripts such as Chinese take two places.
pub fn label_ground(label: &str) -> (f64, f64) {
    let places: usize = label.chars().map(|one| if one < '\u{1100}' { 1 } else { 2 }).sum();
    (places as f64 * LABEL_SIZE.1 + 2.0 * LABEL_ROOM, LABEL_SIZE.0 + LABEL_ROOM)
}

/// Moves labels that would lie on each other along their lines, where there is room. The later edge gives way; where there is
/// none, it is cut to what there is.
fn part_labels(lines: &mut [Line], gaps: &[Option<Gap>]) {
    let mut placed: Vec<((f64, f64), f64)> = Vec::new();
    for (line, gap) in lines.iter_mut().zip(gaps) {
        let Some((centre, label)) = &mut line.label else { continue };
        let room = |at: (f64, f64)| {
            let beside = placed.iter().filter(|(other, _)| (other.1 - at.1).abs() < LABEL_SIZE.0);
            beside.map(|(other, half)| (other.0 - at.0).abs() - half).fold(f64::MAX, f64::min)
        };
        let half = |label: &str| label.chars().count() as f64 * LABEL_SIZE.1 / 2.0;
        if room(*centre) < half(label) {
            let places = gap.iter().flat_map(|gap| PLACES.map(|share| gap.at(share)));
            let fits = places.clone().find(|place| room(*place) >= half(label));
            let widest = || places.max_by(|one, other| room(*one).total_cmp(&room(*other)));
            *centre = fits.or_else(widest).unwrap_or(*centre);
            let most = (room(*centre) * 2.0 / LABEL_SIZE.1) as usize;
            *label = short(label, most.max(LEAST_LABEL));
        }
        placed.push((*centre, half(label)));
    }
}

/// Characters that are left of a label in any case.
const LEAST_LABEL: usize = 3;

/// The first part of a line that leads down: from a box to the next row.
#[derive(Clone, Copy)]
struct Gap {
    begin: (f64, f64),
    end: (f64, f64),
}

impl Gap {
    /// A point on its curve.
    fn at(self, share: f64) -> (f64, f64) {
        let (t, rest) = (share, 1.0 - share);
        let across = t * t * (3.0 - 2.0 * t);
        let down = 1.5 * t * rest + t * t * t;
        let ((x1, y1), (x2, y2)) = (self.begin, self.end);
        (x1 + (x2 - x1) * across, y1 + (y2 - y1) * down)
    }
}

/// Between which boxes the line of each edge leads; none for one that is not drawn. Between two boxes of which one stands for
/// others there is one line, and none within it.
fn ends(workflow: &Workflow, stands_for: &[NodeIx]) -> Vec<Option<Ends>> {
    let mut drawn = HashSet::new();
    let of = |edge: &Edge| {
        let (own_from, own_to) = (workflow.node_ix(edge.from.as_str())?, workflow.node_ix(edge.to.as_str())?);
        let (from, to) = (stands_for[own_from], stands_for[own_to]);
        let is_drawn = (own_from, own_to) == (from, to) || (from != to && drawn.insert((from, to)));
        is_drawn.then_some((from, to))
    };
    workflow.edges.iter().map(of).collect()
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
    let (name, kind) = (short(&node.name, 26), short(&kind_of(node), 30));
    NodeBox { node: ix, centre, size: (WIDTH, HEIGHT), radius, shape: node.of.shape, name, kind, folded }
}

/// The line of an edge, and the part of it in which its label may move.
fn line(workflow: &Workflow, at: &Layout, (ix, edge): (EdgeIx, &Edge), (from, to): Ends) -> (Line, Option<Gap>) {
    let ((x1, y1), (x2, y2)) = (at.centres[from], at.centres[to]);
    let back = workflow.graph.back[to].contains(&ix) || y2 <= y1;
    let kind = match (edge.is_main(), back) {
        (false, _) => LineKind::Typed,
        (true, true) => LineKind::Back,
        (true, false) => LineKind::Forward,
    };
    let (path, middle, gap) = if back {
        // An edge that leads up, or to the same row, goes around the right-hand side of both boxes.
        let (x1, x2) = (x1 + WIDTH / 2.0, x2 + WIDTH / 2.0);
        let bend = x1.max(x2) + MARGIN * 0.6;
        (
            format!("M{x1:.0} {y1:.0}C{bend:.0} {y1:.0} {bend:.0} {y2:.0} {x2:.0} {y2:.0}"),
            (bend - 14.0, (y1 + y2) / 2.0),
            None,
        )
    } else {
        let (path, gap) = down((x1, y1 + HEIGHT / 2.0), &at.lanes[ix], (x2, y2 - HEIGHT / 2.0));
        (path, gap.at(PLACES[0]), Some(gap))
    };
    let label = edge_label(workflow, edge);
    let label = (!label.is_empty()).then(|| (middle, short(&label, LABEL)));
    (Line { edge: ix, kind, path, label }, gap)
}

/// The path of a line that leads down, between the boxes of the rows that it passes, and the place of its label: where it
/// has just begun, in the gap between two rows.
fn down(begin: (f64, f64), lanes: &[(f64, f64)], end: (f64, f64)) -> (String, Gap) {
    let curve = |(x1, y1): (f64, f64), (x2, y2): (f64, f64)| {
        let half = (y2 - y1) / 2.0;
        format!("C{x1:.0} {:.0} {x2:.0} {:.0} {x2:.0} {y2:.0}", y1 + half, y2 - half)
    };
    let mut path = format!("M{:.0} {:.0}", begin.0, begin.1);
    let mut last = begin;
    for (x, y) in lanes {
        let (enters, leaves) = ((*x, y - HEIGHT / 2.0), (*x, y + HEIGHT / 2.0));
        path = format!("{path}{}L{:.0} {:.0}", curve(last, enters), leaves.0, leaves.1);
        last = leaves;
    }
    path.push_str(&curve(last, end));
    let next = lanes.first().map_or(end, |(x, y)| (*x, y - HEIGHT / 2.0));
    (path, Gap { begin, end: next })
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
        | NodeKind::Wait(_)
        | NodeKind::Agent(_)
        | NodeKind::Lend(_) => node.of.name.replace('_', " "),
    }
}
