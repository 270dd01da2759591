//! The head of the page: what the execution does, what may be done with it, and the facts about it.

use super::{aim::address, below::Below, seen::Seen};
use crate::{
    desk::part,
    look::{coded, is_long, short_id, status, words},
    moment::{distance, moment},
    session::Visit,
    value::value,
    words::{capital, count, sentence, whole_percent},
};
use api::{Scope, types::ExecutionWarning};
use maud::{Markup, html};
use serde_json::Value;
use stepwell_core::{
    decide::admitted::{Ask, admitted},
    execution::{Phase, Status},
};

/// Status, progress, message and controls.
pub fn head(visit: &Visit, seen: &Seen, below: &Below) -> Markup {
    let shown = &seen.shown;
    let id = &shown.execution_id;
    html! {
        section.execution-head #head data-part {
            @if let Some(seq) = seen.aim.at {
                p.then dir="auto" { "At checkpoint " (seq) " " (coded(&then(seen))) " That was on " (moment(shown.updated_at.0)) ". "
                    a href={ (address(&visit.up, id)) (seen.aim.at(None).query()) } { "Back to now" } }
            }
            // Of the past the line above says what it did, and the status is what it is now.
            div.page-head {
                h1 title=(seen.workflow.name) { bdi { (seen.workflow.name) } }
                @if seen.aim.at.is_some() { span.hint { "Now: " (status(seen.newest.status())) } } @else { (status(shown.status)) }
            }
            // The error below says all that the sentence says of a failure or of being stuck, and the status what it says of
            // an end.
            @let repeats = shown.message.trim_end_matches('.') == words(shown.status).1;
            @if seen.aim.at.is_none() && !repeats && (!matches!(shown.status, Status::Failed | Status::Stuck) || shown.error.is_none()) {
                p.message.scrolls[is_long(&shown.message)] dir="auto" tabindex=[is_long(&shown.message).then_some("0")] {
                    @match asks(visit, seen, below) { Some(to) => a href=(to) { (coded(&shown.message)) }, None => (coded(&shown.message)) }
                }
            }
            div.progress {
                @let percent = whole_percent(&shown.progress);
                svg role="img" aria-label={ (percent) " percent done" } viewBox="0 0 100 1" preserveAspectRatio="none" {
                    rect.all width="100" height="1" {}
                    rect.done width=(percent) height="1" {}
                }
                span { (percent) " % done" @if seen.aim.at.is_some() { " then" } }
            }
            @if let Some(error) = &shown.error {
                div.verdict.bad role="note" {
                    div {
                        p.scrolls[is_long(&error.message)] dir="auto" tabindex=[is_long(&error.message).then_some("0")] { strong { (coded(&capital(&seen.fault(&error.message, error.node.as_deref())))) } }
                        p.hint {
                            @if let Some(node) = &error.node { "At “" bdi { (seen.name_of(node)) } "”" @if let Some(attempt) = error.attempt { ", attempt " (attempt) } " · " }
                            "code " code { bdi { (error.code) } }
                        }
                    }
                }
            }
            @if shown.status == Status::Stuck { p.hint { (OUT) } }
            @if seen.aim.at.is_none() { (moments(visit, seen)) (controls(visit, seen)) }
        }
    }
}

/// What it did at the checkpoint that is looked at, for a sentence that begins with that.
fn then(seen: &Seen) -> String {
    let message = seen.shown.message.trim_end_matches('.');
    match (seen.shown.status, message.strip_prefix("Waits ")) {
        (_, Some(rest)) => format!("it was waiting {rest}."),
        (Status::Running, None) => format!("it was {}.", message.replacen("Running", "running", 1)),
        (Status::Failed, None) => "it had failed.".to_owned(),
        (Status::Completed | Status::Cancelled | Status::Skipped, None) => {
            format!("it was {}.", words(seen.shown.status).1.to_lowercase())
        }
        (status, None) => format!("it was {}: {message}.", words(status).1.to_lowercase()),
    }
}

/// Where the questions are answered that an execution waits for: the one, or the list of them.
fn asks(visit: &Visit, seen: &Seen, below: &Below) -> Option<String> {
    match below.asked() {
        _ if seen.shown.status != Status::WaitingHuman => None,
        [] => None,
        [one] => Some(format!("{}inbox/{}", visit.up, part(&one.interaction_id))),
        _ => Some(format!("{}{}#questions", address(&visit.up, &seen.shown.execution_id), seen.aim.query())),
    }
}

/// What people can do about what is stuck, in the words of the page on which they choose.
const OUT: &str = "It goes on once somebody unsticks it: to try again, to skip it, or since it was done by hand.";

/// Nodes whose next moment is told: as many as are read at a glance.
const MOMENTS: usize = 3;

/// Until when nodes rest that have failed and are tried again, or wait for a time.
fn moments(visit: &Visit, seen: &Seen) -> Markup {
    let next = |phase: &Phase| {
        if let Phase::Due { at: Some(at) } = phase {
            return Some((*at, "is tried again on"));
        }
        let Phase::Waiting { until: Some(until), event: None, .. } = phase else { return None };
        Some((*until, "waits until"))
    };
    let rests = seen.then.nodes.iter().filter_map(|(id, state)| next(&state.phase).map(|(at, what)| (at, what, id)));
    // While it is paused nothing begins.
    let is_paused = seen.shown.status == Status::Paused;
    let mut rests: Vec<_> = rests.filter(|(at, ..)| *at > visit.now && !is_paused).collect();
    rests.sort();
    html! {
        @for (at, what, id) in rests.into_iter().take(MOMENTS) {
            p.hint { bdi { (seen.name_of(id.as_str())) } " " (what) " " (moment(at)) ", " (distance(at, visit.now)) "." }
        }
    }
}

