//! Fork: a new execution begins at a checkpoint of this one, with another input or another workflow where somebody edits
//! them.

use super::{
    about::{nothing, now, page, route},
    back::{checkpoints, in_the_way},
    fields::{json, named, typed},
    patch::operations,
};
use crate::{
    answered::see_other,
    desk::{Asked, Refusal, part, pretty},
    execution::{aim::Aim, seen::Seen},
    form::Pairs,
    layout::token,
    session::{Sent, Visit},
};
use api::{
    Params,
    types::{Accepted, CheckpointId, ForkBody, WouldFork},
};
use axum::{extract::Path, response::Response};
use maud::{Markup, html};

/// The page that asks: first at which checkpoint, then whether to do what it shows.
pub async fn ask(visit: Visit, Path(id): Path<String>, mut params: Params) -> Response {
    let to = params.take("to").and_then(|to| params.done().map(|()| to)).map_err(Refusal::from);
    let shown = async {
        match to?.filter(|to| !to.is_empty()) {
            Some(to) => {
                let seen = at(&visit, &id, &to).await?;
                let mut pairs = Pairs::default();
                pairs.set("document", pretty(&seen.workflow.document));
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

async fn asked(visit: &Visit, seen: &Seen, to: &str, pairs: &Pairs, refusal: Option<&Refusal>) -> Response {
    let would = match body(seen, to, pairs) {
        Ok(body) => {
            let body = ForkBody { dry_run: Some(true), ..body };
            visit.desk.post::<WouldFork>(&route(seen.newest.id().as_str(), "fork"), &body).await
        }
        Err(refusal) => Err(refusal),
    };
    let form = html! {
        @match &would { Ok(would) => (dry_run(seen, would)), Err(_) if refusal.is_some() => "", Err(dry) => (in_the_way(dry)) }
        form method="post" {
            (token(visit))
            input type="hidden" name="to" value=(to);
            (json("input", "Input", "Leave it empty to begin with the same input.", pairs.get("input").unwrap_or_default(), 6))
            details open[pairs.get("act").is_some()] {
                summary { "Change the workflow of the fork" }
                (json("document", "Document", "Change it to run the fork by another workflow. What led to the checkpoint must be what that could have led to.", pairs.get("document").unwrap_or_default(), 20))
            }
            div.actions {
                button.main name="act" value="confirm" { "Fork" }
                button name="act" value="preview" { "Show what would happen" }
                a.button href="fork" { "Another checkpoint" }
            }
        }
    };
    page(visit, seen, &format!("Fork at checkpoint {to}?"), refusal, &form)
}

fn body(seen: &Seen, to: &str, pairs: &Pairs) -> Asked<ForkBody> {
    let changed = typed(pairs, "document")?.map(|document| operations(&seen.workflow.document, &document));
    let patch = changed.filter(|operations| operations.as_array().is_some_and(|all| !all.is_empty()));
    Ok(ForkBody { checkpoint_id: CheckpointId(to.to_owned()), input: typed(pairs, "input")?, patch, dry_run: None })
}

/// What a fork would come to.
fn dry_run(seen: &Seen, would: &WouldFork) -> Markup {
    html! {
        p { "A new execution shares what was recorded until checkpoint " (would.checkpoint_id) ". It never undoes that, and this execution goes on unchanged." }
        @if let Some(status) = would.status { p { "By the outcomes that are recorded it would end as " strong { (status) } "." } }
        h2 { "Would go as it is recorded" }
        @if would.would_run.is_empty() { p.empty { "Nothing." } } @else {
            ul.plain-list { @for one in &would.would_run { li { (named(seen, &one.node)) @if let Some(port) = &one.port { " → " bdi { (port) } } } } }
        }
        h2 { "Would have to run, wait or ask first" }
        @if would.needs_recordings.is_empty() { p.empty { "Nothing." } } @else {
            ul.plain-list { @for one in &would.needs_recordings { li { (named(seen, &one.node)) } } }
        }
    }
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
    let done = async { visit.desk.post::<Accepted>(&route(&id, "fork"), &body(&seen, to, pairs)?).await };
    match done.await {
        Ok(accepted) => see_other(&format!("../{}", part(&accepted.execution_id))),
        Err(refusal) => asked(visit, &seen, to, pairs, Some(&refusal)).await,
    }
}
