//! The picture of a workflow, with how long each node took lately.

use crate::{
    assets::{Asset, ZOOM},
    desk::{Asked, Refusal},
    figures::{Figures, NodeFigures},
    picture::{Tag, bodies, flip, folded, folds, picture},
    words::{count, took},
};
use document::{Workflow, graph::NodeIx, parse, picture::drawing};
use maud::{Markup, html};
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};

/// The modules of a page with a picture.
pub fn scripts() -> [&'static Asset; 1] {
    [&ZOOM]
}

/// The picture of a saved document, with some of its loops `flipped` ([`is_folded`](crate::picture::is_folded)); `to` is the
/// address of the page on which others are. A document that can no longer be read, for instance since a node type is gone,
/// has none.
pub async fn of(
    document: &Arc<Value>,
    figures: &Figures,
    flipped: &BTreeSet<String>,
    to: impl Fn(&BTreeSet<String>) -> String,
) -> Asked<Markup> {
    let document = document.clone();
    let parsed = api::aside(move || parse(&document)).await.map_err(Refusal::from)?;
    let Ok(parsed) = parsed else { return Ok(html! { p.empty { "This document has no picture." } }) };
    let workflow = &parsed.workflow;
    let has_run = workflow.nodes.iter().any(|node| figures.nodes.iter().any(|one| one.node == node.id.as_str()));
    Ok(html! {
        (drawn(workflow, &folded(workflow, flipped), |id| figures.nodes.iter().find(|one| one.node == id)))
        @if has_run {
            p.counted { "Below a node's name: its median time and the 95th percentile. ✕ counts attempts that failed." }
        }
        (folds(workflow, flipped, |id| to(&flip(flipped, id))))
        (bodies(workflow))
    })
}

/// The picture of a workflow, some of its loops folded, with what is known of its nodes.
pub fn drawn<'f>(workflow: &Workflow, folded: &[NodeIx], figures: impl Fn(&str) -> Option<&'f NodeFigures>) -> Markup {
    let tag = |ix: NodeIx| {
        let node = &workflow.nodes[ix];
        let found = figures(node.id.as_str()).filter(|one| one.runs > 0);
        let told = found.map(told);
        let title = format!("{}{}", node.name, told.as_ref().map(|(_, long)| format!(": {long}")).unwrap_or_default());
        let is_lent = !stepwell_core::view::lent_to(workflow, ix).is_empty();
        let class = match found.is_some_and(|one| one.failures > 0) {
            true => "troubled",
            false if is_lent => "lent",
            false => "",
        };
        let line = told.map(|(line, _)| line).unwrap_or_default();
        Tag { class: class.into(), line, title, ..Tag::default() }
    };
    picture(workflow, &drawing(workflow, folded), tag, |_| false)
}

/// What a node did: for its box, and in words.
fn told(one: &NodeFigures) -> (String, String) {
    let failed = if one.failures > 0 { format!(" · ✕ {}", one.failures) } else { String::new() };
    let line = match (one.p50, one.p95) {
        (Some(half), Some(most)) if took(half) == took(most) => format!("{}{failed}", took(half)),
        (Some(half), Some(most)) => format!("{} – {}{failed}", took(half), took(most)),
        (Some(_), None) | (None, Some(_)) | (None, None) => format!("{}{failed}", count(one.runs, "run")),
    };
    let times = one.p50.zip(one.p95).map_or_else(String::new, |(half, most)| {
        format!(", half of them within {}, 95 of 100 within {}", took(half), took(most))
    });
    (line, format!("{}, {} failed{times}", count(one.runs, "run"), one.failures))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    #[test]
    fn a_node_shows_how_it_went() {
        let document = json!({"id": "w", "nodes": [{"id": "t", "type": "manual_trigger"}, {"id": "s", "type": "succeed"}],
            "edges": [{"from": "t", "to": "s"}]});
        let workflow = parse(&document).unwrap().workflow;
        let one = NodeFigures {
            workflow: "w".into(),
            names: ("w".into(), "s".into()),
            is_saved: true,
            node: "s".into(),
            works: true,
            runs: 3,
            failures: 1,
            p50: Some(Duration::from_millis(20)),
            p95: Some(Duration::from_millis(1_500)),
        };
        let text = drawn(&workflow, &[], |id| (id == "s").then_some(&one)).into_string();
        assert!(text.contains("20 ms – 1.5 s · ✕ 1") && text.contains("troubled"), "{text}");
        assert!(text.contains("3 runs, 1 failed, half of them within 20 ms"), "{text}");
        assert!(text.contains("manual trigger"), "a node that did not run shows its type: {text}");
    }
}