/// What may be done with it as it is. The API decides again, and says what stands in the way.
fn controls(visit: &Visit, seen: &Seen) -> Markup {
    if !visit.caller.scopes.contains(&Scope::Run) {
        return html! {};
    }
    let base = address(&visit.up, &seen.shown.execution_id);
    let possible = admitted(&seen.newest);
    html! {
        nav.actions aria-label="What may be done" {
            @for (path, word) in possible.into_iter().map(button) {
                a.button.small href={ (base) "/" (path) } { (word) }
            }
        }
    }
}

/// The page on which something is asked, and the word of the button that leads there.
pub fn button(ask: Ask) -> (&'static str, &'static str) {
    let word = match ask {
        Ask::Pause => "Pause",
        Ask::Resume => "Resume",
        Ask::Cancel => "Cancel",
        Ask::Retry => "Retry",
        Ask::Unstick => "Unstick",
        Ask::RollBack => "Roll back",
        Ask::Fork => "Fork",
        Ask::Patch => "Change the workflow",
    };
    (ask.as_str(), word)
}

/// What is known of the execution as a whole.
pub fn facts(visit: &Visit, seen: &Seen) -> Markup {
    let shown = &seen.shown;
    let (up, base) = (&visit.up, address(&visit.up, &shown.execution_id));
    let whole = |of: &str| format!("{base}/value{}", crate::desk::query([("of", of)]));
    html! {
        section.panel #facts data-part {
            h2 { "About this execution" }
            dl.facts {
                dt { "Workflow" }
                dd { (workflow(up, seen)) }
                dt { "Execution" }
                dd { code { (shown.execution_id) } }
                dt { "Started" }
                dd { (moment(shown.started_at.0)) @if let Some(by) = &shown.started_by { " by " bdi { (by) } } }
                @if let Some(end) = shown.completed_at {
                    dt { "Ended" } dd { (moment(end.0)) ", " (distance(end.0, visit.now)) }
                } @else {
                    dt { "Last moved" } dd { (moment(shown.updated_at.0)) @if seen.aim.at.is_none() { ", " (distance(shown.updated_at.0, visit.now)) } }
                }
                @if let Some(parent) = &shown.parent {
                    dt { "Child of" }
                    dd { a href=(address(up, &parent.execution_id)) { "Execution " (short_id(&parent.execution_id)) }
                        ", node " bdi { (parent.node) } ", number " (parent.index + 1) }
                }
                @if let Some(fork) = &seen.newest.started.forked {
                    dt { "Forked from" }
                    dd { a href=(address(up, fork.execution_id.as_str())) { "Execution " (short_id(fork.execution_id.as_str())) }
                        ", checkpoint " a href={ (address(up, fork.execution_id.as_str())) "?at=" (fork.point.seq) } { (fork.point.seq) } }
                }
                dt { "Checkpoints" } dd { (shown.cost.turns) @if seen.aim.at.is_some() { " then" } }
                @if shown.resume_count > 0 { dt { "Waited" } dd { (count(shown.resume_count.into(), "time")) } }
                @for (name, used) in &shown.cost.usage {
                    @if !used.is_null() { dt { (capital(&name.replace('_', " "))) } dd { (used) } }
                }
                @if let Some(allow) = &shown.http_allow { dt { "May reach" } dd { bdi { (allow) } } }
            }
            @if !shown.metadata.is_empty() {
                h3 { "Metadata" }
                (value(&Value::Object(shown.metadata.clone()), ""))
            }
            @if warnings(seen).next().is_some() {
                h3 { "Warnings" }
                ul.plain-list {
                    @for warning in warnings(seen) {
                        li { @if let Some(node) = &warning.node { strong { bdi { (seen.name_of(node)) } } ": " } (sentence(&warning.message)) }
                    }
                }
            }
            h3 { "Input" } (value(&shown.input, &whole("input")))
            @if shown.status == Status::Completed { h3 { "Output" } (value(&shown.output, &whole("output"))) }
        }
    }
}

/// What there is to be warned of. Once it has ended nobody is waited for.
fn warnings(seen: &Seen) -> impl Iterator<Item = &ExecutionWarning> {
    let is_over = seen.newest.status().is_terminal();
    seen.shown.warnings.iter().filter(move |warning| !(is_over && warning.code == "human_without_timeout"))
}

fn workflow(up: &str, seen: &Seen) -> Markup {
    let shown = &seen.shown;
    html! {
        @match shown.workflow_version {
            Some(version) => {
                a href={ (up) "workflows/" (part(&shown.workflow_id)) } { bdi { (shown.workflow_id) } } ", version " (version)
            }
            None => { bdi { (shown.workflow_id) } ", a workflow that was not saved" }
        }
        @if seen.then.patched.is_some() { ", changed since" }
    }
}
