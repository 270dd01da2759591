//! What is asked of executions that were chosen one by one, shown before it is done.

use super::{
    act::{ACTIONS, Act},
    rows::{self, Row},
};
use crate::{
    assets::MANY,
    desk::Asked,
    layout::{Place, View, shown, token},
    limits,
    look::words,
    refused::refused,
    session::Visit,
    words::count,
};
use api::Scope;
use axum::{http::StatusCode, response::Response};
use engine::port::Head;
use maud::{Markup, html};
use std::collections::BTreeMap;
use stepwell_core::execution::Status;

/// The page that asks whether it is meant, with the query of the list that it came from. It changes nothing.
pub async fn confirm(visit: &Visit, act: &Act, ids: &[&str], back: &str) -> Response {
    match chosen(visit, ids).await {
        Err(refusal) => refused(&refusal, &visit.up),
        Ok(all) => {
            let title = format!("{} {}?", act.told, count(all.len() as u64, "chosen execution"));
            let body = asked(visit, act, &all, back, &title);
            shown(visit, View { place: Place::Executions, title: &title, scripts: &[&MANY], body })
        }
    }
}

async fn chosen(visit: &Visit, ids: &[&str]) -> Asked<Vec<Row>> {
    visit.caller.require(Scope::Read)?;
    visit.caller.require(Scope::Run)?;
    by_id(visit, ids).await
}

/// The executions of these ids, of the visitor's owner. What is not there any more is left out.
pub async fn by_id(visit: &Visit, ids: &[&str]) -> Asked<Vec<Row>> {
    let mut heads = Vec::with_capacity(ids.len());
    for id in ids {
        match visit.app.execution(&visit.caller.owner, id).await {
            Ok(execution) => heads.push(Head { id: execution.id().clone(), status: execution.status() }),
            Err(problem) if problem.status() == StatusCode::NOT_FOUND => {}
            Err(problem) => return Err(problem.into()),
        }
    }
    rows::of(visit, &heads).await
}

fn asked(visit: &Visit, act: &Act, all: &[Row], back: &str, title: &str) -> Markup {
    let (suits, others): (Vec<&Row>, Vec<&Row>) = all.iter().partition(|row| act.statuses.contains(&row.status));
    let list = list(&visit.up, back, &all.iter().map(|row| row.id.as_str()).collect::<Vec<_>>());
    let first = ACTIONS.iter().find(|other| others.first().is_some_and(|row| other.statuses.contains(&row.status)));
    let leads_to = act.leads_to();
    let (sign, _) = words(leads_to);
    html! {
        div.page-head { h1 { (title) } }
        @if suits.is_empty() {
            p { "None of those that were chosen is in a status in which this does something: " (by_status(&others)) "."
                @if let Some(first) = first { " " (first.told) " would." } }
            p { a.button href=(list) { "Back to the list" } }
        } @else {
            p data-said { (act.does) " " strong { (count(suits.len() as u64, "execution")) } " (" (by_status(&suits)) ")" (act.will(suits.len() as u64))
                @if !others.is_empty() { " The others are left alone, since it does nothing in them: " (by_status(&others)) "." } }
            form.narrow-form #chosen method="post" action={ (visit.up) "executions/many" } data-list={ (visit.up) "executions" }
                data-doing=(act.doing) data-done=(act.done) data-sign=(sign) data-status=(leads_to) data-ends[leads_to.is_terminal()] {
                (token(visit))
                input type="hidden" name="confirmed" value="yes";
                input type="hidden" name="action" value=(act.word);
                input type="hidden" name="back" value=(back);
                @for row in &suits { input type="hidden" name="execution" value=(row.id); }
                div.field { label for="reason" { "Reason " span.mark { "optional" } }
                    input #reason name="reason" maxlength="500" dir="auto"; }
                p.chosen data-chosen {}
                div.actions { button class=(act.class()) { (act.told) " " (count(suits.len() as u64, "execution")) }
                    a.button href=(list) { "Back to the list" } }
            }
            h2.above { (these(suits.len())) }
            (rows::table(&suits, &visit.up, visit.now, None))
        }
    }
}

/// The heading of the executions that something is to be done with.
pub fn these(many: usize) -> &'static str {
    if many == 1 { "This execution" } else { "These executions" }
}

/// How many are in each status, in words.
fn by_status(rows: &[&Row]) -> String {
    let mut found: BTreeMap<Status, usize> = BTreeMap::new();
    rows.iter().for_each(|row| *found.entry(row.status).or_default() += 1);
    let told = found.into_iter().map(|(status, many)| format!("{many} {}", words(status).1.to_lowercase()));
    told.collect::<Vec<_>>().join(", ")
}

/// The list that somebody came from, with what was chosen in it as far as an address has room.
pub fn list(up: &str, back: &str, chosen: &[&str]) -> String {
    let mark = if back.is_empty() { '?' } else { '&' };
    match chosen.len() {
        1..=limits::CHOSEN_KEPT => format!("{up}executions{back}{mark}chosen={}", crate::desk::part(&chosen.join(","))),
        _ => format!("{up}executions{back}"),
    }
}
