//! The page of a question that is open: what is asked, who is asked, and the form.

use super::{found::Found, inputs, people, words};
use crate::{
    form::{Faults, Pairs, Shown},
    layout::{Page, whole},
    markdown::markdown,
    moment::{distance, moment},
};
use maud::{Markup, html};
use stepwell_core::interaction::{Authorization, SecurityLevel};

/// The page, with what was typed so far and what is wrong with it.
pub fn question(found: &Found, pairs: &Pairs, faults: &Faults) -> Markup {
    let one = &found.interaction;
    let asked = words::question(one);
    let mine = found.mine().0;
    let body = html! {
        (inputs::summary(one, faults))
        article.card {
            header {
                p.kicker { (words::kind(one.kind)) " · " bdi { (found.execution.started.workflow_id) } }
                h1.long[asked.chars().count() > 120] dir="auto" { (asked) }
            }
            (facts(found))
            @if let Some(details) = one.details.as_deref().filter(|text| !text.trim().is_empty()) {
                section.prose aria-label="Details" dir="auto" { (markdown(details)) }
            }
            @if let Some(about) = &one.authorization { (tool(about)) }
            section aria-labelledby="people" {
                h2 #people { "Who is asked" }
                (people::people(found))
                (people::votes(found))
            }
            @if let Some(mine) = mine {
                div.verdict.good role="status" {
                    span aria-hidden="true" { "✓" }
                    p {
                        "You answered " bdi { strong { (words::decision(one, &mine.decision)) } } " "
                        (distance(mine.at, found.now)) ". You can change your answer as long as the question is open."
                    }
                }
            }
            @if found.is_kept_out() {
                div.verdict.wait {
                    span aria-hidden="true" { "○" }
                    p { "You started this, so somebody else has to decide it. You can read the question here." }
                }
            } @else {
                section aria-labelledby="answer" {
                    h2 #answer { @if mine.is_some() { "Change your answer" } @else { "Your answer" } }
                    (inputs::form(found, Shown { pairs, faults }))
                }
            }
        }
    };
    let foot = html! {
        p { "This link is yours alone: whoever has it answers in your name. Opening it decides nothing." }
    };
    whole(&Page { title: &asked, body, foot, ..Page::plain("../") })
}

/// Who asks, whom, since when and until when.
pub fn facts(found: &Found) -> Markup {
    let (one, started) = (&found.interaction, &found.execution.started);
    html! {
        dl.facts {
            @if let Some(person) = &found.person { dt { "Asked of" } dd { bdi { (person) } } }
            @if let Some(requester) = &started.started_by { dt { "Started by" } dd { bdi { (requester) } } }
            dt { "Workflow" } dd { bdi { (started.workflow_id) } ", step " bdi { (one.activation.node) } }
            dt { "Asked" } dd { (moment(one.created_at)) }
            @if let Some(deadline) = one.deadline.filter(|_| one.is_open()) {
                dt { "Answer by" } dd { strong { (moment(deadline)) } " (" (distance(deadline, found.now)) ")" }
            }
        }
    }
}

/// The tool of an authorization, and what it would be called with.
fn tool(about: &Authorization) -> Markup {
    html! {
        section aria-labelledby="tool" {
            h2 #tool { "What would be done" }
            dl.facts {
                dt { "Tool" } dd { code { bdi { (words::tool(about)) } } }
                @if about.security_level == SecurityLevel::High {
                    dt { "Risk" } dd { span.state.bad { span aria-hidden="true" { "▲" } "High" } }
                }
            }
            @if !about.arguments.is_null() {
                p.kicker { "Arguments" }
                pre tabindex="0" aria-label="Arguments" { (format!("{:#}", about.arguments)) }
            }
        }
    }
}
