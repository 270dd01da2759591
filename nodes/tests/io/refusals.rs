//! `http_request`: what is refused, what breaks, and how certain it is that nothing happened.

use crate::support::*;
use std::time::{Duration, Instant};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

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
    let outcome = run_for(&crate::support::nodes(&allowed), get(&format!("http://localhost:{port}/")), 5.0).await;
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
