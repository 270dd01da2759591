//! Rollback: what would be undone and run again is shown before it is done.

use super::{
    about::{back_to, not_done, nothing, now, page, route},
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
use serde_json::Value;

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
    Ok(html! {
        form method="get" action=(path) {
            div.field {
                label for="to" { "Checkpoint" }
                input #to type="number" name="to" min="1" max=(newest) required aria-describedby="to-hint";
                p.hint #to-hint { "A number from 1 to " (newest) ", or one of those below." }
            }
            div.actions { button { "Show what would happen" } }
        }
        h2 { "The newest checkpoints" }
        div.scroll { table.list.journal {
            thead { tr { th scope="col" { "Checkpoint" } th scope="col" { "What happened" } th scope="col" { "When" } } }
            tbody { @for turn in turns.iter().rev() { tr {
                td { a href={ (path) (query([("to", turn.seq.to_string().as_str())])) } { (turn.seq) } @if turn.seq == newest { " " span.hint { "now" } } }
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
    let body = html! {
        @if let Some(would) = &would { (dry_run(visit, seen, would).await) }
        form method="post" {
            (token(visit))
            input type="hidden" name="to" value=(to);
            @if let Some(would) = &would { (Mark::back(visit, seen, would).await.field()) }
            // Where nothing is listed there is nothing to choose.
            @if would.as_ref().is_some_and(|would| would.would_compensate.is_empty()) {
                input type="hidden" name="compensate" value="yes";
            } @else {
                label.choice { input type="checkbox" name="compensate" value="yes" checked[sent.is_none() || typed("compensate").is_some()];
                    "Undo what nodes did outside, as listed" }
            }
            (reason(typed("reason").unwrap_or_default()))
            (not_done(visit, seen, refusal))
            div.actions { button.danger { "Roll back" } a.button href="rollback" { "Another checkpoint" } (keep(visit, seen)) }
        }
    };
    page(visit, seen, &title, refusal, &body)
}

fn dry(to: &str) -> RollbackBody {
    RollbackBody { checkpoint_id: Some(CheckpointId(to.to_owned())), dry_run: Some(true), ..RollbackBody::default() }
}

/// What going back would do.
pub async fn dry_run(visit: &Visit, seen: &Seen, would: &WouldGoBack) -> Markup {
    let stays = stays_of(visit, seen, would).await;
    html! {
        p { strong { "If you confirm, " (in_a_word(seen, would)) "." } }
        @if let Some(then) = would.restored_state.timestamp {
            p.hint { "The execution is then as it was " (moment(then.0))
                @if let Some(node) = &would.restored_state.node { ", after " (named(seen, node)) } "." }
        }
        @if seen.newest.paused { p.hint { "The execution is paused: nothing is undone and nothing runs before it is resumed." } }
        h2 { "Is undone, in this order" }
        @if would.would_compensate.is_empty() { p.empty { "Nothing: no node that ran since can be undone." } } @else {
            (undone(&would.would_compensate, &|id| named(seen, id)))
        }
        (left(seen, &stays, would))
        h2 { "Then continues with" }
        @if would.would_run.is_empty() { p.empty { "Nothing." } } @else {
            ul.plain-list {
                @for one in &would.would_run_with { li {
                    (named(seen, &one.node))
                    @if let Some(again) = seen.workflow.node(&one.node).and_then(again) { span.hint { " · " (again) } }
                    (filled_in(one.config.as_ref(), one.error.as_deref()))
                } }
            }
        }
    }
}

/// The whole in one sentence, with the names of nodes.
fn in_a_word(seen: &Seen, would: &WouldGoBack) -> Markup {
    html! {
        @match would.would_compensate.len() as u64 {
            0 => "nothing is undone",
            1 => "1 thing is undone",
            many => { (count(many, "thing")) " are undone" },
        }
        @let next = &would.would_run;
        @if next.is_empty() { ", and then nothing runs" } @else {
            ", and then "
            @for (at, node) in next.iter().enumerate() {
                @if at > 0 { @if at + 1 == next.len() { " and " } @else { ", " } } bdi { (seen.name_of(node)) }
            }
            @if next.len() == 1 { " runs" } @else { " run" }
        }
    }
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
                    @if let Some(kind) = &one.r#type { span.hint { " · undone by " bdi { (kind.replace('_', " ")) } } }
                    @if one.outcome_unknown { p.hint { "Nobody knows what this run did; it is undone all the same." } }
                    (filled_in(one.config.as_ref(), one.error.as_deref()))
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

/// What a node would be given, or why its templates cannot be filled in.
fn filled_in(config: Option<&Value>, error: Option<&str>) -> Markup {
    html! {
        @if let Some(error) = error { p.fault { "Its templates cannot be filled in: " (error) } }
        @if let Some(config) = config { details { summary { "With what" } (value(config, "")) } }
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
