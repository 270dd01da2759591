//! Secrets: where they go and what is recorded of them.

use crate::support::*;
use serde_json::json;

#[tokio::test]
async fn secrets_stay_with_the_origin_they_were_meant_for() {
    let other = Server::new(|_| response(200, "", "elsewhere")).await;
    let port = other.port;
    let server = Server::new(move |path| {
        let status = if path == "/keep" { 307 } else { 302 };
        redirect(status, &format!("http://127.0.0.1:{port}/"))
    })
    .await;
    let nodes = nodes("127.0.0.1");
    let mut http = get(&server.url("/"));
    http.headers = vec![
        ("Authorization".into(), "Bearer other".into()),
        ("Cookie".into(), "a=b".into()),
        ("X-Key".into(), "k-s3cr3t-k".into()),
        ("X-Plain".into(), "stays".into()),
    ];
    http.secrets = vec![secret("KEY", "s3cr3t", &[])];
    assert_eq!(output(run_for(&nodes, copy(&http), 5.0).await)["body"], "elsewhere");
    let seen = other.seen().pop().unwrap();
    assert!(seen.contains("x-plain: stays"), "{seen}");
    assert!(!seen.contains("authorization") && !seen.contains("cookie") && !seen.contains("s3cr3t"), "{seen}");
    http.url = server.url("/keep");
    http.method = "POST".into();
    http.body = Some(json!({"key": "s3cr3t"}));
    assert_eq!(failed(run_for(&nodes, http, 5.0).await).code, "secret_not_allowed");
    assert_eq!(other.seen().len(), 1);
}

#[tokio::test]
async fn a_secret_goes_to_its_hosts_alone() {
    let server = Server::new(|path| match path {
        "/bounce" => redirect(302, "http://127.0.0.1:1/?k=s3cr3t"),
        _ => response(200, "", "ok"),
    })
    .await;
    let nodes = nodes("127.0.0.1");
    let mut http = get(&server.url("/"));
    http.headers = vec![("X-Key".into(), "s3cr3t".into())];
    http.secrets = vec![secret("KEY", "s3cr3t", &["api.example.com"])];
    let failure = failed(run_for(&nodes, copy(&http), 5.0).await);
    assert_eq!(failure.code, "secret_not_allowed");
    assert!(failure.message.contains("KEY") && !failure.message.contains("s3cr3t"), "{}", failure.message);
    assert_eq!(server.seen().len(), 0);
    http.secrets = vec![secret("KEY", "s3cr3t", &["api.example.com", "127.0.0.1"])];
    assert_eq!(output(run_for(&nodes, copy(&http), 5.0).await)["status"], 200);
    http.secrets = vec![secret("KEY", "s3cr3t", &[&format!("127.0.0.1:{}", server.port)])];
    assert_eq!(output(run_for(&nodes, copy(&http), 5.0).await)["status"], 200);
    http.url = server.url("/bounce");
    let failure = failed(run_for(&nodes, http, 5.0).await);
    assert_eq!(failure.code, "secret_not_allowed", "another port is another place: {failure:?}");
}

#[tokio::test]
async fn secrets_are_masked_in_all_that_is_recorded() {
    let server = Server::new(|path| match path {
        "/bad" => response(500, "x-echo: s3cr3t\r\n", "you sent s3cr3t"),
        _ => response(
            200,
            "x-echo: s3cr3t\r\ncontent-type: application/json\r\n",
            "{\"s3cr3t\": [\"czNjcjN0\", \"s3cr3t\"]}",
        ),
    })
    .await;
    let mut http = get(&server.url("/"));
    http.secrets = vec![secret("KEY", "s3cr3t", &[])];
    let seen = output(run(&server, copy(&http)).await);
    assert_eq!(seen["headers"]["x-echo"], "[secret KEY]");
    assert_eq!(seen["body"], json!({"[secret KEY]": ["[secret KEY]", "[secret KEY]"]}));
    http.url = server.url("/bad");
    let failure = failed(run(&server, copy(&http)).await);
    assert_eq!(failure.details.unwrap()["body"], "you sent [secret KEY]");
    for url in ["http://s3cr3t.invalid/", "ftp://s3cr3t/", "http://[s3cr3t/", "http://127.0.0.2:1/s3cr3t"] {
        http.url = url.into();
        let outcome = run(&server, copy(&http)).await;
        assert!(!format!("{outcome:?}").contains("s3cr3t"), "{outcome:?}");
    }
    http.url = server.url("/");
    http.headers = vec![("X".into(), "s3cr3t\n".into())];
    let outcome = run(&server, http).await;
    assert!(!format!("{outcome:?}").contains("s3cr3t"), "{outcome:?}");
}

#[tokio::test]
async fn expect_tells_nothing_of_a_secret_that_comes_back() {
    let server = Server::new(|_| response(200, "x-echo: L-s3cr3t\r\n", "{\"key\": \"L-s3cr3t\"}")).await;
    for (condition, holds) in [
        ("body.key.startsWith('L')", false),
        ("headers['x-echo'].contains('s3c')", false),
        ("body.key == '[secret KEY]'", true),
    ] {
        let mut http = get(&server.url("/"));
        http.secrets = vec![secret("KEY", "L-s3cr3t", &[])];
        http.expect = Some(expression::Expr::compile(condition).unwrap());
        match run(&server, http).await {
            stepwell_core::task::Outcome::Succeeded { .. } => assert!(holds, "{condition}"),
            other => assert!(!holds, "{condition}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_failure_after_a_redirect_does_not_tell_where_it_leads() {
    // Punycode and the like would hide a secret from masking, and a server may redirect to any name.
    let server = Server::new(|path| match path {
        "/name" => redirect(302, "http://xn--s3crt-bsa.invalid/"),
        _ => redirect(302, "http://127.0.0.9:1/"),
    })
    .await;
    for path in ["/name", "/address"] {
        let mut http = get(&server.url(path));
        http.secrets = vec![secret("KEY", "s3cr\u{e9}t", &[])];
        let outcome = format!("{:?}", run(&server, http).await);
        assert!(!outcome.contains("s3cr") && !outcome.contains("127.0.0.9"), "{outcome}");
    }
}

#[tokio::test]
async fn a_secret_in_a_body_that_is_no_text_or_is_cut_is_masked() {
    let binary = Server::new(|_| {
        let body = [&b"\xff\xfe"[..], b"%734cret-value!", b"s4cret%2Dvalue%21\xff"].concat();
        let head = format!("HTTP/1.1 200 X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        Reply::Bytes([head.into_bytes(), body].concat())
    })
    .await;
    let mut http = get(&binary.url("/"));
    http.secrets = vec![secret("KEY", "s4cret-value!", &[])];
    let seen = output(run(&binary, http).await);
    assert_eq!(seen["body"], "//5bc2VjcmV0IEtFWV1bc2VjcmV0IEtFWV3/", "both are masked before they become base64");
    // Details keep the beginning of a body: the cut must not leave a part of a secret that is not found any more.
    let cut = 64 * 1024 - 9;
    let long =
        Server::new(move |_| response(400, "", &format!("{}s4cret-value!{}", "x".repeat(cut), "y".repeat(99)))).await;
    let mut http = get(&long.url("/"));
    http.secrets = vec![secret("KEY", "s4cret-value!", &[])];
    let details = failed(run(&long, http).await).details.unwrap();
    assert!(
        !details["body"].as_str().unwrap().contains("s4cret"),
        "the end is {:?}",
        &details["body"].as_str().unwrap()[cut - 5..]
    );
}
