//! The nodes that failed most, and those that took longest.

use crate::{
    desk::{part, query},
    figures::{Figures, NodeFigures},
    limits,
    words::{beginning, took},
};
use maud::{Markup, html};
use std::{cmp::Reverse, time::Duration};

/// Both panels. Only nodes that work themselves are slow: what waits for people is not.
pub fn nodes(up: &str, day: &Figures) -> Markup {
    let mut failing: Vec<&NodeFigures> = day.nodes.iter().filter(|node| node.failures > 0).collect();
    failing.sort_by_key(|node| Reverse(node.failures));
    let mut slow: Vec<&NodeFigures> =
        day.nodes.iter().filter(|node| node.works && node.p95 > Some(Duration::ZERO)).collect();
    slow.sort_by_key(|node| Reverse(node.p95));
    html! {
        div.going {
            div.panel {
                h2 #failing { "Nodes that failed most in the last 24 hours" }
                @if failing.is_empty() { p.empty { "No node failed." } } @else { (table(up, &failing, "failing")) }
            }
            div.panel {
                h2 #slow { "Slowest nodes in the last 24 hours" }
                @if slow.is_empty() { p.empty { "No node took any time worth telling." } } @else { (table(up, &slow, "slow")) }
            }
        }
    }
}

/// The page of the workflow; of one that was only sent along with starts, its executions.
fn workflow(up: &str, node: &NodeFigures) -> String {
    match node.is_saved {
        true => format!("{up}workflows/{}", part(&node.workflow)),
        false => format!("{up}executions{}", query([("workflow", node.workflow.as_str())])),
    }
}

fn table(up: &str, nodes: &[&NodeFigures], heading: &str) -> Markup {
    let told = |time: Option<Duration>| time.map_or_else(|| "–".to_owned(), took);
    html! {
        div.scroll tabindex="0" role="region" aria-labelledby=(heading) { table.list.stack {
            thead { tr {
                th scope="col" { "Node" } th.number scope="col" { "Failed" } th.number scope="col" { "Median time" }
                th.number scope="col" { "95th percentile" }
            } }
            tbody {
                @for node in nodes.iter().take(limits::NODES) {
                    tr {
                        th scope="row" { bdi { (beginning(&node.names.1, limits::NAME)) }
                            span.soft { a href=(workflow(up, node)) { bdi { (beginning(&node.names.0, limits::NAME)) } } } }
                        td.number data-label="Failed" { (node.failures) " of " (node.runs) }
                        td.number data-label="Median time" { (told(node.p50)) }
                        td.number data-label="95 % within" { (told(node.p95)) }
                    }
                }
            }
        } }
    }
}
