//! Pictures of a workflow: Mermaid and Graphviz texts, and an SVG laid out here.

mod drawing;
mod layout;
mod svg;
mod text;

pub use drawing::{Drawing, Line, LineKind, NodeBox, drawing, label_ground};
pub use svg::svg;
pub use text::{dot, mermaid};

use crate::{Edge, Node, Workflow};

/// The label of an edge: its port and its condition, without the port where it is the usual `success`. A typed
/// connection shows its type alone.
fn edge_label(workflow: &Workflow, edge: &Edge) -> String {
    if !edge.is_main() {
        return edge.connection.to_string();
    }
    let default = workflow.node(edge.from.as_str()).and_then(|node| node.ports.first());
    let mut parts = Vec::new();
    if default.is_none_or(|port| port != "success") || edge.port != "success" {
        parts.push(edge.port.clone());
    }
    parts.extend(edge.condition.as_ref().map(|condition| format!("if {}", short(condition.source(), 40))));
    parts.join(", ")
}

/// The name of a node, followed by its id where the two differ.
fn node_label(node: &Node) -> String {
    if node.name == node.id.as_str() {
        short(&node.name, 40)
    } else {
        format!("{} ({})", short(&node.name, 40), node.id)
    }
}

/// A text on one line, cut to `most` characters.
fn short(text: &str, most: usize) -> String {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if line.chars().count() <= most { line } else { line.chars().take(most - 1).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;
    use crate::parse;
    use serde_json::json;

    fn workflow() -> std::sync::Arc<Workflow> {
        parse(&json!({
            "id": "w", "nodes": [
                {"id": "start", "type": "manual_trigger"},
                {"id": "ask", "name": "Really \"pay\" <script>?", "type": "human", "config": {"kind": "approval", "question": "?"}},
                {"id": "each", "type": "loop", "config": {"for_each": "[1]"}},
                {"id": "m", "type": "map", "config": {"items": "[1]", "body": {"nodes": [{"id": "x", "type": "wait", "config": {"seconds": 1}}]}}},
                {"id": "end", "type": "succeed"}
            ],
            "edges": [
                {"from": "start", "to": "ask", "condition": "input.a < 3 && input.b == \"x\""}, {"from": "ask", "to": "each"},
                {"from": "each", "to": "m", "port": "loop"}, {"from": "m", "to": "each"}, {"from": "each", "to": "end"}
            ]}))
        .unwrap()
        .workflow
    }

    #[test]
    fn edges_between_the_same_nodes_share_one_label() {
        let workflow = parse(&json!({
            "id": "w", "nodes": [
                {"id": "start", "type": "manual_trigger"},
                {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "?"}},
                {"id": "end", "type": "succeed", "join": "any"}
            ],
            "edges": [{"from": "start", "to": "ask"}, {"from": "ask", "to": "end", "port": "approved"},
                {"from": "ask", "to": "end", "port": "rejected"}, {"from": "ask", "to": "end", "port": "timeout"}]}))
        .unwrap()
        .workflow;
        let drawing = drawing(&workflow, &[]);
        let labels: Vec<&str> = drawing.lines.iter().filter_map(|line| Some(line.label.as_ref()?.1.as_str())).collect();
        assert_eq!(labels, ["approved, rejected, timeout"]);
        assert_eq!(drawing.lines.len(), 4, "each edge keeps its line, on which the states of executions are shown");
    }

    #[test]
    fn labels_do_not_lie_on_each_other() {
        let port = |ix: usize| format!("a port of a long name {ix}");
        let rules: Vec<_> = (0..5).map(|ix| json!({"when": "false", "port": port(ix)})).collect();
        let mut nodes = vec![
            json!({"id": "start", "type": "manual_trigger"}),
            json!({"id": "route", "type": "branch", "config": {"rules": rules, "default": "on"}}),
            json!({"id": "end", "type": "succeed", "join": "any"}),
        ];
        let mut edges =
            vec![json!({"from": "start", "to": "route"}), json!({"from": "route", "to": "end", "port": "on"})];
        for ix in 0..5 {
            let id = format!("n{ix}");
            nodes.push(json!({"id": id, "type": "transform", "config": {"set": {"a": 1}}}));
            edges.extend([json!({"from": "route", "to": id, "port": port(ix)}), json!({"from": id, "to": "end"})]);
        }
        let workflow = parse(&json!({"id": "w", "nodes": nodes, "edges": edges})).unwrap().workflow;
        let drawing = drawing(&workflow, &[]);
        let labels: Vec<_> = drawing.lines.iter().filter_map(|line| line.label.as_ref()).collect();
        assert_eq!(labels.len(), 6);
        for (at, ((x, y), label)) in labels.iter().enumerate() {
            for ((other_x, other_y), other) in &labels[..at] {
                let apart = (x - other_x).abs() >= (label.chars().count() + other.chars().count()) as f64 * 3.0;
                assert!(apart || (y - other_y).abs() >= 13.0, "{label} {x} {y}, {other} {other_x} {other_y}");
            }
        }
    }

    #[test]
    fn mermaid_draws_every_node_and_edge_and_escapes() {
        let text = mermaid(&workflow());
        assert!(text.starts_with("flowchart TD\n"), "{text}");
        assert_eq!(text.matches("-->").count(), 5, "{text}");
        assert!(text.contains("Really #quot;pay#quot; #lt;script#gt;? (ask)"), "{text}");
        assert!(text.contains("|\"approved\"|") && text.contains("subgraph"), "{text}");
    }

    #[test]
    fn dot_draws_every_node_and_edge_and_escapes() {
        let text = dot(&workflow());
        assert!(text.starts_with("digraph \"w\" {\n") && text.ends_with("}\n"), "{text}");
        assert_eq!(text.matches(" -> ").count(), 5, "{text}");
        assert!(text.contains(r#"Really \"pay\" <script>? (ask)"#), "{text}");
    }

    #[test]
    fn a_loop_folds_into_its_own_box() {
        let workflow = workflow();
        let whole = drawing(&workflow, &[]);
        assert_eq!((whole.boxes.len(), whole.lines.len()), (5, 5));
        let each = workflow.node_ix("each").unwrap();
        let folded = drawing(&workflow, &[each]);
        assert_eq!((folded.boxes.len(), folded.lines.len()), (4, 3), "{folded:?}");
        let one = folded.boxes.iter().find(|one| one.node == each).unwrap();
        assert_eq!(one.folded, 1);
        assert!(folded.height < whole.height, "{} {}", folded.height, whole.height);
        let others = folded.boxes.iter().filter(|one| one.node != each);
        assert_eq!(others.map(|one| one.folded).sum::<usize>(), 0);
    }

    #[test]
    fn a_line_over_several_rows_passes_between_boxes() {
        let workflow = parse(&json!({"id": "w", "nodes": [
            {"id": "start", "type": "manual_trigger"}, {"id": "a", "type": "transform", "config": {"set": {}}},
            {"id": "b", "type": "transform", "config": {"set": {}}}, {"id": "end", "type": "succeed", "join": "any"}],
            "edges": [{"from": "start", "to": "a"}, {"from": "a", "to": "b"}, {"from": "b", "to": "end"},
                {"from": "start", "to": "end"}]}))
        .unwrap()
        .workflow;
        let drawing = drawing(&workflow, &[]);
        let long = drawing.lines.iter().find(|line| line.edge == 3).unwrap();
        // It goes straight down beside each of the two boxes between.
        let lanes: Vec<f64> =
            long.path.split('L').skip(1).map(|rest| rest.split(' ').next().unwrap().parse().unwrap()).collect();
        assert_eq!(lanes.len(), 2, "{}", long.path);
        for one in drawing.boxes.iter().filter(|one| one.node == 1 || one.node == 2) {
            assert!(lanes.iter().all(|x| (x - one.centre.0).abs() > one.size.0 / 2.0), "{lanes:?} {one:?}");
        }
    }

    #[test]
    fn nodes_and_edges_of_the_svg_have_ids() {
        let text = svg(&workflow());
        for id in ["node-start", "node-each", "edge-0", "edge-4"] {
            assert_eq!(text.matches(&format!("id=\"{id}\"")).count(), 1, "{id}: {text}");
        }
    }

    #[test]
    fn svg_is_well_formed_and_escaped() {
        let text = svg(&workflow());
        assert!(text.starts_with("<svg xmlns=") && text.ends_with("</svg>\n"), "{text}");
        assert!(!text.contains("<script>") && text.contains("&lt;script&gt;"), "{text}");
        assert_eq!(text.matches("class=\"node").count(), 5, "{text}");
        assert_eq!(text.matches("class=\"edge").count(), 5, "{text}");
        assert_eq!(text.matches('<').count(), text.matches('>').count(), "{text}");
        assert_eq!(text.matches("<g").count(), text.matches("</g>").count(), "{text}");
        assert!(!text.contains("NaN"));
    }
}
