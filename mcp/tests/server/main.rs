//! Tests of the server over the host in memory, by the messages that a client sends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod asking;
mod hostile;
mod rights;
mod waiting;
mod workflows;

use api::{App, Scope};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use document::time::Time;
use engine::port::{Host, Token};
use memory::Memory;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

/// How long the tools of the tests wait.
pub const PATIENCE: Duration = Duration::from_millis(900);

/// A server over a host on which nothing runs until a test says so.
pub struct World {
    pub host: Arc<Memory>,
    pub service: Router,
}

/// The response to a message.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The messages of the answer: one of JSON, or the data of each event.
    pub fn messages(&self) -> Vec<Value> {
        let kind = self.headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
        if kind.starts_with("text/event-stream") {
            let data = self.text.lines().filter_map(|line| line.strip_prefix("data:"));
            return data.filter_map(|text| serde_json::from_str(text).ok()).collect();
        }
        vec![serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{} {}", self.status, self.text))]
    }

    /// The result of the request.
    #[track_caller]
    pub fn result(&self) -> Value {
        let last = self.messages().pop().unwrap();
        assert!(last.get("result").is_some(), "{last:#}");
        last["result"].clone()
    }

    /// The code of the protocol's error.
    #[track_caller]
    pub fn error(&self) -> i64 {
        self.messages().pop().unwrap()["error"]["code"].as_i64().unwrap_or_else(|| panic!("{}", self.text))
    }
}

impl World {
    /// A world whose one user is signed in.
    pub fn local() -> Self {
        Self::with(|app| app.with_local_user("acme", "ann@example.com"))
    }

    /// A world whose callers send tokens.
    pub fn with(change: impl FnOnce(App) -> App) -> Self {
        let host = Arc::new(Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()));
        let app = Arc::new(change(App::new(host.clone())));
        let routes = api::routes().merge(stepwell_mcp::routes_with(PATIENCE));
        Self { host, service: api::service(app, routes) }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.service.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Sends a message as a client does that has agreed on a version.
    pub async fn message(&self, token: Option<&str>, message: &Value) -> Answer {
        let mut request = Request::post("/mcp")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2025-06-18");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.send(request.body(Body::from(message.to_string())).unwrap()).await
    }

    pub async fn ask(&self, method: &str, params: Value) -> Answer {
        self.message(None, &request(method, params)).await
    }

    /// Calls a tool. Returns its result.
    pub async fn call(&self, name: &str, arguments: Value) -> Value {
        self.ask("tools/call", json!({ "name": name, "arguments": arguments })).await.result()
    }

    /// The same by the bearer of a token.
    pub async fn call_by(&self, token: &str, name: &str, arguments: Value) -> Value {
        let message = request("tools/call", json!({ "name": name, "arguments": arguments }));
        self.message(Some(token), &message).await.result()
    }

    /// The names of the tools that the bearer of a token is told of.
    pub async fn tools(&self, token: Option<&str>) -> Vec<String> {
        let listed = self.message(token, &request("tools/list", json!({}))).await.result();
        listed["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Handles the host's messages until requests are answered.
    pub async fn meanwhile<T>(&self, requests: impl Future<Output = T>) -> T {
        let mut requests = std::pin::pin!(requests);
        loop {
            self.host.handle_due().await;
            if let std::task::Poll::Ready(answers) = futures::poll!(&mut requests) {
                return answers;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Asks the API itself, as the bearer of a token or the local user.
    pub async fn api(&self, token: Option<&str>, method: &str, path: &str, body: Value) -> Value {
        let mut request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let answer = self.send(request.body(Body::from(body.to_string())).unwrap()).await;
        assert!(answer.status.is_success(), "{} {}", answer.status, answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    pub async fn save(&self, token: Option<&str>, document: &Value) {
        self.api(token, "POST", "/v1/workflows", document.clone()).await;
    }

    pub async fn token(&self, text: &str, owner: &str, scopes: &[&str]) {
        let token = Token {
            sha256: api::sha256_of_token(text),
            name: text.into(),
            owner: owner.into(),
            subject: format!("{text}@example.com"),
            scopes: scopes.iter().filter_map(|scope| Scope::parse(scope)).collect(),
            expires_at: None,
            created_at: None,
        };
        self.host.tokens().add_token(token).await.unwrap();
    }
}

pub fn request(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })
}

/// The text of a result, and whether it is an error.
#[track_caller]
pub fn said(result: &Value) -> (String, bool) {
    let text = result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result:#}"));
    (text.to_owned(), result["isError"] == json!(true))
}

/// A workflow that greets, and is a tool where `mcp` is true.
pub fn greet(mcp: bool) -> Value {
    json!({
        "id": "greet", "description": "Greets somebody.", "metadata": { "mcp": mcp },
        "input_schema": { "type": "object", "required": ["name"], "properties": { "name": { "type": "string" } },
            "additionalProperties": false },
        "nodes": [{ "id": "start", "type": "manual_trigger" },
            { "id": "hello", "type": "transform", "config": { "expression": "'Hello, ' + input.name" } }],
        "edges": [{ "from": "start", "to": "hello" }]
    })
}

/// A workflow that asks, and is a tool.
pub fn approval() -> Value {
    json!({
        "id": "pay", "metadata": { "mcp": true },
        "nodes": [{ "id": "start", "type": "manual_trigger" },
            { "id": "approve", "type": "human", "config": { "kind": "approval", "question": "Pay?",
                "assignees": ["ann@example.com"], "timeout_seconds": 3600 } }],
        "edges": [{ "from": "start", "to": "approve" }]
    })
}
