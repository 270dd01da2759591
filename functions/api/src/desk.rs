//! How pages and the tools of agents read and change things: by the API's own routes, asked within this process in the
//! caller's name. They can show and do nothing that the API would not, and say of a refusal what the API says.

use crate::{
    App, Caller, Known, Problem,
    service::{handed_on, inside},
    types::ProblemDetails,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Extensions, HeaderMap, Method, Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::sync::{Arc, OnceLock};
use tower::ServiceExt;

/// The API's routes, made once for all pages of a service, at the first request that knows the service.
#[derive(Clone, Default)]
pub struct Routes(Arc<OnceLock<Router>>);

impl Routes {
    /// The API for one visitor. `extensions` are those of the visitor's own request: whoever serves it may have put there
    /// how long an answer may last.
    pub fn desk(&self, app: &Arc<App>, caller: &Caller, extensions: &Extensions) -> Desk {
        let router = self.0.get_or_init(|| inside(app.clone())).clone();
        let mut handed_on = handed_on(extensions);
        handed_on.insert(Known(caller.clone()));
        Desk { router, handed_on, around: extensions.clone() }
    }
}

/// Asks the API in a visitor's name.
#[derive(Clone)]
pub struct Desk {
    router: Router,
    /// What its requests take along.
    handed_on: Extensions,
    /// What stands around the visitor's own request.
    around: Extensions,
}

/// Why the API did not do what a page asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// The HTTP status, with which the page is answered too.
    pub status: StatusCode,
    /// What went wrong and what to do next, with every fault of the request.
    pub problem: Box<ProblemDetails>,
}

/// What the API answers, or why it refuses.
pub type Asked<T> = Result<T, Refusal>;

impl Refusal {
    /// A refusal of the page's own.
    pub fn new(status: StatusCode, code: &str, detail: &str) -> Self {
        let title = status.canonical_reason().unwrap_or_default().to_owned();
        let (r#type, status_code) = (format!("urn:stepwell:problem:{code}"), status.as_u16());
        let (detail, code, errors, more) = (detail.to_owned(), code.to_owned(), Vec::new(), serde_json::Map::new());
        let problem = ProblemDetails { r#type, title, status: status_code, detail, code, errors, more };
        Self { status, problem: Box::new(problem) }
    }

    fn unreadable() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong inside; the host's log says more",
        )
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        let mut refusal = Self::new(problem.status(), problem.code(), problem.detail());
        refusal.problem.errors = problem.errors().to_vec();
        refusal
    }
}

impl Desk {
    /// What the service put beside the visitor's own request.
    pub fn beside<T: Clone + Send + Sync + 'static>(&self) -> Option<&T> {
        self.around.get()
    }

    /// What a route shows.
    ///
    /// # Errors
    /// What the route says.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Asked<T> {
        read(self.ask(Method::GET, path, Body::empty(), HeaderMap::new()).await).await
    }

    /// What a route answers to a JSON body.
    ///
    /// # Errors
    /// What the route says.
    pub async fn send<T: DeserializeOwned>(&self, method: Method, path: &str, sent: &impl Serialize) -> Asked<T> {
        self.send_with(method, path, HeaderMap::new(), sent).await
    }

    /// The same with headers, such as one that names the version which is to be replaced.
    ///
    /// # Errors
    /// What the route says.
    pub async fn send_with<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        mut headers: HeaderMap,
        sent: &impl Serialize,
    ) -> Asked<T> {
        let sent = serde_json::to_vec(sent).map_err(|_| Refusal::unreadable())?;
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        read(self.ask(method, path, sent.into(), headers).await).await
    }

    /// The same by POST.
    ///
    /// # Errors
    /// What the route says.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, sent: &impl Serialize) -> Asked<T> {
        self.send(Method::POST, path, sent).await
    }

    /// Deletes what a path names.
    ///
    /// # Errors
    /// What the route says.
    pub async fn delete(&self, path: &str) -> Asked<()> {
        body(self.ask(Method::DELETE, path, Body::empty(), HeaderMap::new()).await).await.map(|_| ())
    }

    /// A route's answer as it is, such as a stream of events. Of the visitor's headers it gets those that are given here.
    pub async fn pass(&self, path: &str, headers: HeaderMap) -> Response {
        self.ask(Method::GET, path, Body::empty(), headers).await
    }

    /// The same of a POST with a JSON body.
    pub async fn pass_on(&self, path: &str, mut headers: HeaderMap, sent: &Value) -> Response {
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        self.ask(Method::POST, path, sent.to_string().into(), headers).await
    }

    async fn ask(&self, method: Method, path: &str, body: Body, headers: HeaderMap) -> Response {
        let request = Request::builder().method(method).uri(path).body(body);
        let Ok(mut request) = request else {
            return Problem::new(StatusCode::NOT_FOUND, "not_found", "this address names nothing").into_response();
        };
        *request.headers_mut() = headers;
        *request.extensions_mut() = self.handed_on.clone();
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

async fn read<T: DeserializeOwned>(response: Response) -> Asked<T> {
    let bytes = body(response).await?;
    // Some routes answer with nothing.
    let bytes = if bytes.is_empty() { b"null".to_vec() } else { bytes };
    serde_json::from_slice(&bytes).map_err(|error| {
        tracing::error!(%error, "what the API answered cannot be read");
        Refusal::unreadable()
    })
}

async fn body(response: Response) -> Asked<Vec<u8>> {
    let status = response.status();
    // The API bounds its own answers.
    let bytes = to_bytes(response.into_body(), usize::MAX).await.map_err(|_| Refusal::unreadable())?;
    if status.is_success() {
        return Ok(bytes.into());
    }
    match serde_json::from_slice(&bytes) {
        Ok(problem) => Err(Refusal { status, problem }),
        Err(_) => Err(Refusal::unreadable()),
    }
}

/// A value as it stands in a path or a query: everything but letters, digits, `-`, `.`, `_` and `~` is written as `%` and
/// two digits.
pub fn part(text: &str) -> String {
    const KEPT: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    // A part that is only dots would lead to another folder.
    if text.chars().all(|c| c == '.') {
        return text.replace('.', "%2E");
    }
    percent_encoding::utf8_percent_encode(text, KEPT).to_string()
}

/// A query of these parameters, without those that say nothing; empty where none does.
pub fn query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let said = pairs.into_iter().filter(|(_, value)| !value.is_empty());
    let text = said.map(|(name, value)| format!("{}={}", part(name), part(value))).collect::<Vec<_>>().join("&");
    if text.is_empty() { text } else { format!("?{text}") }
}

/// JSON for people to read.
pub fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_an_address_leads_nowhere_else() {
        assert_eq!(part("a/../b?c=d#e f"), "a%2F..%2Fb%3Fc%3Dd%23e%20f");
        assert_eq!((part(".."), part("a.b")), ("%2E%2E".into(), "a.b".into()));
        assert_eq!(query([("a", "x&y"), ("none", ""), ("b", "ä")]), "?a=x%26y&b=%C3%A4");
        assert_eq!(query([("none", "")]), "");
    }
}
