//! Checks of a flow's graph: ports of edges, triggers, nodes that nothing leads to, and circles.

use super::loops;
use crate::{
    graph::NodeIx,
    node::node_type::Role,
    reading::{At, Cx, Frame, RawNode, Reader, cut},
};
use serde_json::Value;

/// Checks what nodes and edges say without the nodes' configs. `relaxed` is for the body of a map, which needs no
/// trigger.
pub(crate) fn check(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>, relaxed: bool) {
    ports(cx, frame, at);
    let triggers: Vec<NodeIx> = (0..frame.nodes.len()).filter(|&ix| frame.has_role(ix, Role::Trigger)).collect();
    // A node of an unknown type may have been meant as the trigger.
    let unsure = frame.nodes.iter().any(|node| node.kind.is_none());
    // Where a node has no id, edges to it lead nowhere, and what comes after it is not to blame.
    let unnamed = frame.nodes.iter().any(|node| node.id.is_none());
    if triggers.is_empty() && !relaxed && !unsure {
        let hint = "Add {\"id\": \"start\", \"type\": \"manual_trigger\"} and an edge from it to the first node.";
        cx.error("no_trigger", &at.key("nodes"), "no node starts an execution", hint);
    }
    if !relaxed && !triggers.is_empty() && !unsure && !unnamed {
        unreachable(cx, frame, at, &triggers);
    }
    // Nothing can lead to a trigger, since only the start of an execution activates it.
    for &trigger in &triggers {
        for &edge in frame.graph.incoming[trigger].iter().chain(&frame.graph.back[trigger]) {
            let (edges, label) = (at.key("edges"), frame.nodes[trigger].label(trigger));
            let hint = "Remove the edge: a trigger only starts executions.";
            cx.error("schema", &edges.item(edge).key("to"), format!("an edge enters the trigger `{label}`"), hint);
        }
    }
    data(cx, frame, at);
    loops::closed(cx, frame, at);
    circles(cx, frame, at);
    for (ix, node) in frame.nodes.iter().enumerate() {
        if frame.has_role(ix, Role::Break) && frame.graph.around[ix].is_none() {
            cx.about(Some(node.label(ix)), |cx| {
                let hint = "Put it on a path from a loop's port `loop`, or end the execution with `succeed`.";
                cx.error("break_outside_loop", &at.key("nodes").item(ix), "there is no loop to break", hint);
            });
        }
    }
}

/// Reports edges that follow a port which their source does not have.
fn ports(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>) {
    for (ix, edge) in frame.edges.iter().enumerate().filter(|(_, edge)| edge.is_main()) {
        let Some(from) = edge.from else { continue };
        let (node, Some(object)) = (&frame.nodes[from], edge.object) else { continue };
        let (Some(ports), Some(kind)) = (&node.ports, node.kind) else { continue };
        let edges = at.key("edges");
        let at = edges.item(ix);
        let given = object.get("port").and_then(Value::as_str);
        let label = node.label(from);
        if ports.is_empty() {
            let message = format!("`{label}` is a `{}`: nothing comes after it", kind.name);
            cx.error("unknown_port", &at, message, "Remove the edge.");
        } else if given.is_none() && !kind.has_default_port(config_of(node)) {
            let hint = format!("Give `port`, or give the branch a `default`. Its ports: `{}`.", ports.join("`, `"));
            cx.error("unknown_port", &at, format!("`{label}` has no default for an edge without `port`"), hint);
        } else if let Some(port) = given.filter(|port| !ports.iter().any(|known| known == port)) {
            let message = format!("`{label}` has no port `{}`", cut(port));
            let hint = cx.suggest(port, ports.iter().map(String::as_str));
            cx.error("unknown_port", &at.key("port"), message, hint);
        }
    }
}

/// Reports edges that hand a node what can never be there when it runs.
fn data(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>) {
    for (ix, edge) in frame.edges.iter().enumerate().filter(|(_, edge)| edge.connection.hands_data()) {
        let (Some(from), Some(to)) = (edge.from, edge.to) else { continue };
        if frame.may_read(from, Reader::Node(to)) {
            continue;
        }
        let (source, target) = (frame.nodes[from].label(from), frame.nodes[to].label(to));
        cx.about(Some(source.clone()), |cx| {
            let message = format!("`{source}` can never have run before `{target}`, which it is to hand its output");
            let hint = format!("Lead `main` edges from `{source}` to `{target}`, also by way of other nodes.");
            cx.error("unknown_reference", &at.key("edges").item(ix).key("from"), message, hint);
        });
    }
}

