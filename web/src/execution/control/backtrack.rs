//! Backtrack: back to before a node, which runs again, with another input where somebody edits it.

use super::{
    about::{back_to, not_done_with, nothing, page, route},
    back::{dry_run, in_the_way, shown, shown_before},
    confirmed::{Mark, go_back},
    fields::{json, keep, reason, said, typed},
};
use crate::{
    desk::{Asked, Refusal, pretty},
    execution::{aim::Aim, seen::Seen},
    form::Pairs,
    layout::token,
    limits,
    session::{Sent, Visit},
};
use api::{
    Params, Problem,
    executions::read,
    types::{self, BacktrackBody, WouldGoBack},
};
use axum::{extract::Path, http::StatusCode, response::Response};
use maud::html;
use serde_json::Value;

/// The page that asks.
pub async fn ask(visit: Visit, Path(id): Path<String>, params: Params) -> Response {
    let found = async { of_node(&visit, &id, Aim::of(params)?).await };
    match found.await {
        Ok((seen, input)) => {
            let mut pairs = Pairs::default();
            pairs.set("input", input.as_ref().map(pretty).unwrap_or_default());
            asked(&visit, &seen, input.as_ref(), &pairs, None).await
        }
        Err(refusal) => nothing(&visit, &refusal),
    }
}

/// The execution, and the input of the selected node; none where it is too large to be edited in a page.
async fn of_node(visit: &Visit, id: &str, aim: Aim) -> Asked<(Seen, Option<Value>)> {
    let seen = Seen::of(visit, id, Aim { node: aim.node, ..Aim::default() }).await?;
    let named = seen.aim.node.as_deref().unwrap_or_default();
    let none = || match named {
        "" => Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "missing_parameter",
            "no node is named: choose one on the picture of the execution, and run it again from there",
        ),
        named => Problem::not_found("node", named),
    };
    let none = || Refusal::from(none());
    let node = seen.aim.node.as_deref().and_then(|node| seen.workflow.node(node)).ok_or_else(none)?;
    let fits = |bytes: usize| bytes <= limits::VALUE_BYTES;
    let show = |values: &mut types::Values| {
        let shown = types::Node::of(&seen.then, &seen.workflow, node, &[], values);
        (shown.input, values.missing().is_empty())
    };
    let (input, is_whole) = read::with_values_in(&visit.app, &seen.then, fits, show).await?;
    let is_editable = is_whole && input.to_string().len() <= limits::VALUE_BYTES;
    Ok((seen, Some(input).filter(|_| is_editable)))
}

async fn asked(
    visit: &Visit,
    seen: &Seen,
    input: Option<&Value>,
    pairs: &Pairs,
    refusal: Option<&Refusal>,
) -> Response {
    let id = seen.newest.id().as_str();
    let node = seen.aim.node.as_deref().unwrap_or_default();
    let path = route(id, "backtrack");
    let would = match body(node, input, pairs) {
        Ok(body) => visit.desk.post::<WouldGoBack>(&path, &BacktrackBody { dry_run: Some(true), ..body }).await,
        Err(refusal) => Err(refusal),
    };
    // Another input is somebody's own doing: what is held against what they confirm is what comes of the same one.
    let same = visit.desk.post::<WouldGoBack>(&path, &dry(node)).await;
    let hint = match input {
        Some(_) => {
            "What came to the node from the nodes before it. Its expressions call it `output`. What they call `input` is the \
             execution's, and stays as it is: fork the execution to change that."
        }
        None => {
            "What came to the node, its `output` in expressions, is too large for a page. Leave this empty to give it the same \
             again."
        }
    };
    let form = html! {
        @match &would { Ok(would) => (dry_run(visit, seen, would, &html! {}).await), Err(_) if refusal.is_some() => "", Err(dry) => (in_the_way(dry)) }
        form method="post" {
            (token(visit))
            input type="hidden" name="node" value=(node);
            @if let Ok(same) = &same { (Mark::back(visit, seen, same).await.field()) (shown(seen, same)) }
            (json("input", "Input of this node", hint, pairs.get("input").unwrap_or_default(), 12))
            (reason(pairs.get("reason").unwrap_or_default()))
            (not_done_with(visit, seen, refusal, &shown_before(Some(pairs))))
            div.actions {
                button.danger name="act" value="confirm" { "Go back and run it again" }
                button name="act" value="preview" { "Show what would happen" }
                (keep(visit, seen))
            }
        }
    };
    let name = seen.workflow.node(node).map_or(node, |node| &node.name);
    page(visit, seen, &format!("Run {name} again?"), refusal, &form)
}

fn body(node: &str, given: Option<&Value>, pairs: &Pairs) -> Asked<BacktrackBody> {
    let input = typed(pairs, "input")?.filter(|input| Some(input) != given);
    Ok(BacktrackBody { input, dry_run: None, reason: said(pairs, "reason"), ..dry(node) })
}

fn dry(node: &str) -> BacktrackBody {
    BacktrackBody {
        node: node.to_owned(),
        input: None,
        compensate: None,
        dry_run: Some(true),
        checkpoint: None,
        reason: None,
    }
}

/// Goes back, or shows what that would do.
pub async fn act(Path(id): Path<String>, sent: Sent) -> Response {
    let (visit, pairs) = (&sent.visit, &sent.pairs);
    let aim = Aim { node: pairs.get("node").map(str::to_owned), ..Aim::default() };
    let (seen, input) = match of_node(visit, &id, aim).await {
        Ok(found) => found,
        Err(refusal) => return nothing(visit, &refusal),
    };
    if pairs.get("act") == Some("preview") {
        return asked(visit, &seen, input.as_ref(), pairs, None).await;
    }
    let done = async {
        let node = seen.aim.node.as_deref().unwrap_or_default();
        let body = body(node, input.as_ref(), pairs)?;
        let body = |at| BacktrackBody { checkpoint: Some(at), ..body.clone() };
        go_back(visit, (&id, "backtrack"), pairs, &dry(node), body).await
    };
    match done.await {
        Ok(_) => back_to(&id),
        Err(refusal) => asked(visit, &seen, input.as_ref(), pairs, Some(&refusal)).await,
    }
}
