//! Signs the one user of a local host in, where a request shows that nobody else can have sent it.

use super::{Caller, OWNER, SignIn, host, is_owner, unauthorized};
use crate::{App, Problem};
use axum::http::{HeaderMap, Version, request::Parts};

/// Headers that proxies add, and programs of the machine itself do not.
const OF_PROXIES: [&str; 19] = [
    "cdn-loop",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "tailscale-user-login",
    "true-client-ip",
    "via",
    "x-amz-cf-id",
    "x-amzn-trace-id",
    "x-appengine-user-ip",
    "x-arr-ssl",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-host",
    "x-original-url",
    "x-proxyuser-ip",
    "x-real-ip",
    "x-real-port",
    "x-scheme",
];

/// What the names of further such headers begin with: `X-Forwarded-For` and its kin, Cloudflare's, Envoy's, Azure's.
const FAMILIES_OF_PROXIES: [&str; 4] = ["x-forwarded", "cf-", "x-envoy-", "x-azure-"];

/// The header by which a request tells that it came through a proxy.
fn proxied(headers: &HeaderMap) -> Option<&str> {
    let tells =
        |name: &str| OF_PROXIES.contains(&name) || FAMILIES_OF_PROXIES.iter().any(|family| name.starts_with(family));
    headers.keys().map(|name| name.as_str()).find(|name| tells(name))
}

/// The local user, where a request without a token is that user's.
///
/// # Errors
/// 401 `unauthorized`, whose detail says why a token is needed and how to come by one; and what the store says.
pub(super) async fn sign_in(app: &App, parts: &Parts) -> Result<Caller, Problem> {
    const SEND: &str = "send `Authorization: Bearer TOKEN`";
    const MAKE: &str = "`stepwell token create` makes one on the host's machine";
    let Some(user) = &app.local_user else { return Err(unauthorized(SEND, false)) };
    if let Some(name) = proxied(&parts.headers) {
        let why =
            format!("this request came through a proxy (it has the header `{name}`), so anybody may have sent it");
        return Err(unauthorized(&format!("{why}: {SEND}; {MAKE}"), false));
    }
    if app.sign_in == SignIn::Own {
        return acting(user, &parts.headers);
    }
    // The name under which people reach the host from elsewhere leads through something that hands requests on.
    if !host::is_here(&parts.headers) {
        let why = "under its public name this host signs nobody in by itself";
        return Err(unauthorized(&format!("{why}: {SEND}; {MAKE}"), false));
    }
    // nginx speaks HTTP/1.0 to what is behind it, and adds no header, unless it is told otherwise.
    if parts.version < Version::HTTP_11 {
        let why = "over HTTP/1.0, which proxies speak, nobody is signed in without a token";
        return Err(unauthorized(&format!("{why}: {SEND}, or use HTTP/1.1"), false));
    }
    // Tokens that have ended count too: what a host asks for must not get less while nobody looks. Where an issuer is
    // configured, requests bear its tokens.
    if app.jwt.is_some() || app.host.tokens().has_tokens().await? {
        let why = if app.jwt.is_some() { "this host takes JWTs" } else { "this host has tokens" };
        let why = format!("{why}, so requests need one");
        let or = "or use the command line as the user who runs the host, which needs none";
        return Err(unauthorized(&format!("{why}: {SEND}; {MAKE}; {or}"), false));
    }
    Ok(user.clone())
}

/// The local user, acting for the tenant that the request names, where it names one.
///
/// # Errors
/// 422 `invalid_owner` for a name that no tenant may have.
fn acting(user: &Caller, headers: &HeaderMap) -> Result<Caller, Problem> {
    let Some(named) = headers.get(OWNER) else { return Ok(user.clone()) };
    match named.to_str().ok().filter(|name| is_owner(name)) {
        Some(owner) => Ok(Caller { owner: owner.to_owned(), ..user.clone() }),
        None => {
            let hint = "use 1 to 64 of A-Z a-z 0-9 . _ -";
            Err(Problem::field("invalid_owner", "", "this cannot name a tenant", hint))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_header_of_a_proxy_tells_of_it_and_those_of_clients_do_not() {
        let told = |name: &'static str| {
            proxied(&HeaderMap::from_iter([(name.parse().unwrap(), "x".parse().unwrap())])).is_some()
        };
        for name in [
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Server",
            "X-Real-IP",
            "Via",
            "Forwarded",
            "CF-Connecting-IP",
            "CF-Ray",
            "True-Client-IP",
            "X-Envoy-External-Address",
            "X-Azure-ClientIP",
        ] {
            assert!(told(name), "{name}");
        }
        for name in ["accept", "user-agent", "origin", "x-request-id", "traceparent", "stepwell-client", "x-forward"] {
            assert!(!told(name), "{name}");
        }
    }
}
