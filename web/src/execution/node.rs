//! The selected node: what went in, what came out, what went wrong, its attempts and its log.

use super::{
    agent::{Around, conversation},
    aim::address,
    attempts,
    below::Below,
    lent,
    picture::{Beside, counted},
    seen::Seen,
    state,
    timeline::Span,
};
use crate::{
    desk::{Asked, query},
    limits,
    look::is_long,
    moment::{distance, moment, stamp},
    session::Visit,
    value::value,
    words::{capital, took},
};
use api::{Problem, Scope, executions::read, types};
use document::{Node, id::NodeId};
use engine::port::Window;
use maud::{Markup, html};
use std::time::Duration;
use stepwell_core::{
    execution::{NodeState, Phase},
    task::NodeLog,
};

/// What the panel shows of a node.
pub struct Selected<'a> {
    node: &'a Node,
    shown: types::Node,
    lines: Vec<NodeLog>,
}

impl<'a> Selected<'a> {
    /// Reads the selected node; none where none is.
    ///
    /// # Errors
    /// What the store says.
    pub async fn of(visit: &Visit, seen: &'a Seen) -> Asked<Option<Self>> {
        let Some(node) = seen.aim.node.as_deref().and_then(|id| seen.workflow.node(id)) else { return Ok(None) };
        let fits = |bytes: usize| bytes <= limits::VALUE_BYTES;
        let show = |values: &mut types::Values| {
            types::Node::of(&seen.then, &seen.workflow, node, &[], values.at_most(limits::VALUE_BYTES))
        };
        let shown = read::with_values_in(&visit.app, &seen.then, fits, show).await?;
        let lines =
            if node.of.writes_lines && seen.aim.at.is_none() { lines(visit, seen, node).await? } else { Vec::new() };
        Ok(Some(Self { node, shown, lines }))
    }
}

/// The first lines that a node logged. The log holds the lines of all nodes in one list.
async fn lines(visit: &Visit, seen: &Seen, node: &Node) -> Asked<Vec<NodeLog>> {
    let (mut found, mut window) = (Vec::new(), Window { limit: api::limits::PAGE_ITEMS, cursor: None });
    for _ in 0..limits::LOG_PAGES {
        let page = visit.app.host.journal().logs(seen.then.id(), &window).await.map_err(Problem::from)?;
        found.extend(page.items.into_iter().filter(|line| line.node == node.id.as_str()));
        match page.next_cursor {
            Some(next) if found.len() < limits::LOG_LINES => window.cursor = Some(next),
            _ => break,
        }
    }
    found.truncate(limits::LOG_LINES);
    Ok(found)
}

/// The panel. `spans` are those of the timeline, `beside` what the picture says beside the state.
pub fn node(
    visit: &Visit,
    seen: &Seen,
    selected: Option<&Selected<'_>>,
    spans: &[Span],
    below: &Below,
    beside: &Beside,
) -> Markup {
    html! {
        section.panel #node data-part {
            @match selected {
                None => {
                    h2 { "Node" }
                    p.empty { "Choose a node in the picture to see what went in and what came out." }
                }
                Some(selected) => (one(visit, seen, selected, spans, below, beside)),
            }
        }
    }
}

