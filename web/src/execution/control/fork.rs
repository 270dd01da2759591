//! Fork: a new execution begins at a checkpoint of this one, with another input or another workflow where somebody edits
//! them.

use super::{
    about::{not_done, nothing, now, page, route},
    back::{checkpoints, in_the_way},
    confirmed::Mark,
    fields::{json, keep, named, typed},
    outside::again,
    patch::operations,
};
use crate::{
    answered::see_other,
    desk::{Asked, Refusal, part, pretty},
    execution::{aim::Aim, seen::Seen},
    form::Pairs,
    layout::token,
    limits,
    session::{Sent, Visit},
    words::count,
};
use api::{
    Params,
    types::{Accepted, CheckpointId, ForkBody, WouldFork, WouldRun},
};
use axum::{extract::Path, response::Response};
use maud::{Markup, html};
use serde_json::Value;

/// The page that asks: first at which checkpoint, then whether to do what it shows.
pub async fn ask(visit: Visit, Path(id): Path<String>, mut params: Params) -> Response {
    let to = params.take("to").and_then(|to| params.done().map(|()| to)).map_err(Refusal::from);
    let shown = async {
        match to?.filter(|to| !to.is_empty()) {
            Some(to) => {
                let seen = at(&visit, &id, &to).await?;
                let mut pairs = Pairs::default();
                pairs.set("document", pretty(&seen.workflow.document));
                pairs.set("input", input(&seen).map(pretty).unwrap_or_default());
                Ok(asked(&visit, &seen, &to, &pairs, None).await)
            }
            None => {
                let seen = now(&visit, &id).await?;
                let choice = checkpoints(&visit, &seen, "fork").await?;
                Ok(page(&visit, &seen, "Fork at which checkpoint?", None, &choice))
            }
        }
    };
    shown.await.unwrap_or_else(|refusal: Refusal| nothing(&visit, &refusal))
}

/// The execution as it was at the checkpoint, whose workflow the fork runs by.
async fn at(visit: &Visit, id: &str, to: &str) -> Asked<Seen> {
    let at = CheckpointId(to.to_owned()).number().unwrap_or_default();
    Seen::of(visit, id, Aim { at: Some(at), ..Aim::default() }).await
}

/// The input that a fork begins with where nobody gives it another; none where it is too large to be edited in a page.
fn input(seen: &Seen) -> Option<&Value> {
    let input = &seen.shown.input;
    let is_elsewhere = input.get("$blob").is_some() || input.get("$larger_than").is_some();
    Some(input).filter(|_| !is_elsewhere && input.to_string().len() <= limits::VALUE_BYTES)
}

async fn asked(visit: &Visit, seen: &Seen, to: &str, pairs: &Pairs, refusal: Option<&Refusal>) -> Response {
    let would = match body(seen, to, pairs) {
        Ok(body) => would(visit, seen, body).await,
        Err(refusal) => Err(refusal),
    };
    let same = unchanged(visit, seen, to).await;
    let hint = match input(seen) {
        Some(_) => "JSON. What the fork begins with: as long as nobody edits it, the same input.",
        None => "JSON. The input is too large for a page. Leave this empty to begin with the same.",
    };
    let form = html! {
        @match &would { Ok(would) => (dry_run(seen, would)), Err(_) if refusal.is_some() => "", Err(dry) => (in_the_way(dry)) }
        form method="post" {
            (token(visit))
            input type="hidden" name="to" value=(to);
            @if let Ok(same) = &same { (same.field()) }
            (json("input", "Input", hint, pairs.get("input").unwrap_or_default(), 8))
            details open[pairs.get("act").is_some()] {
                summary { "Change the workflow of the fork" }
                (json("document", "Document", "Change it to run the fork by another workflow. What led to the checkpoint must be what that could have led to.", pairs.get("document").unwrap_or_default(), 20))
            }
            (not_done(visit, seen, refusal))
            div.actions {
                button.main name="act" value="confirm" { "Fork" }
                button name="act" value="preview" { "Show what would happen" }
                a.button href="fork" { "Another checkpoint" }
                (keep(visit, seen))
            }
        }
    };
    page(visit, seen, &format!("Fork at checkpoint {to}?"), refusal, &form)
}

