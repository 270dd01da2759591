//! Where an issuer signs people in.

use serde::Deserialize;

/// Where the issuer signs people in, as its configuration says (OpenID Connect Discovery 1.0).
#[derive(Deserialize)]
pub(super) struct Endpoints {
    /// Where the browser is sent.
    pub(super) authorization_endpoint: String,
    /// Where a code becomes a token.
    pub(super) token_endpoint: String,
}
