//! Patch: the workflow of an execution is edited as a whole while it runs. What was changed becomes a JSON Patch. Nodes that
//! stand in the way of it are shown on the picture.

use super::{
    about::{back_to, not_done, nothing, now, page_with, route},
    fields::{keep, said, typed},
    simple::not_now,
};
use crate::{
    assets::{EDITOR, ZOOM},
    desk::{Asked, Refusal, pretty},
    editor::{Problem as Found, problems},
    execution::{
        page::turns,
        picture::{Beside, Refused, of_execution},
        seen::Seen,
        timeline::spans,
    },
    form::Pairs,
    layout::token,
    limits, refused,
    session::{Sent, Visit},
    words::count,
};
use api::{
    NoParams, Problem,
    types::{Fault, PatchBody, Patched},
    written::{Format, Places, read},
};
use axum::{extract::Path, http::StatusCode, response::Response};
use maud::{Markup, html};
use serde_json::Value;
use stepwell_core::{
    decide::admitted::{Ask, admitted},
    patch::Why,
};

const TITLE: &str = "Change the workflow of this execution";

/// The page with the editor.
pub async fn ask(visit: Visit, Path(id): Path<String>, _: NoParams) -> Response {
    match now(&visit, &id).await {
        Ok(seen) if !admitted(&seen.newest).contains(&Ask::Patch) => not_now(&visit, &seen, TITLE),
        Ok(seen) => {
            let mut pairs = Pairs::default();
            pairs.set("document", pretty(&seen.workflow.document));
            pairs.set("hash", seen.workflow.hash.as_str());
            edited(&visit, &seen, &pairs, None, &[], &html! {}).await
        }
        Err(refusal) => nothing(&visit, &refusal),
    }
}

async fn edited(
    visit: &Visit,
    seen: &Seen,
    pairs: &Pairs,
    refusal: Option<&Refusal>,
    found: &[Found],
    told: &Markup,
) -> Response {
    // What is wrong with the text alone is in no node's way.
    let refused = refusal.map(in_the_way).filter(|refused| !refused.is_empty());
    let beside = match refused {
        Some(refused) => turns(visit, seen)
            .await
            .ok()
            .map(|turns| Beside { refused, ..Beside::of(seen, &turns, &spans(&seen.workflow, &turns)) }),
        None => None,
    };
    let body = html! {
        (told)
        @if let Some(beside) = &beside {
            h2 #way { "Problems on the picture" }
            (of_execution(seen, &visit.up, beside))
        }
        div.editor.alone[found.is_empty()] data-editor {
            (form(visit, seen, pairs, refusal))
            div #checked {
                @if !found.is_empty() { (problems(found, &html! { (count(found.len() as u64, "problem")) }, 0)) }
            }
        }
    };
    page_with(visit, seen, TITLE, refusal, &[&EDITOR, &ZOOM], &body)
}

fn form(visit: &Visit, seen: &Seen, pairs: &Pairs, refusal: Option<&Refusal>) -> Markup {
    html! {
        form method="post" {
            (token(visit))
            input type="hidden" name="hash" value=(pairs.get("hash").unwrap_or_default());
            div.field {
                label for="text" { "The workflow of this execution" }
                div.frame {
                    div.gutter aria-hidden="true" {}
                    textarea.code #text name="document" rows="28" wrap="off" spellcheck="false" autocomplete="off" dir="ltr" aria-describedby="text-hint" {
                        // A browser leaves out the first line end.
                        "\n" (pairs.get("document").unwrap_or_default())
                    }
                }
                p.hint #text-hint { "JSON. Nodes that have not finished run as changed; what has happened stays as it is." }
            }
            div.field {
                label for="description" { "What the change is for " span.mark { "optional" } }
                input #description name="description" value=(pairs.get("description").unwrap_or_default()) maxlength="1000";
            }
            @match refusal.and_then(told_below) {
                Some(short) => (refused::not_done(Some(&short), &html! {})),
                None => (not_done(visit, seen, refusal)),
            }
            @if let Some(refusal) = refusal.filter(|refusal| !refusal.problem.errors.is_empty()) {
                p.hint { a href="#checked" { "To the list of problems" }
                    @if !in_the_way(refusal).is_empty() { " · " a href="#way" { "To the picture" } } }
            }
            div.actions {
                button.main name="act" value="confirm" { "Change the workflow" }
                button name="act" value="check" { "Check only" }
                (keep(visit, seen))
            }
        }
    }
}

/// A refusal without its faults, where it has some: they are listed as problems, each at its line, and told once.
fn told_below(refusal: &Refusal) -> Option<Refusal> {
    let mut short = refusal.clone();
    let many = std::mem::take(&mut short.problem.errors).len() as u64;
    short.problem.detail = format!("this change is not possible: {}, as the list says", count(many, "problem"));
    Some(short).filter(|_| many > 0)
}

