//! Carries a cookie from whoever finds out that it is needed to the answer.

use super::cookie::{NAME, STARTED};
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use std::sync::{Arc, Mutex, PoisonError};

/// The cookies that an answer is to set.
#[derive(Clone, Default)]
pub struct Jar(Arc<Mutex<Vec<HeaderValue>>>);

impl Jar {
    /// Sets the session's cookie for these seconds; 0 takes it away. It comes along with no request that another site makes.
    pub fn set(&self, value: &str, seconds: u64, headers: &HeaderMap) {
        self.put(&format!("{NAME}={value}; Path=/; Max-Age={seconds}; SameSite=Strict"), headers);
    }

    /// Sets the cookie of a sign-in that is under way. It comes along when the issuer sends the browser back.
    pub fn set_started(&self, value: &str, seconds: u64, headers: &HeaderMap) {
        self.put(&format!("{STARTED}={value}; Path=/sign-in; Max-Age={seconds}; SameSite=Lax"), headers);
    }

    /// No script reads a cookie of this host. Where the browser does not run on the host's machine, they go over TLS only.
    fn put(&self, cookie: &str, headers: &HeaderMap) {
        let secure = if is_here(headers) { "" } else { "; Secure" };
        let cookie = HeaderValue::from_str(&format!("{cookie}; HttpOnly{secure}"));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(cookie);
    }

    fn take(&self) -> Vec<HeaderValue> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Whether the browser runs on the host's own machine.
pub fn is_here(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']')).map_or(host, |(name, _)| name);
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    name == "localhost" || name.ends_with(".localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The value of the session's cookie.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    named(headers, NAME)
}

/// The value of the cookie of a sign-in that is under way.
pub fn started(headers: &HeaderMap) -> Option<&str> {
    named(headers, STARTED)
}

fn named<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs = all.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// A middleware that gives each request a jar, and sets the cookie that lies in it afterwards.
pub async fn jar(mut request: Request, next: Next) -> Response {
    let jar = Jar::default();
    request.extensions_mut().insert(jar.clone());
    let mut response = next.run(request).await;
    for cookie in jar.take() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others_and_goes_over_tls_from_elsewhere() {
        let headers = |name, value: &str| HeaderMap::from_iter([(name, value.parse().unwrap())]);
        assert_eq!(cookie(&headers(header::COOKIE, "a=b; stepwell=x=y.z; stepwell2=c")), Some("x=y.z"));
        assert_eq!(cookie(&headers(header::COOKIE, "a=b")), None);
        for (host, secure) in [
            ("localhost:8080", false),
            ("127.0.0.1", false),
            ("[::1]:8080", false),
            ("[::1]", false),
            ("flows.example.com", true),
            ("localhost.example.com:80", true),
            ("", true),
        ] {
            let jar = Jar::default();
            jar.set("v", 5, &headers(header::HOST, host));
            assert_eq!(jar.take()[0].to_str().unwrap().ends_with("; Secure"), secure, "{host}");
        }
    }
}
