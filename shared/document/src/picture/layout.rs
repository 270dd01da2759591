//! A layered layout: a node lies below every node that leads to it, and near those that edges connect it with. Lines pass
//! between boxes, not below them.

use crate::Workflow;

/// Width of a box, in pixels.
pub(super) const WIDTH: f64 = 200.0;
/// Height of a box, in pixels.
pub(super) const HEIGHT: f64 = 52.0;
const GAP_X: f64 = 48.0;
const GAP_Y: f64 = 60.0;
/// Pixels left free around all boxes: labels may reach into them. A phone has few to spare.
const EDGE: f64 = 24.0;
/// Pixels beside a box in which an edge runs that leads back to a loop.
pub(super) const MARGIN: f64 = 72.0;
/// How often layers are reordered to bring connected nodes together; more sweeps change little.
const SWEEPS: usize = 6;

/// Width that a line takes where it passes between boxes.
const LANE: f64 = 20.0;
/// Places at which lines pass between boxes, for each node at most: a picture stays as large as its workflow. Further lines
/// are drawn straight, below the boxes.
const LANES_PER_NODE: usize = 4;

/// From which box to which a line leads, by the positions of the nodes.
pub(super) type Ends = (usize, usize);

/// The places of all boxes and the size of the picture, in pixels from the upper left corner.
pub(super) struct Layout {
    /// The centre of each node's box, by the node's position in the workflow.
    pub(super) centres: Vec<(f64, f64)>,
    /// The points between boxes through which the line of each edge passes on its way, by the edge's position.
    pub(super) lanes: Vec<Vec<(f64, f64)>>,
    /// Width of the whole picture.
    pub(super) width: f64,
    /// Height of the whole picture.
    pub(super) height: f64,
}

/// Places the nodes of a workflow that are seen. Every layer is a row, and all rows have the same centre. `ends` are those of
/// the lines that are drawn, by the positions of the edges. A line over several rows has a lane in each row between.
pub(super) fn layout(workflow: &Workflow, seen: &[bool], ends: &[Option<Ends>]) -> Layout {
    let nodes = workflow.nodes.len();
    let mut rows = layers(workflow);
    rows.iter_mut().for_each(|layer| layer.retain(|node| seen[*node]));
    rows.retain(|layer| !layer.is_empty());
    let lanes = add_lanes(nodes, &mut rows, ends);
    let rows = ordered(&neighbours(nodes, ends, &lanes), rows);
    let width_of = |thing: usize| if thing < nodes { WIDTH } else { LANE };
    let width_of_row = |row: &Vec<usize>| row.iter().map(|&thing| width_of(thing) + GAP_X).sum::<f64>() - GAP_X;
    let inner = rows.iter().map(width_of_row).fold(0.0, f64::max);
    let mut centres = vec![(0.0, 0.0); nodes + lanes.iter().map(Vec::len).sum::<usize>()];
    for (number, row) in rows.iter().enumerate() {
        let mut left = EDGE + (inner - width_of_row(row)) / 2.0;
        for &thing in row {
            let width = width_of(thing);
            centres[thing] = (left + width / 2.0, EDGE + number as f64 * (HEIGHT + GAP_Y) + HEIGHT / 2.0);
            left += width + GAP_X;
        }
    }
    let lanes = lanes.iter().map(|own| own.iter().map(|&lane| centres[lane]).collect()).collect();
    centres.truncate(nodes);
    let count = rows.len() as f64;
    let height = 2.0 * EDGE + count * HEIGHT + (count - 1.0).max(0.0) * GAP_Y;
    let leads_back = ends.iter().flatten().any(|(from, to)| centres[*to].1 <= centres[*from].1);
    let right = if leads_back { MARGIN } else { EDGE };
    Layout { centres, lanes, width: EDGE + inner + right, height }
}

