//! Whose JSON Web Tokens are taken, and how their claims are read, from the environment.

use super::super::{host::Named, is_owner};
use engine::groups::ISSUER;
use std::fmt;

/// The variables by which an operator says it.
const AUDIENCE: &str = "STEPWELL_JWT_AUDIENCE";
const JWKS: &str = "STEPWELL_JWT_JWKS";
const OWNER: &str = "STEPWELL_JWT_OWNER";
const OWNER_CLAIM: &str = "STEPWELL_JWT_OWNER_CLAIM";
const SUBJECT_CLAIM: &str = "STEPWELL_JWT_SUBJECT_CLAIM";
const SCOPE_CLAIM: &str = "STEPWELL_JWT_SCOPE_CLAIM";
const SCOPE_PREFIX: &str = "STEPWELL_JWT_SCOPE_PREFIX";
const GROUPS_CLAIM: &str = "STEPWELL_JWT_GROUPS_CLAIM";
const CLIENT_ID: &str = "STEPWELL_OIDC_CLIENT_ID";
const CLIENT_SECRET: &str = "STEPWELL_OIDC_CLIENT_SECRET";
/// Those that mean nothing without an issuer.
const OF_ISSUER: [&str; 10] = [
    AUDIENCE,
    JWKS,
    OWNER,
    OWNER_CLAIM,
    SUBJECT_CLAIM,
    SCOPE_CLAIM,
    SCOPE_PREFIX,
    GROUPS_CLAIM,
    CLIENT_ID,
    CLIENT_SECRET,
];

/// Where the issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Jwks {
    /// The issuer's own configuration names their address (OpenID Connect Discovery 1.0).
    Discovered,
    /// An address, or the path of a file.
    At(String),
}

/// Which tenant a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tenant {
    /// Every token is for this one.
    Is(String),
    /// A claim names it.
    Claim(String),
}

/// Whose JSON Web Tokens are taken, and how their claims are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JwtSettings {
    pub(super) issuer: String,
    /// At least one: a token must be made for one of them.
    pub(super) audiences: Vec<String>,
    pub(super) jwks: Jwks,
    pub(super) tenant: Tenant,
    /// None: the e-mail address where it is verified, else `sub`.
    pub(super) subject_claim: Option<String>,
    pub(super) scope_claim: String,
    pub(super) scope_prefix: String,
    pub(super) groups_claim: String,
    /// As whom the pages send people to the issuer to sign in. None: they sign in by token alone.
    pub(super) client: Option<Client>,
}

/// This host as the issuer knows it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Client {
    pub(super) id: String,
    /// None for a client that has only what it proves by PKCE.
    pub(super) secret: Option<String>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("id", &self.id).finish_non_exhaustive()
    }
}

impl JwtSettings {
    /// Reads the settings from the process's environment. `owner` is the tenant of tokens where nothing is said of it.
    /// None where no issuer is configured.
    ///
    /// # Errors
    /// What is missing or cannot be, and what to do about it.
    pub fn from_env(owner: &str) -> Result<Option<Self>, String> {
        Self::read(|name| std::env::var(name).ok(), owner)
    }

    /// Reads the settings by a function that gives a variable's text. One that is empty counts as absent.
    ///
    /// # Errors
    /// As above.
    pub fn read(variable: impl Fn(&str) -> Option<String>, owner: &str) -> Result<Option<Self>, String> {
        let get = |name| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let Some(issuer) = get(ISSUER) else {
            return match OF_ISSUER.into_iter().find(|name| get(name).is_some()) {
                Some(name) => Err(format!("{name} is set, but {ISSUER} is not: name the issuer of the tokens too")),
                None => Ok(None),
            };
        };
        let audiences: Vec<String> = get(AUDIENCE).iter().flat_map(|text| text.split(',')).map(trimmed).collect();
        if audiences.is_empty() || audiences.iter().any(String::is_empty) {
            return Err(format!(
                "{ISSUER} needs {AUDIENCE}, the `aud` of the tokens that are for this host, or tokens made for others \
                 would be accepted; several have commas between them"
            ));
        }
        let jwks = match get(JWKS) {
            Some(place) if place.contains("://") && !is_private_enough(&place) => return Err(insecure(JWKS)),
            Some(place) => Jwks::At(place),
            None if is_private_enough(&issuer) => Jwks::Discovered,
            None if issuer.starts_with("http://") => return Err(insecure(ISSUER)),
            None => return Err(format!("{ISSUER} is no address, so say with {JWKS} where the issuer's keys are")),
        };
        let tenant = match (get(OWNER), get(OWNER_CLAIM)) {
            (Some(_), Some(_)) => return Err(format!("{OWNER} and {OWNER_CLAIM} are both set: keep one of them")),
            (None, Some(claim)) => Tenant::Claim(claim),
            (named, None) => {
                let owner = named.unwrap_or_else(|| owner.to_owned());
                if !is_owner(&owner) {
                    return Err(format!("{OWNER} cannot name a tenant: use 1 to 64 of A-Z a-z 0-9 . _ -"));
                }
                Tenant::Is(owner)
            }
        };
        let client = match (get(CLIENT_ID), get(CLIENT_SECRET)) {
            (None, Some(_)) => {
                return Err(format!("{CLIENT_SECRET} is set, but {CLIENT_ID} is not: name the client too"));
            }
            (Some(_), _) if !is_private_enough(&issuer) => {
                return Err(format!("{CLIENT_ID} needs an issuer with an https address, where people are sent"));
            }
            (id, secret) => id.map(|id| Client { id, secret }),
        };
        let or = |name, usual: &str| get(name).unwrap_or_else(|| usual.to_owned());
        Ok(Some(Self {
            issuer,
            audiences,
            jwks,
            tenant,
            subject_claim: get(SUBJECT_CLAIM),
            scope_claim: or(SCOPE_CLAIM, "scope"),
            scope_prefix: or(SCOPE_PREFIX, "stepwell:"),
            groups_claim: or(GROUPS_CLAIM, "groups"),
            client,
        }))
    }
}

