//! Places of connections: what is served when all are taken, and when they are given back.

use crate::support::{SOON, STALL, Serving, limits, rest};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use stepwell_local::server::{Callers, Limits};
use tokio::{io::AsyncWriteExt, time::sleep};

#[tokio::test]
async fn health_has_places_of_its_own_and_others_are_told_to_come_again() {
    let few = Limits { connections: 4, spare: 4, spare_time: 4 * STALL, ..limits() };
    let serving = Serving::start(Callers::Loopback, few).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(serving.connect().await);
    }
    let begun = Instant::now();
    let (status, health) = serving.call("GET /health", &[], &Value::Null).await;
    assert_eq!((status, &health["status"]), (200, &json!("ok")));
    for line in ["GET /v1/executions", "POST /v1/executions", "GET /metrics", "POST /health"] {
        let answer = serving.say(&format!("{line} HTTP/1.1\r\nhost: localhost\r\n\r\n")).await;
        let told = answer.starts_with("HTTP/1.1 503") && answer.contains("retry-after: 1") && answer.contains("busy");
        assert!(told, "{line}: {answer}");
    }
    // The user's own commands do not compete with them.
    assert_eq!(serving.call_own("GET /v1/executions", &[], &Value::Null).await.0, 200);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    drop(silent);
    while serving.call("GET /v1/executions", &[], &Value::Null).await.0 != 200 {
        assert!(begun.elapsed() < SOON, "the places never come back");
        sleep(STALL / 10).await;
    }
    serving.stop().await;
}

#[tokio::test]
async fn a_connection_has_a_bounded_number_of_requests() {
    let serving = Serving::start(Callers::Loopback, Limits { requests: 3, ..limits() }).await;
    let mut stream = serving.connect().await;
    let begun = Instant::now();
    stream.write_all("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(5).as_bytes()).await.unwrap();
    let answers = rest(&mut stream).await;
    assert_eq!(
        (answers.matches("HTTP/1.1 200").count(), answers.matches("connection: close").count()),
        (3, 1),
        "{answers}"
    );
    assert!(begun.elapsed() < Duration::from_secs(5), "it is closed at once");
    serving.stop().await;
}

#[tokio::test]
async fn a_connection_is_not_kept_while_places_are_scarce() {
    let serving = Serving::start(Callers::Loopback, Limits { connections: 4, ..limits() }).await;
    let ask = b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(serving.connect().await);
    }
    let mut last = serving.connect().await;
    last.write_all(ask).await.unwrap();
    let answer = rest(&mut last).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("connection: close"), "{answer}");
    serving.stop().await;
}
