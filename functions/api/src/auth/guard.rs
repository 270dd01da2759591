//! Protects a host that signs its one user in by itself against web pages in that user's browser: against DNS rebinding
//! (a `Host` that is not loopback) and requests from other sites (an `Origin` that is not the host's own). Bodies that
//! are not JSON, which a form could send, are refused where bodies are read.

use crate::Problem;
use axum::{
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::net::IpAddr;

/// A middleware (`axum::middleware::from_fn(loopback_only)`) for hosts that bind loopback. Answers 421
/// `host_not_loopback` or 403 `foreign_origin` in place of the handler.
pub async fn loopback_only(request: Request, next: Next) -> Response {
    let authority = request.uri().authority().map(|one| one.as_str().to_owned());
    match check(request.headers(), authority) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// `authority` is that of the request's address: HTTP/2 has it in the place of the header `Host`.
fn check(headers: &HeaderMap, authority: Option<String>) -> Result<(), Problem> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default().to_owned());
    let host = text(header::HOST).or(authority).unwrap_or_default();
    if !is_loopback(&host) {
        let detail = "this host answers on loopback only: use localhost or 127.0.0.1 in the address";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "host_not_loopback", detail));
    }
    let foreign = text(header::ORIGIN).is_some_and(|origin| !origin.eq_ignore_ascii_case(&format!("http://{host}")));
    let cross_site = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    if foreign || cross_site {
        let detail = "this host takes no requests from other sites";
        return Err(Problem::new(StatusCode::FORBIDDEN, "foreign_origin", detail));
    }
    Ok(())
}

/// Whether the value of a header `Host`, with or without a port, names this machine's loopback.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn verdict(pairs: &[(&'static str, &str)]) -> Result<(), StatusCode> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        check(&headers, None).map_err(|problem| problem.status())
    }

    #[test]
    fn only_loopback_names_and_its_own_pages_get_in() {
        for host in ["localhost:8080", "127.0.0.1:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"] {
            assert_eq!(verdict(&[("host", host)]), Ok(()), "{host}");
        }
        for host in ["evil.example", "evil.example:8080", "10.0.0.1:8080", "", "127.0.0.1.evil.example"] {
            assert_eq!(verdict(&[("host", host)]), Err(StatusCode::MISDIRECTED_REQUEST), "{host}");
        }
        let here = ("host", "localhost:8080");
        assert_eq!(verdict(&[here, ("origin", "http://localhost:8080")]), Ok(()));
        for origin in ["http://evil.example", "null", "http://localhost:9090", "https://localhost:8080"] {
            assert_eq!(verdict(&[here, ("origin", origin)]), Err(StatusCode::FORBIDDEN), "{origin}");
        }
        assert_eq!(verdict(&[here, ("sec-fetch-site", "cross-site")]), Err(StatusCode::FORBIDDEN));
    }
}
