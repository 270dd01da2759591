//! The issuer's public keys: fetched when they are first needed, kept for a while, and fetched again for a key that is not
//! known. One fetch runs at a time, and few in a row, whatever tokens callers send.

use super::settings::{Jwks, JwtSettings, is_private_enough};
use crate::limits;
use document::time::Time;
use engine::port::Fetch;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde_json::Value;
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::Mutex;

/// Why there is no key to verify a token with.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unkeyed {
    /// The issuer has no such key.
    Unknown,
    /// The issuer's keys cannot be read. They are asked for again after this time.
    Unavailable(Duration),
}

/// A public key of the issuer.
#[derive(Clone)]
struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// The keys as they were at a time.
#[derive(Clone)]
struct Known {
    keys: Arc<Vec<Key>>,
    at: Time,
}

impl Known {
    /// The one key that a token names, for the algorithm that it names. A token that names no key needs an issuer that has
    /// one alone for this algorithm.
    fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let fits = |key: &&Key| key.algorithms.contains(&algorithm) && (id.is_none() || key.id.as_deref() == id);
        let mut found = self.keys.iter().filter(fits);
        let first = found.next()?;
        found.next().is_none().then(|| first.key.clone())
    }
}

/// What a fetch needs, which goes on where its request is given up.
struct Source {
    issuer: String,
    jwks: Jwks,
    fetch: Arc<dyn Fetch>,
    known: RwLock<Option<Known>>,
    /// When the issuer may be asked again; none before the first time.
    next: Arc<Mutex<Option<Time>>>,
}

/// The keys of one issuer.
pub(super) struct Keys(Arc<Source>);

impl Keys {
    pub fn new(settings: &JwtSettings, fetch: Arc<dyn Fetch>) -> Self {
        let (issuer, jwks) = (settings.issuer.clone(), settings.jwks.clone());
        Self(Arc::new(Source { issuer, jwks, fetch, known: RwLock::default(), next: Arc::default() }))
    }

    /// The key to verify a token with that names a key and an algorithm.
    ///
    /// # Errors
    /// The issuer has no such key, or its keys cannot be read.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm, now: Time) -> Result<DecodingKey, Unkeyed> {
        let source = &self.0;
        let fresh = || {
            let known = source.known_since(now, limits::JWKS_FRESH)?;
            known.find(id, algorithm)
        };
        if let Some(key) = fresh() {
            return Ok(key);
        }
        let mut next = source.next.clone().lock_owned().await;
        // Another request may have fetched them while this one waited.
        if let Some(key) = fresh() {
            return Ok(key);
        }
        if next.is_none_or(|next| next <= now) {
            let source = source.clone();
            // A caller who goes away ends no fetch, or callers could have one begun with every request.
            let fetching = tokio::spawn(async move {
                let pause = source.refresh(now).await;
                *next = Some(now + pause);
                next
            });
            match fetching.await {
                Ok(guard) => next = guard,
                Err(_) => return Err(Unkeyed::Unavailable(limits::JWKS_RETRY)),
            }
        }
        // Keys that could not be renewed are good for some time: an issuer that is down locks nobody out at once.
        match source.known_since(now, limits::JWKS_STALE) {
            Some(known) => known.find(id, algorithm).ok_or(Unkeyed::Unknown),
            None => {
                let wait = next.map_or(0, |next| next.0 - now.0).max(1_000);
                Err(Unkeyed::Unavailable(Duration::from_millis(wait.unsigned_abs())))
            }
        }
    }
}

impl Source {
    /// The keys, where they are not older than this.
    fn known_since(&self, now: Time, age: Duration) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        (now < known.at + age).then_some(known)
    }

    /// Fetches the keys, and returns for how long the issuer is asked no more.
    async fn refresh(&self, now: Time) -> Duration {
        match self.read().await {
            Ok(keys) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) =
                    Some(Known { keys: Arc::new(keys), at: now });
                limits::JWKS_PAUSE
            }
            Err(error) => {
                tracing::warn!(issuer = %self.issuer, %error, "the keys of the issuer of tokens cannot be read");
                limits::JWKS_RETRY
            }
        }
    }

    async fn read(&self) -> Result<Vec<Key>, String> {
        let place = match &self.jwks {
            Jwks::At(place) => place.clone(),
            Jwks::Discovered => self.discover().await?,
        };
        let document = self.json(&place).await?;
        let listed = document["keys"].as_array().ok_or_else(|| format!("{place} is no JWK Set: it has no `keys`"))?;
        if listed.len() > limits::JWKS_KEYS {
            return Err(format!("{place} has {} keys: {} are read at most", listed.len(), limits::JWKS_KEYS));
        }
        let keys: Vec<Key> = listed.iter().filter_map(key).collect();
        if keys.is_empty() {
            return Err(format!("{place} has no key that signatures are verified with (RSA, P-256, P-384, Ed25519)"));
        }
        Ok(keys)
    }

    /// The address of the keys in the issuer's own configuration, which must name the same issuer.
    async fn discover(&self) -> Result<String, String> {
        let place = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let document = self.json(&place).await?;
        if document["issuer"] != self.issuer.as_str() {
            return Err(format!("{place} is the configuration of another issuer: write the issuer as it does"));
        }
        let keys = document["jwks_uri"].as_str().ok_or_else(|| format!("{place} has no `jwks_uri`"))?;
        if !is_private_enough(keys) {
            return Err(format!("{place} has a `jwks_uri` without TLS"));
        }
        Ok(keys.to_owned())
    }

    async fn json(&self, place: &str) -> Result<Value, String> {
        let bytes = self.fetch.fetch(place, limits::JWKS_BYTES).await?;
        serde_json::from_slice(&bytes).map_err(|_| format!("{place} is no JSON"))
    }
}

/// A key that verifies signatures. None for others, such as those for encryption, of kinds that are not known here, or
/// with a secret.
fn key(listed: &Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(listed.clone()).ok()?;
    let common = &jwk.common;
    let signs = common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
    let of_kind: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ],
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => &[Algorithm::ES256],
            EllipticCurve::P384 => &[Algorithm::ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
        _ => return None,
    };
    // A key that names its algorithm is for that one alone.
    let named = common.key_algorithm.map(Algorithm::try_from).transpose().ok()?;
    let algorithms: Vec<Algorithm> =
        of_kind.iter().copied().filter(|one| named.is_none_or(|named| named == *one)).collect();
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    (signs && !algorithms.is_empty()).then_some(Key { id: jwk.common.key_id, algorithms, key })
}
