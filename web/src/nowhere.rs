//! Addresses at which there is nothing: whoever looks with a browser reads a page, and a program the API's problem.

use crate::{answered::plain_page, frame::notice, session::up};
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header::ACCEPT},
    middleware::{Next, from_fn},
    response::Response,
};
use maud::html;

/// A service with a page in place of the problem that there is no route.
pub fn pages_nowhere(service: Router) -> Router {
    service.layer(from_fn(page_nowhere))
}

async fn page_nowhere(request: Request, next: Next) -> Response {
    let up = up(request.uri().path());
    let is_looked_at = request.method() == Method::GET && !is_of_programs(request.uri().path());
    let shows_pages = is_looked_at && wants_page(request.headers());
    let answer = next.run(request).await;
    if !shows_pages || answer.status() != StatusCode::NOT_FOUND || is_page(&answer) {
        return answer;
    }
    let words = html! {
        p { "There is no page at this address. It may have been cut when it was copied." }
        p { a href=(up) { "Go to the overview" } }
    };
    plain_page(StatusCode::NOT_FOUND, notice("There is nothing here", &words, &up))
}

/// The API's own addresses, and those of assets.
fn is_of_programs(path: &str) -> bool {
    path.starts_with("/v1/") || path.starts_with("/assets/") || path.starts_with("/local/")
}

fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

fn is_page(answer: &Response) -> bool {
    let kind = answer.headers().get(axum::http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}
