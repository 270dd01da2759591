//! `GET /executions/{id}/events`: the API's stream of events for the page that listens.

use crate::{desk::part, refused::refused, session::Visit};
use api::Params;
use axum::{
    extract::Path,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};

const LAST: HeaderName = HeaderName::from_static("last-event-id");

/// The stream, after the event that the page has seen last.
pub async fn events(visit: Visit, Path(id): Path<String>, mut params: Params) -> Response {
    let after = params.take("after").and_then(|after| {
        params.done()?;
        let last = HeaderValue::from_str(after.as_deref().unwrap_or_default());
        last.map_err(|_| Params::refuse("after", "is no position", "give the id of an event"))
    });
    match after {
        Ok(last) => {
            let headers = HeaderMap::from_iter([(LAST, last)]);
            visit.desk.pass(&format!("/v1/executions/{}/events", part(&id)), headers).await
        }
        Err(problem) => refused(&problem.into(), &visit.up),
    }
}
