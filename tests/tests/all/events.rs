//! The events in `events/`, handed to the code that handles them.

use crate::docs::{read, service};
use axum::body::to_bytes;
use memory::Memory;
use serde_json::{Value, json};
use shared::{
    effect::{Message, Work},
    port::{Catalogue, Token},
    time::Time,
};
use std::sync::Arc;
use tower::ServiceExt;

/// What the service answers to a request of the HTTP API in `events/`, read as Lambda's runtime reads it.
async fn answer(host: &Arc<Memory>, event: &str) -> (u16, Value) {
    let request = lambda_http::request::from_str(&read(event)).unwrap();
    let response = service(host.clone()).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test]
async fn the_gateways_events_are_requests() {
    let host = Arc::new(Memory::new(Time(0)));
    let example: Value = serde_json::from_str(&read("examples/expense-approval.json")).unwrap();
    let workflow = shared::workflow::parse(&example).unwrap().workflow;
    host.save("acme", &workflow, None, Time(0)).await.unwrap();
    let token = Token {
        sha256: api::sha256_of_token("TOKEN"),
        name: "of the events".into(),
        owner: "acme".into(),
        subject: "ada@example.com".into(),
        scopes: vec!["read".into(), "run".into()],
        expires_at: None,
    };
    host.add_token(token).await.unwrap();
    let (status, body) = answer(&host, "events/trigger-http-start.json").await;
    assert_eq!((status, &body["status"]), (202, &json!("pending")), "{body}");
    let (status, body) = answer(&host, "events/status-http-read.json").await;
    assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("01939f0a"), "{body}");
}

#[tokio::test]
async fn the_queues_event_is_a_batch() {
    let host = Memory::new(Time(0));
    let event: Value = serde_json::from_str(&read("events/step-sqs-batch.json")).unwrap();
    let body = event["Records"][0]["body"].as_str().unwrap();
    let message: Message = serde_json::from_str(body).unwrap();
    assert!(matches!(message.work, Work::Step { attempt: 1, io: true, .. }));
    assert_eq!(serde_json::to_string(&message).unwrap(), body);
    let taken = step::handle_batch(&host, serde_json::from_value(event.clone()).unwrap()).await;
    assert!(taken.batch_item_failures.is_empty(), "a message of an execution that is gone is acknowledged");
    let mut broken = event;
    broken["Records"][0]["body"] = "{}".into();
    let returned = step::handle_batch(&host, serde_json::from_value(broken).unwrap()).await;
    assert_eq!(returned.batch_item_failures.len(), 1);
}
