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
    words::{beginning, whole_percent},
};
use api::types::{self, Page};
use maud::{Markup, html};
use std::collections::BTreeMap;
use stepwell_core::{reading::Reading, view};

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
    /// The open questions that the page lists.
    pub fn asked(&self) -> &[types::Interaction] {
        self.questions.as_ref().map_or(&[], |page| &page.items)
    }

    /// The open question of an execution below, of those that the page lists.
    pub fn question_in(&self, execution: &str) -> Option<&types::Interaction> {
        self.asked().iter().find(|one| one.execution_id == execution)
    }
}

/// The open questions; nothing where there are none.
pub fn questions(visit: &Visit, below: &Below) -> Markup {
    let items = below.asked();
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
    let tools = tools(seen);
    let tells = page.items.iter().any(|child| child.message.trim_end_matches('.') != words(child.status).1);
    let next = page.next_cursor.clone().map(|cursor| Aim { children: Some(cursor), ..seen.aim.clone() });
    html! {
        section.panel #children data-part {
            h2 { "Children" }
            div.scroll { table.list.stack {
                thead { tr { th scope="col" { "Execution" } th scope="col" { "Of" } th scope="col" { "Status" } th.number scope="col" { "Progress" } @if tells { th scope="col" { "What it does" } } } }
                tbody { @for child in &page.items { tr {
                    th scope="row" { a href=(address(&visit.up, &child.execution_id)) { (short_id(&child.execution_id)) } }
                    td data-label="Of" { @if let Some(parent) = &child.parent {
                        bdi { (seen.name_of(&parent.node)) } ", "
                        @match tools.get(&child.execution_id) { Some(tool) => { "tool " bdi { (seen.name_of(tool)) } } None => (parent.index + 1) }
                    } }
                    td data-label="Status" { (status(child.status)) }
                    td.number data-label="Progress" { (whole_percent(&child.progress)) " %" }
                    @if tells { td.wide-cell dir="auto" { (does(visit, below, child)) } }
                } } }
            } }
            nav.pages aria-label="Parts of the list of children" {
                @if seen.aim.children.is_some() { a href={ (here) (Aim { children: None, ..seen.aim.clone() }.query()) "#children" } { "First" } }
                @if let Some(next) = next { " " a href={ (here) (next.query()) "#children" } { "More" } }
            }
        }
    }
}

/// What a child does, where its status does not say it. What it asks leads to where that is answered.
fn does(visit: &Visit, below: &Below, child: &types::Execution) -> Markup {
    html! {
        @match below.question_in(&child.execution_id) {
            Some(one) => a href={ (visit.up) "inbox/" (part(&one.interaction_id)) } { (beginning(&crate::inbox::asked(one), limits::SAID)) },
            None if child.message.trim_end_matches('.') != words(child.status).1 => (beginning(&child.message, limits::SAID)),
            None => {}
        }
    }
}

/// By the id of each child that runs a tool call of an agent: the tool. A state is read without the values that lie elsewhere:
/// of answers among them it is not told.
fn tools(seen: &Seen) -> BTreeMap<String, String> {
    let talks = seen.newest.nodes.iter().filter_map(|(node, state)| Some((node, state.talk.as_ref()?)));
    let mut tools = BTreeMap::new();
    for (node, talk) in talks {
        let under_way = Reading::of(|reading| view::calls_under_way(&seen.newest, node, reading)).unwrap_or_default();
        for said in &talk.turns {
            let ended = said.ended.iter().filter_map(|(call, end)| Some((*call, end.execution_id.clone()?)));
            let runs = under_way.iter().filter(|_| !said.is_gathered());
            let runs = runs.filter_map(|(call, one)| Some((*call, one.execution_id.clone()?)));
            let calls = said.answer.value().map(|answer| &answer["tool_calls"]);
            for (call, id) in ended.chain(runs) {
                let name = calls.and_then(|calls| calls[call as usize]["name"].as_str());
                tools.extend(name.map(|name| (id.to_string(), name.to_owned())));
            }
        }
    }
    tools
}
