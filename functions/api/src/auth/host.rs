//! Reads which host a request is for (RFC 9112, §3.2). What two readers could take differently is refused, since one of
//! them may be a proxy that decides by it who gets in.

use crate::Problem;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, Version, header};
use std::net::{IpAddr, Ipv6Addr};

/// Bytes of a host's name at most: those of a name in the DNS.
const NAME_BYTES: usize = 253;

/// The host that a request names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// In lower case, without the brackets of an IPv6 address.
    name: String,
    port: Option<u16>,
}

impl Named {
    /// Reads `name`, `name:port`, `address:port` or `[IPv6 address]:port`. None for anything else, such as a part for a
    /// user, an escape, a list or an empty port.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (name, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (address, after) = rest.split_once(']')?;
                address.parse::<Ipv6Addr>().ok()?;
                (address, after.strip_prefix(':').map(Some).or(after.is_empty().then_some(None))?)
            }
            None => match text.split_once(':') {
                Some((name, port)) => (named(name)?, Some(port)),
                None => (named(text)?, None),
            },
        };
        Some(Self { name: name.to_ascii_lowercase(), port: port.map(number).transpose().ok()? })
    }

    /// Whether this names the loopback of the machine on which the client runs.
    pub(super) fn is_loopback(&self) -> bool {
        let name = self.name.strip_suffix('.').unwrap_or(&self.name);
        name == "localhost"
            || name.ends_with(".localhost")
            || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether both have the same name, at whatever port.
    pub(super) fn has_name_of(&self, other: &Self) -> bool {
        self.name == other.name
    }

    /// The port, or the one that the scheme has where none is named.
    fn port(&self, scheme: &str) -> u16 {
        self.port.unwrap_or(if scheme == "https" { 443 } else { 80 })
    }
}

/// Whether the header `Host` names the loopback of the machine on which the client runs. Where it is absent it names
/// nothing else.
pub(super) fn is_here(headers: &HeaderMap) -> bool {
    let named = |host: &HeaderValue| host.to_str().ok().and_then(Named::parse).is_some_and(|host| host.is_loopback());
    headers.get_all(header::HOST).iter().all(named)
}

/// A name of labels in the letters that names have, or an IPv4 address.
fn named(name: &str) -> Option<&str> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let labels = name.strip_suffix('.').unwrap_or(name).split('.');
    let is_name = name.len() <= NAME_BYTES && labels.clone().all(|label| !label.is_empty() && label.chars().all(good));
    is_name.then_some(name)
}

/// A port's number: digits alone.
fn number(port: &str) -> Result<u16, ()> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    port.parse().ok().filter(|_| digits).ok_or(())
}

