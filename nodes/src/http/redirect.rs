//! Redirects, and where secrets may go. Methods change as in the Fetch standard: 301 and 302 turn POST into GET, 303
//! turns everything but HEAD into GET.

use super::{
    allow::plain,
    request::{Hop, check_scheme},
};
use engine::{masking::Needles, port::ANY_HOST};
use reqwest::{
    Method, Response, StatusCode, Url,
    header::{CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, HOST, HeaderMap, LOCATION},
};
use stepwell_core::task::{Failure, UsedSecret};

/// Refuses a first hop to a host that one of its secrets may not be sent to.
pub(super) fn first_hosts(hop: &Hop, secrets: &[UsedSecret]) -> Result<(), Failure> {
    match secrets.iter().find(|secret| !may_go(secret, &hop.url)) {
        Some(secret) => Err(not_allowed(&secret.name, hop)),
        None => Ok(()),
    }
}

/// The next hop where the response is a redirect; none where it is the answer.
pub(super) fn next(hop: Hop, response: &Response, secrets: &[UsedSecret]) -> Result<Option<Hop>, Failure> {
    let Some(location) = location(response) else { return Ok(None) };
    let Ok(mut url) = hop.url.join(&location) else {
        return Err(Failure::new("invalid_url", "the server redirects to a URL that cannot be read"));
    };
    check_scheme(&url)?;
    // Credentials in a redirect come from the server, not from the document.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let old = (hop.url.scheme() == "https", origin(&hop));
    let mut next = Hop { url, tells_host: secrets.is_empty(), ..hop };
    if turns_to_get(response.status(), &next.method) {
        next.method = Method::GET;
        next.body = None;
        for name in [CONTENT_TYPE, CONTENT_ENCODING, CONTENT_LANGUAGE] {
            next.headers.remove(name);
        }
    }
    if origin(&next) != old.1 {
        cross(&mut next, old.0, secrets)?;
    }
    Ok(Some(next))
}

/// The URL that a redirect leads to; none for other responses.
fn location(response: &Response) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let value = response.headers().get(LOCATION)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Whether a redirect with this status makes a request of this method a GET.
fn turns_to_get(status: StatusCode, method: &Method) -> bool {
    match status.as_u16() {
        301 | 302 => method == Method::POST,
        303 => method != Method::HEAD,
        _ => false,
    }
}

/// Scheme, host and port of a hop, to be compared.
fn origin(hop: &Hop) -> (String, Option<String>, Option<u16>) {
    let (scheme, host, port) = hop.origin();
    (scheme.to_owned(), host.map(plain), port)
}

/// What the name of a header that holds a credential ends a part with, wherever its value comes from: a literal, an
/// input, an earlier output. Parts are what stands between hyphens and underscores.
const CREDENTIALS: [&str; 13] = [
    "authorization",
    "authentication",
    "auth",
    "cookie",
    "token",
    "key",
    "secret",
    "password",
    "passwd",
    "credential",
    "credentials",
    "session",
    "signature",
];

/// Whether a header holds a credential, by its name in lower case: `authorization`, `x-api-key`, `x-goog-api-key`,
/// `private-token`. `Idempotency-Key` is none: it tells a repetition, also where a redirect leads.
fn is_credential(name: &str) -> bool {
    name != "idempotency-key"
        && name.split(['-', '_']).any(|part| CREDENTIALS.iter().any(|credential| part.ends_with(credential)))
}

/// Strips what must not leave the origin that it was meant for, and refuses a hop that would still take a secret along.
fn cross(hop: &mut Hop, from_https: bool, secrets: &[UsedSecret]) -> Result<(), Failure> {
    if from_https && hop.url.scheme() == "http" && !secrets.is_empty() {
        let message = "the server redirects a request with secrets from https to http; use the URL it leads to";
        return Err(Failure::new("secret_not_allowed", message));
    }
    let needles = Needles::of(secrets);
    let kept = hop
        .headers
        .iter()
        .filter(|(name, value)| *name != HOST && !is_credential(name.as_str()) && !needles.found_in(value.as_bytes()));
    hop.headers = kept.map(|(name, value)| (name.clone(), value.clone())).collect::<HeaderMap>();
    if hop.body.as_ref().is_some_and(|body| needles.found_in(body)) {
        let message = "the server redirects a request whose body holds a secret to another origin; use the URL it \
                       leads to if that is meant";
        return Err(Failure::new("secret_not_allowed", message));
    }
    for secret in secrets.iter().filter(|secret| !may_go(secret, &hop.url)) {
        if Needles::of(std::slice::from_ref(secret)).found_in(hop.url.as_str().as_bytes()) {
            return Err(not_allowed(&secret.name, hop));
        }
    }
    Ok(())
}

/// Whether a secret may be sent to a URL. A secret's hosts are names, with a port where one is meant:
/// `api.example.com`, `localhost:9000`; `*` stands for all, and a secret without hosts may go nowhere.
fn may_go(secret: &UsedSecret, url: &Url) -> bool {
    let host = plain(url.host_str().unwrap_or_default());
    let port = url.port_or_known_default().unwrap_or_default();
    secret.hosts.iter().any(|allowed| {
        let allowed = allowed.trim().to_ascii_lowercase();
        allowed == ANY_HOST
            || plain(&allowed) == host
            || allowed.rsplit_once(':').is_some_and(|(name, digits)| plain(name) == host && digits.parse() == Ok(port))
    })
}

fn not_allowed(name: &str, hop: &Hop) -> Failure {
    let host = hop.host();
    let message = format!(
        "the secret {name} may not be sent to {host}: its hosts do not name it. Add the host to the secret if that is \
         meant"
    );
    Failure::new("secret_not_allowed", message)
}
