//! Checks that need the configs of nodes. Most are warnings about what is allowed and probably not meant.

use super::{At, Cx, Frame, missing};
use crate::{Human, HumanKind, Node, NodeKind, Over, TimeoutAction, Wait, graph::NodeIx};
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
        cx.about(Some(node.id.to_string()), |cx| {
            unhandled_ports(cx, frame, &at, ix, node);
            match &node.kind {
                NodeKind::Human(human) => people(cx, &at, human, node.timeout_seconds.is_some()),
                NodeKind::HttpRequest(request) if cx.compensates && node.compensate.is_none() => {
                    let method = request.method.source().as_str().unwrap_or_default().to_ascii_uppercase();
                    if matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE") {
                        let hint = "Give it a `compensate` too, or leave it if the effect may stay after a rollback.";
                        cx.warning("effect_without_compensation", &at, "a rollback will not undo this", hint);
                    }
                }
                NodeKind::Loop(each) => unbounded(cx, frame, &at, ix, each),
                _ => {}
            }
        });
    }
    missing::check(cx, frame, nodes, conditions);
}

/// Reports a loop with `while: true` that neither a bound nor a `break` ends. Unlike the other checks here, this is an
/// error.
fn unbounded(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>, ix: NodeIx, each: &crate::Loop) {
    let Over::While(condition) = &each.over else { return };
    let literal = condition.source().trim().trim_start_matches("{{").trim_end_matches("}}").trim() == "true";
    let breaks = frame.graph.body[ix]
        .iter()
        .any(|&node| frame.nodes[node].kind == Some("break") && frame.graph.around[node] == Some(ix));
    if literal && each.max_iterations.is_none() && !breaks {
        let hint = "Give `max_iterations`, a condition that ends, or a `break` node in the body.";
        cx.error("unbounded_loop", &at.key("config").key("while"), "nothing ever ends this loop", hint);
    }
}

/// The ports of a node but for some.
fn without(node: &Node, ports: &[&str]) -> Vec<String> {
    node.kind.ports().into_iter().filter(|port| !ports.contains(&port.as_str())).collect()
}

/// Warns of ports that may be taken and lead nowhere, on nodes whose other ports lead somewhere. A node without any
/// edge ends its path on purpose; only a loop always needs a body.
fn unhandled_ports(cx: &mut Cx<'_>, frame: &Frame<'_>, at: &At<'_>, ix: NodeIx, node: &Node) {
    let taken: Vec<&str> = frame.graph.out[ix].iter().filter_map(|&edge| frame.edges[edge].port.as_deref()).collect();
    let may_be: Vec<String> = match &node.kind {
        NodeKind::Loop(_) => vec!["loop".to_owned()],
        _ if taken.is_empty() => return,
        NodeKind::Branch { .. } => node.kind.ports(),
        // Without an edge out of `timeout` the node fails with `interaction_timeout`, and without one out of `error` a
        // failure is up to `on_error`. Neither is lost.
        NodeKind::Human(_) => without(node, &["timeout", "error"]),
        NodeKind::Wait(Wait::Event { timeout_seconds: Some(_), .. }) => without(node, &["error"]),
        _ => return,
    };
    for port in may_be.iter().filter(|port| !taken.contains(&port.as_str())) {
        let hint = format!("Add an edge with \"port\": \"{port}\", if only to a `fail` or `succeed` node.");
        cx.warning("unhandled_port", at, format!("the port `{port}` leads nowhere: the path ends there"), hint);
    }
}

/// Warns of questions that may wait for ever, and of approvals that nobody but the requester may give. `bounded` where
/// the node itself has a timeout.
fn people(cx: &mut Cx<'_>, at: &At<'_>, human: &Human, bounded: bool) {
    let config = at.key("config");
    if human.timeout_seconds.is_none() && !bounded {
        let hint = "Give `timeout_seconds`, and say with `timeout_action` what happens then.";
        cx.warning("human_without_timeout", &config, "this may wait as long as the execution lives", hint);
    }
    let approves =
        matches!(human.kind, HumanKind::Approval | HumanKind::Review { .. } | HumanKind::Authorization { .. });
    let Some(assignees) = human.assignees.as_ref().filter(|_| approves) else { return };
    // A template in place of the list may name several people, so it counts only where it seems to name the requester.
    let source = assignees.source();
    let single = source.as_array().is_none_or(|list| list.len() == 1);
    let requester = single && assignees.expressions().iter().any(|(_, expr)| names_requester(expr));
    let listed_alone = source.as_array().is_some_and(|list| list.len() == 1);
    let elsewhere = human.timeout_action == TimeoutAction::Escalate;
    let (message, hint) = if requester && human.allow_requester {
        ("the only approver is who asks", "Name another, or add one and set `allow_requester` to false.")
    } else if (requester || listed_alone) && !human.allow_requester && !elsewhere {
        ("if the only approver is who started the execution, nobody can decide", "Name a second approver, or escalate.")
    } else {
        return;
    };
    cx.warning("single_approver_is_requester", &config.key("assignees"), message, hint);
}

/// Whether an expression reads a member whose name commonly stands for the person who started the execution.
fn names_requester(expr: &Expr) -> bool {
    const NAMES: [&str; 9] = [
        "requester",
        "requested_by",
        "requester_email",
        "started_by",
        "submitter",
        "submitted_by",
        "created_by",
        "initiator",
        "user_id",
    ];
    let last = |path: &expression::Path| path.segments.last().is_some_and(|name| NAMES.contains(&name.as_str()));
    expr.references().paths.iter().any(last)
}
