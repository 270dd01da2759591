//! What each node of a workflow did lately, beside its picture.

use super::list::nothing;
use crate::{
    figures::{Figures, NodeFigures},
    words::took,
};
use maud::{Markup, html};
use serde_json::Value;
use std::time::Duration;

/// Width of a bar, in the units of its drawing.
const BAR: f64 = 100.0;

/// The table, in the document's order.
pub fn nodes(document: &Value, figures: &Figures) -> Markup {
    let rows = rows(document, figures);
    let longest = rows.iter().filter_map(|(_, one)| one.p95).max().unwrap_or_default();
    html! {
        @if !rows.is_empty() {
            section.panel aria-labelledby="nodes" {
                h2 #nodes { "Nodes" }
                div.scroll {
                    table.list.stack {
                        thead { tr {
                            th scope="col" { "Node" } th.number scope="col" { "Runs" } th.number scope="col" { "Failed" }
                            th.number scope="col" { "Median time" } th.number scope="col" { "95th percentile" }
                            th scope="col" { span.unseen { "Times as a bar" } }
                        } }
                        tbody { @for (name, one) in &rows { (line(name, one, longest)) } }
                    }
                }
                p.counted {
                    "The first part of a bar is the median, the whole of it the 95th percentile. An execution takes longer than its \
                     nodes together: each step is also recorded, and waits for its turn."
                }
            }
        }
    }
}

fn rows<'f>(document: &Value, figures: &'f Figures) -> Vec<(String, &'f NodeFigures)> {
    let nodes = document["nodes"].as_array().into_iter().flatten();
    let row = |node: &Value| {
        let id = node["id"].as_str()?;
        let name = node["name"].as_str().unwrap_or(id).to_owned();
        figures.nodes.iter().find(|one| one.node == id).map(|one| (name, one))
    };
    nodes.filter_map(row).collect()
}

fn line(name: &str, one: &NodeFigures, longest: Duration) -> Markup {
    let time = |time: Option<Duration>| match time {
        Some(time) => html! { (took(time)) },
        None => nothing(),
    };
    html! {
        tr {
            th scope="row" {
                bdi { (name) }
                @if name != one.node { " " code { bdi { (one.node) } } }
            }
            td.number data-label="Runs" { (one.runs) }
            td.number data-label="Failed" { @if one.failures > 0 { span.status.failed { span aria-hidden="true" { "✕" } (one.failures) } } @else { "0" } }
            td.number data-label="Median time" { (time(one.p50)) }
            td.number data-label="95 % within" { (time(one.p95)) }
            td.wide-cell { (bar(one, longest)) }
        }
    }
}

/// The two times as one bar: the darker part is what half of the runs took.
fn bar(one: &NodeFigures, longest: Duration) -> Markup {
    let width = |time: Option<Duration>| {
        let share = time.unwrap_or_default().as_secs_f64() / longest.as_secs_f64().max(0.001);
        format!("{:.1}", (share * BAR).clamp(0.5, BAR))
    };
    html! {
        @if one.p95.is_some() {
            svg.times.waits[!one.works] viewBox="0 0 100 8" width="100" height="8" preserveAspectRatio="none" aria-hidden="true" {
                rect.most x="0" y="0" height="8" width=(width(one.p95)) {}
                rect.half x="0" y="0" height="8" width=(width(one.p50)) {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nodes_stand_in_the_documents_order_with_their_times() {
        let one = |node: &str, failures, p95| NodeFigures {
            is_saved: true,
            workflow: "w".into(),
            names: ("w".into(), node.into()),
            node: node.into(),
            works: true,
            runs: 4,
            failures,
            p50: Some(Duration::from_millis(100)),
            p95: Some(Duration::from_millis(p95)),
        };
        let figures =
            Figures { nodes: vec![one("b", 1, 400), one("a", 0, 200), one("gone", 0, 1)], ..Figures::default() };
        let document = json!({"nodes": [{"id": "a"}, {"id": "b", "name": "<B>"}, {"id": "never"}]});
        let text = nodes(&document, &figures).into_string();
        assert!(text.find(">a<") < text.find("&lt;B&gt;"), "{text}");
        assert!(text.contains("width=\"50.0\"") && text.contains("width=\"100.0\""), "{text}");
        assert!(!text.contains("gone") && !text.contains("never"), "{text}");
        assert!(nodes(&document, &Figures::default()).into_string().is_empty());
    }
}
