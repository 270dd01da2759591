//! A proxy between a function and AWS that passes every call on, and notes which action of IAM the call needs and how long
//! it took. So a test can compare what a function does with what its role allows, and say where its time goes.

use crate::http;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Method, Request, StatusCode, Uri},
    response::Response,
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The environment variables with the addresses of AWS that a function is given.
const ADDRESSES: [&str; 2] = ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"];

/// The actions of IAM that each function has needed so far.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<BTreeMap<&'static str, BTreeMap<String, Took>>>>);

/// How many calls needed an action, and how long AWS took for them in all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Took {
    /// How many calls.
    pub calls: u32,
    /// From the moment at which the proxy had the call to the one at which it had the answer.
    pub time: Duration,
}

/// The proxy between one function and one address.
struct Way {
    recorder: Recorder,
    function: &'static str,
    address: String,
    client: reqwest::Client,
}

impl Recorder {
    /// The actions that a function has needed so far, such as `dynamodb:PutItem`.
    pub fn actions(&self, function: &str) -> BTreeSet<String> {
        self.all().get(function).into_iter().flat_map(BTreeMap::keys).cloned().collect()
    }

    /// What each action that a function has needed took since this was asked last.
    pub fn took(&self, function: &str) -> BTreeMap<String, Took> {
        self.all().get_mut(function).map(std::mem::take).unwrap_or_default()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<&'static str, BTreeMap<String, Took>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a proxy for each address of AWS, and returns the environment by which a function calls through them.
    pub async fn environment(&self, function: &'static str) -> Vec<(&'static str, String)> {
        let mut environment = Vec::new();
        for name in ADDRESSES {
            let address =
                std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/aws/functions.sh"));
            let way = Way { recorder: self.clone(), function, address, client: http() };
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback");
            let here = listener.local_addr().expect("an address");
            let router = Router::new().fallback(pass).with_state(Arc::new(way));
            tokio::spawn(async move { axum::serve(listener, router).await });
            environment.push((name, format!("http://{here}")));
        }
        environment
    }
}

impl Way {
    fn note(&self, actions: &[String], calls: u32, time: Duration) {
        let mut all = self.recorder.all();
        let of_function = all.entry(self.function).or_default();
        for action in actions {
            let took = of_function.entry(action.clone()).or_default();
            (took.calls, took.time) = (took.calls + calls, took.time + time);
        }
    }
}

/// Notes the actions of a request, sends it on, and returns the answer.
async fn pass(State(way): State<Arc<Way>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let called = actions(&parts.method, &parts.uri, &parts.headers, &body);
    let began = Instant::now();
    // A call counts although it is not answered.
    way.note(&called, 1, Duration::ZERO);
    let url = format!("{}{}", way.address, parts.uri.path_and_query().map_or("/", |path| path.as_str()));
    let mut headers = parts.headers;
    // These headers describe one connection only, and the client writes its own.
    for name in ["host", "content-length", "transfer-encoding"] {
        headers.remove(name);
    }
    let sent = way.client.request(parts.method, url).headers(headers).body(body).send().await;
    let answered = match sent {
        Ok(answer) => {
            let mut response = Response::builder().status(answer.status());
            for (name, value) in answer.headers() {
                if !["content-length", "transfer-encoding", "connection"].contains(&name.as_str()) {
                    response = response.header(name, value);
                }
            }
            let body = answer.bytes().await.unwrap_or_default();
            way.note(&called, 0, began.elapsed());
            response.body(Body::from(body))
        }
        Err(error) => Response::builder().status(StatusCode::BAD_GATEWAY).body(Body::from(error.to_string())),
    };
    answered.expect("it is a response")
}

/// The actions of IAM that a call needs. A transaction needs that of each of its items; a batch of SQS that of a single
/// call; a mail that is handed over as it travels, which all are here, that of the older interface.
fn actions(method: &Method, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Vec<String> {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if uri.path() == "/v2/email/outbound-emails" {
        return vec!["ses:SendRawEmail".into()];
    }
    let Some((service, call)) = target.split_once('.') else { return vec![of_s3(method, uri)] };
    if call == "TransactWriteItems" {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let items = body["TransactItems"].as_array().cloned().unwrap_or_default();
        let parts = items.iter().filter_map(|item| item.as_object()?.keys().next().cloned());
        return parts.map(|part| format!("dynamodb:{}Item", part.trim_end_matches("Item"))).collect();
    }
    let service = match service {
        "DynamoDB_20120810" => "dynamodb",
        "AmazonSQS" => "sqs",
        "AWSStepFunctions" => "states",
        other => other,
    };
    vec![format!("{service}:{}", if service == "sqs" { call.trim_end_matches("Batch") } else { call })]
}

/// The action of a call of S3, which has no header that names it.
fn of_s3(method: &Method, uri: &Uri) -> String {
    let query = uri.query().unwrap_or_default();
    let call = match *method {
        Method::GET if query.contains("list-type") => "ListBucket",
        Method::GET => "GetObject",
        Method::PUT => "PutObject",
        Method::POST if query.contains("delete") => "DeleteObject",
        _ => return format!("s3: {method} {uri}"),
    };
    format!("s3:{call}")
}
