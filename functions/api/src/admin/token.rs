//! API tokens: made once, shown once, kept as a hash.

use crate::{
    Problem, Scope, sha256_of_token,
    types::{self, NewToken, TokenBody},
};
use document::time::Time;
use engine::port::{Host, Token};
use uuid::{NoContext, Timestamp, Uuid};

/// Makes a token of an owner. The token is shown this once, since only its hash is kept.
///
/// # Errors
/// 422 about the scope, subject or end that cannot be taken, and what the store says.
pub(crate) async fn issue(host: &dyn Host, owner: &str, new: TokenBody) -> Result<NewToken, Problem> {
    let TokenBody { name, subject, scopes, expires_at } = new;
    let scopes = scopes.iter().enumerate().map(|(at, word)| {
        let message = || format!("`{word}` is not a scope");
        let hint = "the scopes are read, run, respond and admin";
        Scope::parse(word).ok_or_else(|| Problem::field("invalid_field", &format!("/scopes/{at}"), message(), hint))
    });
    let scopes: Vec<Scope> = scopes.collect::<Result<_, _>>()?;
    if scopes.is_empty() {
        return Err(Problem::field("invalid_field", "/scopes", "a token needs a scope", "name at least one"));
    }
    let subject = subject.filter(|subject| !subject.trim().is_empty()).ok_or_else(|| {
        let hint = "answers and starts are recorded in this name: give the e-mail address of whoever bears it";
        Problem::field("invalid_field", "/subject", "a token needs a subject", hint)
    })?;
    let expires_at = expires_at.map(|text| {
        let hint = "write it in RFC 3339, such as 2027-01-31T00:00:00Z";
        let to_come = Time::parse(&text).filter(|time| *time > host.now());
        to_come.ok_or_else(|| Problem::field("invalid_field", "/expires_at", "this is not a time to come", hint))
    });
    // `NoContext` puts no counter in the place of random bits: each of the two version-7 UUIDs has 74 of them.
    let random = || Uuid::new_v7(Timestamp::now(NoContext)).simple();
    let token = format!("sw_{}{}", random(), random());
    let kept = Token {
        sha256: sha256_of_token(&token),
        name,
        owner: owner.to_owned(),
        subject,
        scopes,
        expires_at: expires_at.transpose()?,
        created_at: Some(host.now()),
    };
    let shown = NewToken {
        token,
        id: kept.id().to_owned(),
        name: kept.name.clone(),
        owner: kept.owner.clone(),
        subject: kept.subject.clone(),
        scopes: kept.scopes.clone(),
        expires_at: kept.expires_at.map(types::Timestamp),
    };
    host.tokens().add_token(kept).await?;
    Ok(shown)
}