/// Gives each line that leads down over more than one row a lane in every row between; lanes are numbered after the nodes.
fn add_lanes(nodes: usize, rows: &mut [Vec<usize>], ends: &[Option<Ends>]) -> Vec<Vec<usize>> {
    let mut row_of = vec![0; nodes];
    for (number, row) in rows.iter().enumerate() {
        row.iter().for_each(|&node| row_of[node] = number);
    }
    let (mut next, most) = (nodes, nodes + nodes * LANES_PER_NODE);
    let mut lanes = vec![Vec::new(); ends.len()];
    for (own, ends) in lanes.iter_mut().zip(ends) {
        let Some((from, to)) = ends else { continue };
        let between = row_of[*from] + 1..row_of[*to];
        if next + between.len() > most {
            continue;
        }
        for row in between {
            rows[row].push(next);
            own.push(next);
            next += 1;
        }
    }
    lanes
}

/// What lines connect, in the rows next to each other: boxes and lanes.
fn neighbours(nodes: usize, ends: &[Option<Ends>], lanes: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); nodes + lanes.iter().map(Vec::len).sum::<usize>()];
    for (own, ends) in lanes.iter().zip(ends) {
        let Some((from, to)) = *ends else { continue };
        let mut last = from;
        for &next in own.iter().chain([&to]) {
            neighbours[last].push(next);
            neighbours[next].push(last);
            last = next;
        }
    }
    neighbours
}

/// Groups nodes into layers by their longest path from a start. A node that only hands over a resource stands one layer
/// above the node that receives it.
fn layers(workflow: &Workflow) -> Vec<Vec<usize>> {
    let graph = &workflow.graph;
    let mut level = vec![0usize; workflow.nodes.len()];
    for &node in &graph.order {
        for &edge in &graph.incoming[node] {
            if let Some(from) = workflow.node_ix(workflow.edges[edge].from.as_str()) {
                level[node] = level[node].max(level[from] + 1);
            }
        }
    }
    // What follows a loop on the port `done` reads better below the loop's body, and so does all that follows there.
    for &node in &graph.order {
        let loops = graph.incoming[node].iter().filter(|&&edge| workflow.edges[edge].port == "done");
        for from in loops.filter_map(|&edge| workflow.node_ix(workflow.edges[edge].from.as_str())) {
            let below = graph.body[from].iter().map(|&inside| level[inside] + 1).max().unwrap_or(0);
            level[node] = level[node].max(below);
        }
        let before =
            graph.incoming[node].iter().filter_map(|&edge| workflow.node_ix(workflow.edges[edge].from.as_str()));
        level[node] = before.map(|from| level[from] + 1).chain([level[node]]).max().unwrap_or(0);
    }
    // Typed connections do not take part in the order, so their sources are still in the first layer.
    for edge in workflow.edges.iter().filter(|edge| !edge.is_main()) {
        if let (Some(from), Some(to)) = (workflow.node_ix(edge.from.as_str()), workflow.node_ix(edge.to.as_str()))
            && graph.incoming[from].is_empty()
            && graph.out[from].is_empty()
        {
            level[from] = level[to].saturating_sub(1);
        }
    }
    let mut layers = vec![Vec::new(); level.iter().max().map_or(0, |most| most + 1)];
    for (node, &row) in level.iter().enumerate() {
        layers[row].push(node);
    }
    layers
}

/// Orders each layer by the mean place of every node's neighbours, going down and up the layers in turn, so that few
/// edges cross.
fn ordered(neighbours: &[Vec<usize>], mut layers: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    // Places are counted from the middle of a layer, so that layers of different lengths can be compared.
    let mut place = vec![0.0; neighbours.len()];
    let settle = |layer: &[usize], place: &mut Vec<f64>| {
        for (ix, &node) in layer.iter().enumerate() {
            place[node] = ix as f64 - (layer.len() as f64 - 1.0) / 2.0;
        }
    };
    layers.iter().for_each(|layer| settle(layer, &mut place));
    for sweep in 0..SWEEPS {
        let rows: Vec<usize> =
            if sweep % 2 == 0 { (0..layers.len()).collect() } else { (0..layers.len()).rev().collect() };
        for row in rows {
            let layer = &mut layers[row];
            let middle = |node: usize| {
                let all = &neighbours[node];
                if all.is_empty() { place[node] } else { all.iter().map(|&n| place[n]).sum::<f64>() / all.len() as f64 }
            };
            let mut keyed: Vec<(f64, usize)> = layer.iter().map(|&node| (middle(node), node)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            *layer = keyed.into_iter().map(|(_, node)| node).collect();
            settle(layer, &mut place);
        }
    }
    layers
}
