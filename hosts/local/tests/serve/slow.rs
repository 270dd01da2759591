//! Clients that do not read, and those that read slowly.

use crate::support::{STALL, Serving, answered, limits, rest};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use stepwell_local::server::{Callers, Limits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

const HEALTH: &str = "GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// A client that asks for far more than all buffers hold, and reads nothing of it.
async fn deaf(serving: &Serving) -> TcpStream {
    let mut stream = serving.narrow().await;
    let asked = "GET /openapi.json HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(200);
    // Where no place is left, it is closed before all is sent.
    let _ = timeout(STALL, stream.write_all(asked.as_bytes())).await;
    stream
}

#[tokio::test]
async fn answers_that_nobody_reads_end_neither_health_nor_others_requests() {
    let few = Limits { connections: 32, spare: 8, ..limits() };
    let serving = Serving::start(Callers::Loopback, few).await;
    let mut clients = Vec::new();
    for _ in 0..500 {
        clients.push(deaf(&serving).await);
        let begun = Instant::now();
        if clients.len() % 50 == 0 {
            let answer = serving.say(HEALTH).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        }
    }
    // Nobody of them reads; their places come back by themselves.
    let mut tries = 0;
    while serving.call("GET /v1/executions", &[], &Value::Null).await.0 != 200 {
        tries += 1;
        assert!(tries < 100, "the places never come back");
        sleep(STALL / 5).await;
    }
    drop(clients);
    serving.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_and_a_slow_one_is_not() {
    let serving = Serving::start(Callers::Loopback, Limits { stall_bytes: 1_000, ..limits() }).await;
    let mut deaf = deaf(&serving).await;
    let mut slow = serving.narrow().await;
    slow.write_all(b"GET /openapi.json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut read, mut part) = (Vec::new(), vec![0; 16 * 1024]);
    let begun = Instant::now();
    loop {
        match slow.read(&mut part).await.unwrap() {
            0 => break,
            count => read.extend_from_slice(&part[..count]),
        }
        sleep(STALL / 20).await;
    }
    let (status, document) = answered(&String::from_utf8(read).unwrap());
    assert_eq!((status, &document["info"]["title"]), (200, &json!("Stepwell")));
    sleep((4 * STALL).saturating_sub(begun.elapsed())).await;
    let answers = rest(&mut deaf).await.matches("HTTP/1.1 200").count();
    assert!(answers < 200, "{answers}");
    serving.stop().await;
}

#[tokio::test]
async fn an_event_stream_that_nobody_reads_is_cut_off() {
    let serving = Serving::start(Callers::Loopback, limits()).await;
    let computed = format!("'{}'", "x".repeat(2_000));
    let step = |n: usize| json!({"id": format!("n{n}"), "type": "transform", "config": {"expression": computed}});
    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger"})];
    nodes.extend((0..500).map(step));
    let edges: Vec<_> = (0..500).map(|n| json!({"from": "start", "to": format!("n{n}")})).collect();
    let id = serving.started(&json!({"id": "w", "nodes": nodes, "edges": edges})).await;
    let line = format!("GET /v1/executions/{id}/events HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let whole = serving.say(&line).await;
    assert!(whole.contains("event: end") && whole.len() > 1_000_000, "{} bytes", whole.len());
    let mut deaf = serving.narrow().await;
    deaf.write_all(line.as_bytes()).await.unwrap();
    sleep(4 * STALL).await;
    let cut = rest(&mut deaf).await;
    assert!(!cut.contains("event: end"), "{} of {} bytes", cut.len(), whole.len());
    serving.stop().await;
}

/// The host looks for changes more often than streams beat, which must not put the beat off.
#[tokio::test]
async fn a_silent_event_stream_beats_all_the_same() {
    let serving = Serving::start(Callers::Loopback, limits()).await;
    let go = json!({"id": "go", "type": "wait", "config": {"event": "e", "timeout_seconds": 600}});
    let nodes = json!([{"id": "start", "type": "manual_trigger"}, go]);
    let id = serving.started(&json!({"id": "w", "nodes": nodes, "edges": [{"from": "start", "to": "go"}]})).await;
    let mut stream = serving.connect().await;
    let line = format!("GET /v1/executions/{id}/events HTTP/1.1\r\nhost: localhost\r\n\r\n");
    stream.write_all(line.as_bytes()).await.unwrap();
    let mut seen = Vec::new();
    let beat = async {
        while !String::from_utf8_lossy(&seen).contains(": heartbeat") {
            assert!(stream.read_buf(&mut seen).await.unwrap() > 0, "the stream ended");
        }
    };
    timeout(Duration::from_secs(25), beat).await.expect("a heartbeat after 15 s");
    drop(stream);
    serving.stop().await;
}

#[tokio::test]
async fn a_body_is_not_read_before_its_sender_is_known() {
    let serving = Serving::start(Callers::Everybody, limits()).await;
    for (headers, sent) in [("", 0), ("", 4 << 20), ("expect: 100-continue\r\n", 0)] {
        let mut stream = serving.connect().await;
        let head = format!(
            "POST /v1/executions HTTP/1.1\r\nhost: x\r\n{headers}content-type: application/json\r\n\
             content-length: 6000000\r\n\r\n"
        );
        let begun = Instant::now();
        let (mut from, mut to) = stream.split();
        let (_, answer) = tokio::join!(
            async {
                to.write_all(head.as_bytes()).await.unwrap();
                // Nobody takes it, so it may never be sent whole.
                let _ = to.write_all(&vec![b' '; sent]).await;
            },
            rest(&mut from)
        );
        // Where bytes of a body come after the answer, the connection is reset, and the answer may be lost.
        assert!(answer.starts_with("HTTP/1.1 401") || (sent > 0 && answer.is_empty()), "{headers}{sent}: {answer}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
    serving.stop().await;
}

#[tokio::test]
async fn a_body_that_no_handler_wants_holds_nothing() {
    let serving = Serving::start(Callers::Everybody, limits()).await;
    let mut stream = serving.connect().await;
    stream.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n{").await.unwrap();
    let begun = Instant::now();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && begun.elapsed() < Duration::from_secs(5), "{answer}");
    serving.stop().await;
}
