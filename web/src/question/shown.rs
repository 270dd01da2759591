//! What a question says: what is asked, by whom, of whom, and until when.

use super::{
    Found,
    inputs::{self, Around},
    people, words,
};
use crate::{
    form::{Faults, Pairs, Shown},
    look::names,
    markdown::markdown,
    moment::{distance, moment},
    value::for_people,
};
use document::node::agent::tool::APPROVAL;
use maud::{Markup, html};
use stepwell_core::interaction::SecurityLevel;

/// The kind and the question, as the head of a page.
pub fn head(found: &Found) -> Markup {
    let asked = words::question(&found.interaction);
    html! {
        header {
            p.kicker { (words::kind(found.interaction.kind)) " · " bdi { (found.called) } }
            h1.long[asked.chars().count() > 120] dir="auto" { (asked) }
        }
    }
}

/// What the question comes with: facts, details, the tool that it is about.
pub fn about(found: &Found) -> Markup {
    let one = &found.interaction;
    html! {
        (facts(found))
        @if let Some(details) = one.details.as_deref().filter(|text| !text.trim().is_empty()) {
            section.prose aria-label="Details" dir="auto" { (markdown(details)) }
        }
        (tool(found))
    }
}

/// Everybody who is asked, and what they have answered.
pub fn asked_of(found: &Found) -> Markup {
    html! {
        section aria-labelledby="people" data-part="people" {
            h2 #people { @if found.interaction.is_open() { "Who is asked" } @else { "Who was asked" } }
            (people::people(found))
            (people::votes(found))
        }
    }
}

/// What the person answered before, of a question that is still open.
pub fn before(found: &Found) -> Markup {
    html! {
        @if let Some(mine) = found.mine().0 {
            div.verdict.good role="status" {
                span aria-hidden="true" { "✓" }
                p {
                    "You answered "
                    @if !words::is_free(found.interaction.kind) { bdi { strong { (words::decision(&found.interaction, &mine.decision)) } } " " }
                    (distance(mine.at, found.now)) ". You can change your answer as long as the question is open."
                }
            }
        }
    }
}

/// Why the person who started the execution has no form.
pub fn kept_out() -> Markup {
    html! {
        div.verdict.wait {
            span aria-hidden="true" { "○" }
            p { "You started this, so somebody else has to decide it. You can read the question here." }
        }
    }
}

/// The form with its heading.
pub fn answering(found: &Found, pairs: &Pairs, faults: &Faults, around: &Around) -> Markup {
    html! {
        section aria-labelledby="answer" {
            h2 #answer { @if found.mine().0.is_some() { "Change your answer" } @else { "Your answer" } }
            // A script says here that the question was decided in another place.
            div.meanwhile data-asked role="status" {}
            (inputs::form(found, Shown { pairs, faults }, around))
        }
    }
}

/// Until when, by whom and since when it is asked. The head of the page names the workflow, and the list of people those who
/// are asked: only a group in whose place that list has its members is named here.
pub fn facts(found: &Found) -> Markup {
    let (one, started) = (&found.interaction, &found.execution.started);
    let is_listed = |name: &String| found.people.iter().any(|person| person.eq_ignore_ascii_case(name));
    let groups: Vec<&String> = one.assignees.iter().filter(|name| !is_listed(name)).collect();
    html! {
        dl.facts {
            @if let Some(deadline) = one.deadline.filter(|_| one.is_open()) {
                dt { "Answer by" } dd { strong { (moment(deadline)) } " " span.unbroken { "(" (distance(deadline, found.now)) ")" } }
            }
            @if !groups.is_empty() { dt { "Asked of" } dd { (names(&groups)) } }
            @if let Some(requester) = &started.started_by { dt { "Started by" } dd { bdi { (requester) } } }
            // The step that asks about a tool is one that no document has.
            @if one.activation.node.as_str() != APPROVAL { dt { "Step" } dd { bdi { (found.name_of(one.activation.node.as_str())) } } }
            dt { "Asked" } dd { (moment(one.created_at)) }
        }
    }
}

/// A part of a page as it is by now: a script puts it in the place of that part in a page that is open. Nothing takes it away.
pub fn renewed(part: &str, inner: &Markup) -> Markup {
    html! { template data-instead=(part) { (inner) } }
}

/// The tool of an authorization, and what it would be called with; nothing of another question.
pub fn tool(found: &Found) -> Markup {
    let Some(about) = &found.interaction.authorization else { return html! {} };
    html! {
        section aria-labelledby="tool" {
            h2 #tool { @if found.interaction.is_open() { "What would be done" } @else { "What was asked about" } }
            dl.facts {
                dt { "Tool" } dd { code { bdi { (words::tool(about)) } } }
                @if about.security_level == SecurityLevel::High {
                    dt { "Risk" } dd { span.state.bad { span aria-hidden="true" { "▲" } "High" } }
                }
            }
            @if !about.arguments.is_null() {
                p.kicker { "Arguments" }
                (for_people(&about.arguments))
            }
        }
    }
}
