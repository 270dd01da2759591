//! The versions of a workflow, and `GET /workflows/{id}/difference`: what changed from one to another.

use super::{compact, difference::difference as changes, read::version_of};
use crate::{
    desk::{Refusal, part, query},
    layout::{Place, View, shown},
    limits, moment,
    refused::refused,
    session::Visit,
};
use api::{
    Params,
    types::{self, Workflow},
};
use axum::{extract::Path, response::Response};
use futures::{StreamExt, stream};
use maud::{Markup, html};

/// The newest versions, newest first. One that cannot be read is left out.
pub async fn newest(visit: &Visit, id: &str, latest: u64) -> Vec<Workflow> {
    let oldest = latest.saturating_sub(limits::VERSIONS - 1).max(1);
    let reads = (oldest..=latest).rev().map(|version| version_of(visit, id, Some(version)));
    let found: Vec<_> = stream::iter(reads).buffered(limits::VERSIONS_AT_ONCE).collect().await;
    found.into_iter().flatten().collect()
}

/// The list of versions, and a form to compare two of them.
pub fn panel(visit: &Visit, shown: &Workflow, latest: u64, newest: &[Workflow]) -> Markup {
    let address = format!("{}workflows/{}", visit.up, part(&shown.id));
    html! {
        section.panel aria-labelledby="versions" {
            h2 #versions { "Versions" }
            ol.versions {
                @for one in newest {
                    li {
                        a href={ (address) "?version=" (one.version) }
                            aria-current=[(one.version == shown.version).then_some("true")] { "Version " (one.version) }
                        " " span.when { (moment::brief(one.saved_at.0)) }
                        @if one.version > 1 {
                            " " a.quiet href={ (address) (between(one.version - 1, one.version)) } { "Changes" }
                        }
                    }
                }
            }
            @if latest > 1 { (choice(&address, latest - 1, latest, latest)) }
        }
    }
}

fn between(from: u64, to: u64) -> String {
    format!("/difference?from={from}&to={to}")
}

/// The form that leads to the difference of any two versions.
fn choice(address: &str, from: u64, to: u64, latest: u64) -> Markup {
    html! {
        form.compare method="get" action={ (address) "/difference" } {
            div.field {
                label for="from" { "From" }
                input #from type="number" name="from" value=(from) min="1" max=(latest) required;
            }
            div.field {
                label for="to" { "To" }
                input #to type="number" name="to" value=(to) min="1" max=(latest) required;
            }
            button.small { "Compare" }
        }
    }
}

/// The page.
pub async fn difference(visit: Visit, Path(id): Path<String>, mut params: Params) -> Response {
    let read = async {
        let (from, to) = (params.number::<u64>("from")?, params.number::<u64>("to")?);
        params.done()?;
        let to = version_of(&visit, &id, to).await?;
        let from = version_of(&visit, &id, Some(from.unwrap_or(to.version.saturating_sub(1).max(1)))).await?;
        let latest = version_of(&visit, &id, None).await.map_or(to.version.max(from.version), |latest| latest.version);
        let (old, new) = (from.document.clone(), to.document.clone());
        let found = api::aside(move || changes(&compact(&old), &compact(&new))).await?;
        Ok::<_, Refusal>((from, to, latest, found))
    };
    let (from, to, latest, found) = match read.await {
        Ok(read) => read,
        Err(refusal) => return refused(&refusal, &visit.up),
    };
    let body = page(&visit, (&from, &to), latest, found.as_ref());
    let title = format!("{}: versions {} and {}", to.name, from.version, to.version);
    shown(&visit, View { place: Place::Workflows, title: &title, scripts: &[], body })
}

fn page(visit: &Visit, (from, to): (&Workflow, &Workflow), latest: u64, found: Option<&Markup>) -> Markup {
    let address = format!("{}workflows/{}", visit.up, part(&to.id));
    let saved = |one: &types::Workflow| {
        html! { a href={ (address) (query([("version", one.version.to_string().as_str())])) } { "version " (one.version) }
        ", saved " (moment::moment(one.saved_at.0)) }
    };
    html! {
        div.page-head {
            div {
                h1 { "What changed in " a href=(address) { bdi { (to.name) } } }
                p.kicker { "From " (saved(from)) ", to " (saved(to)) "." }
            }
        }
        section.panel aria-label="Difference" {
            @match found {
                Some(found) => (found),
                None => p.empty { "The two versions are the same." },
            }
        }
        section.panel aria-labelledby="other" {
            h2 #other { "Compare other versions" }
            (choice(&address, from.version, to.version, latest))
        }
    }
}
