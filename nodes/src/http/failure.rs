//! The failures of requests, and how certain it is that nothing happened. The messages are written here, because those
//! of the client hold URLs, which may hold secrets.

use super::{
    allow::{Blocked, plain},
    request::Hop,
    resolve::{Refused, Unresolved},
};
use crate::limits::{REDIRECTS, RESPONSE_BYTES};
use std::{error::Error, io, time::Duration};
use stepwell_core::task::{Failure, Outcome};

/// The outcome of a request that got no response.
pub(super) fn of_sending(error: &reqwest::Error, hop: &Hop) -> Outcome {
    if find::<Refused>(error).is_some() {
        let host = plain(hop.url.host_str().unwrap_or_default());
        let port = hop.url.port_or_known_default().unwrap_or_default();
        return Outcome::Failed(hop.blocked(Blocked { host, port }));
    }
    let host = hop.host();
    if find::<Unresolved>(error).is_some() {
        let message = format!("{host} could not be resolved: check the spelling of the URL's host");
        return Outcome::Failed(Failure::new("dns_error", message).retryable());
    }
    if error.is_builder() {
        return Outcome::Failed(Failure::new("invalid_url", "the URL cannot be requested: check it after rendering"));
    }
    // Once a connection stood, the server may have processed the request.
    if !error.is_connect() {
        return Outcome::Unknown(broken(&host, "before a response came"));
    }
    match find::<rustls::Error>(error) {
        Some(why) => {
            // What a certificate says of names is left out where the host is not told either.
            let why = if hop.tells_host { format!(": {why}") } else { String::new() };
            let message = format!("no secure connection to {host}{why}. Check its certificate");
            Outcome::Failed(Failure::new("tls_error", message))
        }
        None => {
            let why = find::<io::Error>(error).map_or("no answer in time".to_owned(), |e| e.kind().to_string());
            let port = hop.url.port().filter(|_| hop.tells_host).map(|port| format!(":{port}")).unwrap_or_default();
            let message = format!("no connection to {host}{port}: {why}. Nothing was sent");
            Outcome::Failed(Failure::new("connection_failed", message).retryable())
        }
    }
}

/// The failure for a connection that broke when the request may have been processed.
pub(super) fn broken(host: &str, when: &str) -> Failure {
    let message = format!("the connection to {host} broke {when}; the request may have been processed");
    Failure::new("connection_broken", message).retryable()
}

pub(super) fn timeout(limit: Duration) -> Failure {
    let message = format!(
        "no whole response within {} s; the request may have been processed. Raise timeout_seconds if it needs longer",
        limit.as_secs_f64()
    );
    Failure::new("timeout", message).retryable()
}

/// The failure for a request of the host itself that took too long.
pub(super) fn late(limit: Duration) -> Failure {
    let message = format!("no answer within {} s; the request may have been processed", limit.as_secs_f64());
    Failure::new("timeout", message).retryable()
}

pub(super) fn too_many_redirects() -> Failure {
    Failure::new("too_many_redirects", format!("more than {REDIRECTS} redirects: the URL may redirect in a circle"))
}

pub(super) fn too_large() -> Failure {
    let message = format!(
        "the response is larger than {} MiB, which no outcome may exceed; ask for less, or for a link to it",
        RESPONSE_BYTES / 1024 / 1024
    );
    Failure::new("response_too_large", message)
}

/// Finds a cause by its type. An `io::Error` hides what it wraps from `source`, so it is unwrapped here.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}
