//! A data folder whose key was lost: the host starts and says so, and what needs a secret waits for it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use serde_json::{Value, json};
use std::{path::Path, sync::Arc, time::Duration};
use stepwell_local::{Local, server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tower::ServiceExt;

async fn call(api: &Router, method: &str, path: &str, body: Value) -> Value {
    let request = Request::builder().method(method).uri(path).header("host", "localhost");
    let request = request.header("content-type", "application/json");
    let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
    let answer = api.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
    serde_json::from_slice(&to_bytes(answer.into_body(), usize::MAX).await.unwrap()).unwrap_or_default()
}

async fn open(path: &Path) -> (Arc<Local>, Router) {
    let host = server::open(path, nodes::AllowList::parse("127.0.0.1").unwrap()).unwrap();
    server::start(&host).await.unwrap();
    let api = server::router(&host, server::Callers::Own, &server::Stop::never());
    (host, api)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_secret_of_a_lost_key_waits_until_it_is_set_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut seen = vec![0; 65_536];
            let read = stream.read(&mut seen).await.unwrap();
            let good = String::from_utf8_lossy(&seen[..read]).contains("new-value");
            let status = if good { "200 OK" } else { "403 No" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    // Given a folder with a secret, whose key is lost.
    let path = std::env::temp_dir().join(format!("stepwell-lost-key-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    let (host, api) = open(&path).await;
    call(&api, "PUT", "/v1/secrets/K", json!({"value": "old-value"})).await;
    host.shutdown(Duration::ZERO).await;
    std::fs::remove_file(path.join("key")).unwrap();
    // When the host starts, then it does, and knows which secrets it cannot open.
    let (host, api) = open(&path).await;
    assert_eq!(host.database().sealed_otherwise().await.unwrap(), ["K"]);
    // And an execution that needs one neither fails nor is stuck, however long that takes.
    let document = json!({"id": "asks", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "get", "type": "http_request", "config": {"url": url, "headers": {"X-Key": "{{ secrets.K }}"}}}],
        "edges": [{"from": "go", "to": "get"}]});
    let started = call(&api, "POST", "/v1/executions", json!({"workflow": document})).await;
    let shown = format!("/v1/executions/{}", started["execution_id"].as_str().unwrap());
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert_eq!(call(&api, "GET", &shown, Value::Null).await["status"], "running");
    // When the secret is set again, then the execution goes on by itself.
    call(&api, "PUT", "/v1/secrets/K", json!({"value": "new-value"})).await;
    let mut ended = Value::Null;
    for _ in 0..200 {
        ended = call(&api, "GET", &shown, Value::Null).await;
        if ended["status"] != "running" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(host.database().sealed_otherwise().await.unwrap(), Vec::<String>::new());
    host.shutdown(Duration::ZERO).await;
    let _ = std::fs::remove_dir_all(&path);
}
