//! A layered layout: a node lies below every node that leads to it, and near those that edges connect it with.

use crate::Workflow;

/// Width of a box, in pixels.
pub(super) const WIDTH: f64 = 200.0;
/// Height of a box, in pixels.
pub(super) const HEIGHT: f64 = 52.0;
const GAP_X: f64 = 48.0;
const GAP_Y: f64 = 72.0;
/// Pixels left free around all boxes: edges that lead back to a loop run there, and labels may reach into it.
pub(super) const MARGIN: f64 = 72.0;
/// How often layers are reordered to bring connected nodes together; more sweeps change little.
const SWEEPS: usize = 6;

/// The places of all boxes and the size of the picture, in pixels from the upper left corner.
pub(super) struct Layout {
    /// The centre of each node's box, by the node's position in the workflow.
    pub(super) centres: Vec<(f64, f64)>,
    /// Width of the whole picture.
    pub(super) width: f64,
    /// Height of the whole picture.
    pub(super) height: f64,
}

/// Places the nodes of a workflow that are seen. Every layer is a row, and all rows have the same centre.
pub(super) fn layout(workflow: &Workflow, seen: &[bool]) -> Layout {
    let mut layers = layers(workflow);
    layers.iter_mut().for_each(|layer| layer.retain(|node| seen[*node]));
    layers.retain(|layer| !layer.is_empty());
    let layers = ordered(workflow, layers);
    let widest = layers.iter().map(Vec::len).max().unwrap_or(0) as f64;
    let inner = widest * WIDTH + (widest - 1.0).max(0.0) * GAP_X;
    let mut centres = vec![(0.0, 0.0); workflow.nodes.len()];
    for (row, layer) in layers.iter().enumerate() {
        let count = layer.len() as f64;
        let left = MARGIN + (inner - (count * WIDTH + (count - 1.0) * GAP_X)) / 2.0;
        for (column, &node) in layer.iter().enumerate() {
            let x = left + column as f64 * (WIDTH + GAP_X) + WIDTH / 2.0;
            centres[node] = (x, MARGIN / 2.0 + row as f64 * (HEIGHT + GAP_Y) + HEIGHT / 2.0);
        }
    }
    let rows = layers.len() as f64;
    let height = MARGIN + rows * HEIGHT + (rows - 1.0).max(0.0) * GAP_Y;
    Layout { centres, width: inner + 2.0 * MARGIN, height }
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
fn ordered(workflow: &Workflow, mut layers: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); workflow.nodes.len()];
    for edge in &workflow.edges {
        if let (Some(from), Some(to)) = (workflow.node_ix(edge.from.as_str()), workflow.node_ix(edge.to.as_str())) {
            neighbours[from].push(to);
            neighbours[to].push(from);
        }
    }
    // Places are counted from the middle of a layer, so that layers of different lengths can be compared.
    let mut place = vec![0.0; workflow.nodes.len()];
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
