//! Rollback: what would be undone and run again is shown before it is done.

use super::{
    about::{back_to, not_done, not_done_with, nothing, now, page, route},
    confirmed::{Mark, go_back},
    fields::{keep, named, reason, said},
    outside::{again, left, stays_of},
};
use crate::{
    desk::{Asked, Refusal, query},
    execution::seen::Seen,
    form::Pairs,
    layout::token,
    limits,
    look::called,
    moment::{moment, stamp},
    refused::why,
    session::{Sent, Visit},
    value::value,
    words::{beginning, count},
};
use api::{
    Params, Problem,
    types::{CheckpointId, RollbackBody, WouldCompensate, WouldGoBack},
};
use axum::{extract::Path, response::Response};
use maud::{Markup, html};

/// The page that asks: first to which checkpoint, then whether to do what it shows.
pub async fn ask(visit: Visit, Path(id): Path<String>, mut params: Params) -> Response {
    let to = params.take("to").and_then(|to| params.done().map(|()| to)).map_err(Refusal::from);
    let found = async { Ok((to?.filter(|to| !to.is_empty()), now(&visit, &id).await?)) };
    match found.await {
        Ok((Some(to), seen)) => confirm(&visit, &seen, &to, None).await,
        Ok((None, seen)) => choose(&visit, &seen).await.unwrap_or_else(|refusal| nothing(&visit, &refusal)),
        Err(refusal) => nothing(&visit, &refusal),
    }
}

/// The page on which a checkpoint is chosen.
async fn choose(visit: &Visit, seen: &Seen) -> Asked<Response> {
    let page_of = |body| page(visit, seen, "Roll back to which checkpoint?", None, &body);
    Ok(page_of(checkpoints(visit, seen, "rollback").await?))
}

/// A choice of checkpoints: any by its number, the newest by what they did.
pub async fn checkpoints(visit: &Visit, seen: &Seen, path: &str) -> Asked<Markup> {
    let newest = seen.newest.seq;
    let after = newest.saturating_sub(limits::CHECKPOINTS as u64);
    let turns = visit.app.host.journal().turns_lean(seen.newest.id(), after, limits::CHECKPOINTS).await;
    let turns = turns.map_err(Problem::from)?;
    let hint = match after {
        0 => format!("From 1 to {newest}, as listed below."),
        _ => format!("Any from 1 to {newest}. The newest {} are listed below.", turns.len()),
    };
    // To go back to now changes nothing; a fork may begin there.
    let leads = |seq: u64| path == "fork" || seq < newest;
    let to = |seq: u64| format!("{path}{}", query([("to", seq.to_string().as_str())]));
    Ok(html! {
        form method="get" action=(path) {
            div.field {
                label for="to" { "Checkpoint" }
                input #to type="number" name="to" min="1" max=(newest) required aria-describedby="to-hint";
                p.hint #to-hint { (hint) }
            }
            div.actions { button { "Show what would happen" } }
        }
        h2 { @if after == 0 { "All checkpoints" } @else { "The newest checkpoints" } }
        div.scroll { table.list.journal {
            thead { tr { th scope="col" { "Checkpoint" } th scope="col" { "What happened" } th scope="col" { "When" } } }
            tbody { @for turn in turns.iter().rev() { tr {
                td { @if leads(turn.seq) { a href=(to(turn.seq)) { (turn.seq) } } @else { span.checkpoint { (turn.seq) } } @if turn.seq == newest { " " span.hint { "now" } } }
                td dir="auto" { (beginning(&seen.sentence(turn), limits::TOLD)) }
                td { (stamp(turn.at)) }
            } } }
        } }
    })
}

