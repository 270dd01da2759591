//! Connections that answer from a script, for tests of what adapters make of answers.

use crate::services::clients::Clients;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, retry::RetryConfig};
use serde_json::Value;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

/// What a request is answered with.
pub enum Answer {
    /// An HTTP status with a body.
    Is(u16, String),
    /// The connection breaks before an answer comes.
    Broken,
    /// No answer comes in time.
    Late,
}

/// A request as it was sent.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `METHOD URI`.
    pub line: String,
    /// The operation, such as `PutItem`, of services that name it in the header `x-amz-target`.
    pub operation: String,
    /// The body as text.
    pub body: String,
}

impl Asked {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// The answers still to come, the requests so far, and what happens at each.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<Scene>>);

#[derive(Default)]
struct Scene {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
    happens: Option<Box<dyn Fn() + Send>>,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a script")
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an answer")
    }
}

/// An answer whose body is JSON.
pub fn json(status: u16, body: Value) -> Answer {
    Answer::Is(status, body.to_string())
}

/// An error answer of AWS's JSON protocols with that code.
pub fn error(status: u16, code: &str) -> Answer {
    json(status, serde_json::json!({ "__type": format!("com.amazonaws#{code}"), "message": "as told" }))
}

impl Script {
    pub fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let script = Self::default();
        script.0.lock().unwrap().answers.extend(answers);
        script
    }

    /// Forgets the requests so far, and the answers that are left.
    pub fn forget(&self) {
        let mut scene = self.0.lock().unwrap();
        scene.answers.clear();
        scene.asked.clear();
    }

    /// Has `happens` called while each request from now on is answered, such as to let time pass.
    pub fn slow(&self, happens: impl Fn() + Send + 'static) {
        self.0.lock().unwrap().happens = Some(Box::new(happens));
    }

    /// Adds answers after those that are left.
    pub fn then(&self, answers: impl IntoIterator<Item = Answer>) {
        self.0.lock().unwrap().answers.extend(answers);
    }

    /// The requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.0.lock().unwrap().asked.clone()
    }

    /// The operations of the requests so far.
    pub fn operations(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.operation).collect()
    }

    /// Clients that are answered by the script.
    pub fn clients(&self) -> Clients {
        let connector = SharedHttpConnector::new(self.clone());
        Clients::over(http_client_fn(move |_, _| connector.clone())).with_credentials("id", "secret")
    }
}

/// Three tries with short pauses, so that tests need not wait.
pub fn impatient() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(1))
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut script = self.0.lock().unwrap();
        let operation = request.headers().get("x-amz-target").unwrap_or_default();
        script.asked.push(Asked {
            line: format!("{} {}", request.method(), request.uri()),
            operation: operation.rsplit('.').next().unwrap_or_default().to_owned(),
            body: String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned(),
        });
        script.happens.iter().for_each(|happens| happens());
        HttpConnectorFuture::ready(match script.answers.pop_front() {
            Some(Answer::Is(status, body)) => Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))),
            Some(Answer::Broken) => Err(ConnectorError::io("the connection broke".into())),
            Some(Answer::Late) => Err(ConnectorError::timeout("no answer in time".into())),
            None => Err(ConnectorError::user("the script has no further answer".into())),
        })
    }
}
