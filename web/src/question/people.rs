//! Who is asked, who has answered, and how many votes decide.

use super::{Found, changed::changed, inputs, words};
use crate::{
    form::{plain, record},
    look::is_long,
    moment::{distance, moment},
    value::for_people,
    words::{capital, plural},
};
use document::group_of;
use maud::{Markup, html};
use serde_json::Value;
use stepwell_core::{interaction::Response, view::tally};

/// The people of a question: those who are asked, and whoever else has answered it.
pub fn people(found: &Found) -> Markup {
    let latest = |person: &str| {
        found.interaction.responses.iter().rev().find(|response| response.by.eq_ignore_ascii_case(person))
    };
    let known = |response: &&Response| !found.people.iter().any(|person| person.eq_ignore_ascii_case(&response.by));
    let mut others: Vec<&str> =
        found.interaction.responses.iter().filter(known).map(|response| response.by.as_str()).collect();
    others.dedup();
    let all: Vec<&str> = found.people.iter().map(String::as_str).chain(others).collect();
    html! {
        @if all.is_empty() {
            p.soft { @if found.interaction.assignees.is_empty() { "Nobody by name: anyone who may answer questions here." }
                @else { "Nobody: the groups that are asked have no members." } }
        } @else {
            ul.people {
                @for person in all {
                    @if group_of(person).is_some() { (group(person)) } @else { (row(found, person, latest(person))) }
                }
            }
        }
    }
}

/// A group whose members are not shown.
fn group(name: &str) -> Markup {
    html! { li { span { bdi { (name) } } span.soft { "Any of its members" } } }
}

fn row(found: &Found, person: &str, response: Option<&Response>) -> Markup {
    let is_me = found.person.as_ref().is_some_and(|me| me.eq_ignore_ascii_case(person));
    html! {
        li {
            span { bdi { (person) } @if is_me { " (you)" } }
            @match response {
                Some(response) => {
                    span { (verdict(found, &response.decision)) " " span.when { (distance(response.at, found.now)) } }
                    @if let Some(comment) = &response.comment { p.said dir="auto" { (comment) } }
                }
                None => span.state.wait { span aria-hidden="true" { "○" } "No answer" @if found.interaction.is_open() { " yet" } },
            }
        }
    }
}

/// A decision with its sign.
pub fn verdict(found: &Found, port: &str) -> Markup {
    let (sign, class) = words::sign(port);
    html! {
        span class={ "state " (class) } { span aria-hidden="true" { (sign) } bdi { (capital(&words::decision(&found.interaction, port))) } }
    }
}

/// How many votes there are of how many that decide; nothing where the first answer decides.
pub fn votes(found: &Found) -> Markup {
    let one = &found.interaction;
    if !one.kind.is_voted() {
        return html! {};
    }
    let (approvals, enough) = tally(one, &found.workflow, "approved");
    let (rejections, too_many) = tally(one, &found.workflow, "rejected");
    html! {
        @if enough > 1 || too_many > 1 {
            p.tally {
                (approvals) " of " (enough) (plural(enough, " approval"))
                @if one.is_open() { " so far" }
                "; "
                @if rejections > 0 { (rejections) " of " (too_many) (plural(too_many, " rejection")) "." }
                @else if !one.is_open() { "no rejections." }
                @else if too_many == 1 { "one rejection ends it." }
                @else { (too_many) " rejections end it." }
            }
        }
    }
}

/// What is needed beside the votes that there are.
pub fn still_needed(found: &Found) -> String {
    let one = &found.interaction;
    let (approvals, enough) = tally(one, &found.workflow, "approved");
    let (rejections, too_many) = tally(one, &found.workflow, "rejected");
    let (more, less) = (enough.saturating_sub(approvals), too_many.saturating_sub(rejections));
    // The verb goes by what stands next to it.
    let decide = if less == 1 { "decides" } else { "decide" };
    format!("{more} more{} or {less} more{} {decide} it.", plural(more, " approval"), plural(less, " rejection"))
}

/// Who decided a question, from the point of view of whoever looks: `, by you and bob@example.com`.
pub fn by(found: &Found) -> Markup {
    let all = words::deciders(&found.interaction);
    let is_me = |person: &str| found.person.as_ref().is_some_and(|me| me.eq_ignore_ascii_case(person));
    html! {
        @for (at, person) in all.iter().enumerate() {
            @match at { 0 => ", by ", at if at + 1 == all.len() => " and ", _ => ", " }
            @if is_me(person) { "you" } @else { bdi { (person) } }
        }
    }
}

/// Whether the person's own answer has more to it than the list of people says.
pub fn says_more(found: &Found, response: &Response) -> bool {
    let one = &found.interaction;
    words::is_free(one.kind)
        || words::content(one, response).is_some()
        || !words::given_to_tool(one, response).is_empty()
}

/// The person's own answer: what was decided, when, and what came with it.
pub fn own(found: &Found, response: &Response) -> Markup {
    let one = &found.interaction;
    let is_free = words::is_free(one.kind);
    html! {
        @if is_free && !response.answer.is_null() {
            p.kicker { "Your answer" }
            div.given { (free(found, &response.answer)) }
        }
        dl.facts {
            @if !is_free { dt { "Your answer" } dd { (verdict(found, &response.decision)) } }
            dt { "Recorded" } dd { (moment(response.at)) }
            @if let Some(comment) = &response.comment { dt { "Comment" } dd.plain dir="auto" { (comment) } }
        }
        @for (what, given) in words::given_to_tool(one, response) {
            @if let (Some(asked), true) = (inputs::arguments(one), !given.is_string()) {
                p.kicker { "You " (words::decision(one, &response.decision)) " it with changed arguments" }
                (changed(asked, given))
            }
            p.kicker { (what) }
            (given_value(given))
        }
        @if let Some(what) = words::content(one, response) {
            p.kicker { (what) }
            (given_value(&response.answer))
        }
    }
}

/// A free answer: what was written, or what a form took, by the fields of that form.
fn free(found: &Found, answer: &Value) -> Markup {
    match answer {
        Value::String(text) => {
            html! { p.plain.scrolls[is_long(text)] dir="auto" tabindex=[is_long(text).then_some("0")] { (text) } }
        }
        _ => record(&inputs::data_field(&found.interaction), answer),
    }
}

/// What somebody wrote, as it was written; what a tool takes, by its parts.
fn given_value(value: &Value) -> Markup {
    match value {
        Value::Array(_) | Value::Object(_) => for_people(value),
        _ => {
            let text = plain(value);
            html! { p.given.plain.scrolls[is_long(&text)] dir="auto" tabindex=[is_long(&text).then_some("0")] { (text) } }
        }
    }
}
