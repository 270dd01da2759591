//! Asks the same of all executions that a list shows: first what that would meet, then a job that does it.

use super::{list::Act, rows, wanted::Wanted};
use crate::{
    answered::see_other,
    desk::{Asked, Refusal, part},
    layout::{Place, View, answered, token},
    look::words,
    refused::{not_done, refused},
    session::{Sent, Visit},
    words::count,
};
use api::{
    Params, Problem,
    types::{BulkBody, Job, WouldMeet},
};
use axum::{http::StatusCode, response::Response};
use engine::port::{Action, Head};
use maud::{Markup, html};
use stepwell_core::execution::Status;

/// A job that may be made.
struct Meant {
    action: Action,
    act: &'static Act,
    wanted: Wanted,
}

impl Meant {
    fn read(mut params: Params) -> Asked<Self> {
        let word = params.name("action")?.unwrap_or_default();
        let Some((act, action)) = Act::of(&word).zip(Action::parse(&word)) else {
            let detail = "say what to do with the executions: cancel, retry, resume or redrive them";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail));
        };
        Ok(Self { action, act, wanted: Wanted::read(params)? })
    }

    fn body(&self, visit: &Visit, reason: Option<String>, dry_run: bool) -> Asked<BulkBody> {
        let filter = self.wanted.bulk(visit.now)?;
        Ok(BulkBody { action: self.action, filter, reason, dry_run: dry_run.then_some(true) })
    }
}

/// `GET /executions/bulk/confirm`: what the job would meet. It changes nothing.
pub async fn confirm(visit: Visit, params: Result<Params, Problem>) -> Response {
    match params.map_err(Refusal::from).and_then(Meant::read) {
        Ok(meant) => ask(&visit, &meant, "", None).await,
        Err(refusal) => refused(&refusal, &visit.up),
    }
}

/// The page that asks, with the reason that was typed and why it was not done.
async fn ask(visit: &Visit, meant: &Meant, reason: &str, refusal: Option<&Refusal>) -> Response {
    let found = async {
        let body = meant.body(visit, None, true)?;
        let would: WouldMeet = visit.desk.post("/v1/executions/bulk", &body).await?;
        let heads: Vec<Head> =
            would.executions.iter().map(|id| Head { id: id.as_str().into(), status: Status::Pending }).collect();
        Ok::<_, Refusal>((would, rows::of(visit, &heads).await?))
    };
    match found.await {
        Err(dry) => refused(refusal.unwrap_or(&dry), &visit.up),
        Ok((would, first)) => {
            let title = format!("{} all of these?", meant.act.told);
            let body = asked(visit, meant, &would, &first, (reason, refusal));
            let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
            answered(visit, status, View { place: Place::Executions, title: &title, scripts: &[], body })
        }
    }
}

fn asked(
    visit: &Visit,
    meant: &Meant,
    would: &WouldMeet,
    first: &[rows::Row],
    (reason, refusal): (&str, Option<&Refusal>),
) -> Markup {
    let up = &visit.up;
    let list = format!("{up}executions{}", meant.wanted.query(&[]));
    let more = if would.matched_more { "More than " } else { "" };
    html! {
        div.page-head { h1 { (meant.act.told) " all of these?" } }
        @if would.matched == 0 {
            p { "None of the executions of the list is in a status in which this does something. "
                a href=(list) { "Back to the list" } }
            (not_done(refusal, &html! {}))
        } @else {
            p { (more) strong { (count(would.matched, "execution")) } " would be asked: "
                @for (at, (status, many)) in would.statuses.iter().enumerate() {
                    @if at > 0 { ", " }
                    (many) " " (Status::parse(status).map_or("", |status| words(status).1).to_lowercase())
                }
                ". Each decides by itself, and those whose state does not allow it any more stay as they are." }
            form.narrow-form method="post" action={ (up) "executions/bulk" } {
                (token(visit))
                input type="hidden" name="action" value=(meant.action);
                @for (name, value) in meant.wanted.parameters() { input type="hidden" name=(name) value=(value); }
                div.field { label for="reason" { "Reason " span.mark { "optional" } }
                    input #reason name="reason" value=(reason) maxlength="500" dir="auto"; }
                (not_done(refusal, &html! { p { a href={ (up) "operations" } { "The jobs that there are" } } }))
                div.actions { button class=(meant.act.class()) { (meant.act.told) " " (count(would.matched, "execution")) }
                    a.button href=(list) { "Back to the list" } }
            }
            h2.above { @if would.matched > first.len() as u64 { "The newest of them" } @else { "These are meant" } }
            (rows::table(&first.iter().collect::<Vec<_>>(), up, visit.now, None))
        }
    }
}

/// `POST /executions/bulk`: makes the job.
pub async fn send(Sent { visit, mut pairs }: Sent) -> Response {
    let reason = pairs.get("reason").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    pairs.remove("reason");
    let params = pairs.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let meant = match Meant::read(Params::of(params)) {
        Ok(meant) => meant,
        Err(refusal) => return refused(&refusal, &visit.up),
    };
    let made = async {
        let body = meant.body(&visit, reason.clone(), false)?;
        visit.desk.post::<Job>("/v1/executions/bulk", &body).await
    };
    match made.await {
        Err(refusal) => ask(&visit, &meant, reason.as_deref().unwrap_or_default(), Some(&refusal)).await,
        Ok(job) => see_other(&format!("{}jobs/{}", visit.up, part(&job.job_id))),
    }
}
