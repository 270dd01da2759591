//! What the claims of a verified token say: whether it is in force, and who its bearer is.

use super::settings::{JwtSettings, Tenant};
use crate::{Caller, Scope, auth::is_owner, limits};
use document::time::Time;
use engine::groups::{group_of, is_group_name};
use serde_json::{Map, Value};
use stepwell_core::interaction::Via;

/// The claims of a token.
pub(super) type Claims = Map<String, Value>;

/// Checks the times of a token: `exp`, which it must have, `nbf` and `iat`.
///
/// # Errors
/// Why it is not in force.
pub(super) fn in_force(claims: &Claims, now: Time) -> Result<(), &'static str> {
    const UNREAD: &str = "a time in this JWT is no number: `exp`, `nbf` and `iat` are seconds since 1970";
    let (now, skew) = (now.0 as f64 / 1_000.0, limits::JWT_SKEW.as_secs_f64());
    let seconds = |name: &str| match claims.get(name) {
        None => Ok(None),
        Some(value) => value.as_f64().map(Some).ok_or(UNREAD),
    };
    let (end, begin, made) = (seconds("exp")?, seconds("nbf")?, seconds("iat")?);
    match end {
        None => return Err("this JWT has no `exp`: tokens without an end are not taken"),
        Some(end) if end + skew <= now => return Err("this JWT has expired: sign in again"),
        Some(_) => {}
    }
    if begin.is_some_and(|begin| begin - skew > now) {
        return Err("this JWT is not valid yet (`nbf`): check the clocks of the issuer and of this host");
    }
    if made.is_some_and(|made| made - skew > now) {
        return Err("this JWT was made in the future (`iat`): check the clocks of the issuer and of this host");
    }
    Ok(())
}

/// The bearer of a token.
///
/// # Errors
/// Which claim is missing or does not fit.
pub(super) fn caller(claims: &Claims, settings: &JwtSettings) -> Result<Caller, String> {
    let owner = match &settings.tenant {
        Tenant::Is(owner) => owner.clone(),
        Tenant::Claim(name) => {
            let named = find(claims, name).and_then(Value::as_str).filter(|owner| is_owner(owner));
            named.ok_or_else(|| format!("this JWT names no tenant in its claim `{name}`"))?.to_owned()
        }
    };
    let words = words(find(claims, &settings.scope_claim), |text| text.split_whitespace().collect());
    let mut scopes: Vec<Scope> =
        words.iter().filter_map(|word| Scope::parse(word.strip_prefix(&*settings.scope_prefix)?)).collect();
    scopes.sort_unstable();
    scopes.dedup();
    // Names that no group may have are in no question, so they are of no use.
    let groups = self::words(find(claims, &settings.groups_claim), |text| vec![text]);
    let groups = groups.into_iter().map(str::trim).filter(|name| is_group_name(name)).map(str::to_owned).collect();
    Ok(Caller { owner, subject: subject(claims, settings)?, scopes, groups, local: false, via: Via::Api })
}

/// Who the bearer is: what the configured claim says, or the e-mail address unless it is not verified, or `sub`.
fn subject(claims: &Claims, settings: &JwtSettings) -> Result<String, String> {
    // Some issuers write booleans as text. Whatever else stands there confirms nothing.
    let unverified = claims.get("email_verified").is_some_and(|said| said != true && said != "true");
    let (name, found) = match &settings.subject_claim {
        Some(name) => (name.as_str(), find(claims, name)),
        None => match claims.get("email").filter(|_| !unverified) {
            Some(email) => ("email", Some(email)),
            None => ("sub", claims.get("sub")),
        },
    };
    if name == "email" && unverified {
        return Err("the e-mail address of this JWT is not verified: verify it with the issuer".into());
    }
    let text = found.and_then(Value::as_str).map(str::trim);
    let fits = |text: &&str| {
        let sized = !text.is_empty() && text.len() <= engine::limits::MEMBER_BYTES;
        sized && !text.chars().any(char::is_control) && group_of(text).is_none()
    };
    let told =
        || format!("this JWT names nobody in its claim `{name}`, in 1 to {} bytes", engine::limits::MEMBER_BYTES);
    text.filter(fits).map(str::to_owned).ok_or_else(told)
}

