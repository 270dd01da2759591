//! Asks the same of all executions that a list shows: first what that would meet, then a job that does it.

use super::{act::Act, chosen::these, rows, wanted::Wanted};
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
    types::{BulkBody, BulkFilter, Job, WouldMeet},
};
use axum::{http::StatusCode, response::Response};
use document::time::Time;
use engine::port::{Action, Head};
use maud::{Markup, html};
use stepwell_core::execution::Status;

/// A job that may be made.
struct Meant {
    action: Action,
    act: &'static Act,
    wanted: Wanted,
    /// The moment at which a page showed what the job would meet; none before there is one. What starts later is not met.
    shown_at: Option<Time>,
}

impl Meant {
    fn read(mut params: Params) -> Asked<Self> {
        let word = params.name("action")?.unwrap_or_default();
        let Some((act, action)) = Act::of(&word).zip(Action::parse(&word)) else {
            let detail = "say what to do with the executions: cancel, retry, resume or redrive them";
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail));
        };
        let shown_at = params.name("shown_at")?.and_then(|at| Time::parse(&at));
        Ok(Self { action, act, wanted: Wanted::read(params)?, shown_at })
    }

    fn at(&self, visit: &Visit) -> Time {
        self.shown_at.unwrap_or(visit.now)
    }

    fn body(&self, visit: &Visit, reason: Option<String>, dry_run: bool) -> Asked<BulkBody> {
        let at = self.at(visit);
        let own = self.wanted.bulk(at)?;
        // A filter of nothing else would mean every execution, which is refused. What started in this millisecond is shown.
        let until = (own != BulkFilter::default()).then(|| Time(at.0 + 1).to_string());
        let filter = BulkFilter { until, ..own };
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
            let title = title(meant, &would);
            let body = asked(visit, meant, &would, &first, (reason, refusal));
            let status = refusal.map_or(StatusCode::OK, |refusal| refusal.status);
            answered(visit, status, View { place: Place::Executions, title: &title, scripts: &[], body })
        }
    }
}

fn title(meant: &Meant, would: &WouldMeet) -> String {
    match (would.matched, would.matched_more) {
        (0, _) => format!("Nothing to {}", meant.act.word),
        (many, false) => format!("{} {}?", meant.act.told, count(many, "execution")),
        (many, true) => format!("{} more than {}?", meant.act.told, count(many, "execution")),
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
        div.page-head { h1 { (title(meant, would)) } }
        @if would.matched == 0 {
            p { "None of the executions of the list is in a status in which this does something. "
                a href=(list) { "Back to the list" } }
            (not_done(refusal, &html! {}))
        } @else {
            p { (meant.act.does) " " (more) strong { (count(would.matched, "execution")) } " ("
                @for (at, (status, many)) in would.statuses.iter().enumerate() {
                    @if at > 0 { ", " }
                    (many) " " (Status::parse(status).map_or("", |status| words(status).1).to_lowercase())
                }
                ")" (meant.act.will(would.matched)) " Whatever starts after this page was made is left alone." }
            form.narrow-form method="post" action={ (up) "executions/bulk" } {
                (token(visit))
                input type="hidden" name="action" value=(meant.action);
                input type="hidden" name="shown_at" value=(meant.at(visit));
                @for (name, value) in meant.wanted.parameters() { input type="hidden" name=(name) value=(value); }
                div.field { label for="reason" { "Reason " span.mark { "optional" } }
                    input #reason name="reason" value=(reason) maxlength="500" dir="auto"; }
                (not_done(refusal, &html! { p { a href={ (up) "operations" } { "The jobs that there are" } } }))
                div.actions { button class=(meant.act.class()) { (meant.act.told) " " (count(would.matched, "execution")) }
                    a.button href=(list) { "Back to the list" } }
            }
            h2.above { @if would.matched > first.len() as u64 || would.matched_more { "The newest of them" } @else { (these(first.len())) } }
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
