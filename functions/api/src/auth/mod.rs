//! Who calls, and what they may do.
//!
//! The seam for other credentials (JWTs of a configured issuer) is [`authenticate`]: whatever it is given, it makes a
//! [`Caller`] of, and nothing after it knows how the caller proved to be one.

pub mod guard;

use crate::{App, Problem};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use engine::port::Token;
use std::{ops::Deref, sync::Arc};

/// What a caller may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// GET routes.
    Read,
    /// Starts, signals and control.
    Run,
    /// Answers.
    Respond,
    /// Workflows, tokens, secrets, bulk and deletion.
    Admin,
}

impl Scope {
    /// As in a token.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Respond => "respond",
            Self::Admin => "admin",
        }
    }

    /// All of them.
    pub const ALL: [Scope; 4] = [Self::Read, Self::Run, Self::Respond, Self::Admin];
}

/// Who calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// Whose records there are.
    pub owner: String,
    /// An e-mail address: what assignees are matched with.
    pub subject: String,
    /// `read`, `run`, `respond`, `admin`.
    pub scopes: Vec<String>,
    /// Whether it is the one user of a local host, who may answer for others.
    pub local: bool,
    /// How it reached the API, for answers: `api`, or `cli` where the request says so ([`CLIENT`]).
    pub via: &'static str,
}

/// The request header by which the command line says that it is one. Whoever may use the API may use the command line
/// with the same token, so it gives no right; every other value counts as none.
pub const CLIENT: &str = "stepwell-client";

impl Caller {
    /// The one user of a local host.
    pub fn local(owner: &str, subject: &str) -> Self {
        let scopes = Scope::ALL.iter().map(|scope| scope.as_str().to_owned()).collect();
        Self { owner: owner.into(), subject: subject.into(), scopes, local: true, via: "api" }
    }

    /// 403 `missing_scope` unless the caller has it.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.iter().any(|one| one == scope.as_str()) {
            return Ok(());
        }
        let detail = format!("this needs a token with the scope `{}`", scope.as_str());
        Err(Problem::new(StatusCode::FORBIDDEN, "missing_scope", detail).with("scope", scope.as_str()))
    }
}

impl From<Token> for Caller {
    fn from(token: Token) -> Self {
        Self { owner: token.owner, subject: token.subject, scopes: token.scopes, local: false, via: "api" }
    }
}

/// Under what a token is kept: hosts never see the token itself. Looking a digest up leaks no prefix of the token, so
/// the comparison is constant-time for whoever guesses tokens.
pub fn sha256_of_token(token: &str) -> String {
    document::id::sha256_hex(token.as_bytes())
}

/// Who a request comes from, and how.
pub async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let cli = headers.get(CLIENT).is_some_and(|client| client == "cli");
    let caller = identify(app, headers).await?;
    Ok(Caller { via: if cli { "cli" } else { "api" }, ..caller })
}

/// The bearer of the request's token, or the host's one user.
async fn identify(app: &App, headers: &HeaderMap) -> Result<Caller, Problem> {
    let Some(header) = headers.get(header::AUTHORIZATION) else {
        return app.local_user.clone().ok_or_else(|| unauthorized("send `Authorization: Bearer TOKEN`", false));
    };
    let token = header.to_str().ok().and_then(|text| text.split_once(' '));
    let token = token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Err(unauthorized("the Authorization header is not of the form `Bearer TOKEN`", true));
    };
    let Some(found) = app.host.token(&sha256_of_token(token)).await? else {
        return Err(unauthorized("this token is not known", true));
    };
    if found.expires_at.is_some_and(|end| end <= app.host.now()) {
        return Err(unauthorized("this token has expired", true));
    }
    Ok(found.into())
}

fn unauthorized(detail: &str, invalid: bool) -> Problem {
    let challenge =
        if invalid { r#"Bearer realm="stepwell", error="invalid_token""# } else { r#"Bearer realm="stepwell""# };
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).with_header(header::WWW_AUTHENTICATE, challenge)
}

async fn admit(parts: &mut Parts, app: &Arc<App>, scope: Option<Scope>) -> Result<Caller, Problem> {
    let caller = authenticate(app, &parts.headers).await?;
    if let Some(scope) = scope {
        caller.require(scope)?;
    }
    if let Some(rates) = &app.rates {
        rates.take(&caller.owner)?;
    }
    Ok(caller)
}

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
    /// A caller who may read.
    Reader
);
scoped!(
    /// A caller who may start, signal and control.
    Runner
);
scoped!(
    /// A caller who may answer.
    Responder
);
scoped!(
    /// A caller who may change workflows, tokens and secrets, and delete.
    Admin
);

scoped!(
    /// A caller with any scopes: the handler requires the one that the body is for.
    SignedIn
);

/// Whoever calls, if they say who they are: for routes with a proof of their own, such as a signature.
pub struct Open(pub Option<Caller>);

impl FromRequestParts<Arc<App>> for Open {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        if parts.headers.contains_key(header::AUTHORIZATION) || app.local_user.is_some() {
            return authenticate(app, &parts.headers).await.map(|caller| Self(Some(caller)));
        }
        Ok(Self(None))
    }
}
