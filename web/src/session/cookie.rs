//! What the session's cookie holds.

use api::{Caller, Scope, Started};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use document::time::Time;
use engine::proof::Proofs;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use stepwell_core::interaction::Via;

/// The name of the cookie.
pub const NAME: &str = "stepwell";

/// The name of the cookie of a sign-in that is under way.
pub const STARTED: &str = "stepwell_sign_in";

/// What the proof of a session is for.
const SESSION: &str = "session";
/// What the proof of a sign-in that is under way is for.
const SIGN_IN: &str = "sign-in";
/// What the proof in a form is for.
const FORM: &str = "form";

/// Random bytes by which a visitor is told apart who has not signed in.
const RANDOM: usize = 16;

/// A session, as its cookie says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Session {
    /// Nobody has signed in: the host's own user, or somebody who is about to sign in.
    Visitor {
        /// Tells this browser from others.
        id: String,
    },
    /// Somebody who showed a token. The token is looked up at each request, so that it ends when the token does.
    Token {
        /// The hexadecimal SHA-256 of the token.
        sha256: String,
        /// When the session ends.
        until: Time,
    },
    /// Somebody whom the issuer sent.
    Person {
        /// Who it is.
        person: Person,
        /// When the session ends.
        until: Time,
    },
}

/// What a session keeps of a caller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    owner: String,
    subject: String,
    #[serde(deserialize_with = "engine::scope::known")]
    scopes: Vec<Scope>,
    groups: Vec<String>,
}

impl From<Caller> for Person {
    fn from(caller: Caller) -> Self {
        Self { owner: caller.owner, subject: caller.subject, scopes: caller.scopes, groups: caller.groups }
    }
}

impl From<Person> for Caller {
    fn from(person: Person) -> Self {
        let Person { owner, subject, scopes, groups } = person;
        Self { owner, subject, scopes, groups, local: false, via: Via::Dashboard }
    }
}

/// A text that nobody can guess and nothing else has; none where the system gives no random bytes.
pub fn nonce() -> Option<String> {
    let mut bytes = [0; RANDOM];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

impl Session {
    /// A session of somebody who has not signed in; none where the system has no randomness to give.
    pub fn visitor() -> Option<Self> {
        nonce().map(|id| Self::Visitor { id })
    }

    /// The cookie's value.
    pub fn write(&self, proofs: &Proofs) -> String {
        write(self, SESSION, proofs)
    }

    /// The session of a cookie; none where this host did not write it, or where it has ended.
    pub fn read(value: &str, proofs: &Proofs, now: Time) -> Option<Self> {
        let session: Self = read(value, SESSION, proofs)?;
        match &session {
            Self::Token { until, .. } | Self::Person { until, .. } if *until <= now => None,
            Self::Visitor { .. } | Self::Token { .. } | Self::Person { .. } => Some(session),
        }
    }
}

/// A sign-in that is under way, and what its person wanted to see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnderWay {
    /// What the issuer's answer has to fit.
    pub started: Started,
    /// The address on this host.
    pub next: String,
    /// Until when the answer counts.
    pub until: Time,
}

impl UnderWay {
    /// The cookie's value.
    pub fn write(&self, proofs: &Proofs) -> String {
        write(self, SIGN_IN, proofs)
    }

    /// The sign-in of a cookie; none where this host did not write it, or where it took too long.
    pub fn read(value: &str, proofs: &Proofs, now: Time) -> Option<Self> {
        read(value, SIGN_IN, proofs).filter(|under_way: &Self| under_way.until > now)
    }
}

fn write<T: Serialize>(what: &T, purpose: &str, proofs: &Proofs) -> String {
    let text = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(what).unwrap_or_default());
    let proof = proofs.of(purpose, &text);
    format!("{text}.{proof}")
}

fn read<T: DeserializeOwned>(value: &str, purpose: &str, proofs: &Proofs) -> Option<T> {
    let (text, proof) = value.split_once('.')?;
    if !proofs.hold(purpose, text, proof) {
        return None;
    }
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// What the forms of a session's pages send along.
pub fn form_token(proofs: &Proofs, cookie: &str) -> String {
    proofs.of(FORM, cookie)
}

/// Whether a form sent what a page of this session gave it.
pub fn is_form_token(proofs: &Proofs, cookie: &str, sent: &str) -> bool {
    proofs.hold(FORM, cookie, sent)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_cookie_opens_the_session_that_it_was_written_for_and_nothing_else() {
        let proofs = Proofs::new([7; 32]);
        let caller = Caller { local: false, via: Via::Dashboard, ..Caller::local("acme", "ana@example.com") };
        let (now, until) = (Time(1_000), Time(2_000));
        let session = Session::Person { person: caller.clone().into(), until };
        let cookie = session.write(&proofs);
        assert_eq!(Session::read(&cookie, &proofs, now), Some(session));
        let Some(Session::Person { person, .. }) = Session::read(&cookie, &proofs, now) else { panic!("{cookie}") };
        assert_eq!(Caller::from(person), caller);
        assert_eq!(Session::read(&cookie, &proofs, until), None, "ended");
        assert_eq!(Session::read(&cookie, &Proofs::new([8; 32]), now), None, "another host's");
        for at in 0..cookie.len() {
            let mut changed = cookie.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(Session::read(&String::from_utf8(changed).unwrap(), &proofs, now), None, "{at}");
        }
        let (one, other) = (Session::visitor().unwrap().write(&proofs), Session::visitor().unwrap().write(&proofs));
        assert_ne!(one, other);
        assert!(is_form_token(&proofs, &one, &form_token(&proofs, &one)));
        assert!(!is_form_token(&proofs, &other, &form_token(&proofs, &one)));
        assert!(!is_form_token(&proofs, &one, &proofs.of(SESSION, &one)));
    }
}
