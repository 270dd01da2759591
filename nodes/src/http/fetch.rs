//! Fetches small public documents that the operator of a host names, such as the keys of an issuer of tokens.

use crate::limits;
use async_trait::async_trait;
use engine::{limits::FETCH, port::Fetch};
use reqwest::{Client, StatusCode, Url, redirect::Policy};
use std::{error::Error, sync::OnceLock};
use tokio::{io::AsyncReadExt, time::timeout};

/// Fetches documents by HTTP, and from files. The operator names where, so addresses that are not public are allowed, as
/// of an issuer in the same network. The client is built for the first address, since reading the system's certificates
/// takes milliseconds that a cold start should not pay for.
#[derive(Default)]
pub struct Fetcher(OnceLock<Result<Client, String>>);

impl Fetcher {
    async fn over_http(&self, url: Url, most: usize) -> Result<Vec<u8>, String> {
        let failed = |error: reqwest::Error| format!("{url} gives nothing: {}", deepest(&error));
        let client = self.0.get_or_init(client).as_ref().map_err(Clone::clone)?;
        let mut response = client.get(url.clone()).send().await.map_err(failed)?;
        if response.status() != StatusCode::OK {
            return Err(format!("{url} answers {}", response.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            body.extend_from_slice(&chunk);
            if body.len() > most {
                return Err(format!("{url} gives more than {most} bytes"));
            }
        }
        Ok(body)
    }
}

fn client() -> Result<Client, String> {
    Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(limits::CONNECT)
        .tls_backend_preconfigured(super::client::tls()?)
        .build()
        .map_err(|error| error.to_string())
}

/// The innermost reason of an error, which says most.
fn deepest(error: &reqwest::Error) -> String {
    let mut at: &dyn Error = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at.to_string()
}

async fn from_file(path: &str, most: usize) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("{path} cannot be read: {error}");
    let file = tokio::fs::File::open(path).await.map_err(failed)?;
    let mut body = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut body).await.map_err(failed)?;
    if body.len() > most { Err(format!("{path} has more than {most} bytes")) } else { Ok(body) }
}

#[async_trait]
impl Fetch for Fetcher {
    async fn fetch(&self, address: &str, most: usize) -> Result<Vec<u8>, String> {
        let fetching = async {
            match Url::parse(address).ok().filter(|_| address.contains("://")) {
                Some(url) if matches!(url.scheme(), "https" | "http") => self.over_http(url, most).await,
                Some(url) => Err(format!("{} is no scheme that documents are fetched by: use https", url.scheme())),
                None => from_file(address, most).await,
            }
        };
        let late = |_| Err(format!("{address} does not answer within {} s", FETCH.as_secs()));
        timeout(FETCH, fetching).await.unwrap_or_else(late)
    }
}