fn trimmed(text: &str) -> String {
    text.trim().to_owned()
}

fn insecure(name: &str) -> String {
    format!("{name} is an address by which anybody on the way could put in keys of their own: use https")
}

/// Whether nobody on the way can change what comes from an address: by TLS, or on loopback.
pub(super) fn is_private_enough(address: &str) -> bool {
    if let Some(rest) = address.strip_prefix("https://") {
        return !rest.is_empty();
    }
    let Some(rest) = address.strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    Named::parse(host).is_some_and(|host| host.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Option<JwtSettings>, String> {
        JwtSettings::read(|name| set.iter().find(|(key, _)| *key == name).map(|(_, text)| (*text).into()), "acme")
    }

    const LEAST: [(&str, &str); 2] = [(ISSUER, "https://login.example"), (AUDIENCE, "stepwell")];

    #[test]
    fn an_issuer_and_an_audience_are_enough() {
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&[(ISSUER, ""), (AUDIENCE, " ")]), Ok(None), "the template sets empty ones");
        let settings = read(&LEAST).unwrap().unwrap();
        assert_eq!((settings.jwks, settings.tenant), (Jwks::Discovered, Tenant::Is("acme".into())));
        assert_eq!((&*settings.scope_claim, &*settings.scope_prefix), ("scope", "stepwell:"));
        let several = read(&[LEAST[0], (AUDIENCE, "a, b")]).unwrap().unwrap();
        assert_eq!(several.audiences, ["a", "b"]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_at_the_start() {
        let with = |more: &[(&'static str, &'static str)]| read(&[&LEAST[..], more].concat()).unwrap_err();
        assert!(read(&LEAST[..1]).unwrap_err().contains(AUDIENCE));
        assert!(read(&LEAST[1..]).unwrap_err().contains(ISSUER), "an audience alone would be ignored");
        assert!(read(&[LEAST[0], (AUDIENCE, "a,,b")]).unwrap_err().contains(AUDIENCE));
        assert!(with(&[(OWNER, "a"), (OWNER_CLAIM, "org")]).contains("both"));
        assert!(with(&[(OWNER, "no way")]).contains("tenant"));
        assert!(with(&[(JWKS, "http://login.example/keys")]).contains("https"));
        assert!(with(&[(JWKS, "http://localhost.evil.example/keys")]).contains("https"));
        assert!(with(&[(JWKS, "ftp://login.example/keys")]).contains("https"));
        assert!(read(&[(ISSUER, "http://login.example"), LEAST[1]]).unwrap_err().contains("https"));
        assert!(read(&[(ISSUER, "our-issuer"), LEAST[1]]).unwrap_err().contains(JWKS));
        assert!(with(&[(CLIENT_SECRET, "s")]).contains(CLIENT_ID));
        assert!(read(&[(ISSUER, "ours"), LEAST[1], (JWKS, "/k"), (CLIENT_ID, "c")]).unwrap_err().contains(CLIENT_ID));
        let client = [(CLIENT_ID, "c"), (CLIENT_SECRET, "hush")];
        let settings = read(&[&LEAST[..], &client].concat()).unwrap().unwrap();
        assert!(settings.client.is_some() && !format!("{settings:?}").contains("hush"));
        for place in ["/etc/keys.json", "http://127.0.0.1:9000/keys", "http://[::1]/keys", "https://login.example/keys"]
        {
            let settings = read(&[&LEAST[..], &[(JWKS, place)]].concat()).unwrap().unwrap();
            assert_eq!(settings.jwks, Jwks::At(place.into()));
        }
    }
}