/// The host that a request names; None where it may name none, as in HTTP/1.0.
///
/// # Errors
/// 400 `invalid_host` where it names none, several or one that is not written as a host, or where the address in its
/// first line names another than the header does.
pub(super) fn of<B>(request: &Request<B>) -> Result<Option<Named>, Problem> {
    let refuse = |detail: &str| Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_host", detail));
    let unread = "the header Host is not of the form `name`, `name:port` or `[IPv6 address]:port`";
    let mut headers = request.headers().get_all(header::HOST).iter();
    let (first, second) = (headers.next(), headers.next());
    if second.is_some() {
        return refuse("send one header Host");
    }
    let host = match first.map(|value| value.to_str().ok().and_then(Named::parse)) {
        Some(None) => return refuse(unread),
        Some(host) => host,
        None => None,
    };
    // HTTP/2 has the host in the place of the header; in HTTP/1.1 it stands in the first line only in requests to
    // proxies, and in those that mean to be understood differently by two readers.
    let target = request.uri().authority().map(|authority| Named::parse(authority.as_str()));
    let scheme = request.uri().scheme_str().unwrap_or("http");
    match (host, target) {
        (_, Some(None)) => refuse("the host in the request's address is not of the form `name` or `name:port`"),
        (Some(host), Some(Some(target))) if host.name != target.name || host.port(scheme) != target.port(scheme) => {
            refuse("the header Host names another host than the request's address")
        }
        (Some(host), _) => Ok(Some(host)),
        (None, Some(Some(target))) if request.version() > Version::HTTP_11 => Ok(Some(target)),
        (None, _) if request.version() < Version::HTTP_11 => Ok(None),
        (None, _) => refuse("send the header Host"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for (text, name, port) in [
            ("localhost", "localhost", None),
            ("LOCALHOST:8080", "localhost", Some(8080)),
            ("a_b.example.:1", "a_b.example.", Some(1)),
            ("127.0.0.1:65535", "127.0.0.1", Some(65_535)),
            ("[::1]", "::1", None),
            ("[::FFFF:127.0.0.1]:80", "::ffff:127.0.0.1", Some(80)),
        ] {
            assert_eq!(Named::parse(text), Some(Named { name: name.into(), port }), "{text}");
        }
        let long = "x".repeat(NAME_BYTES + 1);
        for text in [
            "",
            ":80",
            "localhost:",
            "localhost:+80",
            "localhost:65536",
            "localhost:0x50",
            "localhost:80:80",
            "::1",
            "[::1",
            "[::1]80",
            "[::1]:",
            "[localhost]",
            "[fe80::1%25lo]",
            "me@localhost",
            "localhost@evil.example",
            "localhost, evil.example",
            "localhost evil.example",
            "local%68ost",
            "localhost/",
            "localhost?",
            "localhost#",
            "a..b",
            ".localhost",
            "localhost..",
            "http://localhost",
            "löcalhost",
            "127.0.0.1\\evil",
            &long,
        ] {
            assert_eq!(Named::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_every_reader_takes_for_loopback_is_loopback() {
        for host in ["localhost", "localhost.", "a.localhost:80", "127.0.0.1", "127.8.8.8:1", "[::1]:8080"] {
            assert!(Named::parse(host).unwrap().is_loopback(), "{host}");
        }
        for host in [
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "notlocalhost",
            "10.0.0.1",
            "0.0.0.0",
            "127.1",
            "0x7f.0.0.1",
            "2130706433",
            "0177.0.0.1",
            "[::ffff:127.0.0.1]",
            "[::]",
            "[fe80::1]",
        ] {
            assert!(!Named::parse(host).unwrap().is_loopback(), "{host}");
        }
    }

    #[test]
    fn a_request_names_one_host_and_its_address_the_same() {
        let read = |address: &str, version: Version, hosts: &[&str]| {
            let mut request = Request::get(address).version(version);
            for host in hosts {
                request = request.header("host", *host);
            }
            of(&request.body(()).unwrap()).map(|host| host.map(|host| host.name)).map_err(|problem| problem.status())
        };
        let here = || Ok(Some("localhost".to_owned()));
        let eleven = Version::HTTP_11;
        assert_eq!(read("/x", eleven, &["localhost:80"]), here());
        assert_eq!(read("http://LOCALHOST/x", eleven, &["localhost:80"]), here());
        assert_eq!(read("http://localhost:8080/x", eleven, &["localhost:8080"]), here());
        assert_eq!(read("https://localhost/x", Version::HTTP_2, &[]), here());
        assert_eq!(read("/x", Version::HTTP_10, &[]), Ok(None));
        for (address, hosts) in [
            ("/x", &[][..]),
            ("/x", &["localhost", "localhost"]),
            ("/x", &["localhost", "evil.example"]),
            ("http://localhost/x", &[]),
            ("http://evil.example/x", &["localhost"]),
            ("http://localhost:81/x", &["localhost"]),
            ("https://localhost/x", &["localhost:80"]),
            ("http://me@localhost/x", &["localhost"]),
            ("http://localhost:/x", &["localhost"]),
        ] {
            assert_eq!(read(address, eleven, hosts), Err(StatusCode::BAD_REQUEST), "{address} {hosts:?}");
        }
    }
}
