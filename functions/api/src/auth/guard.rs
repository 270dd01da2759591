//! Protects a host that signs its one user in by itself against web pages in that user's browser: against DNS rebinding
//! (a `Host` that is not loopback) and requests from other sites (an `Origin` that is not the host's own). Bodies that
//! are not JSON, which a form could send, are refused where bodies are read.

use super::host::{self, Named};
use crate::Problem;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// A middleware (`axum::middleware::from_fn(one_host)`) for hosts that no gateway stands before. Answers 400
/// `invalid_host` in place of the handler where a request does not name one host.
pub async fn one_host(request: Request, next: Next) -> Response {
    match host::of(&request) {
        Ok(_) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// What people reach by another name than the rest, since a proxy hands it on from the public address: the pages, and the
/// route that Slack calls. Under that name nobody is signed in by itself: a link's token, a session or Slack's signature
/// says who asks.
#[derive(Clone, Debug, Default)]
pub struct PublicPages {
    host: Option<Named>,
    origin: String,
}

impl PublicPages {
    /// The pages of a host that people reach under this address, such as `https://flows.example.com`; of one that has no
    /// such address, or one that cannot be read, only those of loopback.
    pub fn at(address: Option<&str>) -> Self {
        let parts = address.and_then(|address| address.parse::<Uri>().ok()).map(Uri::into_parts).unwrap_or_default();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else { return Self::default() };
        Self { host: Named::parse(authority.as_str()), origin: format!("{scheme}://{authority}") }
    }

    /// Whether a request is for such a page, or for what it loads: for anything but the rest of the API.
    fn hold<B>(request: &axum::http::Request<B>) -> bool {
        let path = request.uri().path();
        let is_api = path.starts_with("/v1/") || ["/mcp", "/metrics", "/health", "/openapi.json"].contains(&path);
        !is_api || path.starts_with("/v1/hooks/")
    }

    /// Reading a page changes nothing, so a link may be followed from anywhere. Its form comes from the page itself; the
    /// page gives away no referrer, so that browsers name its origin `null`. What keeps other sites out is the form's own
    /// token.
    fn are_sent_to_from_elsewhere<B>(&self, request: &axum::http::Request<B>) -> bool {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            return false;
        }
        let public = |origin: &HeaderValue| {
            let origin = origin.as_bytes();
            origin == b"null" || origin.eq_ignore_ascii_case(self.origin.as_bytes())
        };
        is_foreign(request.headers(), public)
    }
}

/// A middleware (`axum::middleware::from_fn_with_state(pages, loopback_only)`) for hosts that bind loopback. Answers 400
/// `invalid_host`, 421 `host_not_loopback` or 403 `foreign_origin` in place of the handler.
pub async fn loopback_only(State(pages): State<PublicPages>, request: Request, next: Next) -> Response {
    match check(&request, &pages) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check<B>(request: &axum::http::Request<B>, pages: &PublicPages) -> Result<(), Problem> {
    let (host, is_page) = (host::of(request)?, PublicPages::hold(request));
    let is_public = |host: &Named| is_page && pages.host.as_ref().is_some_and(|public| public.has_name_of(host));
    if !host.is_some_and(|host| host.is_loopback() || is_public(&host)) {
        let detail = "this host answers on loopback only: use localhost or 127.0.0.1 in the address";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host_not_loopback", detail));
    }
    let foreign =
        if is_page { pages.are_sent_to_from_elsewhere(request) } else { is_foreign(request.headers(), |_| false) };
    if foreign {
        let detail = "this host takes no requests from other sites";
        return Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", detail));
    }
    Ok(())
}

/// Whether a browser says that a page of another origin sends the request. Another port is another origin too, although
/// `Sec-Fetch-Site` calls it the same site: whatever else listens on this machine may serve pages. `also` says which
/// origins are good beside the host's own.
fn is_foreign(headers: &HeaderMap, also: impl Fn(&HeaderValue) -> bool) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let own = format!("http://{}", text(header::HOST));
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let mut sites = headers.get_all("sec-fetch-site").iter();
    // `none`: the user's own doing, such as an address that was typed.
    origins.any(|origin| !origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()) && !also(origin))
        || sites.any(|site| site != "same-origin" && site != "none")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn verdict(pairs: &[(&'static str, &str)]) -> Result<(), StatusCode> {
        let mut request = axum::http::Request::get("/v1/executions");
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap(), &PublicPages::default()).map_err(|problem| problem.status())
    }

    #[test]
    fn pages_are_reached_by_the_public_name_and_nothing_else_is() {
        let pages = PublicPages::at(Some("https://flows.example.com/stepwell"));
        let verdict = |method: &str, path: &str, pairs: &[(&'static str, &str)]| {
            let mut request = axum::http::Request::builder().method(method).uri(path);
            for (name, value) in pairs {
                request = request.header(*name, *value);
            }
            check(&request.body(()).unwrap(), &pages).map_err(|problem| problem.status())
        };
        let (public, here) = (("host", "flows.example.com"), ("host", "localhost:8080"));
        let clicked = ("sec-fetch-site", "cross-site");
        for path in ["/i/token", "/assets/style.css", "/", "/inbox/x", "/executions/v1/"] {
            assert_eq!(verdict("GET", path, &[public, clicked]), Ok(()));
            assert_eq!(verdict("GET", path, &[here, clicked]), Ok(()), "a link in a mail that is read in the browser");
            assert_eq!(verdict("GET", path, &[("host", "evil.example")]), Err(StatusCode::MISDIRECTED_REQUEST));
        }
        for path in ["/v1/executions", "/v1/i/x", "/mcp", "/metrics", "/health", "/openapi.json"] {
            assert_eq!(verdict("GET", path, &[public]), Err(StatusCode::MISDIRECTED_REQUEST), "{path}");
            assert_eq!(verdict("GET", path, &[here, clicked]), Err(StatusCode::FORBIDDEN), "{path}");
        }
        let own = ("sec-fetch-site", "same-origin");
        assert_eq!(verdict("POST", "/i/token", &[public, ("origin", "null"), own]), Ok(()));
        assert_eq!(verdict("POST", "/i/token", &[public, ("origin", "https://flows.example.com"), own]), Ok(()));
        assert_eq!(verdict("POST", "/i/token", &[here, ("origin", "null"), own]), Ok(()));
        for other in [("origin", "https://evil.example"), clicked, ("sec-fetch-site", "same-site")] {
            assert_eq!(verdict("POST", "/i/token", &[public, other]), Err(StatusCode::FORBIDDEN), "{other:?}");
        }
    }

    #[test]
    fn only_loopback_names_and_its_own_pages_get_in() {
        for host in ["localhost:8080", "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"] {
            assert_eq!(verdict(&[("host", host)]), Ok(()), "{host}");
        }
        for host in ["evil.example", "evil.example:8080", "10.0.0.1:8080", "127.0.0.1.evil.example"] {
            assert_eq!(verdict(&[("host", host)]), Err(StatusCode::MISDIRECTED_REQUEST), "{host}");
        }
        for host in ["", "localhost:8080, evil.example", "evil.example@localhost"] {
            assert_eq!(verdict(&[("host", host)]), Err(StatusCode::BAD_REQUEST), "{host}");
        }
        let here = ("host", "localhost:8080");
        assert_eq!(verdict(&[here, here]), Err(StatusCode::BAD_REQUEST));
        assert_eq!(verdict(&[here, ("origin", "http://localhost:8080")]), Ok(()));
        for origin in ["http://evil.example", "null", "http://localhost:9090", "https://localhost:8080", ""] {
            assert_eq!(verdict(&[here, ("origin", origin)]), Err(StatusCode::FORBIDDEN), "{origin}");
        }
        let two = [here, ("origin", "http://localhost:8080"), ("origin", "http://evil.example")];
        assert_eq!(verdict(&two), Err(StatusCode::FORBIDDEN));
        for site in ["same-origin", "none"] {
            assert_eq!(verdict(&[here, ("sec-fetch-site", site)]), Ok(()), "{site}");
        }
        for site in ["cross-site", "same-site", ""] {
            assert_eq!(verdict(&[here, ("sec-fetch-site", site)]), Err(StatusCode::FORBIDDEN), "{site}");
        }
    }
}
