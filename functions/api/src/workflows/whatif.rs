//! What-if: a changed workflow replayed on past executions, by the outcomes that they recorded. Nothing is written.

use super::{host_checks, refusal::refused};
use crate::{
    Answered, App, Json, NoParams, Params, Path, Problem, Reader, Routes, limits,
    request::{aside::aside, cursor, filter, page::Room, unreadable::Unreadable},
    types::{WhatIf, WhatIfBody, WhatIfItem},
};
use axum::extract::State;
use document::{Workflow, id::WorkflowId, parse};
use engine::{
    port::{ExecutionFilter, Head, Page, Window},
    whatif::Past,
};
use futures::{StreamExt, TryStreamExt, stream};
use serde_json::{Map, Value};
use std::sync::Arc;
use stepwell_core::{execution::Status, id::ExecutionId, replay::Compared};
use tokio::time::Instant;
use utoipa_axum::routes;

pub(super) fn routes() -> Routes {
    Routes::new().routes(routes!(whatif))
}

/// The name of the list, by which its cursors are told from others.
const LIST: &str = "whatif";

/// Replay a changed workflow on past executions. Nothing is saved and nothing runs: nodes that do I/O, wait, ask people or
/// have children have the outcomes that were recorded. An answer comes after some seconds, with as many executions as
/// were done by then; `next_cursor` goes on.
#[utoipa::path(post, path = "/v1/workflows/{id}/whatif", operation_id = "whatif", tag = "workflows",
    security(("bearer" = [])), request_body = WhatIfBody, params(("id" = String, Path)),
    responses((status = 200, body = WhatIf), crate::types::Refused))]
async fn whatif(
    caller: Reader,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    _: NoParams,
    Json(body): Json<WhatIfBody>,
) -> Answered<axum::Json<WhatIf>> {
    let (filter, window) = asked(&caller.owner, &id, body.filter)?;
    let workflow = changed(&app, &caller.owner, &id, body.workflow).await?;
    let first = app.host.index().executions(&filter, &page(&window, 0)).await?;
    if first.items.is_empty() && !is_there(&app, &caller.owner, &id).await? {
        return Err(Problem::not_found("workflow", &id));
    }
    Ok(axum::Json(Work::new(&app, &workflow, &filter, &window).all(first).await?))
}

/// Whether a workflow is saved, or has executions: those of a document that was sent along have one that nobody saved.
async fn is_there(app: &App, owner: &str, id: &str) -> Answered<bool> {
    if app.host.catalogue().saved(owner, id, None).await?.is_some() {
        return Ok(true);
    }
    let workflow_id = Some(WorkflowId::from(id.to_owned()));
    let any = ExecutionFilter { owner: owner.to_owned(), workflow_id, ..ExecutionFilter::default() };
    Ok(!app.host.index().executions(&any, &Window { limit: 1, cursor: None }).await?.items.is_empty())
}

/// The changed document, checked as one that is saved.
async fn changed(app: &App, owner: &str, id: &str, mut document: Value) -> Answered<Arc<Workflow>> {
    if let Some(fields) = document.as_object_mut() {
        fields.entry("id").or_insert_with(|| id.into());
    }
    let refuse = |issues: Vec<document::validate::Issue>| refused(&issues, "/workflow");
    let parsed = aside(move || parse(&document)).await?.map_err(refuse)?;
    let parsed = host_checks::whole(app, owner, parsed).await.map_err(refuse)?;
    if parsed.workflow.id.as_str() != id {
        let message = format!("the document's id is {}, the address says {id}", parsed.workflow.id);
        let hint = "leave `id` out, or make them the same";
        return Err(Problem::field("id_mismatch", "/workflow/id", message, hint));
    }
    Ok(parsed.workflow)
}

/// Reads the filter: which executions, and how many at most from where on.
fn asked(owner: &str, id: &str, filter: Map<String, Value>) -> Answered<(ExecutionFilter, Window)> {
    let mut params = Params::of(pairs(filter)?);
    let limit = params.number("limit")?.unwrap_or(limits::WHATIF_DEFAULT);
    if !(1..=limits::WHATIF_EXECUTIONS).contains(&limit) {
        return Err(Params::refuse("limit", "is out of range", "give 1 to 10000"));
    }
    let cursor = params.take("cursor")?.map(|text| {
        let hint = "send `next_cursor` of the answer before, unchanged, with the same filter";
        cursor::read(LIST, &text).ok_or_else(|| Params::refuse("cursor", "is not one of this list", hint))
    });
    let window = Window { limit, cursor: cursor.transpose()? };
    // The workflow stands in the path, and children have no workflow of their own there.
    for name in ["workflow_id", "parent"] {
        if params.take(name)?.is_some() {
            let message = format!("unknown parameter `{name}`");
            let hint = "leave it out: the path names the workflow, and executions without a parent are meant";
            return Err(Problem::field("unknown_field", &format!("/filter/{name}"), message, hint));
        }
    }
    let mut found = filter::executions(owner, &mut params)?;
    params.done()?;
    found.workflow_id = Some(WorkflowId::from(id.to_owned()));
    if found.statuses.is_empty() {
        found.statuses = vec![Status::Completed, Status::Failed, Status::Cancelled];
    }
    Ok((found, window))
}

