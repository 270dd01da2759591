//! JSON Web Tokens of a configured issuer: which are taken, when the issuer's keys are fetched, and who a bearer is.

use crate::{
    Answer, World, approval,
    issuer::{ISSUER, KEYS, Key, Server, claims, ed25519, verifier},
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

async fn as_(world: &World, token: &str, method: &str, path: &str, body: Value) -> Answer {
    world.with_headers(method, path, &[("authorization", &format!("Bearer {token}"))], body).await
}

async fn list(world: &World, token: &str) -> Answer {
    as_(world, token, "GET", "/v1/executions", json!({})).await
}

/// A world that trusts an issuer, its server, and its only key.
fn trusting(more: &[(&str, &str)]) -> (World, Arc<Server>, Key) {
    let (server, key) = (Arc::new(Server::default()), Key::new("one"));
    server.publish(&[key.jwk()]);
    let world = World::with(|app| app.with_jwt(verifier(&server, more)));
    (world, server, key)
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut claims = claims("ann");
    change(&mut claims);
    claims
}

#[tokio::test]
async fn a_token_of_the_issuer_opens_what_its_claims_say() {
    let (world, _, key) = trusting(&[]);
    list(&world, &key.token(&claims("ann"))).await.of(200);
    // An API token works beside it, and its owner sees the same.
    world.token("ci", "acme", &["read"]).await;
    list(&world, "ci").await.of(200);
    let reader = key.token(&changed(|it| it["scope"] = json!("stepwell:read admin")));
    as_(&world, &reader, "POST", "/v1/workflows", approval()).await.problem(403, "missing_scope");
    let nothing = key.token(&changed(|it| it["scope"] = json!("openid profile")));
    list(&world, &nothing).await.problem(403, "missing_scope");
    as_(&world, &key.token(&claims("ann")), "POST", "/v1/workflows", approval()).await.of(201);
    let started = as_(&world, &key.token(&claims("ann")), "POST", "/v1/workflows/pay/executions", json!({})).await;
    let id = started.of(202)["execution_id"].as_str().unwrap().to_owned();
    let seen = as_(&world, "ci", "GET", &format!("/v1/executions/{id}"), json!({})).await.of(200);
    assert_eq!(seen["started_by"], "ann@example.com");
}

#[tokio::test]
async fn without_an_issuer_no_token_of_that_form_is_known() {
    let world = World::with(|app| app);
    let token = Key::new("one").token(&claims("ann"));
    assert!(list(&world, &token).await.problem(401, "unauthorized")["detail"].as_str().unwrap().contains("not known"));
}

#[tokio::test]
async fn every_kind_of_key_verifies_with_its_own_algorithms() {
    let rsa: Value = serde_json::from_str(include_str!("rsa.json")).unwrap();
    let (world, server, key) = trusting(&[]);
    let (ed, token) = ed25519("ed", &claims("ed"));
    let broken = json!({"kty": "RSA", "kid": "broken"});
    let secret = json!({"kty": "oct", "kid": "secret", "k": "c2VjcmV0"});
    server.publish(&[broken, secret, key.jwk(), ed, rsa["jwk"].clone()]);
    list(&world, &token).await.of(200);
    list(&world, &key.token(&claims("ann"))).await.of(200);
    let tokens = rsa["tokens"].as_object().unwrap();
    assert_eq!(tokens.len(), 6);
    for (algorithm, token) in tokens {
        let token = token.as_str().unwrap();
        let answer = list(&world, token).await;
        assert_eq!(answer.status, 200, "{algorithm}: {}", answer.text);
        // The same signature under the name of another algorithm, and under one byte of another message.
        let (head, rest) = token.split_once('.').unwrap();
        let other = if algorithm == "RS256" { "PS256" } else { "RS256" };
        let other = crate::issuer::part(&json!({"alg": other, "typ": "JWT", "kid": "rsa"}));
        list(&world, &format!("{other}.{rest}")).await.problem(401, "unauthorized");
        let (claims, signature) = rest.split_once('.').unwrap();
        let forged = claims.replacen('J', "K", 1);
        list(&world, &format!("{head}.{forged}.{signature}")).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn what_forgers_make_of_a_token_opens_nothing_and_tells_them_nothing() {
    let (world, _, key) = trusting(&[]);
    let (good, theirs) = (claims("ann"), Key::new("one"));
    let ours = key.token(&good);
    let (message, signature) = ours.rsplit_once('.').unwrap();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", key.jwk()["x"].as_str().unwrap());
    let with = |header: Value| key.signed(&header, &good);
    let inside = json!({"alg": "ES256", "kid": "one", "jwk": theirs.jwk()});
    for (what, token) in [
        ("alg none", key.unsigned(&good)),
        (
            "alg None",
            format!("{}.{}.", crate::issuer::part(&json!({"alg": "None", "kid": "one"})), crate::issuer::part(&good)),
        ),
        ("HS256 by the point", key.by_public_text(&good, &key.point())),
        ("HS256 by the JWK", key.by_public_text(&good, key.jwk().to_string().as_bytes())),
        ("HS256 by a PEM", key.by_public_text(&good, pem.as_bytes())),
        ("another's key of the same name", theirs.token(&good)),
        ("a key that it brings along", theirs.signed(&inside, &good)),
        ("an unknown key", with(json!({"alg": "ES256", "kid": "two"}))),
        ("another kind of algorithm", with(json!({"alg": "RS256", "kid": "one"}))),
        ("another curve", with(json!({"alg": "ES384", "kid": "one"}))),
        ("an unknown critical header", with(json!({"alg": "ES256", "kid": "one", "crit": ["exp"], "exp": 1}))),
        ("no signature", format!("{message}.")),
        ("a signature with more behind it", format!("{message}.{signature}AA")),
        ("padding", format!("{message}.{signature}=")),
        (
            "other claims",
            format!("{}.{}.{signature}", message.split_once('.').unwrap().0, crate::issuer::part(&claims("bob"))),
        ),
        ("nothing at all", "..".into()),
        ("no JSON", "a.b.c".into()),
    ] {
        let answer = list(&world, &token).await;
        assert!(answer.headers["www-authenticate"].to_str().unwrap().contains("invalid_token"), "{what}");
        let told = answer.problem(401, "unauthorized");
        assert_eq!(told["detail"], "this JWT is not signed by a key of the issuer that this host trusts", "{what}");
    }
    let long = key.token(&changed(|it| it["more"] = json!("x".repeat(20_000))));
    assert!(list(&world, &long).await.problem(401, "unauthorized")["detail"].as_str().unwrap().contains("bytes"));
}

#[tokio::test]
async fn a_signed_token_that_is_not_for_this_host_or_not_in_force_is_told_why() {
    let (world, _, key) = trusting(&[]);
    let now = claims("ann")["exp"].as_i64().unwrap() - 600;
    for (claims, why) in [
        (changed(|it| it["iss"] = json!("https://login.example.evil")), "another issuer"),
        (changed(|it| it["iss"] = json!([ISSUER, "x"])), "another issuer"),
        (changed(|it| it["iss"] = Value::Null), "by whom"),
        (changed(|it| it["aud"] = json!("others")), "another audience"),
        (changed(|it| it["aud"] = json!(["others", "more"])), "another audience"),
        (changed(|it| drop(it.as_object_mut().unwrap().remove("aud"))), "by whom"),
        (changed(|it| it["exp"] = json!(now - 61)), "expired"),
        (changed(|it| drop(it.as_object_mut().unwrap().remove("exp"))), "no `exp`"),
        (changed(|it| it["nbf"] = json!(now + 61)), "not valid yet"),
        (changed(|it| it["iat"] = json!(now + 61)), "in the future"),
        (changed(|it| it["email"] = json!("group:finance")), "names nobody"),
    ] {
        let problem = list(&world, &key.token(&claims)).await.problem(401, "unauthorized");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{why}: {problem}");
    }
    list(&world, &key.token(&changed(|it| it["aud"] = json!(["others", "stepwell"])))).await.of(200);
    let logout = key.signed(&json!({"alg": "ES256", "kid": "one", "typ": "logout+jwt"}), &claims("ann"));
    assert!(list(&world, &logout).await.problem(401, "unauthorized")["detail"].as_str().unwrap().contains("type"));
    for kind in ["JWT", "at+jwt", "application/at+jwt"] {
        let token = key.signed(&json!({"alg": "ES256", "kid": "one", "typ": kind}), &claims("ann"));
        list(&world, &token).await.of(200);
    }
    // The clock is the host's.
    let token = key.token(&claims("ann"));
    world.pass(Duration::from_secs(659));
    list(&world, &token).await.of(200);
    world.pass(Duration::from_secs(1));
    list(&world, &token).await.problem(401, "unauthorized");
}

/// A token that is in force for long, so that a test can let time pass.
fn lasting(key: &Key) -> String {
    key.token(&changed(|it| it["exp"] = json!(4_102_444_800_i64)))
}

#[tokio::test]
async fn a_key_that_is_not_known_has_the_keys_fetched_once_a_minute() {
    let (world, server, first) = trusting(&[]);
    let second = Key::new("two");
    list(&world, &lasting(&first)).await.of(200);
    list(&world, &lasting(&first)).await.of(200);
    assert_eq!(server.asked(), 1, "keys that are known are not asked for");
    server.publish(&[first.jwk(), second.jwk()]);
    for _ in 0..5 {
        list(&world, &lasting(&second)).await.problem(401, "unauthorized");
    }
    assert_eq!(server.asked(), 1, "not within the minute");
    world.pass(Duration::from_secs(60));
    list(&world, &lasting(&second)).await.of(200);
    list(&world, &lasting(&first)).await.of(200);
    assert_eq!(server.asked(), 2);
    // The issuer withdraws the first key. It opens nothing once the keys are an hour old.
    server.publish(&[second.jwk()]);
    world.pass(Duration::from_secs(3_599));
    list(&world, &lasting(&first)).await.of(200);
    world.pass(Duration::from_secs(1));
    list(&world, &lasting(&first)).await.problem(401, "unauthorized");
    list(&world, &lasting(&second)).await.of(200);
    assert_eq!(server.asked(), 3);
}

#[tokio::test]
async fn many_callers_at_once_have_the_keys_fetched_once() {
    let (world, server, key) = trusting(&[]);
    let token = lasting(&key);
    let answers = futures::future::join_all((0..50).map(|_| list(&world, &token))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(server.asked(), 1);
    let unknown = lasting(&Key::new("unknown"));
    world.pass(Duration::from_secs(60));
    let answers = futures::future::join_all((0..50).map(|_| list(&world, &unknown))).await;
    assert!(answers.iter().all(|answer| answer.status == 401));
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn an_issuer_that_is_silent_locks_out_those_alone_whom_nobody_can_verify() {
    let (world, server, key) = trusting(&[]);
    world.token("ci", "acme", &["read"]).await;
    server.fall_silent();
    let refused = list(&world, &lasting(&key)).await;
    assert_eq!(refused.headers["retry-after"], "10");
    refused.problem(503, "issuer_unavailable");
    list(&world, "ci").await.of(200);
    list(&world, &lasting(&key)).await.problem(503, "issuer_unavailable");
    assert_eq!(server.asked(), 1, "it is left alone for some seconds");
    server.publish(&[key.jwk()]);
    world.pass(Duration::from_secs(10));
    list(&world, &lasting(&key)).await.of(200);
    // Keys that are known stay good for a day.
    server.fall_silent();
    world.pass(Duration::from_secs(23 * 3_600));
    list(&world, &lasting(&key)).await.of(200);
    world.pass(Duration::from_secs(3_600));
    list(&world, &lasting(&key)).await.problem(503, "issuer_unavailable");
    for wrong in [json!({"keys": []}), json!({"keys": 3}), json!([]), json!({"keys": [{"kty": "oct", "k": "AA"}]})] {
        server.serve(KEYS, &wrong);
        world.pass(Duration::from_secs(10));
        list(&world, &lasting(&key)).await.problem(503, "issuer_unavailable");
    }
}

#[tokio::test]
async fn the_issuers_configuration_says_where_its_keys_are() {
    const PLACE: &str = "https://login.example/.well-known/openid-configuration";
    let (server, key) = (Arc::new(Server::default()), Key::new("one"));
    let world = World::with(|app| app.with_jwt(verifier(&server, &[("STEPWELL_JWT_JWKS", "")])));
    server.publish(&[key.jwk()]);
    for wrong in [
        json!({"issuer": "https://login.example/", "jwks_uri": KEYS}),
        json!({"issuer": ISSUER, "jwks_uri": "http://login.example/keys"}),
        json!({"issuer": ISSUER, "jwks_uri": "/etc/passwd"}),
        json!({ "issuer": ISSUER }),
    ] {
        server.serve(PLACE, &wrong);
        list(&world, &lasting(&key)).await.problem(503, "issuer_unavailable");
        world.pass(Duration::from_secs(10));
    }
    server.serve(PLACE, &json!({"issuer": ISSUER, "jwks_uri": KEYS}));
    list(&world, &lasting(&key)).await.of(200);
}

#[tokio::test]
async fn a_token_that_names_no_key_needs_an_issuer_with_one_alone() {
    let (world, server, key) = trusting(&[]);
    let token = key.signed(&json!({"alg": "ES256"}), &changed(|it| it["exp"] = json!(4_102_444_800_i64)));
    list(&world, &token).await.of(200);
    server.publish(&[key.jwk(), Key::new("two").jwk()]);
    world.pass(Duration::from_secs(3_600));
    list(&world, &token).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn a_claim_may_name_the_tenant() {
    let (world, _, key) = trusting(&[("STEPWELL_JWT_OWNER_CLAIM", "org")]);
    world.token("admin", "acme", &["read", "run", "admin"]).await;
    as_(&world, "admin", "POST", "/v1/workflows", approval()).await.of(201);
    let of = |org: &str| key.token(&changed(|it| it["org"] = json!(org)));
    let count = |answer: Value| answer["items"].as_array().unwrap().len();
    assert_eq!(count(as_(&world, &of("acme"), "GET", "/v1/workflows", json!({})).await.of(200)), 1);
    assert_eq!(count(as_(&world, &of("rival"), "GET", "/v1/workflows", json!({})).await.of(200)), 0);
    list(&world, &key.token(&claims("ann"))).await.problem(401, "unauthorized");
}

#[tokio::test]
async fn with_an_issuer_a_request_on_loopback_needs_a_token() {
    let (server, key) = (Arc::new(Server::default()), Key::new("one"));
    server.publish(&[key.jwk()]);
    let jwt = verifier(&server, &[]);
    let world = World::with(|app| app.with_local_user("acme", "ann@example.com").with_jwt(jwt.clone()));
    let refused = world.get("/v1/executions").await.problem(401, "unauthorized");
    assert!(refused["detail"].as_str().unwrap().contains("JWT"), "{refused}");
    list(&world, &key.token(&claims("ann"))).await.of(200);
    let own = World::with(|app| app.with_local_user("acme", "ann@example.com").of_own_processes().with_jwt(jwt));
    own.get("/v1/executions").await.of(200);
}