/// The page that shows the dry run; with what was sent, and why it was not done, where somebody has confirmed it in vain.
async fn confirm(visit: &Visit, seen: &Seen, to: &str, sent: Option<(&Pairs, &Refusal)>) -> Response {
    let id = seen.newest.id().as_str();
    let would = visit.desk.post::<WouldGoBack>(&route(id, "rollback"), &dry(to)).await;
    let title = format!("Roll back to checkpoint {to}?");
    let refusal = sent.map(|(_, refusal)| refusal);
    let would = match (would, refusal) {
        (Ok(would), _) => Some(would),
        (Err(_), Some(_)) => None,
        // Nothing of it can be done: to send it would be in vain.
        (Err(dry), None) => {
            let choose =
                html! { (not_done(visit, seen, Some(&dry))) p { a href="rollback" { "Choose another checkpoint" } } };
            return page(visit, seen, &title, Some(&dry), &choose);
        }
    };
    let typed = |name| sent.and_then(|(pairs, _)| pairs.get(name));
    let tick = tick(sent.is_none() || typed("compensate").is_some());
    // Where nothing is listed there is nothing to choose.
    let is_choice = would.as_ref().is_none_or(|would| !would.would_compensate.is_empty());
    let body = html! {
        @if let Some(would) = &would { (dry_run(visit, seen, would, &tick).await) }
        form #go method="post" {
            (token(visit))
            input type="hidden" name="to" value=(to);
            @if let Some(would) = &would { (Mark::back(visit, seen, would).await.field()) (shown(seen, would)) }
            @if !is_choice { input type="hidden" name="compensate" value="yes"; }
            @else if would.is_none() { (tick) }
            (reason(typed("reason").unwrap_or_default()))
            (not_done_with(visit, seen, refusal, &shown_before(sent.map(|(pairs, _)| pairs))))
            div.actions { button.danger { "Roll back" } a.button href="rollback" { "Another checkpoint" } (keep(visit, seen)) }
        }
    };
    page(visit, seen, &title, refusal, &body)
}

/// The choice whether anything is undone. It belongs to the form below, wherever it stands.
fn tick(is_chosen: bool) -> Markup {
    html! {
        label.choice {
            input type="checkbox" name="compensate" value="yes" form="go" checked[is_chosen];
            span { "Undo what nodes did outside, as listed " span.hint { "Without this tick all of it stays as it is." } }
        }
    }
}

/// What a page says would come of it, for the page that says something else by then.
pub fn shown(seen: &Seen, would: &WouldGoBack) -> Markup {
    let (undone, runs) = in_a_word(seen, would);
    html! { input type="hidden" name="told" value=(beginning(&format!("{undone}{runs}"), limits::TOLD)); }
}

/// What the page said that somebody has confirmed.
pub fn shown_before(sent: Option<&Pairs>) -> Markup {
    let told = sent.and_then(|pairs| pairs.get("told")).filter(|told| !told.is_empty());
    html! { @if let Some(told) = told { p { "Before, this page said that " bdi { (beginning(told, limits::TOLD)) } "." } } }
}

fn dry(to: &str) -> RollbackBody {
    RollbackBody { checkpoint_id: Some(CheckpointId(to.to_owned())), dry_run: Some(true), ..RollbackBody::default() }
}

/// What going back would do. `tick` is the choice whether anything is undone, where there is one.
pub async fn dry_run(visit: &Visit, seen: &Seen, would: &WouldGoBack, tick: &Markup) -> Markup {
    let stays = stays_of(visit, seen, would).await;
    let (undone_in_short, runs) = in_a_word(seen, would);
    html! {
        p { strong { "If you confirm, " span.undoes { (undone_in_short) } (runs) "." } }
        @if let Some(then) = would.restored_state.timestamp {
            p.hint { "The execution is then as it was on " (moment(then.0))
                @if let Some(node) = &would.restored_state.node { ", after " (named(seen, node)) } "." }
        }
        @if seen.newest.paused { p.hint { "The execution is paused: nothing is undone and nothing runs before it is resumed." } }
        @if would.would_compensate.is_empty() {
            h2 { "What is undone" }
            p.empty { @if stays.is_empty() { "Nothing that ran since needs to be undone." } @else { "Nothing: no node that ran since has a way to be undone." } }
        } @else {
            h2 { "What is undone, in this order" }
            (tick)
            (undone(&would.would_compensate, &|id| named(seen, id)))
        }
        (left(seen, &stays, would))
        h2 { "What runs then" }
        @if would.would_run.is_empty() { p.empty { "Nothing." } } @else {
            ul.plain-list {
                @for one in &would.would_run_with { li {
                    (named(seen, &one.node))
                    @if let Some(again) = seen.workflow.node(&one.node).and_then(again) { span.hint { " · " (again) } }
                    (problem(one.error.as_deref()))
                    @if let Some(config) = &one.config { details { summary { "With what" } (value(config, "")) } }
                } }
            }
        }
    }
}

