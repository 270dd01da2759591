//! One hop to a place that may be reached: its URL is judged before it is sent, and its name where it is resolved.

use super::{
    allow::{AllowList, judge_url},
    client::Clients,
    request::Hop,
};
use reqwest::{Client, Response, header::HeaderValue};
use std::sync::OnceLock;
use stepwell_core::task::{Failure, Outcome};

/// Sends hops. The clients are built at the first of them, since reading the system's certificates takes milliseconds
/// that a cold start should not pay for.
pub(super) struct Guarded {
    /// The `User-Agent` where a request says no other.
    pub user_agent: HeaderValue,
    allow: AllowList,
    clients: OnceLock<Result<Clients, String>>,
}

impl Guarded {
    /// `allow` is what may be reached although it is not public. An error where `user_agent` can be no header.
    pub fn new(allow: AllowList, user_agent: &str) -> Result<Self, String> {
        let user_agent = user_agent
            .parse()
            .map_err(|_| "user_agent has characters that no header may hold: use visible ASCII".to_owned())?;
        Ok(Self { user_agent, allow, clients: OnceLock::new() })
    }

    /// The same, with the places of another allow list too.
    pub fn allowing(&self, more: &AllowList) -> Self {
        Self { user_agent: self.user_agent.clone(), allow: self.allow.and(more), clients: OnceLock::new() }
    }

    /// Sends one hop, and follows no redirect. The body of the response is still to be read.
    pub async fn send(&self, hop: &Hop) -> Result<Response, Outcome> {
        self.clients(hop).map_err(Outcome::Failed)?.send(hop).await
    }

    /// The client by which requests may be sent to the address of a hop, where that may be reached. It follows no
    /// redirect, and judges the address behind the name each time that it connects.
    pub fn client(&self, hop: &Hop) -> Result<Client, Failure> {
        Ok(self.clients(hop)?.of(hop).clone())
    }

    /// The clients, for a hop to a place that may be reached.
    fn clients(&self, hop: &Hop) -> Result<&Clients, Failure> {
        let clients = self.clients.get_or_init(|| Clients::new(&self.allow)).as_ref();
        let clients =
            clients.map_err(|why| Failure::new("tls_error", format!("no HTTPS client can be built: {why}")))?;
        judge_url(&hop.url, &self.allow).map_err(|blocked| hop.blocked(blocked))?;
        Ok(clients)
    }
}
