//! Tests of the routes of all functions as one service, over the host in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod access;
mod agents;
mod alike;
mod backtrack;
mod below;
mod booking;
mod bulk;
mod chat;
mod control;
mod conversations;
mod draft;
mod duplicates;
mod erase;
mod executions;
mod fits;
mod fork;
mod groups;
mod hostile;
mod inbox;
mod interactions;
mod issuer;
mod jwt;
mod kept_out;
mod lasting;
mod matrix;
mod memories;
mod messages;
mod misfits;
mod moved;
mod moving;
mod openapi;
mod passed_on;
mod patch;
mod receipts;
mod repeats;
mod resume;
mod retry;
mod rollback;
mod said;
mod secrets;
mod slack;
mod tokens;
mod unstick;
mod warnings;
mod way_round;
mod whatif;
mod workflows;
mod wrong;
mod yaml;

extern crate stepwell_api as api;

use api::App;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use document::time::Time;
use engine::port::{Clock, Host, Token};
use memory::Memory;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

/// A service over a host on which nothing runs until a test says so.
pub struct World {
    pub host: Arc<Memory>,
    pub service: Router,
}

/// The response to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The body, of a response that must have this status.
    #[track_caller]
    pub fn of(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// The problem details, of a response that must have this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        let problem = self.of(status);
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{problem}");
        problem
    }
}

impl World {
    pub fn local() -> Self {
        Self::with(|app| app.with_local_user("acme", "ann@example.com"))
    }

    /// The same by the machine's clock, for requests that come one after the other.
    pub fn on_the_clock() -> Self {
        Self::over(Memory::on_the_clock(), |app| app.with_local_user("acme", "ann@example.com"))
    }

    pub fn with(change: impl FnOnce(App) -> App) -> Self {
        Self::over(Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()), change)
    }

    pub fn over(host: Memory, change: impl FnOnce(App) -> App) -> Self {
        let host = Arc::new(host);
        let app = Arc::new(change(App::new(host.clone())));
        Self { host, service: api::service(app, api::routes()) }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.service.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Request::delete(path).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.with_headers("POST", path, &[], body).await
    }

    pub async fn with_headers(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if headers.iter().all(|(name, _)| *name != "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Moves the clock of a world that has one of its own.
    pub fn pass(&self, time: Duration) {
        self.host.advance(self.host.now() + time);
    }

    /// Handles messages until none is due.
    pub async fn run(&self) {
        self.host.handle_due().await;
    }

    /// Handles messages until requests are answered.
    pub async fn meanwhile<T>(&self, requests: impl Future<Output = T>) -> T {
        let mut requests = std::pin::pin!(requests);
        loop {
            self.run().await;
            if let std::task::Poll::Ready(answers) = futures::poll!(&mut requests) {
                return answers;
            }
            tokio::task::yield_now().await;
        }
    }

    /// Saves a document and starts it. Returns the execution's id.
    pub async fn started(&self, document: Value, input: Value) -> String {
        let id = document["id"].as_str().unwrap().to_owned();
        let saved = self.post("/v1/workflows", document).await;
        assert!(saved.status.is_success(), "{}", saved.text);
        let started = self.post(&format!("/v1/workflows/{id}/executions"), json!({ "input": input })).await;
        started.of(202)["execution_id"].as_str().unwrap().to_owned()
    }

    pub async fn token(&self, text: &str, owner: &str, scopes: &[&str]) {
        let token = Token {
            sha256: api::sha256_of_token(text),
            name: text.into(),
            owner: owner.into(),
            subject: format!("{text}@example.com"),
            scopes: scopes.iter().filter_map(|scope| api::Scope::parse(scope)).collect(),
            expires_at: None,
            created_at: None,
        };
        self.host.tokens().add_token(token).await.unwrap();
    }
}

/// Reads an answer into its documented type, which must hold all of it.
#[track_caller]
pub fn shaped<T: serde::de::DeserializeOwned + serde::Serialize>(value: &Value) -> T {
    let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error} in {value:#}"));
    assert_eq!(serde_json::to_string(&read).unwrap(), value.to_string());
    read
}

pub fn greet() -> Value {
    json!({
        "id": "greet",
        "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "hello", "type": "transform", "config": {"expression": "'Hello, ' + input.name"}}
        ],
        "edges": [{"from": "start", "to": "hello"}]
    })
}

pub fn approval() -> Value {
    json!({
        "id": "pay",
        "nodes": [
            {"id": "start", "type": "manual_trigger"},
            {"id": "approve", "type": "human", "config": {"kind": "approval", "question": "Pay {{ input.amount }}?",
                "assignees": ["ann@example.com", "bob@example.com"], "timeout_seconds": 3600}},
            {"id": "paid", "type": "transform", "config": {"expression": "'paid'"}},
            {"id": "refused", "type": "transform", "config": {"expression": "'refused'"}}
        ],
        "edges": [{"from": "start", "to": "approve"}, {"from": "approve", "to": "paid", "port": "approved"},
            {"from": "approve", "to": "refused", "port": "rejected"}]
    })
}
