//! Checks that need the configs of nodes. Most are warnings about what is allowed and probably not meant.

use super::{missing, no_effect};
use crate::{
    Node,
    graph::NodeIx,
    node::{config::Subject, node_type::Role},
    reading::{At, Cx, Frame},
};
use expression::Expr;

/// Checks the nodes of a flow whose configs could be read.
pub(crate) fn check(
    cx: &mut Cx<'_>,
    frame: &Frame<'_>,
    at: &At<'_>,
    nodes: &[Option<Node>],
    conditions: &[Option<Expr>],
) {
    let nodes_at = at.key("nodes");
    for (ix, node) in nodes.iter().enumerate() {
        let Some(node) = node else { continue };
        let at = nodes_at.item(ix);
        let subject = Subject {
            frame,
            at: &at,
            ix,
            ports: &node.ports,
            has_timeout: node.timeout_seconds.is_some(),
            has_compensation: node.compensate.is_some(),
        };
        cx.about(Some(node.id.to_string()), |cx| {
            unhandled_ports(cx, &subject, node);
            node.kind.config().check(cx, &subject);
        });
    }
    no_effect::check(cx, frame, at);
    missing::check(cx, frame, nodes, conditions);
}

/// Warns of ports that may be taken and lead nowhere, on nodes whose other ports lead somewhere. A node without any
/// edge ends its path on purpose; only a loop always needs a body.
fn unhandled_ports(cx: &mut Cx<'_>, subject: &Subject<'_>, node: &Node) {
    let taken = ports_with_edges(subject.frame, subject.ix);
    if taken.is_empty() && node.of.role != Role::Loop {
        return;
    }
    let needed = node.kind.config().needs_edges(subject);
    for port in needed.iter().filter(|port| !taken.contains(&port.as_str())) {
        let hint = format!("Add an edge with \"port\": \"{port}\", if only to a `fail` or `succeed` node.");
        let message = format!("the port `{port}` leads nowhere: the path ends there");
        cx.warning("unhandled_port", subject.at, message, hint);
    }
}

/// The ports of a node out of which an edge leads.
fn ports_with_edges<'a>(frame: &Frame<'a>, ix: NodeIx) -> Vec<&'a str> {
    frame.graph.out[ix].iter().filter_map(|&edge| frame.edges[edge].port.as_deref()).collect()
}
