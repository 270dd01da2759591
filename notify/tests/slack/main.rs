//! Slack by its Web API, against a stand-in on loopback: letters that are sent, and what people do with them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod answers;
mod forms;
mod letters;
mod manifest;
mod stand_in;
mod trust;

extern crate stepwell_notify as notify;

use api::App;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use document::time::Time;
use engine::port::Clock;
use hmac::{Hmac, KeyInit, Mac};
use memory::Memory;
use notify::slack::{Settings, Slack};
use serde_json::{Value, json};
use sha2::Sha256;
use stand_in::{StandIn, TOKEN};
use std::sync::Arc;
use tower::ServiceExt;

const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";

/// Slack as a host would be set up for the stand-in.
pub fn slack(origin: &str, token: &str, owner: Option<&str>) -> Slack {
    let variable = |name: &str| match name {
        notify::slack::TOKEN => Some(token.to_owned()),
        notify::slack::SIGNING_SECRET => Some(SECRET.to_owned()),
        notify::slack::API => Some(format!("{origin}/api")),
        notify::slack::OWNER => owner.map(str::to_owned),
        other => panic!("{other} is not documented"),
    };
    Slack::new(Settings::read(variable).unwrap().unwrap(), "stepwell-tests").unwrap()
}

/// The service over the host in memory, with Slack beside it.
pub struct World {
    pub host: Arc<Memory>,
    pub service: Router,
    pub stand_in: StandIn,
}

impl World {
    /// A tenant `acme`, whose people the workspace's members are where `owner` says so.
    pub async fn with_owner(owner: Option<&str>) -> Self {
        let stand_in = StandIn::start().await;
        let host = Arc::new(Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()));
        let desk = Arc::new(slack(&stand_in.origin, TOKEN, owner));
        let app = App::new(host.clone()).with_local_user("acme", "rob@example.com").with_slack(desk);
        Self { service: api::service(Arc::new(app), api::routes()), host, stand_in }
    }

    pub async fn new() -> Self {
        let world = Self::with_owner(None).await;
        for (id, name) in [("UANA", "ana"), ("UBOB", "bob"), ("UEVE", "eve")] {
            world.stand_in.member(id, &format!("{name}@example.com"));
        }
        world
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.service.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default())
    }

    pub async fn api(&self, method: &str, path: &str, body: Value) -> Value {
        let body = if method == "GET" { Body::empty() } else { Body::from(body.to_string()) };
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        let (status, answer) = self.send(request.body(body).unwrap()).await;
        assert!(status.is_success(), "{method} {path}: {answer}");
        answer
    }

    /// Starts a workflow that asks one question of this config. Returns the question's id.
    pub async fn asks(&self, config: Value) -> String {
        let document = json!({"id": "pay", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "ask", "type": "human", "config": config}], "edges": [{"from": "start", "to": "ask"}]});
        self.api("POST", "/v1/workflows", document).await;
        self.api("POST", "/v1/workflows/pay/executions", json!({"input": {}})).await;
        self.host.handle_due().await;
        let inbox = self.api("GET", "/v1/interactions?status=pending", Value::Null).await;
        inbox["items"][0]["interaction_id"].as_str().unwrap().to_owned()
    }

    pub async fn question(&self, id: &str) -> Value {
        self.api("GET", &format!("/v1/interactions/{id}"), Value::Null).await
    }

    /// Sends a body as Slack would, signed at the host's time.
    pub async fn hook(&self, body: &str) -> (StatusCode, Value) {
        self.send(signed(body, self.host.now(), SECRET)).await
    }

    /// Sends a payload as Slack would.
    pub async fn payload(&self, payload: &Value) -> (StatusCode, Value) {
        self.hook(&encoded(payload)).await
    }

    /// The payload of a press, by this user.
    pub fn press(&self, user: &str, action: &str, question: &str) -> Value {
        json!({"type": "block_actions", "user": {"id": user, "team_id": "T1"}, "team": {"id": "T1"}, "trigger_id": "12.34",
            "response_url": self.stand_in.response_url(user), "channel": {"id": "C1"},
            "container": {"type": "message", "message_ts": "1700000000.000001", "channel_id": "C1"},
            "actions": [{"type": "button", "action_id": action, "value": question, "action_ts": "1700000001.1"}]})
    }

    /// The payload of a form that was sent.
    pub fn form(&self, user: &str, question: &str, values: Value) -> Value {
        json!({"type": "view_submission", "user": {"id": user, "team_id": "T1"}, "team": {"id": "T1"},
            "view": {"id": "V1", "hash": "1700000001.abc", "callback_id": "form", "private_metadata": question,
                "state": {"values": values}}})
    }
}

pub fn encoded(payload: &Value) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair("payload", &payload.to_string()).finish()
}

/// A request that is signed with a secret at a time.
pub fn signed(body: &str, at: Time, secret: &str) -> Request<Body> {
    let seconds = (at.0 / 1_000).to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("v0:{seconds}:{body}").as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    Request::post("/v1/hooks/slack")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-slack-request-timestamp", seconds)
        .header("x-slack-signature", format!("v0={hex}"))
        .body(Body::from(body.to_owned()))
        .unwrap()
}

pub fn approval() -> Value {
    json!({"kind": "approval", "question": "Pay 5?", "assignees": ["ana@example.com", "bob@example.com"]})
}