/// The whole in one sentence, with the names of nodes: what is undone, and what runs then.
fn in_a_word(seen: &Seen, would: &WouldGoBack) -> (String, String) {
    let undone = match would.would_compensate.len() as u64 {
        0 => "nothing is undone, and then ".to_owned(),
        1 => "1 thing is undone, and then ".to_owned(),
        many => format!("{} are undone, and then ", count(many, "thing")),
    };
    let called = |node: &String| called(&seen.workflow, &node.as_str().into());
    let runs = match would.would_run.as_slice() {
        [] => "nothing runs".to_owned(),
        [one] => format!("{} runs", called(one)),
        [all @ .., last] => {
            format!("{} and {} run", all.iter().map(called).collect::<Vec<_>>().join(", "), called(last))
        }
    };
    (undone, runs)
}

/// What would be undone, in its order, and within each child what would be undone in that. The nodes of a child are those of
/// its own workflow, which this page does not have.
fn undone(all: &[WouldCompensate], named: &dyn Fn(&str) -> Markup) -> Markup {
    html! {
        ol.undone {
            @for one in all {
                li {
                    strong { (named(&one.node)) }
                    @if one.visit > 1 { span.hint { " · visit " (one.visit) } }
                    @if let Some(child) = &one.child { span.hint { " · child " code { (child) } } }
                    @if one.outcome_unknown { p.hint { "Nobody knows what this run did; it is undone all the same." } }
                    (problem(one.error.as_deref()))
                    (how(one))
                    @match &one.would_compensate {
                        Some(within) if within.is_empty() => p.hint { "Nothing in it would be undone." },
                        Some(within) => (undone(within, &|id| html! { bdi { (id) } })),
                        None if one.child.is_some() => p.hint { "What would be undone in it is not shown: there are too many children." },
                        None => {}
                    }
                }
            }
        }
    }
}

/// Why the templates of what a node would be given cannot be filled in.
fn problem(error: Option<&str>) -> Markup {
    html! { @if let Some(error) = error { p.fault { "Its templates cannot be filled in: " (error) } } }
}

/// By what something is undone.
fn how(one: &WouldCompensate) -> Markup {
    html! {
        @if let Some(kind) = &one.r#type {
            details { summary { "How it is undone" }
                p.hint { "By a node of the type " bdi { (kind.replace('_', " ")) } "." }
                @if let Some(config) = &one.config { (value(config, "")) }
            }
        }
    }
}

/// What stands in the way of a dry run, in place of it.
pub fn in_the_way(refusal: &Refusal) -> Markup {
    html! { div.verdict.bad role="alert" { div { (why(refusal)) } } }
}

/// Rolls back.
pub async fn act(Path(id): Path<String>, sent: Sent) -> Response {
    let (visit, pairs) = (&sent.visit, &sent.pairs);
    let to = pairs.get("to").unwrap_or_default();
    let compensate = Some(pairs.get("compensate").is_some());
    let body =
        |at| RollbackBody { compensate, checkpoint: Some(at), reason: said(pairs, "reason"), dry_run: None, ..dry(to) };
    let done = go_back(visit, (&id, "rollback"), pairs, &dry(to), body).await;
    match (done, now(visit, &id).await) {
        (Ok(_), _) => back_to(&id),
        (Err(refusal), Ok(seen)) => confirm(visit, &seen, to, Some((pairs, &refusal))).await,
        (Err(refusal), Err(_)) => nothing(visit, &refusal),
    }
}
