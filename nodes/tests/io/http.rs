//! `http_request`: what is sent and what comes back.

use crate::support::*;
use expression::Expr;
use serde_json::{Value, json};
use stepwell_core::task::Outcome;

#[tokio::test]
async fn a_request_carries_what_the_document_says_and_its_key() {
    let answer = "{\"id\": 7, \"list\": [1.5]}";
    let server = Server::new(move |_| {
        response(201, "Content-Type: application/vnd.x+json; charset=utf-8\r\nX-A: 1\r\nx-a: 2\r\n", answer)
    })
    .await;
    let mut http = get(&server.url("/charge?a=1"));
    http.method = "POST".into();
    http.query = vec![("q".into(), "é &".into())];
    http.headers = vec![("X-Tag".into(), "t".into()), ("X-Tag".into(), "u".into())];
    http.body = Some(json!({"amount": 5}));
    let output = output(run(&server, http).await);
    assert_eq!(output["status"], 201);
    assert_eq!(output["body"], json!({"id": 7, "list": [1.5]}));
    assert_eq!(output["headers"]["x-a"], "1, 2");
    let seen = &server.seen()[0];
    assert!(seen.starts_with("POST /charge?a=1&q=%C3%A9+%26 HTTP/1.1\r\n"), "{seen}");
    for part in [
        "idempotency-key: exec.1.charge.1\r\n",
        "content-type: application/json\r\n",
        "x-tag: t\r\n",
        "x-tag: u\r\n",
        "user-agent: stepwell/",
        "\r\n\r\n{\"amount\":5}",
    ] {
        assert!(seen.contains(part), "{part:?} in {seen}");
    }
}

#[tokio::test]
async fn what_the_document_sets_wins() {
    let server = Server::new(|_| response(200, "content-type: text/plain\r\n", "hé")).await;
    let mut http = get(&server.url("/"));
    http.method = "PUT".into();
    http.headers = vec![("Idempotency-Key".into(), "mine".into()), ("Content-Type".into(), "text/csv".into())];
    http.body = Some(json!("a,b"));
    assert_eq!(output(run(&server, copy(&http)).await)["body"], "hé");
    http.headers.truncate(1);
    run(&server, http).await;
    let seen = server.seen();
    assert!(seen[0].contains("idempotency-key: mine") && !seen[0].contains("exec.1"), "{}", seen[0]);
    assert!(seen[0].contains("content-type: text/csv") && seen[0].ends_with("\r\n\r\na,b"), "{}", seen[0]);
    assert!(seen[1].contains("content-type: text/plain; charset=utf-8"), "{}", seen[1]);
}

#[tokio::test]
async fn an_unexpected_status_is_a_failure_with_the_response() {
    let server = Server::new(|path| match path {
        "/429" => response(429, "retry-after: 12\r\ncontent-type: application/json\r\n", "{\"why\":\"slow\"}"),
        other => response(other[1..].parse().unwrap(), "", ""),
    })
    .await;
    let failure = failed(run(&server, get(&server.url("/429"))).await);
    assert_eq!((failure.code.as_str(), failure.retryable), ("unexpected_status", true));
    assert_eq!(failure.retry_after_seconds, Some(12.0));
    assert!(failure.message.contains("429"), "{}", failure.message);
    let details = failure.details.unwrap();
    assert_eq!((&details["status"], &details["body"]), (&json!(429), &json!({"why": "slow"})));
    for (status, retryable) in [(400, false), (404, false), (409, false), (425, true), (500, true), (503, true)] {
        let failure = failed(run(&server, get(&server.url(&format!("/{status}")))).await);
        assert_eq!((failure.code.as_str(), failure.retryable), ("unexpected_status", retryable), "{status}");
    }
    // A gateway that waited in vain cannot tell what the server did.
    for status in [408, 502, 504] {
        let Outcome::Unknown(failure) = run(&server, get(&server.url(&format!("/{status}")))).await else {
            panic!("{status} is taken for certain")
        };
        assert_eq!((failure.code.as_str(), failure.retryable), ("unexpected_status", true), "{status}");
    }
    assert_eq!(output(run(&server, get(&server.url("/204"))).await)["body"], Value::Null);
    assert_eq!(output(run(&server, get(&server.url("/304"))).await)["status"], 304);
}