fn one(visit: &Visit, seen: &Seen, selected: &Selected<'_>, spans: &[Span], below: &Below, beside: &Beside) -> Markup {
    let (node, shown) = (selected.node, &selected.shown);
    let here = address(&visit.up, seen.then.id().as_str());
    let at = seen.aim.at.map(|at| at.to_string()).unwrap_or_default();
    let whole = |of: &str| format!("{here}/value{}", query([("of", of), ("node", node.id.as_str()), ("at", &at)]));
    let ix = seen.workflow.node_ix(node.id.as_str());
    let counted = ix.map(|ix| counted(seen, ix, &beside.visits)).unwrap_or_default();
    html! {
        div.panel-head {
            h2 { span.kicker { "Node " } bdi { (node.name) } }
            @if shown.lent_to.is_empty() { (beside.marks.get(&node.id).copied().unwrap_or_else(|| state::of(&seen.then, &node.id)).told()) }
        }
        p.hint {
            (capital(&node.of.name.replace('_', " ")))
            @if node.name != node.id.as_str() { " · " code { (node.id) } }
            @for one in &counted { " · " (one) }
            @if let Some(port) = shown.port.as_ref().filter(|port| *port != "success") { " · left by “" bdi { (port) } "”" }
        }
        @if let Some(begun) = shown.started_at {
            p.hint { "Visited on " (moment(begun.0)) @if let Some(ran) = ran(node, shown, spans) { " · " (ran) } }
        }
        @if let Some(Phase::Due { at: Some(at) }) = seen.then.node(&node.id).map(|state| &state.phase) {
            p.hint { "The next attempt begins on " (moment(*at)) ", " (distance(*at, visit.now)) "." }
        }
        @if let Some(error) = &shown.error { (failure(error, &whole("error"))) }
        @if !shown.lent_to.is_empty() {
            ul.plain-list { @for to in &shown.lent_to { li {
                a href={ (here) (seen.aim.on(&to.node).query()) "#node" } { (capital(&lent::told(seen, to.connection, &NodeId::from(to.node.as_str()), &node.id, limits::NAME).join(", "))) }
            } } }
            p.empty { "Agents use it: it never runs by itself." }
        } @else if shown.visits == 0 {
            @if beside.marks.contains_key(&node.id) {
                p.empty { "The execution went back to before it ran, so nothing of that is its state." }
                (attempts::attempts(node, spans, false))
                (log(&selected.lines))
            } @else { p.empty { "It was not visited yet, so there is nothing to see of it." } }
        } @else {
            @if let Some(agent) = &shown.agent {
                (conversation(agent, &Around { visit, seen, below, whole: &whole("agent") }))
            }
            h3 { "Input" } (value(&shown.input, &whole("input")))
            (output(shown, is_of_before(seen, node), &whole("output")))
            (attempts::attempts(node, spans, shown.agent.is_some()))
            (log(&selected.lines))
            @if seen.aim.at.is_none() && visit.caller.scopes.contains(&Scope::Run) {
                p.actions {
                    a.button.small href={ (here) "/backtrack" (query([("node", node.id.as_str())])) } { "Run again from here" }
                }
            }
        }
        @if let Some(body) = node.kind.inline_body() {
            details.more { summary { "What runs for each item" }
                (crate::picture::small(body)) }
        }
    }
}

/// The output. Of an agent, whose last answer the conversation shows, all that other nodes read is one step away.
fn output(shown: &types::Node, is_of_before: bool, whole: &str) -> Markup {
    let is_folded = shown.agent.is_some() && !shown.output.is_null();
    html! {
        @if is_of_before {
            h3 { "Output of the visit before" }
            p.hint { "This visit has given none yet." }
        } @else if !is_folded { h3 { "Output" } }
        @if shown.output.is_null() && shown.completed_at.is_none() { p.empty { "None yet." } }
        @else if is_folded { details.more { summary { "Output, as other nodes read it" } (value(&shown.output, whole)) } }
        @else { (value(&shown.output, whole)) }
    }
}

/// Whether the output is that of an earlier visit, since this one has none: it came from another input than the one beside it.
fn is_of_before(seen: &Seen, node: &Node) -> bool {
    let is_without = |state: &NodeState| {
        let has_ended = state.port.is_some() || state.undecided.is_some() || state.phase == Phase::Looping;
        state.visit > 1 && state.output.is_some() && !has_ended
    };
    seen.then.node(&node.id).is_some_and(is_without)
}

/// What went wrong; `whole` is the address of all of its details.
fn failure(error: &types::ExecutionError, whole: &str) -> Markup {
    let is_long = is_long(&error.message);
    html! {
        div.verdict.bad {
            div {
                p.scrolls[is_long] dir="auto" tabindex=[is_long.then_some("0")] { strong { (capital(&error.message)) } }
                p.hint { "Code of the error: " code { (error.code) } }
            }
        }
        @if let Some(details) = &error.details { h3 { "Details of the error" } (value(details, whole)) }
    }
}

/// How long the visit took, in words. Of a failed attempt nobody measured the time: the API counts since the visit began, with
/// all delays. An agent's visit is all that it did, and not its last step.
fn ran(node: &Node, shown: &types::Node, spans: &[Span]) -> Option<String> {
    if shown.agent.is_some() {
        let end = shown.completed_at.as_ref()?;
        return Some(format!("took {}", took(end.0.since(shown.started_at.as_ref()?.0))));
    }
    let failed = shown.error.is_some().then(|| attempts::failed(node, spans)).flatten();
    failed.or(shown.duration_ms).map(|ran| format!("ran for {}", took(Duration::from_millis(ran))))
}

fn log(lines: &[NodeLog]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h3 { "Log" }
            ol.log tabindex="0" {
                @for line in lines {
                    li { (stamp(line.line.at)) " " span.level { (line.line.level.as_str()) } " "
                        @if line.visit > 1 || line.attempt > 1 { span.level { "visit " (line.visit) ", attempt " (line.attempt) } " " }
                        bdi { (line.line.message) } }
                }
            }
            @if lines.len() == limits::LOG_LINES { p.hint { "The first " (lines.len()) " lines." } }
        }
    }
}
