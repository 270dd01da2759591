//! Fetching small public documents on the host's own behalf.

use async_trait::async_trait;

/// Fetches small public documents, such as the keys of an issuer of tokens. The operator names where, and no caller does.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// The document at an address: the body of an answer 200 to `GET`, by `https`, or `http` on loopback; or the content
    /// of a file, for anything that is no address. At most `most` bytes. It follows no redirect, sends no credential, and
    /// ends within [`FETCH`](crate::limits::FETCH). The error says why there is none, in words for the log.
    async fn fetch(&self, address: &str, most: usize) -> Result<Vec<u8>, String>;

    /// What an address gives for a form that is posted there, with the client's name and secret where it has one (HTTP
    /// Basic). Otherwise as above; an answer with another status than 200 is an error as well. No error repeats what was
    /// sent.
    async fn exchange(
        &self,
        address: &str,
        form: &str,
        client: Option<(&str, &str)>,
        most: usize,
    ) -> Result<Vec<u8>, String>;
}
