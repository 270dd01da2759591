//! The picture of a workflow as one SVG that holds its styles and needs no other file.

use super::{
    edge_label,
    layout::{HEIGHT, Layout, MARGIN, WIDTH, layout},
    short,
};
use crate::{Body, Edge, Map, Node, NodeKind, Spawning, Workflow, node::node_type::Shape};
use std::fmt::Write;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#1b1f24}.kind,.label{font-size:11px;fill:#57606a}\
.node rect{fill:#fff;stroke:#57606a}.start rect{fill:#dafbe1;stroke:#1a7f37}.choice rect{fill:#fff8c5;stroke:#9a6700}\
.person rect{fill:#ddf4ff;stroke:#0969da}.end rect{fill:#f6f8fa;stroke:#57606a;stroke-width:2}\
.edge{fill:none;stroke:#57606a;marker-end:url(#tip)}.back{stroke-dasharray:5 3}.typed{stroke-dasharray:2 3}\
.label{paint-order:stroke;stroke:#fff;stroke-width:4px}";

/// Draws a workflow from top to bottom, as an SVG document. The body of a map is not drawn; its box tells how many
/// nodes the body has.
pub fn svg(workflow: &Workflow) -> String {
    let at = layout(workflow);
    let (width, height) = (at.width, at.height);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(&workflow.name)
    );
    // Writing to a string cannot fail.
    let _ = writeln!(out, "<title>{}</title>\n<style>{STYLE}</style>", escaped(&workflow.name));
    out.push_str(
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#57606a\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
    );
    // What comes later is drawn over what came before: boxes cover the ends of edges, and labels stay readable.
    let mut labels = String::new();
    for (ix, edge) in workflow.edges.iter().enumerate() {
        draw_edge(workflow, &at, ix, edge, &mut out, &mut labels);
    }
    for (ix, node) in workflow.nodes.iter().enumerate() {
        draw_node(node, at.centres[ix], &mut out);
    }
    out.push_str(&labels);
    out.push_str("</svg>\n");
    out
}

fn draw_edge(workflow: &Workflow, at: &Layout, ix: usize, edge: &Edge, out: &mut String, labels: &mut String) {
    let (Some(from), Some(to)) = (workflow.node_ix(edge.from.as_str()), workflow.node_ix(edge.to.as_str())) else {
        return;
    };
    let ((x1, y1), (x2, y2)) = (at.centres[from], at.centres[to]);
    let back = workflow.graph.back[to].contains(&ix) || y2 <= y1;
    let kind = match (edge.is_main(), back) {
        (false, _) => "edge typed",
        (true, true) => "edge back",
        (true, false) => "edge",
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
    let _ = writeln!(out, "<path class=\"{kind}\" d=\"{path}\"/>");
    let label = edge_label(workflow, edge);
    if !label.is_empty() {
        let (x, y) = (middle.0, middle.1 + 4.0);
        let text = escaped(&short(&label, 36));
        let _ =
            writeln!(labels, "<text class=\"label\" x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"middle\">{text}</text>");
    }
}

fn draw_node(node: &Node, (x, y): (f64, f64), out: &mut String) {
    let (class, radius) = match node.of.shape {
        Shape::Start => ("node start", HEIGHT / 2.0),
        Shape::Work => ("node", 6.0),
        Shape::Choice => ("node choice", 0.0),
        Shape::Person => ("node person", 14.0),
        Shape::End => ("node end", HEIGHT / 2.0),
    };
    let (left, top) = (x - WIDTH / 2.0, y - HEIGHT / 2.0);
    let _ = write!(
        out,
        "<g class=\"{class}\" data-node=\"{id}\"><title>{id}</title><rect x=\"{left:.0}\" y=\"{top:.0}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" rx=\"{radius}\"/>",
        id = escaped(node.id.as_str()),
    );
    let (name, kind) = (escaped(&short(&node.name, 26)), escaped(&short(&kind_of(node), 32)));
    let _ = write!(out, "<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{name}</text>", y - 3.0);
    let _ = writeln!(
        out,
        "<text class=\"kind\" x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{kind}</text></g>",
        y + 15.0
    );
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

/// Escapes text for XML, and leaves out characters that XML forbids.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {}
            c => out.push(c),
        }
    }
    out
}
