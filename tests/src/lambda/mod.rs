//! Lambda for one function: the runtime API (version 2018-06-01) on loopback, and a process that takes its invocations
//! from there. As on Lambda, a process has one invocation at a time.

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

/// How long a function may take for one invocation: its deadline says so.
const TIME: Duration = Duration::from_secs(60);

/// What a function sends back for one invocation.
pub struct Reply {
    /// Whether the function sends an answer; otherwise it reports an error.
    pub is_answer: bool,
    /// The headers of the request by which the function sends the reply.
    pub headers: HeaderMap,
    /// The body of that request, part by part as it comes.
    pub body: BodyDataStream,
}

impl Reply {
    /// The next part of the body; None at its end.
    pub async fn part(&mut self) -> Option<Bytes> {
        self.body.next().await.map(|part| part.expect("the function goes on sending"))
    }

    /// The rest of the body, as text.
    pub async fn rest(mut self) -> String {
        let mut all = Vec::new();
        while let Some(part) = self.part().await {
            all.extend_from_slice(&part);
        }
        String::from_utf8(all).expect("it is text")
    }
}

/// What the routes of the runtime API share.
struct Shared {
    events: Mutex<mpsc::Receiver<String>>,
    replies: mpsc::Sender<Reply>,
}

/// The runtime API of one function.
pub struct Runtime {
    address: SocketAddr,
    events: mpsc::Sender<String>,
    replies: mpsc::Receiver<Reply>,
}

impl Runtime {
    /// Begins to listen on loopback, at any free port.
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

    /// Host and port, for the environment variable `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands an event to the function, without waiting for the reply.
    pub async fn hand(&self, event: &str) {
        self.events.send(event.to_owned()).await.expect("the runtime API listens");
    }

    /// Hands an event to the function. Returns its reply as soon as that begins; None where it does not within the
    /// time.
    pub async fn invoke(&mut self, event: &str) -> Option<Reply> {
        self.hand(event).await;
        tokio::time::timeout(TIME, self.replies.recv()).await.ok().flatten()
    }
}

/// The route by which a function takes its next invocation, as soon as there is one.
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

/// Passes a reply on part by part while the function still sends it, so that a test sees what is streamed as it comes.
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
