//! Protects a host that signs its one user in by itself against web pages in that user's browser: against DNS rebinding
//! (a `Host` that is not loopback) and requests from other sites (an `Origin` that is not the host's own). Bodies that
//! are not JSON, which a form could send, are refused where bodies are read.

use super::host;
use crate::Problem;
use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
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

/// A middleware (`axum::middleware::from_fn(loopback_only)`) for hosts that bind loopback. Answers 400 `invalid_host`,
/// 421 `host_not_loopback` or 403 `foreign_origin` in place of the handler.
pub async fn loopback_only(request: Request, next: Next) -> Response {
    match check(&request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check<B>(request: &axum::http::Request<B>) -> Result<(), Problem> {
    if !host::of(request)?.is_some_and(|host| host.is_loopback()) {
        let detail = "this host answers on loopback only: use localhost or 127.0.0.1 in the address";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host_not_loopback", detail));
    }
    if is_foreign(request.headers()) {
        let detail = "this host takes no requests from other sites";
        return Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", detail));
    }
    Ok(())
}

/// Whether a browser says that a page of another origin sends the request. Another port is another origin too, although
/// `Sec-Fetch-Site` calls it the same site: whatever else listens on this machine may serve pages.
fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let own = format!("http://{}", text(header::HOST));
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let mut sites = headers.get_all("sec-fetch-site").iter();
    // `none`: the user's own doing, such as an address that was typed.
    origins.any(|origin| !origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()))
        || sites.any(|site| site != "same-origin" && site != "none")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn verdict(pairs: &[(&'static str, &str)]) -> Result<(), StatusCode> {
        let mut request = axum::http::Request::get("/");
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap()).map_err(|problem| problem.status())
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
