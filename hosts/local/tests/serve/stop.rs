//! Who waits when the host stops.

use crate::support::{Serving, answered, limits, rest};
use serde_json::json;
use std::time::{Duration, Instant};
use stepwell_local::server::Callers;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::sleep,
};

#[tokio::test]
async fn whoever_waits_is_answered_when_the_host_stops() {
    let serving = Serving::start(Callers::Loopback, limits()).await;
    let waits = json!({"id": "s", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "w", "type": "wait", "config": {"event": "go"}}], "edges": [{"from": "start", "to": "w"}]});
    let body = json!({"workflow": waits}).to_string();
    let length = body.len();
    let mut waiting = serving.connect().await;
    let head = "POST /v1/executions?wait=25 HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
    waiting.write_all(format!("{head}content-length: {length}\r\n\r\n{body}").as_bytes()).await.unwrap();
    let id = loop {
        let (_, list) = serving.call("GET /v1/executions?status=waiting", &[], &json!(null)).await;
        match list["items"][0]["execution_id"].as_str() {
            Some(id) => break id.to_owned(),
            None => sleep(Duration::from_millis(20)).await,
        }
    };
    let mut events = serving.connect().await;
    let line = format!("GET /v1/executions/{id}/events HTTP/1.1\r\nhost: localhost\r\n\r\n");
    events.write_all(line.as_bytes()).await.unwrap();
    let mut begun = vec![0; 15];
    events.read_exact(&mut begun).await.unwrap();
    assert_eq!(begun, b"HTTP/1.1 200 OK");
    let before = Instant::now();
    let (answer, events, ()) = tokio::join!(rest(&mut waiting), rest(&mut events), serving.stop());
    assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
    let (status, accepted) = answered(&answer);
    assert_eq!((status, &accepted["execution_id"], &accepted["status"]), (202, &json!(id), &json!("waiting")));
    // The stream ends as a whole answer does, so that the client comes again with the last event's id.
    assert!(events.contains("event: execution_started") && events.ends_with("\r\n0\r\n\r\n"), "{events}");
}
