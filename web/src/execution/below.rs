//! What hangs on an execution: the questions that it asks, and its children.

use super::{
    aim::{Aim, address},
    seen::Seen,
};
use crate::{
    desk::{Asked, part, query},
    limits,
    look::{names, short_id, status, words},
    moment::{distance, moment},
    session::Visit,
    words::beginning,
};
use api::types::{self, Page};
use maud::{Markup, html};

/// The open questions of an execution and of its descendants.
pub struct Below {
    questions: Option<Page<types::Interaction>>,
    children: Option<Page<types::Execution>>,
}

impl Below {
    /// Reads both, each only where there are any.
    ///
    /// # Errors
    /// What the API says.
    pub async fn of(visit: &Visit, seen: &Seen) -> Asked<Self> {
        let (id, limit) = (seen.newest.id().as_str(), limits::BELOW.to_string());
        let asks = seen.newest.open_interactions().next().is_some();
        let asks = asks || seen.newest.children.values().any(|children| !children.asking.is_empty());
        let questions = match asks && seen.aim.at.is_none() {
            true => {
                let asked = query([("execution_id", id), ("status", "pending"), ("limit", &limit)]);
                Some(visit.desk.get(&format!("/v1/interactions{asked}")).await?)
            }
            false => None,
        };
        let children = match seen.newest.children.is_empty() || seen.aim.at.is_some() {
            true => None,
            false => {
                let cursor = seen.aim.children.as_deref().unwrap_or_default();
                let asked = query([("parent", id), ("limit", &limit), ("cursor", cursor)]);
                Some(visit.desk.get(&format!("/v1/executions{asked}")).await?)
            }
        };
        Ok(Self { questions, children })
    }
}

impl Below {
    /// The open question of an execution below, of those that the page lists.
    pub fn question_in(&self, execution: &str) -> Option<&types::Interaction> {
        self.questions.as_ref()?.items.iter().find(|one| one.execution_id == execution)
    }
}

/// The open questions; nothing where there are none.
pub fn questions(visit: &Visit, below: &Below) -> Markup {
    let items = below.questions.as_ref().map_or(&[][..], |page| &page.items);
    html! {
        section.panel #questions data-part hidden[items.is_empty()] {
            h2 { "Waits for people" }
            ul.people {
                @for one in items {
                    li {
                        a href={ (visit.up) "inbox/" (part(&one.interaction_id)) } dir="auto" { (crate::inbox::asked(one)) }
                        span.when {
                            @if one.assignees.is_empty() { "anyone" } @else { (names(&one.assignees)) }
                            @if let Some(deadline) = one.deadline { " · until " (moment(deadline.0)) ", " (distance(deadline.0, visit.now)) }
                        }
                    }
                }
            }
            @if below.questions.as_ref().is_some_and(|page| page.next_cursor.is_some()) {
                p.hint { "The first " (items.len()) ". " a href={ (visit.up) "inbox" } { "All are in the inbox" } "." }
            }
        }
    }
}

/// The children; nothing where there are none.
pub fn children(visit: &Visit, seen: &Seen, below: &Below) -> Markup {
    let Some(page) = &below.children else { return html! { section #children data-part hidden {} } };
    let here = address(&visit.up, seen.newest.id().as_str());
    let next = page.next_cursor.clone().map(|cursor| Aim { children: Some(cursor), ..seen.aim.clone() });
    html! {
        section.panel #children data-part {
            h2 { "Children" }
            div.scroll { table.list.stack {
                thead { tr { th scope="col" { "Execution" } th scope="col" { "Of" } th scope="col" { "Status" } th.number scope="col" { "Progress" } th scope="col" { "What it does" } } }
                tbody { @for child in &page.items { tr {
                    th scope="row" { a href=(address(&visit.up, &child.execution_id)) { (short_id(&child.execution_id)) } }
                    td data-label="Of" { @if let Some(parent) = &child.parent { bdi { (seen.name_of(&parent.node)) } ", " (parent.index + 1) } }
                    td data-label="Status" { (status(child.status)) }
                    td.number data-label="Progress" { (child.progress) " %" }
                    td.wide-cell dir="auto" { @if child.message.trim_end_matches('.') != words(child.status).1 { (beginning(&child.message, limits::SAID)) } }
                } } }
            } }
            nav.pages aria-label="Parts of the list of children" {
                @if seen.aim.children.is_some() { a href={ (here) (Aim { children: None, ..seen.aim.clone() }.query()) "#children" } { "First" } }
                @if let Some(next) = next { " " a href={ (here) (next.query()) "#children" } { "More" } }
            }
        }
    }
}