fn config_of<'d>(node: &RawNode<'d>) -> &'d Value {
    node.object.and_then(|object| object.get("config")).unwrap_or(&Value::Null)
}

/// Reports nodes to which no path leads from a trigger.
fn unreachable(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>, triggers: &[NodeIx]) {
    let mut seen = vec![false; frame.nodes.len()];
    let mut queue = triggers.to_vec();
    // A node that hands a resource to a reached node counts as reached, though no path leads to it.
    let mut givers: Vec<Vec<NodeIx>> = vec![Vec::new(); frame.nodes.len()];
    for edge in frame.edges.iter().filter(|edge| !edge.is_main()) {
        if let (Some(from), Some(to)) = (edge.from, edge.to) {
            givers[to].push(from);
        }
    }
    while let Some(node) = queue.pop() {
        if std::mem::replace(&mut seen[node], true) {
            continue;
        }
        queue.extend(frame.graph.out[node].iter().filter_map(|&edge| frame.edges[edge].to));
        queue.extend(&givers[node]);
    }
    for ix in (0..seen.len()).filter(|&ix| !seen[ix]) {
        let node = frame.nodes[ix].label(ix);
        cx.about(Some(node), |cx| {
            let hint = "Add an edge to it from a node that runs, or remove it.";
            cx.error("unreachable_node", &at.key("nodes").item(ix), "no path leads here from a trigger", hint);
        });
    }
}

/// Reports each circle once, at the edge that closes it.
fn circles(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>) {
    if frame.graph.order.len() == frame.nodes.len() {
        return;
    }
    // A depth-first search over the nodes that have no place in the order; only these can be on a circle. Open nodes
    // are on the current path, so an edge to one of them closes a circle.
    const NEW: u8 = 0;
    const OPEN: u8 = 1;
    const DONE: u8 = 2;
    let mut state = vec![DONE; frame.nodes.len()];
    let mut ordered = vec![false; frame.nodes.len()];
    frame.graph.order.iter().for_each(|&ix| ordered[ix] = true);
    (0..state.len()).filter(|&ix| !ordered[ix]).for_each(|ix| state[ix] = NEW);
    for start in 0..state.len() {
        if state[start] != NEW {
            continue;
        }
        state[start] = OPEN;
        // Each node of the path with the number of its edges that were followed.
        let mut path = vec![(start, 0)];
        while let Some(top) = path.len().checked_sub(1) {
            let (node, next) = path[top];
            let Some(&edge) = frame.graph.out[node].get(next) else {
                state[node] = DONE;
                path.pop();
                continue;
            };
            path[top].1 += 1;
            let Some(to) = frame.edges[edge].to else { continue };
            // An edge back to a loop closes no circle.
            if frame.graph.back[to].binary_search(&edge).is_ok() {
                continue;
            }
            if state[to] == NEW {
                state[to] = OPEN;
                path.push((to, 0));
            } else if state[to] == OPEN {
                let from = path.iter().position(|(node, _)| *node == to).unwrap_or_default();
                let circle: Vec<NodeIx> = path[from..].iter().map(|&(ix, _)| ix).chain([to]).collect();
                let label = |ix: &NodeIx| frame.nodes[*ix].label(*ix);
                let names: Vec<String> = match circle.len() {
                    0..=12 => circle.iter().map(label).collect(),
                    many => {
                        let (first, last) = (circle[..6].iter().map(label), circle[many - 5..].iter().map(label));
                        first.chain(["…".to_owned()]).chain(last).collect()
                    }
                };
                let message = format!("these nodes run in a circle: {}", names.join(" → "));
                let hint = "Repeat with a `loop` node: its port `loop` leads to the body, whose last edge comes back.";
                cx.error("cycle_without_loop", &at.key("edges").item(edge), message, hint);
            }
        }
    }
}
