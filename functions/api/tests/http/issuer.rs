//! An issuer of tokens for tests: its keys, what it signs, what forgers make of it, and the server with its keys.

use api::{Jwt, JwtSettings};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use engine::port::Fetch;
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

pub const ISSUER: &str = "https://login.example";
pub const KEYS: &str = "https://login.example/keys";

/// A part of a token.
pub fn part(value: &Value) -> String {
    BASE64.encode(value.to_string())
}

/// A key of an issuer, on P-256.
pub struct Key {
    pub id: String,
    pair: EcdsaKeyPair,
}

impl Key {
    pub fn new(id: &str) -> Self {
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref(), &random).unwrap();
        Self { id: id.into(), pair }
    }

    /// The public key, as the issuer publishes it.
    pub fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let (x, y) = (BASE64.encode(&point[1..33]), BASE64.encode(&point[33..]));
        json!({"kty": "EC", "crv": "P-256", "kid": self.id, "use": "sig", "x": x, "y": y})
    }

    /// A token with this header and these claims, signed by this key.
    pub fn signed(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", BASE64.encode(signature))
    }

    /// A token as the issuer makes it.
    pub fn token(&self, claims: &Value) -> String {
        self.signed(&json!({"alg": "ES256", "typ": "JWT", "kid": self.id}), claims)
    }

    /// A forger's token that names the key and no algorithm.
    pub fn unsigned(&self, claims: &Value) -> String {
        format!("{}.{}.", part(&json!({"alg": "none", "typ": "JWT", "kid": self.id})), part(claims))
    }

    /// A forger's token whose shared secret is this public text, such as the public key as it is published.
    pub fn by_public_text(&self, claims: &Value, text: &[u8]) -> String {
        let message = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT", "kid": self.id})), part(claims));
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, text), message.as_bytes());
        format!("{message}.{}", BASE64.encode(tag))
    }

    /// The point of the public key, which is all that verifying takes.
    pub fn point(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }
}

/// A key on Ed25519 and a token that it signed.
pub fn ed25519(id: &str, claims: &Value) -> (Value, String) {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": BASE64.encode(pair.public_key())});
    let message = format!("{}.{}", part(&json!({"alg": "EdDSA", "kid": id})), part(claims));
    (jwk, format!("{message}.{}", BASE64.encode(pair.sign(message.as_bytes()))))
}

/// The server of an issuer. Addresses without a document do not answer.
#[derive(Default)]
pub struct Server {
    documents: Mutex<BTreeMap<String, String>>,
    asked: Mutex<Vec<String>>,
}

impl Server {
    pub fn serve(&self, address: &str, document: &Value) {
        self.documents.lock().unwrap().insert(address.into(), document.to_string());
    }

    pub fn publish(&self, keys: &[Value]) {
        self.serve(KEYS, &json!({ "keys": keys }));
    }

    pub fn fall_silent(&self) {
        self.documents.lock().unwrap().clear();
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[async_trait::async_trait]
impl Fetch for Server {
    async fn fetch(&self, address: &str, _: usize) -> Result<Vec<u8>, String> {
        self.asked.lock().unwrap().push(address.into());
        // Others have a chance to come in between, as on the way to a server.
        tokio::task::yield_now().await;
        let documents = self.documents.lock().unwrap();
        documents.get(address).map(|text| text.clone().into_bytes()).ok_or_else(|| format!("{address} is silent"))
    }

    async fn exchange(&self, _: &str, _: &str, _: Option<(&str, &str)>, _: usize) -> Result<Vec<u8>, String> {
        Err("no tokens are made here".into())
    }
}

/// What verifies tokens of the issuer, with further settings.
pub fn verifier(server: &Arc<Server>, more: &[(&str, &str)]) -> Option<Arc<Jwt>> {
    let least = [("STEPWELL_JWT_ISSUER", ISSUER), ("STEPWELL_JWT_AUDIENCE", "stepwell"), ("STEPWELL_JWT_JWKS", KEYS)];
    let all: BTreeMap<&str, &str> = least.into_iter().chain(more.iter().copied()).collect();
    let settings = JwtSettings::read(|name| all.get(name).map(|text| (*text).to_owned()), "acme").unwrap().unwrap();
    Some(Arc::new(Jwt::new(settings, server.clone())))
}

/// The claims of a token that is in force at the time of [`crate::World::with`], with all scopes.
pub fn claims(subject: &str) -> Value {
    let now = document::time::Time::parse("2026-01-31T09:00:00Z").unwrap().0 / 1_000;
    json!({"iss": ISSUER, "aud": "stepwell", "iat": now - 10, "nbf": now - 10, "exp": now + 600,
        "sub": "u1", "email": format!("{subject}@example.com"), "email_verified": true,
        "scope": "openid stepwell:read stepwell:run stepwell:respond stepwell:admin"})
}
