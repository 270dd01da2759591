//! The picture of a workflow in a page: the drawing of the API's SVG, with what is said of each node on it. Nodes are
//! links, so that it works without a script; the script adds zoom.

use crate::{limits, look::lent_as, words::count};
use document::{
    Connection, Workflow,
    graph::{EdgeIx, NodeIx},
    node::node_type::Shape,
    picture::{Drawing, Line, LineKind, NodeBox, label_ground},
};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// What is said of a node on the picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tag {
    /// Classes that colour it.
    pub class: String,
    /// The second line of its box; its type where it is empty.
    pub line: String,
    /// All of it in words, for a pointer that rests on it and for screen readers.
    pub title: String,
    /// Where the box leads; nowhere where it is empty.
    pub href: String,
    /// Whether it is the one that the page shows beside the picture.
    pub is_current: bool,
}

/// The picture, in a frame in which it can be moved.
pub fn picture(
    workflow: &Workflow,
    drawing: &Drawing,
    tag: impl Fn(NodeIx) -> Tag,
    is_taken: impl Fn(EdgeIx) -> bool,
) -> Markup {
    let (width, height) = (round(drawing.width), round(drawing.height));
    let view = format!("0 0 {width} {height}");
    let boxes: Vec<(&NodeBox, Tag)> = drawing.boxes.iter().map(|one| (one, tag(one.node))).collect();
    let sought = sought(&boxes).map(|at| boxes[at].0);
    html! {
        div.picture data-zoom="picture" {
            div.pane tabindex="0" role="region" aria-label="Picture of the workflow" { div.fit {
                svg.least width=(round(drawing.width * LEAST)) height="0" aria-hidden="true" {}
                @if let Some(one) = sought { (marker(one)) }
                svg.flow width=(width) height=(height) viewBox=(view) data-of=(workflow.hash) role="group" aria-label=(workflow.name) {
                    defs {
                        (tip("tip", "tip"))
                        (tip("tip-taken", "tip taken"))
                    }
                    @for line in &drawing.lines { (edge(workflow, line, is_taken(line.edge))) }
                    @for (one, tag) in &boxes { (node(workflow, one, tag, sought == Some(one))) }
                    (labels(workflow, drawing))
                }
            } }
        }
    }
}

/// What somebody looks for on a picture, of what there is the first: what is in the way, the selected node, what asks people or
/// is at work, what failed, what was cut off, the beginning. A loop is at work in its body.
const SOUGHT: [&[&str]; 8] = [
    &["refused"],
    &["current"],
    &["waiting_human"],
    &["running", "waiting", "retrying"],
    &["failed"],
    &["reverting"],
    &["cancelled"],
    &["start"],
];

/// The box that is to be in sight when a page opens, by its position.
fn sought(boxes: &[(&NodeBox, Tag)]) -> Option<usize> {
    let is = |(one, tag): &(&NodeBox, Tag), class: &str| match class {
        "current" => tag.is_current,
        "start" => one.shape == Shape::Start,
        class => tag.class.split(' ').any(|own| own == class) && !tag.class.starts_with("left"),
    };
    // Below a loop stands its body.
    SOUGHT.iter().find_map(|classes| boxes.iter().rposition(|one| classes.iter().any(|class| is(one, class))))
}

/// Where the box that is looked for begins and ends across a drawing that is as narrow as it becomes: there a browser without
/// scripts scrolls to.
fn marker(one: &NodeBox) -> Markup {
    let left = one.centre.0 - one.size.0 / 2.0;
    html! {
        div.seek aria-hidden="true" {
            svg width=(round(left * LEAST)) height="0" {}
            svg.sought width=(round(one.size.0 * LEAST)) height="1" {}
        }
    }
}

/// What edges say. Those that hand something to an agent say what it is, and not how documents write that.
fn labels(workflow: &Workflow, drawing: &Drawing) -> Markup {
    let word = |part: &str| Connection::parse(part).map_or_else(|| part.to_owned(), |one| lent_as(one).to_owned());
    let said = |line: &Line, label: &str| match workflow.edges[line.edge].is_main() {
        true => label.to_owned(),
        false => label.split(", ").map(word).collect::<Vec<_>>().join(", "),
    };
    html! {
        @for (line, ((x, y), label)) in drawing.lines.iter().filter_map(|line| line.label.as_ref().map(|label| (line, label))) {
            @let words = said(line, label);
            @let (width, height) = label_ground(&words);
            rect.ground x=(round(x - width / 2.0)) y=(round(y - height / 2.0)) width=(round(width)) height=(round(height)) rx="3" {}
            text.label x=(round(*x)) y=(round(y + 4.0)) text-anchor="middle" { (words) }
        }
    }
}

/// How small a drawing is shown to have all of its width in sight: five boxes beside each other, such as an agent with its
/// model, its memory and two tools, on the screen of a small laptop. One that is wider yet scrolls, and its box shows at its
/// edges that there is more.
const LEAST: f64 = 0.56;

fn tip(id: &str, class: &str) -> Markup {
    html! {
        marker id=(id) viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto" {
            path class=(class) d="M0 0 8 4 0 8z" {}
        }
    }
}

