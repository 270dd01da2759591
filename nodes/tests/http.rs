//! `http_request` against a server of the test's own, which answers what a test tells it to, byte by byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::{Value, json};
use shared::{
    task::{Failure, HttpTask, Outcome, Task, UsedSecret, Work},
    time::Time,
};
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use stepwell_nodes::{AllowList, Config, Nodes};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What a test's server answers to a request's path; nothing closes the connection.
type Answer = Arc<dyn Fn(&str) -> Reply + Send + Sync>;

enum Reply {
    /// Bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// Bytes, then silence.
    Hang(Vec<u8>),
    /// A chunked body of that many MiB.
    Flood(usize),
}

struct Server {
    port: u16,
    /// Requests as they came, head and body.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn new(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, log): (Answer, _) = (Arc::new(answer), seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), log.clone()));
            }
        });
        Self { port, seen }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, seen: Arc<Mutex<Vec<String>>>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                seen.lock().unwrap().push(text.clone());
                let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
                match answer(&path) {
                    Reply::Bytes(bytes) => drop(stream.write_all(&bytes).await),
                    Reply::Hang(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                        std::future::pending::<()>().await;
                    }
                    Reply::Flood(mebibytes) => {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
                        let chunk = [b"100000\r\n".to_vec(), vec![b'x'; 1 << 20], b"\r\n".to_vec()].concat();
                        for _ in 0..mebibytes {
                            if stream.write_all(&chunk).await.is_err() {
                                return;
                            }
                        }
                        let _ = stream.write_all(b"0\r\n\r\n").await;
                    }
                }
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

fn response(status: u16, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(
        format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}").into(),
    )
}

fn redirect(status: u16, to: &str) -> Reply {
    response(status, &format!("location: {to}\r\n"), "")
}

fn nodes(allow: &str) -> Nodes {
    Nodes::new(Config { http_allow: AllowList::parse(allow).unwrap(), ..Config::default() }).unwrap()
}

fn get(url: &str) -> HttpTask {
    HttpTask {
        method: "GET".into(),
        url: url.into(),
        headers: vec![],
        query: vec![],
        body: None,
        expect: None,
        secrets: vec![],
    }
}

fn copy(task: &HttpTask) -> HttpTask {
    HttpTask {
        method: task.method.clone(),
        headers: task.headers.clone(),
        query: task.query.clone(),
        body: task.body.clone(),
        secrets: task.secrets.clone(),
        ..get(&task.url)
    }
}

fn secret(name: &str, value: &str, hosts: &[&str]) -> UsedSecret {
    UsedSecret { name: name.into(), value: value.into(), hosts: hosts.iter().map(|h| (*h).to_owned()).collect() }
}

async fn run_for(nodes: &Nodes, http: HttpTask, seconds: f64) -> Outcome {
    let work = Work::Http(Box::new(http));
    let task = Task { idempotency_key: "exec.1.charge.1".into(), timeout_seconds: seconds, work };
    nodes.run(&task, &|| Time(0)).await.outcome
}

async fn run(server: &Server, http: HttpTask) -> Outcome {
    run_for(&nodes(&format!("127.0.0.1:{}", server.port)), http, 10.0).await
}

fn output(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Succeeded { port, output } if port == "success" => output,
        other => panic!("{other:?}"),
    }
}

