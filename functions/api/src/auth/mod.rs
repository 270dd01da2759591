//! Who sends a request, and what they may do.

mod conversations;
pub mod extract;
pub mod guard;
mod host;
mod jwt;
mod local;

use crate::Problem;
use axum::http::{StatusCode, header};
use engine::port::Token;
pub use engine::scope::Scope;
pub use jwt::{Jwt, JwtSettings, OpenId, Started};
use stepwell_core::interaction::Via;

/// Who sends a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// The tenant whose workflows and executions the caller works with; others do not exist for this caller.
    pub owner: String,
    /// An e-mail address, which is matched with assignees and recorded with what the caller does; `webhook` where a
    /// signature took the place of a token.
    pub subject: String,
    /// What the caller may do.
    pub scopes: Vec<Scope>,
    /// The groups that the caller's token names in its claims, without `group:`. Those that the host keeps come on top.
    pub groups: Vec<String>,
    /// Whether the caller is the one user of a local host, who may enter answers for others.
    pub local: bool,
    /// How the request reached the API, recorded with answers: by the command line where the header [`CLIENT`] says so.
    pub via: Via,
}

/// The request header by which the command line identifies itself, with the value `cli`; any other value is ignored.
/// The header grants nothing, since a token opens the API and the command line alike.
pub const CLIENT: &str = "stepwell-client";

/// The request header by which the local user's own processes act for another tenant than the user's own. Requests that
/// come any other way are not asked for it: a token has an owner.
pub const OWNER: &str = "stepwell-owner";

/// Bytes of a tenant's name at most, as of any other name.
const OWNER_BYTES: usize = 64;

/// Whether a text may name a tenant.
pub fn is_owner(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.len() <= OWNER_BYTES && name.chars().all(good)
}

impl Caller {
    /// The one user of a local host, who has every scope.
    pub fn local(owner: &str, subject: &str) -> Self {
        let scopes = Scope::ALL.to_vec();
        let (owner, subject) = (owner.into(), subject.into());
        Self { owner, subject, scopes, groups: Vec::new(), local: true, via: Via::Api }
    }

    /// A person who came by a link of their own, and may answer its question alone.
    pub fn by_link(owner: &str, person: &str) -> Self {
        let scopes = vec![Scope::Respond];
        Self { owner: owner.into(), subject: person.into(), scopes, groups: Vec::new(), local: false, via: Via::Link }
    }

    /// Checks that the caller has a scope.
    ///
    /// # Errors
    /// 403 `missing_scope`, which names the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        let detail = format!("this needs a token with the scope `{}`", scope.as_str());
        Err(Problem::new(StatusCode::FORBIDDEN, "missing_scope", detail).with("scope", scope.as_str()))
    }
}

impl From<Token> for Caller {
    fn from(token: Token) -> Self {
        let Token { owner, subject, scopes, .. } = token;
        Self { owner, subject, scopes, groups: Vec::new(), local: false, via: Via::Api }
    }
}

/// Whose requests without a token are the local user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// All: they come from this user's own processes, within this one or through the data folder's socket.
    Own,
    /// Those of a port of loopback, which other users and proxies reach too: until there are tokens.
    Loopback,
}

/// A 401 with the challenge of RFC 6750, §3. `invalid`: the request has a token, but not one that is valid.
fn unauthorized(detail: &str, invalid: bool) -> Problem {
    let challenge =
        if invalid { r#"Bearer realm="stepwell", error="invalid_token""# } else { r#"Bearer realm="stepwell""# };
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).with_header(header::WWW_AUTHENTICATE, challenge)
}
