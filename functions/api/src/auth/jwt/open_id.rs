//! Signs people in by the issuer (OpenID Connect Core 1.0, §3.1: authorization code, with PKCE, RFC 7636). The ID token that
//! comes back is proven as every token of the issuer is, but is for the client, and for this one sign-in.

use super::{
    claims,
    endpoints::Endpoints,
    settings::{Client, is_private_enough},
    verifier::Jwt,
};
use crate::{Caller, Problem, limits};
use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use document::time::Time;
use form_urlencoded::Serializer;
use ring::{
    digest::{SHA256, digest},
    rand::{SecureRandom, SystemRandom},
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

/// Random bytes of each of the three secrets of a sign-in.
const RANDOM: usize = 32;

/// What an issuer answers to a code. What else it answers is not used.
#[derive(Deserialize)]
struct Answer {
    id_token: String,
}

/// What the browser keeps of a sign-in that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Started {
    /// Comes back with the code: another site cannot end a sign-in that it began itself.
    pub state: String,
    /// Comes back in the ID token: it was made for this sign-in.
    pub nonce: String,
    /// Proves to the issuer that who ends the sign-in began it.
    pub verifier: String,
}

/// Signs people in by the configured issuer.
pub struct OpenId<'a> {
    jwt: &'a Jwt,
    client: &'a Client,
}

impl Jwt {
    /// Signs people in; none where the operator named no client.
    pub fn open_id(&self) -> Option<OpenId<'_>> {
        Some(OpenId { jwt: self, client: self.settings.client.as_ref()? })
    }

    async fn endpoints(&self) -> Result<&Endpoints, Problem> {
        let read = async || {
            let address = format!("{}/.well-known/openid-configuration", self.settings.issuer.trim_end_matches('/'));
            let text = self.fetch.fetch(&address, limits::JWKS_BYTES).await?;
            let found: Endpoints = serde_json::from_slice(&text).map_err(|error| format!("{address}: {error}"))?;
            let is_private =
                is_private_enough(&found.authorization_endpoint) && is_private_enough(&found.token_endpoint);
            if is_private { Ok(found) } else { Err(format!("{address} names an endpoint that is not https")) }
        };
        self.endpoints.get_or_try_init(read).await.map_err(|why: String| unavailable(&why))
    }
}

impl OpenId<'_> {
    /// Begins a sign-in: what the browser keeps, and the address at the issuer where it is sent. `back` is the address of
    /// this host to which the issuer sends it back.
    ///
    /// # Errors
    /// 503 `issuer_unavailable`.
    pub async fn begin(&self, back: &str) -> Result<(Started, String), Problem> {
        let Endpoints { authorization_endpoint, .. } = self.jwt.endpoints().await?;
        let started = Started { state: random()?, nonce: random()?, verifier: random()? };
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, started.verifier.as_bytes()));
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client.id)
            .append_pair("redirect_uri", back)
            .append_pair("scope", "openid email profile")
            .append_pair("state", &started.state)
            .append_pair("nonce", &started.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        let joint = if authorization_endpoint.contains('?') { '&' } else { '?' };
        Ok((started, format!("{authorization_endpoint}{joint}{query}")))
    }

    /// Ends a sign-in with the state and the code that the browser brought: who signed in.
    ///
    /// # Errors
    /// 401 `unauthorized` where the issuer does not take the code, or its token does not prove who it is; 503.
    pub async fn end(
        &self,
        started: &Started,
        (state, code): (&str, &str),
        back: &str,
        now: Time,
    ) -> Result<Caller, Problem> {
        if !bool::from(started.state.as_bytes().ct_eq(state.as_bytes())) {
            return Err(refused("the answer is that to another sign-in"));
        }
        let endpoints = self.jwt.endpoints().await?;
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", back)
            .append_pair("client_id", &self.client.id)
            .append_pair("code_verifier", &started.verifier)
            .finish();
        let client = self.client.secret.as_ref().map(|secret| (self.client.id.as_str(), secret.as_str()));
        let answer = self.jwt.fetch.exchange(&endpoints.token_endpoint, &form, client, limits::JWKS_BYTES).await;
        let answer = answer.map_err(|why| refused(&why))?;
        let answer: Answer = serde_json::from_slice(&answer).map_err(|error| refused(&error.to_string()))?;
        let claims = self.jwt.proven(&answer.id_token, std::slice::from_ref(&self.client.id), now).await?;
        // The nonce is compared as a whole, and only after the token is proven.
        if claims.get("nonce").and_then(|nonce| nonce.as_str()) != Some(started.nonce.as_str()) {
            return Err(refused("the ID token was made for another sign-in"));
        }
        claims::caller(&claims, &self.jwt.settings)
            .map_err(|why| Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", why))
    }
}

fn random() -> Result<String, Problem> {
    let mut bytes = [0; RANDOM];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Problem::internal())?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

fn unavailable(why: &str) -> Problem {
    tracing::error!(%why, "the issuer's configuration cannot be read");
    let detail = "the issuer where people sign in cannot be reached at present: try again, or sign in with an API token; \
                  the host's log says why";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "issuer_unavailable", detail)
}

fn refused(why: &str) -> Problem {
    tracing::warn!(%why, "a sign-in by the issuer failed");
    let detail = "the issuer did not confirm this sign-in: begin it again";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
}
