//! Which places may be reached: everything public, and what the host's allow list names.

use super::address::{canonical, is_metadata, is_public};
use reqwest::Url;
use std::net::IpAddr;
use stepwell_core::task::Failure;

/// Names and networks that requests may reach although they are not public.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowList(Vec<Entry>);

/// A place that the list allows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    place: Place,
    /// The only port that is allowed; none for all ports.
    port: Option<u16>,
}

/// A host by its name, or a network by its address and prefix length.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Host(String),
    Net(IpAddr, u8),
}

/// A request that is refused because of where it goes. It does not tell the address behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// The host as the URL names it.
    pub host: String,
    /// The port of the URL, or the usual one of its scheme.
    pub port: u16,
}

impl From<Blocked> for Failure {
    fn from(blocked: Blocked) -> Self {
        let Blocked { host, port } = blocked;
        let place = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        Failure::new(
            "address_not_allowed",
            format!(
                "{place} is not on the public internet, and workflows may reach nothing else. If this one is meant, \
                 whoever runs Stepwell can allow it: STEPWELL_HTTP_ALLOW={place} or --http-allow {place}"
            ),
        )
    }
}

impl AllowList {
    /// Parses `127.0.0.1:9000,10.0.0.0/8,example.internal:8080`: names, addresses (IPv6 in brackets where a port
    /// follows) and networks, each with a port or for all ports.
    ///
    /// # Errors
    /// A sentence that names the wrong entry, and says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(entry).collect::<Result<_, _>>().map(Self)
    }

    /// What either list allows.
    pub fn and(&self, more: &Self) -> Self {
        Self(self.0.iter().chain(&more.0).cloned().collect())
    }

    /// The ports that entries name. Addresses may be judged otherwise on these than on all other ports.
    pub(super) fn ports(&self) -> Vec<u16> {
        let mut ports: Vec<u16> = self.0.iter().filter_map(|entry| entry.port).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// Whether an entry allows an address and port that were asked for under a name.
    fn names(&self, addr: IpAddr, port: u16, host: &str) -> bool {
        let host = plain(host);
        let fits = |entry: &Entry| match &entry.place {
            // A name never opens a metadata service: that must be named by its address.
            Place::Host(name) => *name == host && !is_metadata(addr),
            Place::Net(net, prefix) => contains(*net, *prefix, canonical(addr)) || contains(*net, *prefix, addr),
        };
        self.0.iter().any(|entry| entry.port.is_none_or(|p| p == port) && fits(entry))
    }
}

/// Whether a connection may be made to an address and port that were asked for as `host`.
///
/// # Errors
/// [`Blocked`], where the address is not public and the list does not name it.
pub fn judge(addr: IpAddr, port: u16, host: &str, allow: &AllowList) -> Result<(), Blocked> {
    if is_public(addr) || allow.names(addr, port, host) {
        return Ok(());
    }
    Err(Blocked { host: plain(host), port })
}

/// Judges a URL whose host is an address, in any spelling. A name is judged once it is resolved.
pub(super) fn judge_url(url: &Url, allow: &AllowList) -> Result<(), Blocked> {
    let port = url.port_or_known_default().unwrap_or_default();
    match url.host_str().map(|host| (host, plain(host).parse::<IpAddr>())) {
        Some((host, Ok(addr))) => judge(addr, port, host, allow),
        _ => Ok(()),
    }
}

/// A host without brackets and trailing dot, in lower case.
pub(super) fn plain(host: &str) -> String {
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

/// Whether a network contains an address of the same family.
fn contains(net: IpAddr, prefix: u8, addr: IpAddr) -> bool {
    let (net, addr, width) = match (net, addr) {
        (IpAddr::V4(n), IpAddr::V4(a)) => (u128::from(u32::from(n)), u128::from(u32::from(a)), 32),
        (IpAddr::V6(n), IpAddr::V6(a)) => (u128::from(n), u128::from(a), 128),
        _ => return false,
    };
    let shift = u32::from(width - prefix);
    net.checked_shr(shift).unwrap_or(0) == addr.checked_shr(shift).unwrap_or(0)
}

/// Parses one entry of the list.
fn entry(text: &str) -> Result<Entry, String> {
    let wrong = |why: &str| {
        format!("`{text}` in the allow list {why}: write host[:port], address[:port] or network/prefix[:port]")
    };
    let port = |digits: &str| match digits.parse::<u16>() {
        Ok(port) if port > 0 => Ok(Some(port)),
        _ => Err(wrong("has no port from 1 to 65535 after its colon")),
    };
    if let Some((net, rest)) = text.split_once('/') {
        let (prefix, port) = match rest.split_once(':') {
            Some((prefix, digits)) => (prefix, port(digits)?),
            None => (rest, None),
        };
        let net: IpAddr = plain(net).parse().map_err(|_| wrong("has no address before its slash"))?;
        let width = if net.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.parse().ok().filter(|p| *p <= width).ok_or_else(|| wrong("has no valid prefix"))?;
        return Ok(Entry { place: Place::Net(net, prefix), port });
    }
    if let Ok(addr) = plain(text).parse::<IpAddr>() {
        return Ok(Entry { place: whole(addr), port: None });
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, digits)) => (host, port(digits)?),
        None => (text, None),
    };
    // The URL parser knows every spelling of an address, and what no host may contain.
    let url = Url::parse(&format!("http://{host}/")).map_err(|_| wrong("is no host"))?;
    let host = plain(url.host_str().unwrap_or_default());
    if url.path() != "/" || url.port().is_some() || !url.username().is_empty() || host.contains('*') {
        return Err(wrong("is no host"));
    }
    Ok(Entry { place: host.parse().map_or(Place::Host(host), whole), port })
}

/// A network of one address.
fn whole(addr: IpAddr) -> Place {
    let addr = canonical(addr);
    Place::Net(addr, if addr.is_ipv4() { 32 } else { 128 })
}

#[cfg(test)]
mod tests;
