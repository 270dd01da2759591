//! Signing in by an issuer, which is played here: it hands out a code, and a token for the code to whoever has the verifier.

use crate::world::World;
use api::{App, Jwt, JwtSettings};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as BASE64};
use engine::port::{Clock, Fetch};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{Ed25519KeyPair, KeyPair},
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

const ISSUER: &str = "https://login.example";
const HOST: &str = "flows.example.com";

struct Issuer {
    key: Ed25519KeyPair,
    /// What the browser brought: the challenge, and the nonce that stands in the token.
    asked: Mutex<BTreeMap<String, String>>,
    /// Claims that take the place of the right ones.
    forged: Mutex<Value>,
    now: i64,
}

impl Issuer {
    fn new(now: i64) -> Arc<Self> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
        Arc::new(Self { key, asked: Mutex::default(), forged: Mutex::new(json!({})), now })
    }

    fn token(&self) -> String {
        let part = |value: &Value| BASE64.encode(value.to_string());
        let mut claims = json!({"iss": ISSUER, "aud": "dashboard", "iat": self.now, "exp": self.now + 300,
            "sub": "u1", "email": "ann@example.com", "email_verified": true, "scope": "stepwell:read stepwell:run",
            "nonce": self.asked.lock().unwrap()["nonce"]});
        claims.as_object_mut().unwrap().extend(self.forged.lock().unwrap().as_object().unwrap().clone());
        let message = format!("{}.{}", part(&json!({"alg": "EdDSA", "kid": "1"})), part(&claims));
        format!("{message}.{}", BASE64.encode(self.key.sign(message.as_bytes())))
    }
}

#[async_trait]
impl Fetch for Issuer {
    async fn fetch(&self, address: &str, _: usize) -> Result<Vec<u8>, String> {
        let document = match address.strip_prefix(ISSUER).unwrap() {
            "/.well-known/openid-configuration" => json!({"authorization_endpoint": format!("{ISSUER}/authorize"),
                "token_endpoint": format!("{ISSUER}/token"), "jwks_uri": format!("{ISSUER}/keys"), "issuer": ISSUER}),
            "/keys" => json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1",
                "x": BASE64.encode(self.key.public_key())}]}),
            other => return Err(format!("{other} is not there")),
        };
        Ok(document.to_string().into_bytes())
    }

    async fn exchange(
        &self,
        address: &str,
        form: &str,
        client: Option<(&str, &str)>,
        _: usize,
    ) -> Result<Vec<u8>, String> {
        assert_eq!((address, client), ("https://login.example/token", Some(("dashboard", "hush"))));
        let sent = pairs(form);
        let challenge = BASE64.encode(digest(&SHA256, sent["code_verifier"].as_bytes()));
        let asked = self.asked.lock().unwrap().clone();
        let is_right = sent["code"] == "the-code" && challenge == asked["code_challenge"];
        if !is_right || sent["redirect_uri"] != asked["redirect_uri"] {
            return Err("answers 400".into());
        }
        Ok(json!({"access_token": "a", "token_type": "Bearer", "id_token": self.token()}).to_string().into_bytes())
    }
}

fn pairs(query: &str) -> BTreeMap<String, String> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn world() -> (World, Arc<Issuer>) {
    let mut world = World::new();
    let issuer = Issuer::new(world.host.now().0 / 1_000);
    let set = BTreeMap::from([
        ("STEPWELL_JWT_ISSUER", ISSUER),
        ("STEPWELL_JWT_AUDIENCE", "stepwell"),
        ("STEPWELL_OIDC_CLIENT_ID", "dashboard"),
        ("STEPWELL_OIDC_CLIENT_SECRET", "hush"),
    ]);
    let settings = JwtSettings::read(|name| set.get(name).map(|text| (*text).to_owned()), "acme").unwrap().unwrap();
    let jwt = Some(Arc::new(Jwt::new(settings, issuer.clone())));
    let app = App::new(world.host.clone()).with_local_user("acme", "zoe@example.com").with_jwt(jwt);
    world.service = api::service(Arc::new(app), api::routes().merge(web::routes()));
    (world, issuer)
}

