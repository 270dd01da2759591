//! A service of all routes and pages over the host in memory, and the people who open their links.

use crate::browser::{encoded, filled, with};
use api::App;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use document::time::Time;
use engine::port::{Clock, Host};
use memory::Memory;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use stepwell_core::{
    execution::Execution,
    task::{Report, Task},
};
use tower::ServiceExt;

pub const ANN: &str = "ann@example.com";
pub const BOB: &str = "bob@example.com";
const STARTER: &str = "zoe@example.com";

pub struct World {
    pub host: Arc<Memory>,
    pub service: Router,
}

/// The answer to a request.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The text, of an answer that must have this status.
    #[track_caller]
    pub fn of(self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", crate::browser::text(&self.text));
        self.text
    }

    /// The cookie that the answer sets, as a browser sends it back.
    pub fn cookie(&self) -> Option<String> {
        let set = self.headers.get("set-cookie")?.to_str().unwrap();
        Some(set.split(';').next().unwrap().to_owned())
    }

    /// Where the answer leads.
    pub fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }
}

/// A question that waits, with the addresses of two people's own pages.
pub struct Question {
    pub execution: String,
    pub id: String,
    pub ann: String,
    pub bob: String,
}

impl World {
    pub fn new() -> Self {
        Self::with_routes(web::routes())
    }

    pub fn with_routes(routes: api::Routes) -> Self {
        Self::over(Self::host(), routes)
    }

    /// A world in which something stands in for nodes that do I/O.
    pub fn with_runner(runner: impl Fn(&Task) -> Report + Send + Sync + 'static) -> Self {
        Self::over(Self::host().with_runner(runner), web::routes())
    }

    fn host() -> Memory {
        Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_links("https://flows.example.com")
    }

    fn over(host: Memory, routes: api::Routes) -> Self {
        let host = Arc::new(host);
        let app = App::new(host.clone()).with_local_user("acme", STARTER);
        Self { host, service: web::pages_nowhere(api::service(Arc::new(app), api::routes().merge(routes))) }
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.service.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub async fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Reads a page as somebody who has this cookie, under a name of the host.
    pub async fn get_as(&self, path: &str, cookie: &str, host: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookie).header("host", host);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// Sends a form of a page as somebody who has this cookie.
    pub async fn form_as(&self, path: &str, cookie: &str, pairs: &[(&str, &str)]) -> Answer {
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.header("cookie", cookie).body(Body::from(encoded(&pairs))).unwrap()).await
    }

    pub async fn form(&self, path: &str, pairs: &[(String, String)]) -> Answer {
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(encoded(pairs))).unwrap()).await
    }

    /// Opens a page, fills its form in and sends it.
    pub async fn fill(&self, path: &str, changed: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await.of(200);
        self.form(path, &with(&filled(&page), changed)).await
    }

    /// The same where the answer is taken: the page that the browser is sent on to.
    pub async fn answered(&self, path: &str, changed: &[(&str, &str)]) -> String {
        let sent = self.fill(path, changed).await;
        assert_eq!(sent.status, 303, "{}", crate::browser::text(&sent.text));
        let to = sent.headers["location"].to_str().unwrap().to_owned();
        self.get(&format!("/i/{to}")).await.of(200)
    }

    /// Starts a workflow of one question to Ann and Bob, and lets it ask.
    pub async fn question(&self, config: Value) -> Question {
        let mut whole = json!({"question": "Pay 5?", "assignees": [ANN, BOB]});
        whole.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
        if whole["assignees"].is_null() {
            whole.as_object_mut().unwrap().remove("assignees");
        }
        if whole["question"] == "" {
            whole.as_object_mut().unwrap().remove("question");
        }
        let options = whole["options"].as_array().cloned().unwrap_or_default();
        let ports: Vec<String> = match whole["kind"].as_str().unwrap() {
            "decision" => options.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect(),
            "input" | "ask" => vec!["answered".into()],
            _ => vec!["approved".into(), "rejected".into()],
        };
        let edge = |port: &String| json!({"from": "ask", "to": "end", "port": port});
        let mut edges = vec![json!({"from": "start", "to": "ask"})];
        edges.extend(ports.iter().map(edge));
        let document = json!({"id": "pay", "nodes": [
            {"id": "start", "type": "manual_trigger"}, {"id": "ask", "type": "human", "config": whole},
            {"id": "end", "type": "succeed", "join": "any"}], "edges": edges});
        let started = self.ask("POST", "/v1/executions", &json!({"workflow": document, "input": {}})).await;
        assert_eq!(started.status, 202, "{}", started.text);
        let execution = started.json()["execution_id"].as_str().unwrap().to_owned();
        self.run().await;
        let id = self.state(&execution).open_interactions().next().expect("it asks").interaction_id.clone();
        let path = |person: &str| self.link_of(id.as_str(), person);
        Question { ann: path(ANN), bob: path(BOB), id: id.to_string(), execution }
    }

    /// The page of one person's link to a question.
    pub fn link_of(&self, question: &str, person: &str) -> String {
        format!("/i/{}", self.host.links().unwrap().token(&question.into(), person).unwrap())
    }

    /// Starts a workflow that is sent along, lets it run, and gives its id.
    pub async fn start(&self, document: &Value, input: &Value) -> String {
        let started = self.ask("POST", "/v1/executions", &json!({"workflow": document, "input": input})).await;
        assert_eq!(started.status, 202, "{}", started.text);
        self.run().await;
        started.json()["execution_id"].as_str().unwrap().to_owned()
    }

    /// Opens a page as one browser, fills its form in and sends it, as a click on one of its buttons would.
    pub async fn click(&self, path: &str, changed: &[(&str, &str)]) -> Answer {
        let page = self.get(path).await;
        let cookie = page.cookie().unwrap();
        let pairs = with(&filled(&page.of(200)), changed);
        let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.finish(self.form_as(path, &cookie, &pairs)).await
    }

    /// An answer that waits for what the host does meanwhile.
    pub async fn finish(&self, asked: impl Future<Output = Answer>) -> Answer {
        tokio::pin!(asked);
        loop {
            tokio::select! {
                answer = &mut asked => return answer,
                () = tokio::time::sleep(Duration::from_millis(5)) => self.run().await,
            }
        }
    }

    pub fn state(&self, execution: &str) -> Arc<Execution> {
        self.host.state(&execution.into()).unwrap()
    }

    /// The output of the question's node, once it is decided.
    pub async fn output(&self, question: &Question) -> Value {
        self.run().await;
        let nodes = self.get(&format!("/v1/executions/{}/nodes", question.execution)).await.json();
        let node = nodes["items"].as_array().unwrap().iter().find(|node| node["id"] == "ask" || node["node"] == "ask");
        node.unwrap_or_else(|| panic!("{nodes}"))["output"].clone()
    }

    pub async fn run(&self) {
        self.host.handle_due().await;
    }

    pub fn pass(&self, time: Duration) {
        self.host.advance(self.host.now() + time);
    }
}
