//! A stand-in of Slack's Web API on loopback, made from its public reference: it checks the token, knows the members of a
//! workspace, answers with Slack's errors and rate limits, and records what it was sent.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

/// The token that is good.
pub const TOKEN: &str = "xoxb-good-token";

/// A call of a method, or a word through a `response_url`.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: String,
    pub arguments: HashMap<String, String>,
}

impl Call {
    /// An argument that is JSON.
    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.arguments[name]).unwrap()
    }
}

#[derive(Default)]
struct World {
    users: Vec<Value>,
    calls: Vec<Call>,
    /// What is answered next by a method in place of what it would answer: status, `Retry-After`, body.
    next: HashMap<String, VecDeque<(u16, Option<u64>, String)>>,
    posted: u64,
}

/// The stand-in, and where it listens.
pub struct StandIn {
    world: Arc<Mutex<World>>,
    pub origin: String,
}

type Shared = Arc<Mutex<World>>;

impl StandIn {
    pub async fn start() -> Self {
        let world = Shared::default();
        let router = Router::new()
            .route("/api/{method}", post(method))
            .route("/respond/{who}", post(respond))
            .with_state(world.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { world, origin }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Adds a member of the app's own workspace.
    pub fn member(&self, id: &str, email: &str) {
        self.account(json!({"id": id, "team_id": "T1", "is_email_confirmed": true, "profile": {"email": email}}));
    }

    /// Adds an account as Slack would show it.
    pub fn account(&self, account: Value) {
        self.world().users.push(account);
    }

    /// Makes the next call of a method fail.
    pub fn fails_next(&self, method: &str, status: u16, retry_after: Option<u64>, body: &str) {
        let mut world = self.world();
        world.next.entry(method.to_owned()).or_default().push_back((status, retry_after, body.to_owned()));
    }

    /// The calls of a method so far.
    pub fn calls(&self, method: &str) -> Vec<Call> {
        self.world().calls.iter().filter(|call| call.method == method).cloned().collect()
    }

    /// The texts that one person was told through a `response_url`.
    pub fn told(&self, who: &str) -> Vec<String> {
        let told = self.calls(&format!("respond {who}"));
        told.iter().map(|call| call.json("body")["text"].as_str().unwrap().to_owned()).collect()
    }

    pub fn response_url(&self, who: &str) -> String {
        format!("{}/respond/{who}", self.origin)
    }
}

async fn respond(State(world): State<Shared>, Path(who): Path<String>, body: Bytes) -> &'static str {
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["response_type"], "ephemeral");
    let arguments = HashMap::from([("body".to_owned(), body)]);
    world.lock().unwrap().calls.push(Call { method: format!("respond {who}"), arguments });
    "ok"
}

fn refuse(error: &str) -> Response {
    axum::Json(json!({"ok": false, "error": error})).into_response()
}

async fn method(State(world): State<Shared>, Path(method): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if headers["authorization"] != format!("Bearer {TOKEN}") {
        return refuse("invalid_auth");
    }
    let arguments: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let mut world = world.lock().unwrap();
    world.calls.push(Call { method: method.clone(), arguments: arguments.clone() });
    if let Some((status, after, body)) = world.next.get_mut(&method).and_then(VecDeque::pop_front) {
        let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
        if let Some(after) = after {
            response.headers_mut().insert("retry-after", after.into());
        }
        return response;
    }
    let argument = |name: &str| arguments.get(name).cloned().unwrap_or_default();
    let answer = match method.as_str() {
        "auth.test" => json!({"ok": true, "team_id": "T1", "team": "Acme", "user_id": "UBOT"}),
        "users.info" => match world.users.iter().find(|user| user["id"] == argument("user")) {
            Some(user) => json!({"ok": true, "user": user}),
            None => return refuse("user_not_found"),
        },
        "users.lookupByEmail" => match world.users.iter().find(|user| user["profile"]["email"] == argument("email")) {
            Some(user) => json!({"ok": true, "user": user}),
            None => return refuse("users_not_found"),
        },
        "conversations.open" => json!({"ok": true, "channel": {"id": format!("D{}", argument("users"))}}),
        "chat.postMessage" if argument("channel") == "#nowhere" => return refuse("channel_not_found"),
        "chat.postMessage" => {
            world.posted += 1;
            let channel = argument("channel").replace('#', "C");
            json!({"ok": true, "channel": channel, "ts": format!("1700000000.{:06}", world.posted)})
        }
        "chat.update" => json!({"ok": true, "channel": argument("channel"), "ts": argument("ts")}),
        "views.open" if argument("trigger_id") == "late" => return refuse("expired_trigger_id"),
        "views.open" => json!({"ok": true, "view": {"id": "V1"}}),
        _ => return refuse("unknown_method"),
    };
    axum::Json(answer).into_response()
}
