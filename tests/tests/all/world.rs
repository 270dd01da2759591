//! The embedded host as `stepwell dev` runs it, and its API without a socket.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use engine::port::Host;
use local::{
    Local,
    server::{self, Callers, Stop},
};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use stepwell_core::{execution::Execution, id::ExecutionId};
use tower::ServiceExt;

/// One host with its folder.
pub struct World {
    pub host: Arc<Local>,
    api: Router,
    path: PathBuf,
    allow: nodes::AllowList,
}

impl World {
    /// A running host over an empty folder.
    pub async fn new(name: &str) -> Self {
        Self::reaching(name, "").await
    }

    /// The same, whose `http_request` nodes reach what an allow list names.
    pub async fn reaching(name: &str, allow: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stepwell-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        let world = Self::open_with(&path, nodes::AllowList::parse(allow).unwrap());
        server::start(&world.host).await.unwrap();
        world
    }

    /// Over a folder that is there; nothing runs yet.
    pub fn open(path: &Path) -> Self {
        Self::open_with(path, nodes::AllowList::default())
    }

    fn open_with(path: &Path, allow: nodes::AllowList) -> Self {
        let host = server::open(path, allow.clone()).unwrap();
        Self { api: server::router(&host, Callers::Own, &Stop::never()), host, path: path.into(), allow }
    }

    /// Stops at once, and leaves the folder as it is.
    pub async fn stop(self) {
        self.host.shutdown(Duration::ZERO).await;
    }

    /// Stops, does something to the database, and opens the folder again. Nothing runs yet.
    pub async fn reopened(self, sql: &str) -> Self {
        self.host.shutdown(Duration::ZERO).await;
        let (path, allow) = (self.path.clone(), self.allow.clone());
        drop(self);
        let db = rusqlite::Connection::open(path.join("stepwell.db")).unwrap();
        db.execute_batch(sql).unwrap();
        drop(db);
        Self::open_with(&path, allow)
    }

    /// The same, running.
    pub async fn restarted(self, sql: &str) -> Self {
        let world = self.reopened(sql).await;
        server::start(&world.host).await.unwrap();
        world
    }

    pub async fn end(self) {
        self.host.shutdown(Duration::from_secs(5)).await;
        let _ = std::fs::remove_dir_all(self.path);
    }

    /// How many rows of a query there are.
    pub fn rows(&self, from: &str) -> i64 {
        let db = rusqlite::Connection::open(self.path.join("stepwell.db")).unwrap();
        db.query_row(&format!("SELECT count(*) FROM {from}"), [], |row| row.get(0)).unwrap()
    }

    pub async fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let response = self.api.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// What is answered to a `GET`, as text.
    pub async fn text(&self, path: &str, headers: &[(&str, &str)]) -> String {
        let mut request = Request::builder().uri(path).header("host", "localhost");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.api.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub async fn save(&self, document: &Value) {
        let (status, body) = self.call("POST", "/v1/workflows", Some(document)).await;
        assert!(status.is_success(), "{status} {body}");
    }

    /// Starts a saved workflow.
    pub async fn start(&self, workflow: &str, input: Value) -> ExecutionId {
        let path = format!("/v1/workflows/{workflow}/executions");
        let (status, body) = self.call("POST", &path, Some(&json!({ "input": input }))).await;
        assert_eq!(status, 202, "{body}");
        body["execution_id"].as_str().unwrap().into()
    }

    /// Starts a document that is sent along.
    pub async fn start_inline(&self, document: &Value) -> ExecutionId {
        let (status, body) = self.call("POST", "/v1/executions", Some(&json!({ "workflow": document }))).await;
        assert_eq!(status, 202, "{body}");
        body["execution_id"].as_str().unwrap().into()
    }

    /// Waits until an execution is as wanted.
    pub async fn until(&self, id: &ExecutionId, what: &str, done: impl Fn(&Execution) -> bool) -> Arc<Execution> {
        let watch = async {
            loop {
                let state = self.host.journal().load(id).await.unwrap().unwrap();
                if done(&state) {
                    return state;
                }
                self.host.journal().changed(id, state.seq).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(20), watch).await {
            Ok(state) => state,
            Err(_) => panic!("never {what}: {:?}", self.host.journal().load(id).await),
        }
    }

    pub async fn ended(&self, id: &ExecutionId) -> Arc<Execution> {
        self.until(id, "ended", |state| state.end.is_some()).await
    }
}

/// Looks again and again.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut done: impl FnMut() -> F) {
    for _ in 0..1_000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