fn failed(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

fn unknown(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Unknown(failure) => failure,
        other => panic!("{other:?}"),
    }
}

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
    for (status, retryable) in
        [(400, false), (404, false), (408, true), (409, false), (425, true), (500, true), (503, true)]
    {
        let failure = failed(run(&server, get(&server.url(&format!("/{status}")))).await);
        assert_eq!((failure.code.as_str(), failure.retryable), ("unexpected_status", retryable), "{status}");
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
        http.expect = Some(shared::expression::Expr::compile(expect).unwrap());
        match run(&server, http).await {
            Outcome::Succeeded { .. } => assert!(holds, "{expect}"),
            Outcome::Failed(failure) => {
                assert!(!holds, "{expect}: {failure:?}");
                assert_eq!(failure.code, "unexpected_status");
                assert!(failure.message.contains("expect") && !failure.retryable, "{}", failure.message);
            }
            other => panic!("{expect}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn nothing_that_is_not_public_is_reached() {
    let server = Server::new(|_| response(200, "", "secret")).await;
    let port = server.port;
    let nodes = nodes("127.0.0.1:1");
    for host in ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0", "127.1"] {
        let failure = failed(run_for(&nodes, get(&format!("http://{host}:{port}/")), 5.0).await);
        assert_eq!(failure.code, "address_not_allowed", "{host}");
        assert!(!failure.retryable && failure.message.contains("STEPWELL_HTTP_ALLOW"), "{}", failure.message);
    }
    assert_eq!(server.seen().len(), 0);
    let allowed = format!("localhost:{port}");
    let outcome = run_for(&self::nodes(&allowed), get(&format!("http://localhost:{port}/")), 5.0).await;
    assert_eq!(output(outcome)["body"], "secret", "a name that the list names is reached");
}

#[tokio::test]
async fn a_redirect_is_judged_like_a_first_request() {
    let inner = Server::new(|_| response(200, "", "inside")).await;
    let port = inner.port;
    let server = Server::new(move |path| match path {
        "/ip" => redirect(302, &format!("http://127.0.0.1:{port}/")),
        "/name" => redirect(307, &format!("http://localhost:{port}/")),
        "/number" => redirect(301, &format!("//2130706433:{port}/")),
        "/scheme" => redirect(302, "file:///etc/passwd"),
        _ => redirect(303, "gopher://127.0.0.1/"),
    })
    .await;
    for path in ["/ip", "/name", "/number"] {
        assert_eq!(failed(run(&server, get(&server.url(path))).await).code, "address_not_allowed", "{path}");
    }
    for path in ["/scheme", "/gopher"] {
        assert_eq!(failed(run(&server, get(&server.url(path))).await).code, "invalid_url", "{path}");
    }
    assert_eq!(inner.seen().len(), 0);
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
async fn what_is_certain_failed_and_what_is_not_is_unknown() {
    let server = Server::new(|path| match path {
        "/gone" => Reply::Bytes(vec![]),
        "/half" => Reply::Bytes(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec()),
        "/junk" => Reply::Bytes(b"what?\r\n\r\n".to_vec()),
        "/slow-head" => Reply::Hang(b"HTTP/1.1 200 ".to_vec()),
        _ => Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec()),
    })
    .await;
    for path in ["/gone", "/half", "/junk"] {
        let failure = unknown(run(&server, get(&server.url(path))).await);
        assert_eq!((failure.code.as_str(), failure.retryable), ("connection_broken", true), "{path}");
    }
    let nodes = nodes("127.0.0.1");
    for path in ["/slow-head", "/slow-body"] {
        let begun = Instant::now();
        let failure = unknown(run_for(&nodes, get(&server.url(path)), 0.3).await);
        assert_eq!((failure.code.as_str(), failure.retryable), ("timeout", true), "{path}");
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let failure = failed(run_for(&nodes, get(&format!("http://127.0.0.1:{closed}/")), 5.0).await);
    assert_eq!((failure.code.as_str(), failure.retryable), ("connection_failed", true));
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}/", plain.local_addr().unwrap().port());
    tokio::spawn(async move {
        let (mut stream, _) = plain.accept().await.unwrap();
        stream.write_all(b"this is no TLS at all").await.unwrap();
        let _ = stream.read(&mut [0; 4096]).await;
    });
    let failure = failed(run_for(&nodes, get(&url), 5.0).await);
    assert_eq!(failure.code, "tls_error");
    let failure = failed(run_for(&nodes, get("http://no-such-name.invalid/"), 20.0).await);
    assert_eq!((failure.code.as_str(), failure.retryable), ("dns_error", true));
}

#[tokio::test]
async fn a_response_is_bounded() {
    let server = Server::new(|path| match path {
        "/declared" => Reply::Hang(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nx".to_vec()),
        "/small" => Reply::Flood(3),
        _ => Reply::Flood(40),
    })
    .await;
    for path in ["/declared", "/flood"] {
        assert_eq!(unknown(run(&server, get(&server.url(path))).await).code, "response_too_large", "{path}");
    }
    let body = output(run(&server, get(&server.url("/small"))).await)["body"].as_str().unwrap().len();
    assert_eq!(body, 3 << 20);
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

#[tokio::test]
async fn a_request_that_cannot_be_is_refused_before_it_is_sent() {
    let server = Server::new(|_| response(200, "", "")).await;
    for url in [
        "",
        "nowhere",
        "/path",
        "file:///etc/passwd",
        "ftp://example.com/",
        "http://",
        "http://a b/",
        "http://x:99999/",
    ] {
        assert_eq!(failed(run(&server, get(url)).await).code, "invalid_url", "{url:?}");
    }
    for (name, value) in [
        ("X\n", "a"),
        ("X", "a\r\nY: b"),
        ("", "a"),
        ("X Y", "a"),
        ("Content-Length", "5"),
        ("Transfer-Encoding", "chunked"),
        ("Proxy-Authorization", "x"),
    ] {
        let mut http = get(&server.url("/"));
        http.headers = vec![(name.into(), value.into())];
        assert_eq!(failed(run(&server, http).await).code, "invalid_header", "{name:?}: {value:?}");
    }
    let mut http = get(&server.url("/"));
    http.method = "CONNECT".into();
    assert_eq!(failed(run(&server, http).await).code, "invalid_method");
    assert_eq!(server.seen().len(), 0);
}
