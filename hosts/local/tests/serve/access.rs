//! Who is signed in without a token, and who is not.

use crate::support::{Serving, limits};
use serde_json::{Value, json};
use stepwell_local::server::Callers;

const NONE: Value = Value::Null;
const LIST: &str = "GET /v1/executions";

fn admin() -> Value {
    json!({"name": "t", "scopes": ["read", "run", "respond", "admin"], "subject": "eve@example.com"})
}

#[tokio::test]
async fn a_request_that_came_through_a_proxy_needs_a_token() {
    let serving = Serving::start(Callers::Loopback, limits()).await;
    assert_eq!(serving.call(LIST, &[], &NONE).await.0, 200, "the user's own");
    for header in [
        "x-forwarded-for: 192.0.2.1",
        "X-Forwarded-Host: stepwell.example",
        "x-forwarded-proto: https",
        "x-real-ip: 192.0.2.1",
        "via: 1.1 proxy",
        "forwarded: for=192.0.2.1",
        "cf-connecting-ip: 192.0.2.1",
        "true-client-ip: 192.0.2.1",
        "x-forwarded-for:",
    ] {
        let (status, problem) = serving.call("POST /v1/tokens", &[header], &admin()).await;
        assert_eq!((status, &problem["code"]), (401, &json!("unauthorized")), "{header}: {problem}");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("proxy") && detail.contains("stepwell token create"), "{detail}");
        assert_eq!(serving.call_own(LIST, &[header], &NONE).await.0, 401, "{header}, at the socket");
    }
    let old = serving.say("GET /v1/executions HTTP/1.0\r\nhost: localhost\r\n\r\n").await;
    assert!(old.starts_with("HTTP/1.0 401"), "nginx, as it comes: {old}");
    assert_eq!(serving.call(LIST, &[], &NONE).await.0, 200, "no token was made");
    let made = serving.call("POST /v1/tokens", &[], &admin()).await.1;
    let token = format!("authorization: Bearer {}", made["token"].as_str().unwrap());
    assert_eq!(serving.call(LIST, &[&token, "x-forwarded-for: 192.0.2.1"], &NONE).await.0, 200);
    serving.stop().await;
}

#[tokio::test]
async fn once_there_is_a_token_only_the_users_own_processes_need_none() {
    let serving = Serving::start(Callers::Loopback, limits()).await;
    let made = serving.call("POST /v1/tokens", &[], &admin()).await.1;
    let token = format!("authorization: Bearer {}", made["token"].as_str().unwrap());
    let (status, problem) = serving.call(LIST, &[], &NONE).await;
    assert_eq!((status, &problem["code"]), (401, &json!("unauthorized")));
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("stepwell token create") && detail.contains("command line"), "{detail}");
    assert_eq!(serving.call("POST /v1/tokens", &[], &admin()).await.0, 401);
    assert_eq!(serving.call("POST /v1/executions", &[], &json!({"workflow": {}})).await.0, 401);
    assert_eq!(serving.call("GET /health", &[], &NONE).await.0, 200);
    assert_eq!(serving.call(LIST, &[&token], &NONE).await.0, 200);
    // The folder's socket is the user's own.
    assert_eq!(serving.call_own(LIST, &[], &NONE).await.0, 200);
    let reader = json!({"name": "u", "scopes": ["read"], "subject": "eve@example.com"});
    let (status, made) = serving.call_own("POST /v1/tokens", &[], &reader).await;
    assert_eq!((status, &made["owner"]), (201, &json!("local")));
    serving.stop().await;
}

