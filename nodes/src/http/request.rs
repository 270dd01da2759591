//! What is sent: the first hop, made from a rendered task.

use super::allow::{Blocked, plain};
use reqwest::{
    Method, Url,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT},
};
use serde_json::Value;
use stepwell_core::task::{Failure, HttpTask};

/// One request in a chain of redirects.
pub(super) struct Hop {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Vec<u8>>,
    /// Whether messages may name the host. A document names hosts without secrets in them; a server that a request with
    /// secrets is redirected by may name any.
    pub tells_host: bool,
}

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Headers that say how a message is framed. A wrong one would let a document smuggle in a second request.
const OURS: [&str; 8] =
    ["connection", "content-length", "expect", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

impl Hop {
    /// The hop that a task asks for. What the document sets wins over the defaults for `User-Agent`, `Idempotency-Key`
    /// and `Content-Type`. `key` is the default of `Idempotency-Key`, where there is one.
    pub fn first(task: &HttpTask, key: Option<&str>, user_agent: &HeaderValue) -> Result<Self, Failure> {
        let mut headers = headers(&task.headers)?;
        if !headers.contains_key(USER_AGENT) {
            headers.insert(USER_AGENT, user_agent.clone());
        }
        if let Some(key) = key.filter(|_| !headers.contains_key(&IDEMPOTENCY_KEY)) {
            let key = HeaderValue::from_str(key).map_err(|_| invalid_header("the header idempotency-key"))?;
            headers.insert(IDEMPOTENCY_KEY, key);
        }
        let body = task.body.as_ref().map(|body| match body {
            Value::String(text) => ("text/plain; charset=utf-8", text.clone().into_bytes()),
            json => ("application/json", json.to_string().into_bytes()),
        });
        if let Some((kind, _)) = &body
            && !headers.contains_key(CONTENT_TYPE)
        {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        let method = match Method::from_bytes(task.method.as_bytes()) {
            // CONNECT opens a tunnel, and what goes through it could not be judged.
            Ok(method) if method != Method::CONNECT => method,
            _ => {
                let message = "method is none that can be sent: use GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS";
                return Err(Failure::new("invalid_method", message));
            }
        };
        Ok(Self { method, url: url(task)?, headers, body: body.map(|(_, bytes)| bytes), tells_host: true })
    }

    /// The host for messages.
    pub fn host(&self) -> String {
        if self.tells_host {
            plain(self.url.host_str().unwrap_or_default())
        } else {
            "the host of the redirect".to_owned()
        }
    }

    /// The failure for an address that may not be reached.
    pub fn blocked(&self, blocked: Blocked) -> Failure {
        if self.tells_host {
            return blocked.into();
        }
        let message = "the server redirects a request with secrets to an address that may not be reached";
        Failure::new("address_not_allowed", message)
    }

    /// Scheme, host and port of the URL.
    pub fn origin(&self) -> (&str, Option<&str>, Option<u16>) {
        (self.url.scheme(), self.url.host_str(), self.url.port_or_known_default())
    }
}

/// The URL with the parameters of `query` added.
fn url(task: &HttpTask) -> Result<Url, Failure> {
    let mut url = Url::parse(task.url.trim()).map_err(|why| {
        Failure::new("invalid_url", format!("the URL cannot be read: {why}. Check it after rendering"))
    })?;
    check_scheme(&url)?;
    if !task.query.is_empty() {
        url.query_pairs_mut().extend_pairs(&task.query);
    }
    Ok(url)
}

/// Refuses a URL that is not http or https, or has no host.
pub(super) fn check_scheme(url: &Url) -> Result<(), Failure> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Failure::new(
            "invalid_url",
            "the URL is neither http nor https, and nothing else can be requested",
        ));
    }
    match url.host_str() {
        Some(host) if !host.is_empty() => Ok(()),
        _ => Err(Failure::new("invalid_url", "the URL has no host")),
    }
}

/// The headers that the document sets. One that belongs to the connection is refused.
fn headers(given: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid_header("the name of a header"))?;
        if OURS.contains(&parsed.as_str()) || parsed.as_str().starts_with("proxy-") {
            let message = format!("the header {parsed} belongs to the connection and cannot be set: leave it out");
            return Err(Failure::new("invalid_header", message));
        }
        let value = HeaderValue::from_str(value).map_err(|_| invalid_header(&format!("the header {parsed}")))?;
        headers.append(parsed, value);
    }
    Ok(headers)
}

/// A name that HTTP does not allow is not told: where the headers are one template, it is a value.
fn invalid_header(what: &str) -> Failure {
    let message = format!("{what} has characters that HTTP does not allow, such as a line break");
    Failure::new("invalid_header", message)
}
