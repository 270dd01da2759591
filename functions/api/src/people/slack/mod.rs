//! The route that Slack calls: for buttons and forms, and for the command that lists what waits.
//!
//! Nothing in a request is believed but that Slack sent it, and which of its users acted. Who that is Slack is asked; whether
//! the answer counts the rules decide, as for every other answer. Slack is told 200 once the answer is durable.

mod act;
mod answering;
mod list;
mod outcome;

use crate::{Answered, App, Body, NoParams, Problem, Routes, limits, types};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
};
use engine::port::{SlackDesk, SlackRefusal, SlackRequest};
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};
use utoipa_axum::routes;

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(hook))
}

/// Take what somebody did in Slack: the Request URL of interactivity and of the command.
#[utoipa::path(post, path = "/v1/hooks/slack", operation_id = "slack", tag = "interactions",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    params(("X-Slack-Request-Timestamp" = Option<String>, Header, description = "When Slack signed it, in seconds"),
        ("X-Slack-Signature" = Option<String>, Header, description = "v0=HEX, by the app's signing secret")),
    responses((status = 200, body = types::SlackReply),
        (status = 503, body = types::ProblemDetails, content_type = "application/problem+json",
            description = "The answer was not durable in time: the person has to press again"),
        types::Refused))]
async fn hook(
    State(app): State<Arc<App>>,
    _: NoParams,
    headers: HeaderMap,
    Body(body): Body,
) -> Answered<Json<types::SlackReply>> {
    let began = Instant::now();
    let Some(desk) = &app.slack else {
        let detail = "Slack is not set up on this host: set STEPWELL_SLACK_TOKEN and STEPWELL_SLACK_SIGNING_SECRET, or \
                      deploy the stack with the parameter SlackSecret";
        return Err(Problem::new(StatusCode::NOT_FOUND, "slack_not_configured", detail));
    };
    let act = signed(&app, &**desk, &headers, &body)?;
    // What is done after this time is over is done all the same, or not: an answer that comes again counts once.
    let done = timeout_at(began + limits::SLACK_DURABLE, act::act(&app, &**desk, &act)).await;
    let outcome::Done { reply, word } = done.unwrap_or_else(|_| Err(late()))?;
    if let (Some(word), Some(url)) = (word, &act.response_url) {
        // The answer is durable whether or not the person can be told of it.
        let told = timeout_at(began + limits::SLACK_ANSWERED, desk.tell(url, &word)).await;
        if told.is_err() {
            tracing::warn!("somebody in Slack was not told in time what became of an answer");
        }
    }
    Ok(Json(reply))
}

/// Reads a request, once its signature is checked.
fn signed(app: &App, desk: &dyn SlackDesk, headers: &HeaderMap, body: &[u8]) -> Answered<engine::port::SlackAct> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let request = SlackRequest {
        timestamp: header("x-slack-request-timestamp"),
        signature: header("x-slack-signature"),
        body,
        now: app.host.now(),
    };
    desk.read(request).map_err(|refusal| match refusal {
        SlackRefusal::Unsigned(why) => Problem::new(StatusCode::UNAUTHORIZED, "invalid_signature", why),
        SlackRefusal::Unreadable(why) => Problem::new(StatusCode::BAD_REQUEST, "invalid_request", why),
    })
}

fn late() -> Problem {
    let detail = "this was not done in time: try again";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).with_header(header::RETRY_AFTER, "1")
}
