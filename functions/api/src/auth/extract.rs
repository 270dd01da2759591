//! How a caller proves who it is, and how handlers get it.
//!
//! Only [`authenticate`] knows how a caller proves who it is: by an API token, by a JWT of the configured issuer, or as
//! the user of a local host. Everything after it works with a [`Caller`].

use super::{CLIENT, Caller, Jwt, Scope, local, unauthorized};
use crate::{App, Problem, request::turns};
use axum::{
    extract::FromRequestParts,
    http::{StatusCode, header, request::Parts},
};
use std::{ops::Deref, sync::Arc};
use stepwell_core::interaction::Via;

/// The hexadecimal SHA-256 under which hosts keep a token, which they never see themselves. The time that the lookup of
/// a digest takes tells a guesser nothing about the token, so no comparison in constant time is needed.
pub fn sha256_of_token(token: &str) -> String {
    document::id::sha256_hex(token.as_bytes())
}

/// Put among the extensions of a request that this process sends to itself: who asks was found out before, and the request
/// that led to it is counted already. Nothing that comes over a network has extensions of its own.
#[derive(Clone)]
pub struct Known(pub Caller);

/// Finds out who sends a request, and by which client.
///
/// # Errors
/// 401 `unauthorized` where the token is absent, malformed, unknown or expired, 503 `issuer_unavailable` where a JWT cannot
/// be verified, and what the store says.
pub async fn authenticate(app: &App, parts: &Parts) -> Result<Caller, Problem> {
    if let Some(Known(caller)) = parts.extensions.get() {
        return Ok(caller.clone());
    }
    let cli = parts.headers.get(CLIENT).is_some_and(|client| client == "cli");
    let caller = identify(app, parts).await?;
    turns::take_from(&caller.owner).await;
    Ok(Caller { via: if cli { Via::Cli } else { Via::Api }, ..caller })
}

/// The bearer of the request's token; for a request without a token the local user, where the host signs that one in.
async fn identify(app: &App, parts: &Parts) -> Result<Caller, Problem> {
    let Some(header) = parts.headers.get(header::AUTHORIZATION) else {
        return local::sign_in(app, parts).await;
    };
    let token = header.to_str().ok().and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(unauthorized("the Authorization header is not of the form `Bearer TOKEN`", true));
    };
    if let Some(jwt) = app.jwt.as_ref().filter(|_| Jwt::is_one(token)) {
        return jwt.caller(token, app.host.now()).await;
    }
    let Some(found) = app.host.tokens().token(&sha256_of_token(token)).await? else {
        return Err(unauthorized("this token is not known", true));
    };
    if found.expires_at.is_some_and(|end| end <= app.host.now()) {
        return Err(unauthorized("this token has expired", true));
    }
    Ok(found.into())
}

/// Authenticates a request, and only then counts it against its owner: a request without proof must use up nothing of
/// what the owner may send.
async fn admit(parts: &mut Parts, app: &Arc<App>, scope: Option<Scope>) -> Result<Caller, Problem> {
    let caller = authenticate(app, parts).await?;
    if let Some(scope) = scope {
        caller.require(scope)?;
    }
    if let Some(rates) = app.rates.as_ref().filter(|_| parts.extensions.get::<Known>().is_none()) {
        rates.take(&caller.owner)?;
    }
    Ok(caller)
}

/// Defines an extractor of callers, so that a handler's signature says which scope its route requires.
macro_rules! scoped {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name(pub Caller);

        impl FromRequestParts<Arc<App>> for $name {
            type Rejection = Problem;
            async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
                let scope = scoped!(@scope $name);
                admit(parts, app, scope).await.map(Self)
            }
        }

        impl Deref for $name {
            type Target = Caller;
            fn deref(&self) -> &Caller {
                &self.0
            }
        }
    };
    (@scope Reader) => { Some(Scope::Read) };
    (@scope Runner) => { Some(Scope::Run) };
    (@scope Responder) => { Some(Scope::Respond) };
    (@scope Admin) => { Some(Scope::Admin) };
    (@scope SignedIn) => { None };
}

scoped!(
    /// Extracts a caller with the scope `read`.
    Reader
);
scoped!(
    /// Extracts a caller with the scope `run`.
    Runner
);
scoped!(
    /// Extracts a caller with the scope `respond`.
    Responder
);
scoped!(
    /// Extracts a caller with the scope `admin`.
    Admin
);

scoped!(
    /// Extracts a caller with any scopes, for handlers in which the body decides which scope is required.
    SignedIn
);

/// Extracts the caller where the request has a token or the host signs its user in. For routes that accept another
/// proof too, such as a signature: they require the scope and count the request themselves.
pub struct Open(pub Option<Caller>);

impl FromRequestParts<Arc<App>> for Open {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        match authenticate(app, parts).await {
            Ok(caller) => Ok(Self(Some(caller))),
            // Only who shows no token may show another proof in its place: a wrong token is a mistake to tell.
            Err(problem) if problem.status() == StatusCode::UNAUTHORIZED && !is_tokened(parts) => Ok(Self(None)),
            Err(problem) => Err(problem),
        }
    }
}

fn is_tokened(parts: &Parts) -> bool {
    parts.headers.contains_key(header::AUTHORIZATION)
}