/// The words of a claim: those of a list, or of a text as `split` takes it apart.
fn words<'a>(claim: Option<&'a Value>, split: fn(&'a str) -> Vec<&'a str>) -> Vec<&'a str> {
    match claim {
        Some(Value::String(text)) => split(text),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A claim by its name, such as `https://example.com/org`, or by the path to it, such as `realm_access.roles`.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(found) = claims.get(name) {
        return Some(found);
    }
    let mut parts = name.split('.');
    let first = claims.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn settings(more: &[(&str, &str)]) -> JwtSettings {
        let least = [("STEPWELL_JWT_ISSUER", "https://login.example"), ("STEPWELL_JWT_AUDIENCE", "stepwell")];
        let all = [&least[..], more].concat();
        JwtSettings::read(|name| all.iter().find(|(key, _)| *key == name).map(|(_, text)| (*text).into()), "acme")
            .unwrap()
            .unwrap()
    }

    fn read(claims: Value, more: &[(&str, &str)]) -> Result<Caller, String> {
        caller(claims.as_object().unwrap(), &settings(more))
    }

    #[test]
    fn a_bearer_is_whom_the_verified_address_names() {
        let who = |claims: Value| read(claims, &[]).map(|caller| caller.subject);
        assert_eq!(who(json!({"sub": "u1", "email": "ann@example.com"})), Ok("ann@example.com".into()));
        let verified = json!({"sub": "u1", "email": "ann@example.com", "email_verified": true});
        assert_eq!(who(verified), Ok("ann@example.com".into()));
        let as_text = json!({"sub": "u1", "email": "ann@example.com", "email_verified": "true"});
        assert_eq!(who(as_text), Ok("ann@example.com".into()));
        for unverified in [json!(false), json!("false"), json!(0), json!(1), json!("no"), json!([]), json!(null)] {
            let claims = json!({"sub": "u1", "email": "ann@example.com", "email_verified": unverified});
            assert_eq!(who(claims.clone()), Ok("u1".into()), "anybody could have claimed that address");
            let email = [("STEPWELL_JWT_SUBJECT_CLAIM", "email")];
            assert!(read(claims, &email).unwrap_err().contains("not verified"));
        }
        for nobody in [json!({}), json!({"sub": ""}), json!({"sub": 7}), json!({"sub": "group:finance"})] {
            assert!(who(nobody.clone()).unwrap_err().contains("`sub`"), "{nobody}");
        }
        let claim = [("STEPWELL_JWT_SUBJECT_CLAIM", "upn")];
        assert_eq!(read(json!({"sub": "u1", "upn": "ann"}), &claim).unwrap().subject, "ann");
        assert!(read(json!({"sub": "u1"}), &claim).is_err(), "another claim does not take its place");
    }

    #[test]
    fn a_claim_gives_scopes_by_their_prefix_alone() {
        let scopes = |claims: Value, more: &[(&str, &str)]| read(claims, more).unwrap().scopes;
        let text =
            json!({"sub": "u", "scope": "openid stepwell:respond stepwell:read read stepwell:fly stepwell:read"});
        assert_eq!(scopes(text, &[]), [Scope::Read, Scope::Respond]);
        assert_eq!(scopes(json!({"sub": "u", "scope": ["stepwell:admin", 7]}), &[]), [Scope::Admin]);
        assert_eq!(scopes(json!({"sub": "u", "scope": {"stepwell:admin": true}}), &[]), []);
        let roles = [("STEPWELL_JWT_SCOPE_CLAIM", "realm_access.roles"), ("STEPWELL_JWT_SCOPE_PREFIX", "wf-")];
        let nested = json!({"sub": "u", "realm_access": {"roles": ["wf-run", "stepwell:admin"]}});
        assert_eq!(scopes(nested, &roles), [Scope::Run]);
    }

    #[test]
    fn claims_name_the_tenant_and_the_groups() {
        let by_claim = [("STEPWELL_JWT_OWNER_CLAIM", "https://example.com/org")];
        let owner = |claims: Value| read(claims, &by_claim).map(|caller| caller.owner);
        assert_eq!(owner(json!({"sub": "u", "https://example.com/org": "globex"})), Ok("globex".into()));
        for wrong in [json!({"sub": "u"}), json!({"sub": "u", "https://example.com/org": "no way"})] {
            assert!(owner(wrong).unwrap_err().contains("tenant"));
        }
        assert_eq!(read(json!({"sub": "u"}), &[("STEPWELL_JWT_OWNER", "globex")]).unwrap().owner, "globex");
        let groups = |claims: Value| read(claims, &[]).unwrap().groups;
        assert_eq!(groups(json!({"sub": "u", "groups": ["Finance EU", "a,b", 3, ""]})), ["Finance EU"]);
        assert_eq!(groups(json!({"sub": "u", "groups": "Finance EU"})), ["Finance EU"]);
    }

    #[test]
    fn a_token_is_in_force_between_its_times_give_or_take_a_minute() {
        let now = Time(1_800_000_000_000);
        let at = |claims: Value| in_force(claims.as_object().unwrap(), now);
        let end = 1_800_000_100;
        assert_eq!(at(json!({ "exp": end })), Ok(()));
        assert_eq!(at(json!({"exp": 1_799_999_941})), Ok(()), "the clocks may differ");
        assert!(at(json!({"exp": 1_799_999_940})).unwrap_err().contains("expired"));
        assert!(at(json!({})).unwrap_err().contains("no `exp`"));
        assert_eq!(at(json!({"exp": end, "nbf": 1_800_000_060, "iat": 1_800_000_060})), Ok(()));
        assert!(at(json!({"exp": end, "nbf": 1_800_000_061})).unwrap_err().contains("nbf"));
        assert!(at(json!({"exp": end, "iat": 1_800_000_061})).unwrap_err().contains("iat"));
        for name in ["exp", "nbf", "iat"] {
            let mut claims = json!({ "exp": end });
            claims[name] = json!("tomorrow");
            assert!(at(claims).unwrap_err().contains("no number"), "{name}");
        }
    }
}
