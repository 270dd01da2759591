//! Asks the same of executions that were chosen one by one, once that is confirmed.

use super::{
    act::Act,
    chosen::{by_id, confirm, list},
    rows::{Row, named},
};
use crate::{
    answered::{page_of_session, see_other},
    desk::{Asked, Refusal, part},
    layout::{Place, View, answered},
    limits,
    look::plainly,
    refused::refused,
    session::{Sent, Visit},
    words::sentence,
};
use axum::{http::StatusCode, response::Response};
use futures::{StreamExt, stream};
use maud::{Markup, html};
use serde_json::{Value, json};

/// What became of one of them.
type Outcome = (String, Asked<Value>);

/// `POST /executions/many`: shows what it would come to, and does it where the form of that page is sent.
pub async fn send(Sent { visit, pairs }: Sent) -> Response {
    let ids: Vec<&str> = pairs.all("execution").collect();
    let back = pairs.get("back").filter(|back| back.starts_with('?')).unwrap_or_default();
    let Some(act) = Act::of(pairs.get("action").unwrap_or_default()) else {
        let detail = "say what to do with the executions: cancel, retry, resume or redrive them";
        return refused(&Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail), &visit.up);
    };
    let (all, more) = (list(&visit.up, back, &[]), if back.is_empty() { "?" } else { "&" });
    if ids.is_empty() {
        return see_other(&format!("{all}{more}none=yes"));
    }
    if ids.len() > limits::CHOSEN {
        let detail = format!("choose {} executions at most in the list, then say what to do with them", limits::CHOSEN);
        return refused(&Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", &detail), &visit.up);
    }
    if pairs.get("confirmed").is_none() {
        return confirm(&visit, act, &ids, back).await;
    }
    let reason = pairs.get("reason").map(str::trim).filter(|reason| !reason.is_empty());
    let outcomes = ask(&visit, act.word, &ids, reason).await;
    let failed: Vec<&Outcome> = outcomes.iter().filter(|(_, outcome)| outcome.is_err()).collect();
    let ids: Vec<&str> = failed.iter().map(|(id, _)| id.as_str()).collect();
    // A name is a help: without it the id stands alone.
    let known = by_id(&visit, &ids).await.unwrap_or_default();
    let rows = rows(&visit.up, &failed, &known);
    if pairs.get("part").is_some() {
        // The script of the page asks some at a time, and gathers what refused.
        return page_of_session(StatusCode::OK, html! { table { tbody { (rows) } } });
    }
    if failed.is_empty() {
        return see_other(&format!("{all}{more}did={}&many={}", act.word, outcomes.len()));
    }
    show(&visit, act, &rows, (failed.len(), outcomes.len()), &all)
}

async fn ask(visit: &Visit, word: &str, ids: &[&str], reason: Option<&str>) -> Vec<Outcome> {
    let body = reason.map_or_else(|| json!({}), |reason| json!({ "reason": reason }));
    let body = &body;
    let one = async |id: &str| {
        let outcome = match word {
            "redrive" => {
                visit.desk.post(&format!("/v1/executions/{}/unstick", part(id)), &json!({"action": "redrive"})).await
            }
            _ => visit.desk.post(&format!("/v1/executions/{}/{word}", part(id)), body).await,
        };
        (id.to_owned(), outcome)
    };
    let asked: Vec<_> = ids.iter().map(|id| one(id)).collect();
    stream::iter(asked).buffered(limits::FIGURES_AT_ONCE).collect().await
}

/// Those that refused, with why: so many of all.
fn show(visit: &Visit, act: &Act, rows: &Markup, (failed, all): (usize, usize), list: &str) -> Response {
    let done = all - failed;
    let title = act.did_not(failed as u64, all as u64);
    let body = html! {
        div.page-head { h1 { (title) } }
        @if done > 0 { p { (act.did(done as u64)) "." } }
        div.scroll {
            table.list.cards {
                thead { tr { th scope="col" { "Execution" } th scope="col" { "Why not" } } }
                tbody { (rows) }
            }
        }
        p { a href=(list) { "Back to the list" } }
    };
    // Where something was done, the page is an answer, and no error.
    let status = if done > 0 { StatusCode::OK } else { StatusCode::CONFLICT };
    answered(visit, status, View { place: Place::Executions, title: &title, scripts: &[], body })
}

fn rows(up: &str, failed: &[&Outcome], known: &[Row]) -> Markup {
    html! {
        @for (id, outcome) in failed {
            tr data-execution=(id) {
                td { (named(known, id, up)) }
                td.wide-cell { span.state.bad { span aria-hidden="true" { "✕" } @if let Err(refusal) = outcome { (sentence(&plainly(&refusal.problem.detail))) } } }
            }
        }
    }
}
