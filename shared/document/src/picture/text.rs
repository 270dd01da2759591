//! Pictures of a workflow as text in the languages of Mermaid and Graphviz, which draw them.

use super::{edge_label, node_label};
use crate::{Workflow, node::node_type::Shape};
use std::fmt::Write;

/// Writes a workflow as a Mermaid flowchart. Bodies of maps are subgraphs.
pub fn mermaid(workflow: &Workflow) -> String {
    let mut out = String::from("flowchart TD\n");
    mermaid_flow(workflow, "n", 1, &mut out);
    out
}

/// Writes the nodes and edges of a workflow or of a map's body. Names in the picture begin with `prefix`, since nodes
/// of different bodies may have the same id.
fn mermaid_flow(workflow: &Workflow, prefix: &str, depth: usize, out: &mut String) {
    let indent = "    ".repeat(depth);
    for (ix, node) in workflow.nodes.iter().enumerate() {
        let label = format!("{}<br/>{}", for_mermaid(&node_label(node)), node.of.name);
        let (open, close) = match node.of.shape {
            Shape::Start => ("([", "])"),
            Shape::Work => ("[", "]"),
            Shape::Choice => ("{", "}"),
            Shape::Person => ("[/", "/]"),
            Shape::End => ("((", "))"),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{indent}{prefix}{ix}{open}\"{label}\"{close}");
        if let Some(body) = node.kind.inline_body() {
            let _ =
                writeln!(out, "{indent}subgraph {prefix}{ix}b [\"{}: for each item\"]", for_mermaid(node.id.as_str()));
            mermaid_flow(body, &format!("{prefix}{ix}_"), depth + 1, out);
            let _ = writeln!(out, "{indent}end");
            let _ = writeln!(out, "{indent}{prefix}{ix} -.- {prefix}{ix}b");
        }
    }
    for edge in &workflow.edges {
        let (Some(from), Some(to)) = (workflow.node_ix(edge.from.as_str()), workflow.node_ix(edge.to.as_str())) else {
            continue;
        };
        let line = if edge.is_main() { "-->" } else { "-.->" };
        let label = match edge_label(workflow, edge) {
            label if label.is_empty() => String::new(),
            label => format!("|\"{}\"|", for_mermaid(&label)),
        };
        let _ = writeln!(out, "{indent}{prefix}{from} {line}{label} {prefix}{to}");
    }
}

/// Escapes text for Mermaid, which reads entities written as `#name;`.
fn for_mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => out.push_str("#quot;"),
            '#' => out.push_str("#35;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '&' => out.push_str("#amp;"),
            '`' => out.push_str("#96;"),
            '\\' => out.push_str("#92;"),
            c => out.push(c),
        }
    }
    out
}

/// Writes a workflow as a Graphviz digraph. Bodies of maps are clusters.
pub fn dot(workflow: &Workflow) -> String {
    let mut out = format!("digraph {} {{\n", for_dot(workflow.id.as_str()));
    out.push_str("    rankdir=TB;\n    node [shape=box, style=rounded, fontname=\"sans-serif\"];\n");
    dot_flow(workflow, "n", 1, &mut out);
    out.push_str("}\n");
    out
}

/// Does for Graphviz what [`mermaid_flow`] does for Mermaid.
fn dot_flow(workflow: &Workflow, prefix: &str, depth: usize, out: &mut String) {
    let indent = "    ".repeat(depth);
    for (ix, node) in workflow.nodes.iter().enumerate() {
        let label = for_dot(&format!("{}\n{}", node_label(node), node.of.name));
        let form = match node.of.shape {
            Shape::Start => "ellipse",
            Shape::Work => "box",
            Shape::Choice => "diamond",
            Shape::Person => "parallelogram",
            Shape::End => "doublecircle",
        };
        let _ = writeln!(out, "{indent}{prefix}{ix} [label={label}, shape={form}];");
        if let Some(body) = node.kind.inline_body() {
            let label = for_dot(&format!("{}: for each item", node.id));
            let _ = writeln!(out, "{indent}subgraph cluster_{prefix}{ix} {{\n{indent}    label={label};");
            dot_flow(body, &format!("{prefix}{ix}_"), depth + 1, out);
            let _ = writeln!(out, "{indent}}}");
        }
    }
    for edge in &workflow.edges {
        let (Some(from), Some(to)) = (workflow.node_ix(edge.from.as_str()), workflow.node_ix(edge.to.as_str())) else {
            continue;
        };
        let style = if edge.is_main() { "solid" } else { "dashed" };
        let label = for_dot(&edge_label(workflow, edge));
        let _ = writeln!(out, "{indent}{prefix}{from} -> {prefix}{to} [label={label}, style={style}];");
    }
}

fn for_dot(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
