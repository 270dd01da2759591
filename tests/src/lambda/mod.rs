//! Lambda for one function: its runtime API (version 2018-06-01) on loopback, and a process that takes invocations from
//! it. As on Lambda, a process has one invocation at a time.

mod function;

pub use function::Function;

use axum::{
    Router,
    body::{Body, BodyDataStream, Bytes},
    extract::{Path, State},
    http::{HeaderMap, Request, StatusCode},
    response::Response,
    routing::{get, post},
};
use futures::StreamExt;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::{Mutex, mpsc};

/// How long a function may take, as its deadline says.
const TIME: Duration = Duration::from_secs(60);

/// What a function sent back.
pub struct Reply {
    /// Whether it is an answer, and not an error.
    pub is_answer: bool,
    /// The request's headers.
    pub headers: HeaderMap,
    /// Its body, part by part as it comes.
    pub body: BodyDataStream,
}

impl Reply {
    /// The next part of the body; none at its end.
    pub async fn part(&mut self) -> Option<Bytes> {
        self.body.next().await.map(|part| part.expect("the function goes on sending"))
    }

    /// The rest of the body.
    pub async fn rest(mut self) -> String {
        let mut all = Vec::new();
        while let Some(part) = self.part().await {
            all.extend_from_slice(&part);
        }
        String::from_utf8(all).expect("it is text")
    }
}

struct Shared {
    events: Mutex<mpsc::Receiver<String>>,
    replies: mpsc::Sender<Reply>,
}

/// The runtime API.
pub struct Runtime {
    address: SocketAddr,
    events: mpsc::Sender<String>,
    replies: mpsc::Receiver<Reply>,
}

impl Runtime {
    /// Listens.
    pub async fn start() -> Self {
        let (events, taken) = mpsc::channel(1);
        let (sent, replies) = mpsc::channel(1);
        let shared = Arc::new(Shared { events: Mutex::new(taken), replies: sent });
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(failed))
            .with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, events, replies }
    }

    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands an event to the function.
    pub async fn hand(&self, event: &str) {
        self.events.send(event.to_owned()).await.expect("the runtime API listens");
    }

    /// Hands an event to the function. Its reply, as soon as it begins; none where there is none within the time.
    pub async fn invoke(&mut self, event: &str) -> Option<Reply> {
        self.hand(event).await;
        tokio::time::timeout(TIME, self.replies.recv()).await.ok().flatten()
    }
}

/// The next invocation, as soon as there is one.
async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let event = shared.events.lock().await.recv().await.unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let response = Response::builder()
        .header("content-type", "application/json")
        .header("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        .header("lambda-runtime-deadline-ms", (now + TIME).as_millis().to_string())
        .header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:stepwell")
        .header(
            "lambda-runtime-trace-id",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
        );
    response.body(Body::from(event)).expect("it is a response")
}

async fn answered(shared: State<Arc<Shared>>, Path(_): Path<String>, request: Request<Body>) -> StatusCode {
    reply(shared, true, request).await
}

async fn failed(shared: State<Arc<Shared>>, request: Request<Body>) -> StatusCode {
    reply(shared, false, request).await
}

/// Passes a reply on while it still comes; the function goes on when it is read to its end.
async fn reply(State(shared): State<Arc<Shared>>, is_answer: bool, request: Request<Body>) -> StatusCode {
    let (parts, body) = request.into_parts();
    let (part, parts_read) = mpsc::channel::<Result<Bytes, axum::Error>>(16);
    let stream = futures::stream::unfold(parts_read, |mut parts| async move { Some((parts.recv().await?, parts)) });
    let copy = Body::from_stream(stream).into_data_stream();
    if shared.replies.send(Reply { is_answer, headers: parts.headers, body: copy }).await.is_err() {
        return StatusCode::GONE;
    }
    let mut body = body.into_data_stream();
    while let Some(next) = body.next().await {
        if part.send(next).await.is_err() {
            break;
        }
    }
    StatusCode::ACCEPTED
}