/// What stands in the way in the words of people: nodes by their names, and no events of the journal.
fn plain(seen: &Seen, refusal: &Refusal) -> Refusal {
    let mut refusal = refusal.clone();
    for fault in refusal.problem.errors.iter_mut().filter(|fault| fault.node.is_some()) {
        fault.message = seen.fault(&fault.message, fault.node.as_deref());
        let Some((checkpoint, ways)) = fault.hint.as_deref().and_then(recorded) else { continue };
        if fault.code == Why::NodeRemoved.as_str() {
            fault.message = format!("it is missing; it was reached at checkpoint {checkpoint}, so it must stay");
            fault.hint = Some(ways);
        } else {
            fault.hint = Some(format!("that was at checkpoint {checkpoint}; {ways}"));
        }
    }
    refusal
}

/// The checkpoint that recorded what stands in the way, and the ways around it.
fn recorded(hint: &str) -> Option<(String, String)> {
    let (checkpoint, rest) = hint.strip_prefix("checkpoint ")?.split_once(" recorded it (")?;
    Some((checkpoint.to_owned(), rest.split_once("); ")?.1.to_owned()))
}

/// What stands in the way, by node.
fn in_the_way(refusal: &Refusal) -> Refused {
    let faults = refusal.problem.errors.iter();
    faults.filter_map(|fault| Some((fault.node.clone()?, fault.message.clone()))).collect()
}

/// A node by its name and its id.
fn called(seen: &Seen, id: String) -> String {
    match seen.name_of(&id) {
        name if name == id => id,
        name => format!("{name} ({id})"),
    }
}

/// What is wrong with the text, each at its line. What stands in the way of a change is told at the node that it is about.
fn found(text: &str, refusal: &Refusal) -> Vec<Found> {
    let document = match read(text, Format::Json) {
        Ok(document) => document,
        Err(malformed) => return vec![Found::malformed(text, &malformed)],
    };
    let places = Places::of(text, Format::Json);
    let nodes = document["nodes"].as_array();
    let place_of = |id: &str| nodes?.iter().position(|node| node["id"] == *id).map(|ix| format!("/nodes/{ix}"));
    let one = |fault: &Fault| {
        let node = || fault.node.as_deref().and_then(place_of);
        let path = if fault.path.is_empty() { node() } else { Some(fault.path.clone()) };
        let found =
            Found::of(&Fault { path: path.clone().unwrap_or_default(), ..fault.clone() }, text, &places, &document);
        // What is no longer in the text has no line.
        if path.is_none() { Found { at: None, ..found } } else { found }
    };
    refusal.problem.errors.iter().take(limits::PROBLEMS).map(one).collect()
}

/// Patches, or checks whether that is possible.
pub async fn act(Path(id): Path<String>, sent: Sent) -> Response {
    let (visit, pairs) = (&sent.visit, &sent.pairs);
    let seen = match now(visit, &id).await {
        Ok(seen) => seen,
        Err(refusal) => return nothing(visit, &refusal),
    };
    let checks = pairs.get("act") == Some("check");
    match patched(visit, &seen, pairs, checks).await {
        Ok(patched) if checks => edited(visit, &seen, pairs, None, &[], &possible(&patched)).await,
        Ok(_) => back_to(&id),
        Err(refusal) => {
            let refusal = plain(&seen, &refusal);
            let (text, why) = (pairs.get("document").unwrap_or_default().to_owned(), refusal.clone());
            let mut found = api::aside(move || found(&text, &why)).await.unwrap_or_default();
            // What is no longer in the text has the name that it had.
            for gone in found.iter_mut().filter(|problem| problem.at.is_none()) {
                gone.node = gone.node.take().map(|id| called(&seen, id));
            }
            edited(visit, &seen, pairs, Some(&refusal), &found, &html! {}).await
        }
    }
}

async fn patched(visit: &Visit, seen: &Seen, pairs: &Pairs, checks: bool) -> Asked<Patched> {
    if pairs.get("hash") != Some(seen.workflow.hash.as_str()) {
        let detail =
            "the workflow of this execution was changed since this page was loaded: load it again, and change it anew";
        return Err(Refusal::new(StatusCode::CONFLICT, "changed_meanwhile", detail));
    }
    let empty = || Problem::field("missing_field", "/document", "the document is empty", "write the whole document");
    let document = typed(pairs, "document")?.ok_or_else(empty)?;
    let operations = operations(&seen.workflow.document, &document);
    let body = PatchBody { operations, description: said(pairs, "description"), dry_run: Some(checks) };
    visit.desk.post(&route(seen.newest.id().as_str(), "patch"), &body).await
}

/// The JSON Patch (RFC 6902) that makes the one document of the other.
pub fn operations(from: &Value, to: &Value) -> Value {
    serde_json::to_value(json_patch::diff(from, to)).unwrap_or_default()
}

fn possible(patched: &Patched) -> Markup {
    html! {
        div.verdict.good role="status" { p { strong { "This is possible." } " Nothing was changed yet." } }
        @if !patched.warnings.is_empty() {
            ul.plain-list { @for warning in &patched.warnings { li { (warning.message) } } }
        }
    }
}
