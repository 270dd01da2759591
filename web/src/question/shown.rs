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

/// What the question comes with: until when and for whom it is answered, details, the tool that it is about.
pub fn about(found: &Found) -> Markup {
    let first = first_facts(found);
    html! {
        @if !first.0.is_empty() { dl.facts { (first) } }
        (details(found))
        (tool(found))
    }
}

/// What the document says beside the question; nothing where it says no more.
pub fn details(found: &Found) -> Markup {
    let details = found.interaction.details.as_deref().filter(|text| !text.trim().is_empty());
    html! { @if let Some(details) = details { section.prose aria-label="Details" dir="auto" { (markdown(details)) } } }
}

/// A page about a question: what it comes with, and the answer as soon as it can be given. Who is asked stands before the
/// answer where somebody has answered, since others may heed that, and else after it; so does what helps nobody to decide.
pub fn around_answer(found: &Found, answer: &Markup) -> Markup {
    let is_begun = !found.interaction.responses.is_empty();
    html! {
        (about(found))
        @if is_begun { (asked_of(found)) }
        (answer)
        @if !is_begun { (asked_of(found)) }
        dl.facts { (last_facts(found)) }
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

/// Until when, for whom and since when it is asked, for a page on which nobody answers any more.
pub fn facts(found: &Found) -> Markup {
    html! { dl.facts { (first_facts(found)) (last_facts(found)) } }
}

/// What whoever answers has to know. The head of the page names the workflow, and the list of people those who are asked: only
/// a group in whose place that list has its members is named here.
fn first_facts(found: &Found) -> Markup {
    let (one, started) = (&found.interaction, &found.execution.started);
    let is_listed = |name: &String| found.people.iter().any(|person| person.eq_ignore_ascii_case(name));
    let groups: Vec<&String> = one.assignees.iter().filter(|name| !is_listed(name)).collect();
    html! {
        @if let Some(deadline) = one.deadline.filter(|_| one.is_open()) {
            dt { "Answer by" } dd { strong { (moment(deadline)) } " " span.unbroken { "(" (distance(deadline, found.now)) ")" } }
        }
        @if !groups.is_empty() { dt { "Asked of" } dd { (names(&groups)) } }
        @if let Some(requester) = &started.started_by { dt { "Started by" } dd { bdi { (requester) } } }
    }
}

/// Where in the workflow the question comes from, and since when it is asked.
fn last_facts(found: &Found) -> Markup {
    let one = &found.interaction;
    let node = one.activation.node.as_str();
    html! {
        // The step that asks about a tool is one that no document has.
        @if node != APPROVAL { dt { "Step" } dd { bdi { (found.name_of(node)) } } }
        dt { "Asked" } dd { (moment(one.created_at)) }
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