/// The members of the filter as the parameters of the list of executions.
fn pairs(filter: Map<String, Value>) -> Answered<Vec<(String, String)>> {
    let mut pairs = Vec::new();
    for (name, value) in filter {
        match value {
            Value::Null => {}
            Value::Array(several) => {
                for one in several {
                    pairs.push((name.clone(), text(&name, one)?));
                }
            }
            Value::Object(fields) if name == "metadata" => {
                for (key, one) in fields {
                    pairs.push((format!("metadata.{key}"), text(&name, one)?));
                }
            }
            one => pairs.push((name.clone(), text(&name, one)?)),
        }
    }
    Ok(pairs)
}

fn text(name: &str, value: Value) -> Answered<String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            let message = format!("the filter's `{name}` is no text");
            Err(Problem::field("invalid_field", &format!("/filter/{name}"), message, "give a text or a number"))
        }
    }
}

/// The window of the next part of the index, of which so many executions were done.
fn page(window: &Window, done: usize) -> Window {
    let limit = (window.limit.saturating_sub(done)).clamp(1, limits::PAGE_ITEMS);
    Window { limit, cursor: window.cursor.clone() }
}

/// One request at work.
struct Work<'a> {
    app: &'a App,
    workflow: &'a Arc<Workflow>,
    filter: &'a ExecutionFilter,
    window: Window,
    /// When no further executions are begun.
    until: Instant,
    answer: WhatIf,
    room: Room,
    unreadable: Unreadable,
}

impl<'a> Work<'a> {
    fn new(app: &'a App, workflow: &'a Arc<Workflow>, filter: &'a ExecutionFilter, window: &Window) -> Self {
        // A function is cut off; what was done by then is told before.
        let left = app.host.time_left().map(|left| left.saturating_sub(limits::WHATIF_MARGIN));
        let time = left.map_or(limits::WHATIF, |left| left.min(limits::WHATIF));
        let (answer, room, unreadable) = (WhatIf::default(), Room::of(limits::WHATIF_BYTES), Unreadable::default());
        Self { app, workflow, filter, window: window.clone(), until: Instant::now() + time, answer, room, unreadable }
    }

    /// Replays page after page of the index, until all is done or the time or the room is over.
    async fn all(mut self, first: Page<Head>) -> Answered<WhatIf> {
        let (mut heads, mut done) = (first, 0);
        let next = loop {
            let took = self.few(&heads.items).await?;
            done += took;
            if took < heads.items.len() {
                // The same part of the list, cut where the work ended, has the cursor for what is left.
                let cut = Window { limit: took, cursor: self.window.cursor.clone() };
                break self.app.host.index().executions(self.filter, &cut).await?.next_cursor;
            }
            let over = done >= self.window.limit || Instant::now() >= self.until || self.room.is_full();
            if over || heads.next_cursor.is_none() {
                break heads.next_cursor;
            }
            self.window.cursor = heads.next_cursor;
            heads = self.app.host.index().executions(self.filter, &page(&self.window, done)).await?;
        };
        let Self { mut answer, unreadable, .. } = self;
        answer.next_cursor = next.map(|inner| cursor::write(LIST, &inner));
        answer.unreadable = unreadable.ids();
        answer.summary.sort();
        Ok(answer)
    }

    /// Replays executions a few at a time, so that few journals are in memory, and returns how many were done.
    async fn few(&mut self, heads: &[Head]) -> Answered<usize> {
        let mut done = 0;
        for few in heads.chunks(limits::ROWS_AT_ONCE) {
            let reads: Vec<_> = few.iter().map(|head| self.past(head)).collect();
            let pasts: Vec<_> = stream::iter(reads).buffered(limits::ROWS_AT_ONCE).try_collect().await?;
            for (id, compared) in self.compared(pasts.into_iter().flatten().collect()).await? {
                let item = WhatIfItem::of(id.as_str(), &compared);
                self.room.takes_item(&item);
                self.answer.summary.add(&compared);
                self.answer.items.push(item);
            }
            done += few.len();
            if Instant::now() >= self.until || self.room.is_full() {
                break;
            }
        }
        Ok(done)
    }

    /// An execution; none where it was deleted meanwhile or cannot be read.
    async fn past(&self, head: &Head) -> Answered<Option<Past>> {
        self.unreadable.spare(head.id.as_str(), Past::read(&*self.app.host, head).await.map_err(Into::into))
    }

    /// Replays executions beside the threads that answer. Offloaded values are fetched only where one needs them.
    async fn compared(&self, pasts: Vec<Past>) -> Answered<Vec<(ExecutionId, Compared)>> {
        let mut open: Vec<(usize, Past)> = pasts.into_iter().enumerate().collect();
        let mut all = Vec::new();
        while !open.is_empty() {
            let workflow = self.workflow.clone();
            let tried = aside(move || {
                let on = |(at, past): (usize, Past)| (at, past.on(&workflow), past);
                open.into_iter().map(on).collect::<Vec<_>>()
            });
            open = Vec::new();
            for (at, compared, past) in tried.await? {
                match compared {
                    Ok(compared) => all.push((at, past.id, compared)),
                    Err(missing) => {
                        let fetched = self.app.host.journal().fetch(&past.id, &missing.payloads()).await;
                        let fetched = fetched.map(|()| Some(())).map_err(Into::into);
                        if self.unreadable.spare(past.id.as_str(), fetched)?.is_some() {
                            open.push((at, past));
                        }
                    }
                }
            }
        }
        all.sort_by_key(|(at, ..)| *at);
        Ok(all.into_iter().map(|(_, id, compared)| (id, compared)).collect())
    }
}
