//! A layered layout: a node lies below everything that leads to it, and near what it is joined with.

use crate::Workflow;

/// Width of a box, in pixels.
pub(super) const WIDTH: f64 = 200.0;
/// Height of a box.
pub(super) const HEIGHT: f64 = 52.0;
const GAP_X: f64 = 48.0;
const GAP_Y: f64 = 72.0;
/// Space around everything: edges back to loops run there, and labels end there.
pub(super) const MARGIN: f64 = 72.0;
/// Sweeps that bring neighbours together; more change little.
const SWEEPS: usize = 6;

/// Where everything lies.
pub(super) struct Layout {
    /// The centre of each node.
    pub(super) centres: Vec<(f64, f64)>,
    /// Of the whole picture.
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Lays out a workflow's nodes.
pub(super) fn layout(workflow: &Workflow) -> Layout {
    let layers = ordered(workflow, layers(workflow));
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

/// Nodes by their longest path from a start, what hands over a resource one layer above its receiver.
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
    // What follows a loop's body on the port `done` reads better below the body.
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
    layers.retain(|layer| !layer.is_empty());
    layers
}

/// Orders each layer by the middle of its neighbours, down and up in turn.
fn ordered(workflow: &Workflow, mut layers: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); workflow.nodes.len()];
    for edge in &workflow.edges {
        if let (Some(from), Some(to)) = (workflow.node_ix(edge.from.as_str()), workflow.node_ix(edge.to.as_str())) {
            neighbours[from].push(to);
            neighbours[to].push(from);
        }
    }
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
