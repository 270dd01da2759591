//! `GET /workflows/{id}`: one version of a workflow.

use super::{
    compact,
    list::{counted, nothing, rate},
    nodes, picture,
    read::{is_chat, may, since, version_of},
    runs,
    start::Start,
    versions,
};
use crate::{
    desk::{Refusal, part, query},
    figures::{Figures, WorkflowFigures, figures},
    form::Faults,
    layout::{Place, View, shown},
    look::is_long,
    moment,
    refused::refused,
    session::Visit,
    words::took,
};
use api::{
    Params, Scope,
    types::{Execution, Page, Workflow},
};
use axum::{extract::Path, response::Response};
use maud::{Markup, html};
use std::{collections::BTreeSet, sync::Arc};

/// What the page is made of.
struct Seen {
    workflow: Workflow,
    latest: u64,
    versions: Vec<Workflow>,
    runs: Page<Execution>,
    figures: Arc<Figures>,
    picture: Markup,
}

/// The page.
pub async fn one(visit: Visit, Path(id): Path<String>, mut params: Params) -> Response {
    let read = async {
        let version = params.number::<u64>("version")?;
        let flipped = params.take_all("fold").into_iter().collect();
        params.done()?;
        read(&visit, &id, version, &flipped).await
    };
    let seen = match read.await {
        Ok(seen) => seen,
        Err(refusal) => return refused(&refusal, &visit.up),
    };
    let title = seen.workflow.name.clone();
    let body = body(&visit, &seen);
    let scripts = picture::scripts();
    shown(&visit, View { place: Place::Workflows, title: &title, scripts: &scripts, body })
}

async fn read(visit: &Visit, id: &str, version: Option<u64>, flipped: &BTreeSet<String>) -> Result<Seen, Refusal> {
    let workflow = version_of(visit, id, version).await?;
    let latest = match version {
        None => workflow.version,
        // A deleted workflow has no latest version; the one that is named still shows.
        Some(_) => version_of(visit, id, None).await.map_or(workflow.version, |latest| latest.version),
    };
    let path = format!("/v1/executions{}", query([("workflow_id", id), ("limit", "20")]));
    let runs = visit.desk.get(&path).await?;
    let figures = figures(visit, Some(id), since(visit.now)).await?;
    let versions = versions::newest(visit, id, latest).await;
    let to = |flipped: &BTreeSet<String>| {
        let version = version.map(|version| version.to_string()).unwrap_or_default();
        let folds = flipped.iter().map(|id| ("fold", id.as_str()));
        let asked = query([("version", version.as_str())].into_iter().chain(folds));
        format!("{}workflows/{}{asked}#picture", visit.up, part(id))
    };
    let picture = picture::of(&workflow.document, &figures, flipped, to).await?;
    Ok(Seen { workflow, latest, versions, runs, figures, picture })
}

fn body(visit: &Visit, seen: &Seen) -> Markup {
    let (up, workflow) = (&visit.up, &seen.workflow);
    let address = format!("{up}workflows/{}", part(&workflow.id));
    let about = workflow.document["description"].as_str();
    let starts = may(visit, Scope::Run) && !workflow.deleted;
    let own = seen.figures.workflows.iter().find(|one| one.id == workflow.id);
    html! {
        (head(visit, seen, &address))
        @if let Some(about) = about { p.lead.scrolls[is_long(about)] dir="auto" tabindex=[is_long(about).then_some("0")] { (about) } }
        @if workflow.deleted {
            p.verdict.wait role="status" { "This workflow was deleted: nothing starts it any more. Its executions live on." }
        } @else if workflow.version != seen.latest {
            p.verdict.wait role="status" {
                "This is an older version. " a href=(address) { "Version " (seen.latest) } " is the latest."
            }
        }
        div.beside {
            div {
                section.panel aria-labelledby="picture" { h2 #picture { "Picture" } (seen.picture) }
                (nodes::nodes(&workflow.document, &seen.figures))
                (runs::panel(visit, &workflow.id, &seen.runs, starts))
            }
            div {
                @if starts {
                    section.panel #start aria-labelledby="start-title" {
                        h2 #start-title { "Start it" }
                        (Start::of(workflow, seen.latest).form(visit, &Faults::default()))
                    }
                }
                (facts(own, &seen.figures))
                (versions::panel(visit, workflow, seen.latest, &seen.versions))
            }
        }
        section.panel aria-labelledby="document" {
            h2 #document { "Document" }
            details.more { summary { "Show the document" } pre.code tabindex="0" { code { (compact(&workflow.document)) } } }
        }
    }
}

fn head(visit: &Visit, seen: &Seen, address: &str) -> Markup {
    let workflow = &seen.workflow;
    html! {
        div.page-head {
            div {
                h1 { bdi { (workflow.name) } }
                p.kicker {
                    code { bdi { (workflow.id) } } " · version " (workflow.version)
                    @if workflow.version != seen.latest { " of " (seen.latest) }
                    " · saved " (moment::moment(workflow.saved_at.0))
                }
            }
            @if !workflow.deleted {
                div.actions {
                    @if may(visit, Scope::Run) && is_chat(workflow) {
                        a.button.small.main href={ (visit.up) "chat/" (part(&workflow.id)) } { "Chat" }
                    }
                    @if may(visit, Scope::Run) { a.button.small.narrow-only href="#start" { "Start" } }
                    @if may(visit, Scope::Admin) {
                        a.button.small href={ (address) "/edit" } { "Edit" }
                        a.button.small href={ (address) "/delete" } { "Delete…" }
                    }
                }
            }
        }
    }
}

fn facts(own: Option<&WorkflowFigures>, figures: &Figures) -> Markup {
    html! {
        section.panel aria-labelledby="figures" {
            h2 #figures { "How it goes" }
            @match own {
                None => p.empty { "It has not run in the last 30 days." },
                Some(one) => {
                    dl.facts {
                        dt { "Executions" } dd { (one.runs) }
                        dt { "Completed" } dd { (rate(one)) }
                        dt { "Median time" } dd { @match one.median {
                            Some(time) => { (took(time)) " " span.of { "of the " (one.completed) " completed" } }
                            None => (nothing()),
                        } }
                    }
                    (counted(figures))
                },
            }
        }
    }
}