/// Goes to the issuer, and gives the cookie of the sign-in with the state that the issuer sends back.
async fn go(world: &World, issuer: &Issuer) -> (String, String) {
    let away = world.get_as("/sign-in/openid?next=%2Finbox", "", HOST).await;
    let set = away.headers["set-cookie"].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/sign-in"] {
        assert!(set.contains(part), "{set}");
    }
    let (place, query) = away.location().split_once('?').unwrap();
    assert_eq!((away.status, place), (303, "https://login.example/authorize"));
    let asked = pairs(query);
    assert_eq!(asked["redirect_uri"], "https://flows.example.com/sign-in/openid/return");
    assert_eq!((&*asked["response_type"], &*asked["code_challenge_method"]), ("code", "S256"));
    *issuer.asked.lock().unwrap() = asked.clone();
    (away.cookie().unwrap(), asked["state"].clone())
}

#[tokio::test]
async fn who_is_sent_by_the_issuer_is_signed_in_with_the_scopes_of_the_claims() {
    let (world, issuer) = world();
    let page = world.get_as("/sign-in?next=%2Finbox", "", HOST).await.of(200);
    assert!(page.contains("href=\"sign-in/openid?next=%2Finbox\""), "{page}");
    let (cookie, state) = go(&world, &issuer).await;
    let back = world.get_as(&format!("/sign-in/openid/return?code=the-code&state={state}"), &cookie, HOST).await;
    let set: Vec<&str> = back.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
    assert!(set.iter().any(|set| set.starts_with("stepwell_sign_in=;")), "it counts once: {set:?}");
    let session = set.iter().find(|set| set.starts_with("stepwell=")).unwrap();
    assert!(session.contains("SameSite=Strict") && session.contains("Secure"), "{session}");
    let session = session.split(';').next().unwrap().to_owned();
    assert!(back.of(200).contains("content=\"0;url=../.././inbox\""));
    let page = world.get_as("/", &session, HOST).await.of(200);
    assert!(page.contains("ann@example.com"));
    world.host.advance(world.host.now() + Duration::from_secs(12 * 3600));
    assert_eq!(world.get_as("/", &session, HOST).await.status, 303, "a working day is over");
}

#[tokio::test]
async fn no_other_answer_signs_anybody_in() {
    let (world, issuer) = world();
    let refused = async |path: String, cookie: &str| {
        let answer = world.get_as(&path, cookie, HOST).await;
        assert!(!answer.headers.get_all("set-cookie").iter().any(|set| set.to_str().unwrap().starts_with("stepwell=")));
        assert_eq!(answer.status, 401, "{path}");
    };
    let (cookie, state) = go(&world, &issuer).await;
    let right = format!("/sign-in/openid/return?code=the-code&state={state}");
    refused(right.clone(), "").await;
    refused(right.replace("the-code", "another"), &cookie).await;
    refused(right.replace(&state, "another"), &cookie).await;
    refused(format!("/sign-in/openid/return?error=access_denied&state={state}"), &cookie).await;
    for forged in [
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"aud": "stepwell"}),
        json!({"iss": "https://evil.example"}),
        json!({"exp": 1}),
        json!({"email": null, "sub": ""}),
    ] {
        *issuer.forged.lock().unwrap() = forged;
        refused(right.clone(), &cookie).await;
    }
    *issuer.forged.lock().unwrap() = json!({});
    world.host.advance(world.host.now() + Duration::from_secs(601));
    refused(right, &cookie).await;
}

#[tokio::test]
async fn without_a_client_there_is_no_such_way() {
    let world = World::new();
    assert!(!world.get("/sign-in").await.of(200).contains("openid"));
    assert_eq!(world.get("/sign-in/openid").await.status, 404);
}
