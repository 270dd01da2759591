//! A client for a protocol on top of HTTP whose own crate sends the requests, all of them to one address. The address is
//! judged before, its name where it is resolved, and no redirect is followed.

use super::{allow::AllowList, failure, guarded::Guarded, redirect::first_hosts, request::Hop};
use engine::port::ANY_HOST;
use reqwest::{
    Client, Url,
    header::{HeaderMap, HeaderValue},
};
use stepwell_core::task::{Failure, HttpTask, Outcome, UsedSecret};

/// Hands out clients. A host builds one, so that connections are reused.
pub(crate) struct Doors(Guarded);

/// A client for one address, with the headers that its document sets.
pub(crate) struct Door {
    /// The client.
    pub client: Client,
    hop: Hop,
}

impl Doors {
    /// `allow` is what may be reached although it is not public. An error where `user_agent` can be no header.
    pub fn new(allow: AllowList, user_agent: &str) -> Result<Self, String> {
        Guarded::new(allow, user_agent).map(Self)
    }

    /// The same, with the places of another allow list too.
    pub fn allowing(&self, more: &AllowList) -> Self {
        Self(self.0.allowing(more))
    }

    /// A client for a URL, where it may be reached and may get the secrets that are in the request.
    pub fn to(
        &self,
        url: &str,
        headers: &[(String, String)],
        key: &str,
        secrets: &[UsedSecret],
    ) -> Result<Door, Failure> {
        let task = HttpTask {
            method: "POST".into(),
            url: url.to_owned(),
            headers: headers.to_vec(),
            query: Vec::new(),
            body: None,
            expect: None,
        };
        let hop = Hop::first(&task, Some(key), &self.0.user_agent)?;
        first_hosts(&hop, secrets)?;
        let client = self.0.client(&hop)?;
        Ok(Door { client, hop })
    }
}

impl Door {
    /// The URL.
    pub fn url(&self) -> &Url {
        &self.hop.url
    }

    /// The headers, with those that have a default.
    pub fn headers(&self) -> &HeaderMap<HeaderValue> {
        &self.hop.headers
    }

    /// The host for messages.
    pub fn host(&self) -> String {
        self.hop.host()
    }

    /// The outcome of a request that got no response.
    pub fn failed(&self, error: &reqwest::Error) -> Outcome {
        failure::of_sending(error, &self.hop)
    }
}

/// Refuses secrets where they would leave for what is no host: only one that may be sent anywhere goes there.
pub(crate) fn anywhere(secrets: &[UsedSecret]) -> Result<(), Failure> {
    let may = |secret: &&UsedSecret| secret.hosts.iter().any(|host| host.trim() == ANY_HOST);
    match secrets.iter().find(|secret| !may(secret)) {
        None => Ok(()),
        Some(secret) => {
            let message = format!(
                "the secret {} may only be sent to its hosts, and a process on this machine is none of them",
                secret.name
            );
            Err(Failure::new("secret_not_allowed", message))
        }
    }
}
