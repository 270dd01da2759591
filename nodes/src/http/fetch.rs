//! Fetches small public documents that the operator of a host names, such as the keys of an issuer of tokens.

use crate::limits;
use async_trait::async_trait;
use engine::{limits::FETCH, port::Fetch};
use reqwest::{
    Client, RequestBuilder, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderValue},
    redirect::Policy,
};
use std::{error::Error, sync::OnceLock};
use tokio::{io::AsyncReadExt, time::timeout};

/// Fetches documents by HTTP, and from files. The operator names where, so addresses that are not public are allowed, as
/// of an issuer in the same network. The client is built for the first address, since reading the system's certificates
/// takes milliseconds that a cold start should not pay for.
#[derive(Default)]
pub struct Fetcher(OnceLock<Result<Client, String>>);

impl Fetcher {
    fn client(&self) -> Result<&Client, String> {
        self.0.get_or_init(client).as_ref().map_err(Clone::clone)
    }

    async fn over_http(&self, url: Url, most: usize) -> Result<Vec<u8>, String> {
        answer(&url, self.client()?.get(url.clone()), most).await
    }
}

/// The body of what an address answers to a request.
async fn answer(url: &Url, request: RequestBuilder, most: usize) -> Result<Vec<u8>, String> {
    let failed = |error: reqwest::Error| format!("{url} gives nothing: {}", deepest(&error));
    let mut response = request.send().await.map_err(failed)?;
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

async fn in_time<T>(address: &str, work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let late = |_| Err(format!("{address} does not answer within {} s", FETCH.as_secs()));
    timeout(FETCH, work).await.unwrap_or_else(late)
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
        in_time(address, fetching).await
    }

    async fn exchange(
        &self,
        address: &str,
        form: &str,
        client: Option<(&str, &str)>,
        most: usize,
    ) -> Result<Vec<u8>, String> {
        let exchanging = async {
            let url = Url::parse(address).map_err(|_| format!("{address} is no address"))?;
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            let request = self.client()?.post(url.clone()).header(CONTENT_TYPE, kind).body(form.to_owned());
            let request = match client {
                Some((name, secret)) => request.basic_auth(name, Some(secret)),
                None => request,
            };
            answer(&url, request, most).await
        };
        in_time(address, exchanging).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::{
        io::{Read, Write},
        net::TcpListener,
    };

    /// A server on loopback that gives this answer to one request, and its address.
    fn once(answer: String) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/keys", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        });
        address
    }

    fn answer(status: &str, more: &str, body: &str) -> String {
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n{body}", body.len())
    }

    async fn fetched(address: &str) -> Result<String, String> {
        Fetcher::default().fetch(address, 10).await.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[tokio::test]
    async fn a_document_is_fetched_where_it_is_and_no_larger_than_asked() {
        assert_eq!(fetched(&once(answer("200 OK", "", "{\"a\":true}"))).await.unwrap(), "{\"a\":true}");
        let long = fetched(&once(answer("200 OK", "", "{\"a\": true}"))).await.unwrap_err();
        assert!(long.contains("more than 10 bytes"), "{long}");
        let there = once(answer("200 OK", "", "{}"));
        let moved = fetched(&once(answer("302 Found", &format!("location: {there}\r\n"), ""))).await.unwrap_err();
        assert!(moved.contains("answers 302"), "a redirect is not followed: {moved}");
        let broken = fetched(&once(answer("500 Oh", "", "the database's password"))).await.unwrap_err();
        assert!(broken.contains("answers 500") && !broken.contains("password"), "{broken}");
        assert!(fetched("http://127.0.0.1:1/keys").await.unwrap_err().contains("gives nothing"));
        assert!(fetched("file:///etc/passwd").await.unwrap_err().contains("no scheme"));
    }

    #[tokio::test]
    async fn a_form_is_posted_with_the_clients_name_and_no_error_repeats_it() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/token", listener.local_addr().unwrap());
        let heard = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = Vec::new();
            while !heard.ends_with(b"code=abc") {
                let mut part = [0; 4096];
                let count = stream.read(&mut part).unwrap();
                heard.extend_from_slice(&part[..count]);
            }
            let _ = stream.write_all(answer("200 OK", "", "{}").as_bytes());
            String::from_utf8(heard).unwrap()
        });
        let fetcher = Fetcher::default();
        let got = fetcher.exchange(&address, "code=abc", Some(("me", "hush")), 10).await;
        assert_eq!(got, Ok(b"{}".to_vec()));
        let heard = heard.join().unwrap().to_ascii_lowercase();
        assert!(heard.starts_with("post /token") && heard.contains("authorization: basic bwu6ahvzaa=="), "{heard}");
        assert!(heard.contains("content-type: application/x-www-form-urlencoded"), "{heard}");
        let refused = once(answer("400 Bad Request", "", "code=abc hush"));
        let why = fetcher.exchange(&refused, "code=abc", Some(("me", "hush")), 10).await.unwrap_err();
        assert!(why.contains("answers 400") && !why.contains("abc") && !why.contains("hush"), "{why}");
    }

    #[tokio::test]
    async fn a_path_is_that_of_a_file() {
        let path = std::env::temp_dir().join(format!("stepwell-fetch-{}", std::process::id()));
        std::fs::write(&path, "0123456789").unwrap();
        assert_eq!(fetched(path.to_str().unwrap()).await.unwrap(), "0123456789");
        std::fs::write(&path, "0123456789a").unwrap();
        assert!(fetched(path.to_str().unwrap()).await.unwrap_err().contains("more than 10 bytes"));
        std::fs::remove_file(&path).unwrap();
        assert!(fetched(path.to_str().unwrap()).await.unwrap_err().contains("cannot be read"));
    }
}