async fn would(visit: &Visit, seen: &Seen, body: ForkBody) -> Asked<WouldFork> {
    let body = ForkBody { dry_run: Some(true), ..body };
    visit.desk.post(&route(seen.newest.id().as_str(), "fork"), &body).await
}

/// What a fork would come to that changes nothing. What somebody edits is their own doing, and not the execution's.
async fn unchanged(visit: &Visit, seen: &Seen, to: &str) -> Asked<Mark> {
    let same = ForkBody { checkpoint_id: CheckpointId(to.to_owned()), input: None, patch: None, dry_run: None };
    would(visit, seen, same).await.map(|would| Mark::fork(&would))
}

fn body(seen: &Seen, to: &str, pairs: &Pairs) -> Asked<ForkBody> {
    let changed = typed(pairs, "document")?.map(|document| operations(&seen.workflow.document, &document));
    let patch = changed.filter(|operations| operations.as_array().is_some_and(|all| !all.is_empty()));
    // The same input is not sent once more.
    let input = typed(pairs, "input")?.filter(|typed| Some(typed) != input(seen));
    Ok(ForkBody { checkpoint_id: CheckpointId(to.to_owned()), input, patch, dry_run: None })
}

/// What a fork would come to. The API replays what was recorded after the checkpoint, to tell which way a fork would go; the
/// fork itself shares nothing of that, and runs all of it.
fn dry_run(seen: &Seen, would: &WouldFork) -> Markup {
    html! {
        p { "A new execution shares what was recorded until checkpoint " (would.checkpoint_id) ". It never undoes that, and this execution goes on unchanged." }
        h2 { "What runs again" }
        @if would.would_run.is_empty() { p.empty { "Nothing that has run here since." } } @else {
            p { "What came after the checkpoint is not shared: the fork runs these nodes itself. "
                strong { "What they do outside is done again." } }
            ul.plain-list { @for (one, visits) in &alike(&would.would_run) { li {
                (named(seen, &one.node))
                @if *visits > 1 { ", " (count(*visits, "time")) }
                (told(seen, &one.node))
                @if let Some(port) = one.port.as_ref().filter(|port| *port != "success") { span.hint { " · here it took the way “" bdi { (port) } "”" } }
            } } }
            @if let Some(status) = would.status { p.hint { "If all of it comes out as it did here, the fork ends as " (status) "." } }
        }
        h2 { "What runs as well" }
        @if would.needs_recordings.is_empty() { p.empty { "Nothing that has not finished here." } } @else {
            p.hint { "These have not finished here, so it is not known what comes after them." }
            ul.plain-list { @for one in &would.needs_recordings { li { (named(seen, &one.node)) (told(seen, &one.node)) } } }
        }
    }
}

/// What a node does outside when the fork runs it.
fn told(seen: &Seen, node: &str) -> Markup {
    let again = seen.workflow.node(node).and_then(again);
    html! { @if let Some(again) = again { " · " strong { (again) } } }
}

/// Visits in the order in which they would come, those of one node that take the same port together.
fn alike(all: &[WouldRun]) -> Vec<(&WouldRun, u64)> {
    let mut found: Vec<(&WouldRun, u64)> = Vec::new();
    for one in all {
        match found.iter_mut().find(|(first, _)| (&first.node, &first.port) == (&one.node, &one.port)) {
            Some((_, visits)) => *visits += 1,
            None => found.push((one, 1)),
        }
    }
    found
}

/// Forks, or shows what that would do.
pub async fn act(Path(id): Path<String>, sent: Sent) -> Response {
    let (visit, pairs) = (&sent.visit, &sent.pairs);
    let to = pairs.get("to").unwrap_or_default();
    let seen = match at(visit, &id, to).await {
        Ok(seen) => seen,
        Err(refusal) => return nothing(visit, &refusal),
    };
    if pairs.get("act") == Some("preview") {
        return asked(visit, &seen, to, pairs, None).await;
    }
    let done = async {
        let body = body(&seen, to, pairs)?;
        unchanged(visit, &seen, to).await?.confirmed(pairs)?;
        visit.desk.post::<Accepted>(&route(&id, "fork"), &body).await
    };
    match done.await {
        Ok(accepted) => see_other(&format!("../{}", part(&accepted.execution_id))),
        Err(refusal) => asked(visit, &seen, to, pairs, Some(&refusal)).await,
    }
}
