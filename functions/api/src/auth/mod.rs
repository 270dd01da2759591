//! Who sends a request, and what they may do.

pub mod extract;
pub mod guard;

use crate::Problem;
use axum::http::StatusCode;
use engine::port::Token;

/// What a token lets its bearer do. No scope includes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// To read: the GET routes, and the static checks of a document.
    Read,
    /// To start executions, signal to them, and pause, resume or cancel them.
    Run,
    /// To answer interactions.
    Respond,
    /// To save workflows, tokens and secrets, and to delete workflows and executions.
    Admin,
}

impl Scope {
    /// The scope's name, as tokens spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Run => "run",
            Self::Respond => "respond",
            Self::Admin => "admin",
        }
    }

    /// Every scope there is.
    pub const ALL: [Scope; 4] = [Self::Read, Self::Run, Self::Respond, Self::Admin];
}

/// Who sends a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Caller {
    /// The tenant whose workflows and executions the caller works with; others do not exist for this caller.
    pub owner: String,
    /// An e-mail address, which is matched with assignees and recorded with what the caller does; `webhook` where a
    /// signature took the place of a token.
    pub subject: String,
    /// Names of the caller's scopes (see [`Scope::as_str`]).
    pub scopes: Vec<String>,
    /// Whether the caller is the one user of a local host, who may enter answers for others.
    pub local: bool,
    /// How the request reached the API, recorded with answers: `cli` where the header [`CLIENT`] says so, else `api`.
    pub via: &'static str,
}

/// The request header by which the command line identifies itself, with the value `cli`; any other value is ignored.
/// The header grants nothing, since a token opens the API and the command line alike.
pub const CLIENT: &str = "stepwell-client";

impl Caller {
    /// The one user of a local host, who has every scope.
    pub fn local(owner: &str, subject: &str) -> Self {
        let scopes = Scope::ALL.iter().map(|scope| scope.as_str().to_owned()).collect();
        Self { owner: owner.into(), subject: subject.into(), scopes, local: true, via: "api" }
    }

    /// Checks that the caller has a scope.
    ///
    /// # Errors
    /// 403 `missing_scope`, which names the scope.
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
