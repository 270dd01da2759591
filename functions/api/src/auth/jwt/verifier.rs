//! Verifies tokens.

use super::{
    claims,
    endpoints::Endpoints,
    keys::{Keys, Unkeyed},
    settings::JwtSettings,
    signature,
};
use crate::{Caller, Problem, auth::unauthorized, limits};
use axum::http::{StatusCode, header};
use document::time::Time;
use engine::port::Fetch;
use jsonwebtoken::{Validation, decode, decode_header, errors::ErrorKind};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// What is said of every token whose signature does not show that the issuer made it, so that a forger learns nothing of
/// how far a try went.
const UNPROVEN: &str = "this JWT is not signed by a key of the issuer that this host trusts";

/// The types that a token may say it has: those of access tokens and of tokens at large. Others, such as that of a logout,
/// are made for another purpose.
const TYPES: [&str; 4] = ["jwt", "at+jwt", "application/jwt", "application/at+jwt"];

/// Verifies tokens of one issuer.
pub struct Jwt {
    pub(super) settings: JwtSettings,
    keys: Keys,
    pub(super) fetch: Arc<dyn Fetch>,
    pub(super) endpoints: OnceCell<Endpoints>,
}

impl Jwt {
    /// Fetches nothing yet: the issuer's keys are read when the first token comes.
    pub fn new(settings: JwtSettings, fetch: Arc<dyn Fetch>) -> Self {
        signature::install();
        Self { keys: Keys::new(&settings, fetch.clone()), settings, fetch, endpoints: OnceCell::new() }
    }

    /// What the process's environment configures; none where it names no issuer. `owner` is the tenant of tokens where
    /// nothing is said of it.
    ///
    /// # Errors
    /// What is missing or cannot be, and what to do about it.
    pub fn from_env(owner: &str, fetch: Arc<dyn Fetch>) -> Result<Option<Arc<Self>>, String> {
        let settings = JwtSettings::from_env(owner)?;
        Ok(settings.map(|settings| Arc::new(Self::new(settings, fetch))))
    }

    /// Whether a bearer token has the form of a JWT: three parts with points between. No API token has one.
    pub(in crate::auth) fn is_one(token: &str) -> bool {
        token.bytes().filter(|byte| *byte == b'.').count() == 2
    }

    /// The bearer of a token.
    ///
    /// # Errors
    /// 401 `unauthorized` where it is not proven, not for this host, or not in force; 503 `issuer_unavailable` with
    /// `Retry-After` where the issuer's keys cannot be read.
    pub(in crate::auth) async fn caller(&self, token: &str, now: Time) -> Result<Caller, Problem> {
        let claims = self.proven(token, &self.settings.audiences, now).await?;
        claims::caller(&claims, &self.settings).map_err(|why| unauthorized(&why, true))
    }

    /// The claims of a token that this issuer made for one of these audiences, and that is in force.
    pub(super) async fn proven(&self, token: &str, audiences: &[String], now: Time) -> Result<claims::Claims, Problem> {
        let refuse = |why: &str| Err(unauthorized(why, true));
        if token.len() > limits::JWT_BYTES {
            return refuse(&format!("this JWT has more than {} bytes", limits::JWT_BYTES));
        }
        // A header that cannot be read is that of `alg: none` too, since no such algorithm is known.
        let Ok(header) = decode_header(token) else { return refuse(UNPROVEN) };
        let kind = header.typ.as_deref().unwrap_or("jwt").to_ascii_lowercase();
        if !TYPES.contains(&kind.as_str()) {
            return refuse("this JWT is of another type than tokens for APIs are: send an access token");
        }
        let key = match self.keys.find(header.kid.as_deref(), header.alg, now).await {
            Ok(key) => key,
            Err(Unkeyed::Unknown) => return refuse(UNPROVEN),
            Err(Unkeyed::Unavailable(wait)) => return Err(unavailable(wait)),
        };
        let mut wanted = Validation::new(header.alg);
        wanted.set_issuer(&[&self.settings.issuer]);
        wanted.set_audience(audiences);
        wanted.set_required_spec_claims(&["iss", "aud"]);
        // The times are compared with the host's clock, and not with that of the machine.
        wanted.validate_exp = false;
        let claims = match decode::<claims::Claims>(token, &key, &wanted) {
            Ok(decoded) => decoded.claims,
            Err(error) => return refuse(refused(error.kind())),
        };
        if claims.get("iss").is_none_or(|issuer| issuer != self.settings.issuer.as_str()) {
            return refuse(refused(&ErrorKind::InvalidIssuer));
        }
        claims::in_force(&claims, now).map_err(|why| unauthorized(why, true))?;
        Ok(claims)
    }
}

/// Why a token is refused, in words for its bearer. What is told beyond the signature is told of tokens that are signed.
fn refused(kind: &ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidIssuer => "this JWT was made by another issuer than the one that this host trusts",
        ErrorKind::InvalidAudience => "this JWT was made for another audience: ask the issuer for one for this host",
        ErrorKind::MissingRequiredClaim(_) => "this JWT does not say by whom and for whom it was made (`iss`, `aud`)",
        ErrorKind::InvalidClaimFormat(_) => "a claim of this JWT (`iss`, `aud`) has not the form that it must have",
        _ => UNPROVEN,
    }
}

fn unavailable(wait: std::time::Duration) -> Problem {
    let seconds = wait.as_secs().max(1);
    let detail = format!(
        "the keys of the issuer of JWTs cannot be read at present, so none can be verified: try again in {seconds} s, \
         or send an API token; the host's log says why"
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "issuer_unavailable", detail)
        .with_header(header::RETRY_AFTER, &seconds.to_string())
}
