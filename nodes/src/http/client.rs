//! The HTTP clients: one for every port that the allow list names, and one for all other ports. A resolver is told only
//! the name, and must know the port to judge an address exactly.

use super::{allow::AllowList, failure, request::Hop, resolve::Judging};
use crate::limits::{CONNECT, IDLE, IDLE_CONNECTIONS};
use reqwest::{Client, Response, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use std::{collections::HashMap, sync::Arc};
use stepwell_core::task::Outcome;

/// The clients by port.
pub(super) struct Clients {
    of_port: HashMap<u16, Client>,
    others: Client,
}

impl Clients {
    pub fn new(allow: &AllowList) -> Result<Self, String> {
        let tls = tls()?;
        let of_port = allow.ports().into_iter().map(|port| Ok((port, client(allow, port, &tls)?)));
        // Port 0 is in no allow list, so it stands for every port that none of its entries names.
        Ok(Self { of_port: of_port.collect::<Result<_, String>>()?, others: client(allow, 0, &tls)? })
    }

    /// The client for the port of a hop.
    pub fn of(&self, hop: &Hop) -> &Client {
        let port = hop.url.port_or_known_default().unwrap_or_default();
        self.of_port.get(&port).unwrap_or(&self.others)
    }

    /// Sends one hop. The body of the response is still to be read.
    pub async fn send(&self, hop: &Hop) -> Result<Response, Outcome> {
        let mut request = self.of(hop).request(hop.method.clone(), hop.url.clone()).headers(hop.headers.clone());
        if let Some(body) = &hop.body {
            request = request.body(body.clone());
        }
        request.send().await.map_err(|error| failure::of_sending(&error, hop))
    }
}

/// A client for one port. It follows no redirects and uses no proxy, so that no hop escapes judgement.
fn client(allow: &AllowList, port: u16, tls: &ClientConfig) -> Result<Client, String> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .dns_resolver(Arc::new(Judging { allow: Arc::new(allow.clone()), port }))
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(IDLE_CONNECTIONS)
        .tls_backend_preconfigured(tls.clone())
        .build()
        .map_err(|error| error.to_string())
}

/// TLS with the system's certificates, or Mozilla's where it has none.
pub(super) fn tls() -> Result<ClientConfig, String> {
    let roots = roots(rustls_native_certs::load_native_certs().certs);
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The system's certificates, or Mozilla's where it has none, as in an empty container.
fn roots(native: Vec<CertificateDer<'static>>) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(native);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_certificates_has_mozillas() {
        assert!(roots(Vec::new()).len() > 50);
        assert!(tls().is_ok());
    }
}