#[tokio::test]
async fn a_signed_webhook_needs_no_token_although_there_are_some() {
    let serving = Serving::start(Callers::Loopback, limits()).await;
    let hook = json!({"id": "h", "nodes": [
        {"id": "t", "type": "webhook_trigger", "config": {"path": "in", "secret": "hook"}},
        {"id": "a", "type": "transform", "config": {"expression": "input.body"}}], "edges": [{"from": "t", "to": "a"}]});
    assert_eq!(serving.call("POST /v1/workflows", &[], &hook).await.0, 201);
    assert_eq!(serving.call("PUT /v1/secrets/hook", &[], &json!({"value": "key"})).await.0, 200);
    assert_eq!(serving.call("POST /v1/tokens", &[], &admin()).await.0, 201);
    // printf '"hi"' | openssl dgst -sha256 -hmac key
    let signature = "x-hub-signature-256: sha256=8cbc0d887bb1fbaf952e81df23eda16c7b96d5ede5d69fa5c6098a713d1342bc";
    let line = "POST /v1/triggers/h/in?owner=local";
    for (headers, status) in [
        (&[signature][..], 202),
        (&[signature, "x-forwarded-for: 192.0.2.1"][..], 202),
        (&[][..], 401),
        (&[signature, "authorization: Bearer sw_no"][..], 401),
    ] {
        let (answered, body) = serving.call(line, headers, &json!("hi")).await;
        assert_eq!(answered, status, "{headers:?}: {body}");
    }
    serving.stop().await;
}

#[tokio::test]
async fn a_page_of_another_site_can_do_nothing_with_the_users_browser() {
    let serving = Serving::start(Callers::Loopback, limits()).await;
    let body = admin();
    let evil = "origin: http://evil.example";
    for (what, line, headers, status, code) in [
        ("a name that leads here", LIST, &["host: evil.example"][..], 421, "host_not_loopback"),
        ("fetch", "POST /v1/tokens", &[evil, "content-type: application/json"][..], 403, "foreign_origin"),
        ("another port", "POST /v1/tokens", &["origin: http://localhost:1"][..], 403, "foreign_origin"),
        ("a sandboxed frame", "POST /v1/tokens", &["origin: null"][..], 403, "foreign_origin"),
        ("a preflight", "OPTIONS /v1/tokens", &[evil][..], 403, "foreign_origin"),
        ("an image", LIST, &["sec-fetch-site: cross-site"][..], 403, "foreign_origin"),
        ("an image of another port", LIST, &["sec-fetch-site: same-site"][..], 403, "foreign_origin"),
        ("a form", "POST /v1/tokens", &["content-type: text/plain"][..], 415, "unsupported_media_type"),
        ("a form", "POST /v1/executions", &["content-type: multipart/form-data"][..], 415, "unsupported_media_type"),
    ] {
        let (answered, problem) = serving.call(line, headers, &body).await;
        assert_eq!((answered, &problem["code"]), (status, &json!(code)), "{what}: {problem}");
    }
    assert_eq!(serving.call(LIST, &[], &NONE).await.0, 200, "no token was made");
    serving.stop().await;
}

#[tokio::test]
async fn a_request_is_for_one_host_that_everybody_reads_alike() {
    for callers in [Callers::Loopback, Callers::Everybody] {
        let serving = Serving::start(callers, limits()).await;
        let ask = async |target: &str, hosts: &str| {
            let answer = serving.say(&format!("GET {target} HTTP/1.1\r\n{hosts}connection: close\r\n\r\n")).await;
            answer.split(' ').nth(1).unwrap_or("none").to_owned()
        };
        let port = serving.port;
        for (target, hosts) in [
            ("/health", "host: localhost\r\n".to_owned()),
            ("/health", format!("host: [::1]:{port}\r\n")),
            (&format!("http://localhost:{port}/health"), format!("host: localhost:{port}\r\n")),
        ] {
            assert_eq!(ask(target, &hosts).await, "200", "{target} {hosts}");
        }
        for (target, hosts) in [
            ("/health", ""),
            ("/health", "host: localhost\r\nhost: localhost\r\n"),
            ("/health", "host: localhost\r\nhost: evil.example\r\n"),
            ("/health", "host: \r\n"),
            ("/health", "host: evil.example@localhost\r\n"),
            ("/health", "host: localhost, evil.example\r\n"),
            ("/health", "host: localhost:80:80\r\n"),
            ("/health", "host: localhost:\r\n"),
            ("/health", "host: [::1\r\n"),
            ("/health", "host: [localhost]\r\n"),
            ("http://evil.example/health", "host: localhost\r\n"),
            ("http://localhost:1/health", "host: localhost\r\n"),
            ("http://evil.example@localhost/health", "host: localhost\r\n"),
        ] {
            assert_eq!(ask(target, hosts).await, "400", "{callers:?} {target} {hosts}");
        }
        serving.stop().await;
    }
}
