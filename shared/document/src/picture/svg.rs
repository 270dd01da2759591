//! The picture of a workflow as one SVG that holds its styles and needs no other file.

use super::drawing::{LineKind, NodeBox, drawing, label_ground};
use crate::{Workflow, node::node_type::Shape};
use std::fmt::Write;

const STYLE: &str = "text{font:13.5px system-ui,sans-serif;fill:#1b1f24}.kind,.label{font-size:12.5px;fill:#57606a}\
.node rect{fill:#fff;stroke:#57606a}.start rect{fill:#dafbe1;stroke:#1a7f37}.choice rect{fill:#fff8c5;stroke:#9a6700}\
.person rect{fill:#ddf4ff;stroke:#0969da}.end rect{fill:#f6f8fa;stroke:#57606a;stroke-width:2}\
.edge{fill:none;stroke:#57606a;marker-end:url(#tip)}.back{stroke-dasharray:5 3}.typed{stroke-dasharray:2 3}\
.ground{fill:#fff}";

/// Draws a workflow from top to bottom, as an SVG document. The body of a map is not drawn; its box tells how many
/// nodes the body has. Nodes have the ids `node-ID`, edges `edge-POSITION`.
pub fn svg(workflow: &Workflow) -> String {
    let drawing = drawing(workflow, &[]);
    let (width, height) = (drawing.width, drawing.height);
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
    for line in &drawing.lines {
        let kind = match line.kind {
            LineKind::Typed => "edge typed",
            LineKind::Back => "edge back",
            LineKind::Forward => "edge",
        };
        let _ = writeln!(out, "<path id=\"edge-{}\" class=\"{kind}\" d=\"{}\"/>", line.edge, line.path);
    }
    for one in &drawing.boxes {
        draw_node(workflow.nodes[one.node].id.as_str(), one, &mut out);
    }
    for ((x, y), label) in drawing.lines.iter().filter_map(|line| line.label.as_ref()) {
        let (width, height) = label_ground(label);
        let (left, top) = (x - width / 2.0, y - height / 2.0);
        let (y, text) = (y + 4.0, escaped(label));
        let _ = write!(
            out,
            "<rect class=\"ground\" x=\"{left:.0}\" y=\"{top:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"3\"/>"
        );
        let _ = writeln!(out, "<text class=\"label\" x=\"{x:.0}\" y=\"{y:.0}\" text-anchor=\"middle\">{text}</text>");
    }
    out.push_str("</svg>\n");
    out
}

fn draw_node(id: &str, one: &NodeBox, out: &mut String) {
    let class = match one.shape {
        Shape::Start => "node start",
        Shape::Work => "node",
        Shape::Choice => "node choice",
        Shape::Person => "node person",
        Shape::End => "node end",
    };
    let ((x, y), (width, height), radius) = (one.centre, one.size, one.radius);
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    let _ = write!(
        out,
        "<g id=\"node-{id}\" class=\"{class}\" data-node=\"{id}\"><title>{id}</title><rect x=\"{left:.0}\" \
         y=\"{top:.0}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>",
        id = escaped(id),
    );
    let (name, kind) = (escaped(&one.name), escaped(&one.kind));
    let _ = write!(out, "<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{name}</text>", y - 3.0);
    let _ = writeln!(
        out,
        "<text class=\"kind\" x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{kind}</text></g>",
        y + 15.0
    );
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
