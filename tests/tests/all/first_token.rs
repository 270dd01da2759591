//! The first API token of a deployment on AWS, which whoever may invoke the function `trigger` makes.

use crate::docs::{read, service};
use api::triggers::invocation::{Failure, handle, handle_without_tokens};
use document::time::Time;
use engine::port::{Clock, Host};
use lambda_http::Context;
use memory::Memory;
use serde_json::{Value, json};
use std::sync::Arc;

const OWNER: &str = "acme";

fn host() -> Arc<Memory> {
    Arc::new(Memory::new(Time::parse("2026-11-21T09:00:00Z").unwrap()))
}

/// What the function answers to an event.
async fn invoked(host: &Arc<Memory>, event: &str) -> Result<Value, Failure> {
    let answer = handle(&service(host.clone()), &**host, OWNER, event, Context::default()).await?;
    Ok(serde_json::from_str(answer.get()).unwrap())
}

#[tokio::test]
async fn whoever_may_invoke_the_function_gets_a_token_and_nobody_by_a_request() {
    let host = host();
    let made = invoked(&host, &read("events/trigger-direct-token.json")).await.unwrap();
    let token = made["token"].as_str().unwrap();
    let kept = host.tokens().token(&api::sha256_of_token(token)).await.unwrap().unwrap();
    assert_eq!((kept.owner.as_str(), kept.subject.as_str(), kept.scopes.len()), (OWNER, "ada@example.com", 4));
    assert_eq!(kept.expires_at, Some(host.now().after_seconds(30.0 * 86_400.0)), "it is for the beginning");
    let lasting = json!({"name": "n", "subject": "a", "scopes": ["read"], "expires_at": "2030-01-01T00:00:00Z"});
    let made = invoked(&host, &json!({"create_token": lasting}).to_string()).await.unwrap();
    assert_eq!(made["expires_at"], "2030-01-01T00:00:00.000Z");
    for (body, said) in [
        (json!({"name": "n", "scopes": ["admin"]}), "subject"),
        (json!({"name": "n", "subject": "a", "scopes": ["root"]}), "/scopes/0"),
        (json!({"name": "n", "subject": "a", "scopes": [], "more": 1}), "more"),
    ] {
        let failure = invoked(&host, &json!({"create_token": body}).to_string()).await.unwrap_err();
        assert!(failure.message.contains(said), "{failure:?}");
    }
    // What comes by the gateway or the queue is a request or a start, whatever else it says.
    let mut request: Value = serde_json::from_str(&read("events/trigger-http-start.json")).unwrap();
    request["create_token"] = json!({"name": "n", "subject": "a", "scopes": ["admin"]});
    assert!(invoked(&host, &request.to_string()).await.unwrap()["token"].is_null());
    let mut batch: Value = serde_json::from_str(&read("events/trigger-sqs-starts.json")).unwrap();
    batch["Records"][0]["body"] = read("events/trigger-direct-token.json").into();
    let answer = invoked(&host, &batch.to_string()).await.unwrap();
    let failed: Vec<_> = answer["batchItemFailures"].as_array().unwrap().iter().collect();
    assert!(failed.iter().any(|one| one["itemIdentifier"] == batch["Records"][0]["messageId"]), "{answer}");
}

#[tokio::test]
async fn a_stack_may_leave_tokens_to_requests_with_a_token() {
    let host = host();
    let asked = async |event: &str| {
        let text = read(event);
        handle_without_tokens(&service(host.clone()), &*host, OWNER, &text, Context::default()).await
    };
    let refused = asked("events/trigger-direct-token.json").await.unwrap_err();
    assert!(refused.message.contains("POST /v1/tokens"), "{refused:?}");
    let none = asked("events/trigger-direct-start.json").await.unwrap_err();
    assert!(!none.message.contains("tokens"), "all else is handled: {none:?}");
}
