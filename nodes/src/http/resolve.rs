//! Resolving the names of hosts to the addresses that may be reached.

use super::allow::{AllowList, judge};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::{fmt, net::SocketAddr, sync::Arc};

/// Resolves names, and leaves out every address that may not be reached.
pub(super) struct Judging {
    /// What may be reached although it is not public.
    pub allow: Arc<AllowList>,
    /// The port that is connected to.
    pub port: u16,
}

impl Resolve for Judging {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, port) = (self.allow.clone(), self.port);
        Box::pin(async move {
            let found = match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => found.collect::<Vec<SocketAddr>>(),
                Err(_) => return Err(Unresolved.into()),
            };
            let may = |addr: &SocketAddr| judge(addr.ip(), port, name.as_str(), &allow).is_ok();
            let (may, refused): (Vec<_>, Vec<_>) = found.into_iter().partition(may);
            match (may.is_empty(), refused.is_empty()) {
                (false, _) => Ok(Box::new(may.into_iter()) as Addrs),
                (true, false) => Err(Refused.into()),
                (true, true) => Err(Unresolved.into()),
            }
        })
    }
}

/// The error that no address of the name may be reached.
#[derive(Debug)]
pub(super) struct Refused;

/// The error that the name has no address.
#[derive(Debug)]
pub(super) struct Unresolved;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("address not allowed")
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("name not found")
    }
}

impl std::error::Error for Refused {}
impl std::error::Error for Unresolved {}