#[tokio::test]
async fn expect_decides_what_counts_as_success() {
    let server = Server::new(|path| match path {
        "/404" => response(404, "", ""),
        _ => response(200, "content-type: application/json\r\nX-Ok: yes\r\n", "{\"state\": \"busy\"}"),
    })
    .await;
    for (path, expect, holds) in [
        ("/404", "status in [200, 404]", true),
        ("/404", "output.status == 404", true),
        ("/404", "status < 400", false),
        ("/", "status == 200 && body.state == 'done'", false),
        ("/", "body.state == 'busy' && headers['x-ok'] == 'yes'", true),
        ("/", "body.nothing == 1", false),
        ("/", "body.state", false),
    ] {
        let mut http = get(&server.url(path));
        http.expect = Some(Expr::compile(expect).unwrap());
        match run(&server, http).await {
            Outcome::Succeeded { .. } => assert!(holds, "{expect}"),
            // What cannot be judged tells nothing of what happened.
            Outcome::Unknown(failure) => assert!(failure.message.contains("cannot be evaluated"), "{failure:?}"),
            Outcome::Failed(failure) => {
                assert!(!holds, "{expect}: {failure:?}");
                assert_eq!(failure.code, "unexpected_status");
                assert!(failure.message.contains("is false") && !failure.retryable, "{}", failure.message);
            }
        }
    }
}

#[tokio::test]
async fn methods_and_bodies_follow_redirects_as_fetch_does() {
    let server = Server::new(|path| match path.strip_prefix("/from/") {
        Some(status) => redirect(status.parse().unwrap(), "../to"),
        None => response(200, "", "there"),
    })
    .await;
    for (status, method, expected, body) in [
        (301, "POST", "GET", false),
        (302, "POST", "GET", false),
        (303, "PUT", "GET", false),
        (307, "POST", "POST", true),
        (308, "POST", "POST", true),
        (302, "PUT", "PUT", true),
        (303, "HEAD", "HEAD", true),
    ] {
        let mut http = get(&server.url(&format!("/from/{status}")));
        http.method = method.into();
        http.body = Some(json!({"a": 1}));
        http.headers = vec![("Authorization".into(), "Bearer x".into())];
        run(&server, http).await;
        let last = server.seen().pop().unwrap();
        assert!(last.starts_with(&format!("{expected} /to HTTP/1.1")), "{status} {method}: {last}");
        assert_eq!(last.ends_with("{\"a\":1}"), body, "{status} {method}: {last}");
        assert!(last.contains("authorization: Bearer x"), "the same origin keeps it: {last}");
        assert_eq!(last.contains("content-type"), body, "{last}");
    }
    let circle = Server::new(|_| redirect(302, "/again")).await;
    assert_eq!(failed(run(&circle, get(&circle.url("/"))).await).code, "too_many_redirects");
    assert_eq!(circle.seen().len(), 11);
}

#[tokio::test]
async fn a_failures_details_are_cut_to_a_size_for_the_journal() {
    let server = Server::new(|_| response(500, "", &"x".repeat(300_000))).await;
    let details = failed(run(&server, get(&server.url("/"))).await).details.unwrap();
    assert_eq!(details["body"].as_str().unwrap().len(), 64 * 1024);
    assert_eq!(details["truncated"]["body_bytes"], 300_000);
}

#[tokio::test]
async fn bytes_that_are_no_text_come_as_base64() {
    let server = Server::new(|_| Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n\xff\x00".to_vec())).await;
    let output = output(run(&server, get(&server.url("/"))).await);
    assert_eq!((&output["body"], &output["encoding"]), (&json!("/wA="), &json!("base64")));
}