fn edge(workflow: &Workflow, line: &Line, is_taken: bool) -> Markup {
    let kind = match line.kind {
        LineKind::Forward => "line",
        LineKind::Back => "line back",
        LineKind::Typed => "line typed",
    };
    let class = if is_taken { format!("{kind} taken") } else { kind.to_owned() };
    let tip = if is_taken { "url(#tip-taken)" } else { "url(#tip)" };
    let (from, to) = (&workflow.edges[line.edge].from, &workflow.edges[line.edge].to);
    html! {
        path id={ "edge-" (line.edge) } class=(class) d=(line.path) marker-end=(tip) data-part data-from=(from) data-to=(to) {}
    }
}

fn node(workflow: &Workflow, one: &NodeBox, tag: &Tag, is_sought: bool) -> Markup {
    let id = &workflow.nodes[one.node].id;
    let shape = match one.shape {
        Shape::Start => "start",
        Shape::Work => "work",
        Shape::Choice => "choice",
        Shape::Person => "person",
        Shape::End => "end",
    };
    let current = if tag.is_current { " current" } else { "" };
    let class = format!("node {shape} {}{current}", tag.class);
    let inside = html! {
        title { (tag.title) }
        (form(one))
        text.name x=(round(one.centre.0)) y=(round(one.centre.1 - 4.0)) text-anchor="middle" { (one.name) }
        text.kind x=(round(one.centre.0)) y=(round(one.centre.1 + 15.0)) text-anchor="middle" {
            @if tag.line.is_empty() { (one.kind) } @else { (tag.line) }
        }
    };
    html! {
        @if tag.href.is_empty() {
            g id={ "node-" (id) } class=(class) data-node=(id) data-part data-sought[is_sought] { (inside) }
        } @else {
            a id={ "node-" (id) } class=(class) data-node=(id) data-part data-sought[is_sought] href=(tag.href)
                aria-current=[tag.is_current.then_some("true")] { (inside) }
        }
    }
}

/// The box. One with a folded body lies on another.
fn form(one: &NodeBox) -> Markup {
    let ((x, y), (width, height)) = (one.centre, one.size);
    let rect = |by: f64| {
        let (left, top) = (round(x - width / 2.0 + by), round(y - height / 2.0 + by));
        html! { rect x=(left) y=(top) width=(width) height=(height) rx=(one.radius) {} }
    };
    html! {
        @if one.folded > 0 { (rect(5.0)) }
        (rect(0.0))
    }
}

/// Whether a loop's body is folded into its box. In a large workflow all are, until somebody opens them; `flipped` are those
/// that somebody folded or opened.
pub fn is_folded(workflow: &Workflow, node: NodeIx, flipped: &BTreeSet<String>) -> bool {
    let by_itself = workflow.nodes.len() > limits::PICTURE_NODES;
    by_itself != flipped.contains(workflow.nodes[node].id.as_str())
}

/// The loops whose bodies are folded.
pub fn folded(workflow: &Workflow, flipped: &BTreeSet<String>) -> Vec<NodeIx> {
    loops(workflow).into_iter().filter(|ix| is_folded(workflow, *ix, flipped)).collect()
}

fn loops(workflow: &Workflow) -> Vec<NodeIx> {
    (0..workflow.nodes.len()).filter(|ix| !workflow.graph.body[*ix].is_empty()).collect()
}

/// Loops whose names stand below the picture at once; more fold.
const FEW: usize = 6;

/// The ways to fold and open loops; `to` is the address of the page on which one is the other way round.
pub fn folds(workflow: &Workflow, flipped: &BTreeSet<String>, to: impl Fn(&str) -> String) -> Markup {
    let loops = loops(workflow);
    let ways = html! {
        @for ix in &loops {
            @let node = &workflow.nodes[*ix];
            a href=(to(node.id.as_str())) {
                @if is_folded(workflow, *ix, flipped) { "Open " } @else { "Fold " } bdi { (node.name) }
            } " "
        }
    };
    html! {
        @if loops.len() > FEW { details.folds { summary { (count(loops.len() as u64, "loop")) } (ways) } }
        @else if !loops.is_empty() { p.folds { (ways) } }
    }
}

/// The same set with one more, or one less where it was in there.
pub fn flip(flipped: &BTreeSet<String>, node: &str) -> BTreeSet<String> {
    let mut flipped = flipped.clone();
    if !flipped.remove(node) {
        flipped.insert(node.to_owned());
    }
    flipped
}

/// What maps run for each item, folded.
pub fn bodies(workflow: &Workflow) -> Markup {
    html! {
        @for node in &workflow.nodes {
            @if let Some(body) = node.kind.inline_body() {
                details.folds { summary { "What " bdi { (node.name) } " runs for each item" } (small(body)) }
            }
        }
    }
}

fn round(number: f64) -> i64 {
    number.round() as i64
}

/// The picture of a workflow of which nothing is said, such as what a map runs for each item. Its ids would not be the only
/// ones of their name in a page, so it has none.
pub fn small(workflow: &Workflow) -> Markup {
    let drawing = document::picture::drawing(workflow, &[]);
    let (width, height) = (round(drawing.width), round(drawing.height));
    html! {
        div.pane.small {
            svg.flow width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } role="img" aria-label=(workflow.name) {
                @for line in &drawing.lines { path.line d=(line.path) marker-end="url(#tip)" {} }
                @for one in &drawing.boxes {
                    g.node.pending {
                        (form(one))
                        text.name x=(round(one.centre.0)) y=(round(one.centre.1 - 4.0)) text-anchor="middle" { (one.name) }
                        text.kind x=(round(one.centre.0)) y=(round(one.centre.1 + 15.0)) text-anchor="middle" { (one.kind) }
                    }
                }
                (labels(workflow, &drawing))
            }
        }
    }
}
