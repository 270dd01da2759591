//! `GET /executions/{id}`, and its parts alone for the script that keeps them up to date.

use super::{
    aim::{Aim, address},
    below::{Below, children, questions},
    head::{facts, head},
    journal::{journal, recorded},
    node::{Selected, node},
    pace::Pace,
    picture::{Beside, of_execution},
    seen::Seen,
    timeline::{is_whole, spans, timeline},
    travel::{slider, ways},
};
use crate::{
    answered::page_of_session,
    assets::{LIVE, ZOOM},
    desk::{Asked, Refusal},
    layout::{Place, View, moving},
    limits,
    refused::refused,
    session::Visit,
};
use api::{Params, Problem, Scope};
use axum::{
    Extension,
    extract::Path,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::{Markup, html};
use stepwell_core::event::Turn;

/// The page.
pub async fn page(visit: Visit, Path(id): Path<String>, params: Params) -> Response {
    let made = async {
        let seen = Seen::of(&visit, &id, Aim::of(params)?).await?;
        let parts = parts(&visit, &seen).await?;
        Ok::<_, Refusal>((seen, parts))
    };
    match made.await {
        Ok((seen, parts)) => {
            let title = format!("{} · {}", seen.workflow.name, seen.shown.status);
            let body = whole(&visit, &seen, &parts);
            let again = (seen.is_live() && !seen.aim.still).then_some(limits::AGAIN);
            moving(&visit, View { place: Place::Executions, title: &title, scripts: &[&LIVE, &ZOOM], body }, again)
        }
        Err(refusal) => refused(&refusal, &visit.up),
    }
}

/// The parts of the page that change, for the script to put in place of those that are there. Nothing, 204, where it is not
/// this page's turn to be drawn.
pub async fn live(
    mut visit: Visit,
    Extension(pace): Extension<Pace>,
    Path(id): Path<String>,
    params: Params,
) -> Response {
    // The addresses in a part are seen from the page that it stands in.
    visit.up = "../".to_owned();
    let aim = match Aim::of(params).and_then(|aim| Ok(visit.caller.require(Scope::Read).map(|()| aim)?)) {
        Ok(aim) => aim,
        Err(refusal) => return refused(&refusal, &visit.up),
    };
    let travels = aim.at.is_some();
    // Nothing is read for a page whose turn it is not: most that ask are told so where many look.
    let made = async {
        let seen = Seen::of(&visit, &id, aim).await?;
        Ok::<_, Refusal>(parts(&visit, &seen).await?.all(&seen))
    };
    // Whoever travels in time waits for nobody: that is one person's hand, and not an execution that runs.
    let made = if travels { Some(made.await) } else { pace.draw(made).await };
    match made {
        None => StatusCode::NO_CONTENT.into_response(),
        Some(Ok(parts)) => page_of_session(StatusCode::OK, parts),
        Some(Err(refusal)) => refused(&refusal, &visit.up),
    }
}

/// The parts of the page that change while it is looked at.
struct Parts {
    head: Markup,
    ways: Markup,
    picture: Markup,
    node: Markup,
    questions: Markup,
    recorded: Markup,
    timeline: Markup,
    children: Markup,
    journal: Markup,
    facts: Markup,
}

impl Parts {
    fn all(&self, seen: &Seen) -> Markup {
        html! {
            div #parts data-newest=(seen.newest.seq) {
                (self.head) (self.ways) (self.picture) (self.node) (self.questions) (self.recorded) (self.timeline)
                (self.children) (self.journal) (self.facts)
            }
        }
    }
}

async fn parts(visit: &Visit, seen: &Seen) -> Asked<Parts> {
    let up = &visit.up;
    let turns = turns(visit, seen).await?;
    let spans = spans(&seen.workflow, &turns);
    let until = if seen.is_live() { visit.now } else { seen.then.updated_at };
    let selected = Selected::of(visit, seen).await?;
    let below = Below::of(visit, seen).await?;
    let journal = match seen.aim.before {
        Some(before) => journal(seen, up, &until_turn(visit, seen, before, limits::JOURNAL_TURNS).await?),
        None => journal(seen, up, &turns),
    };
    let beside = Beside::of(seen, &turns, &spans);
    let looked_at = turns.last().filter(|turn| seen.aim.at == Some(turn.seq));
    Ok(Parts {
        head: head(visit, seen, &below),
        ways: ways(visit, seen),
        picture: of_execution(seen, up, &beside),
        node: node(visit, seen, selected.as_ref(), &spans, &below, &beside),
        questions: questions(visit, &below),
        recorded: looked_at
            .map_or_else(|| html! { section #recorded data-part hidden {} }, |turn| recorded(seen, turn)),
        timeline: timeline(seen, up, &spans, until, is_whole(&turns)),
        children: children(visit, seen, &below),
        journal,
        facts: facts(visit, seen),
    })
}

/// The turns that the timeline shows: those up to the moment that is looked at.
///
/// # Errors
/// What the store says.
pub async fn turns(visit: &Visit, seen: &Seen) -> Asked<Vec<Turn>> {
    until_turn(visit, seen, seen.then.seq + 1, limits::TIMELINE_TURNS).await
}

/// The last turns before one, without the values that lie elsewhere.
async fn until_turn(visit: &Visit, seen: &Seen, before: u64, most: usize) -> Asked<Vec<Turn>> {
    let last = before.saturating_sub(1).min(seen.newest.seq);
    let after = last.saturating_sub(most as u64);
    let wanted = (last - after) as usize;
    let turns = visit.app.host.journal().turns_lean(seen.newest.id(), after, wanted).await;
    Ok(turns.map_err(Problem::from)?)
}

fn whole(visit: &Visit, seen: &Seen, parts: &Parts) -> Markup {
    let id = seen.newest.id().as_str();
    let here = address(&visit.up, id);
    html! {
        div.execution data-live=[seen.is_live().then_some("yes")] data-here=(here) data-after=(seen.newest.seq) {
            (parts.head)
            p.unseen role="status" aria-live="polite" data-told {}
            @if seen.is_live() { (by_itself(seen, &here)) }
            // What waits for people comes first, on a phone too.
            div.columns {
                (parts.questions)
                div {
                    section.panel #picture {
                        h2 { "Picture" }
                        (slider(visit, seen))
                        (parts.ways)
                        (parts.picture)
                    }
                    (parts.timeline)
                    (parts.children)
                    (parts.journal)
                }
                div {
                    (parts.node)
                    (parts.recorded)
                    (parts.facts)
                }
            }
        }
    }
}

/// What a browser without scripts says of how the page is kept up to date.
fn by_itself(seen: &Seen, here: &str) -> Markup {
    let other = format!("{here}{}", seen.aim.still(!seen.aim.still).query());
    html! {
        noscript { p.hint {
            @if seen.aim.still { "This page does not reload. " a href=(other) { "Reload every " (limits::AGAIN.as_secs()) " seconds" } }
            @else { "This page reloads every " (limits::AGAIN.as_secs()) " seconds. " a href=(other) { "Stop reloading" } }
        } }
    }
}
