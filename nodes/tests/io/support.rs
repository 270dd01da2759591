//! A server of the test's own, which answers byte by byte what a test tells it to; and short ways to send it requests.

use document::time::Time;
use engine::port::Runner;
use serde_json::Value;
use std::sync::{Arc, Mutex};
use stepwell_core::task::{Failure, HttpTask, Outcome, Task, UsedSecret, Work};
use stepwell_nodes::{AllowList, Config, Nodes};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What a test's server answers to a request, head and body.
type Answer = Arc<dyn Fn(&str) -> Reply + Send + Sync>;

/// An answer of the server. After it the connection is closed, but for `Hang`.
pub enum Reply {
    /// Bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// Bytes, and then nothing while the connection stays open.
    Hang(Vec<u8>),
    /// A chunked body of so many MiB.
    Flood(usize),
}

pub struct Server {
    pub port: u16,
    /// The requests as they came, head and body.
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server that answers to the path of a request.
    pub async fn new(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        Self::reading(move |text| answer(text.split(' ').nth(1).unwrap_or_default())).await
    }

    /// A server that answers to the whole of a request.
    pub async fn reading(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, log): (Answer, _) = (Arc::new(answer), seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, answer.clone(), log.clone()));
            }
        });
        Self { port, seen }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, seen: Arc<Mutex<Vec<String>>>) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65536];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                seen.lock().unwrap().push(text.clone());
                match answer(&text) {
                    Reply::Bytes(bytes) => drop(stream.write_all(&bytes).await),
                    Reply::Hang(bytes) => {
                        let _ = stream.write_all(&bytes).await;
                        std::future::pending::<()>().await;
                    }
                    Reply::Flood(mebibytes) => {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
                        let chunk = [b"100000\r\n".to_vec(), vec![b'x'; 1 << 20], b"\r\n".to_vec()].concat();
                        for _ in 0..mebibytes {
                            if stream.write_all(&chunk).await.is_err() {
                                return;
                            }
                        }
                        let _ = stream.write_all(b"0\r\n\r\n").await;
                    }
                }
                return;
            }
        }
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
        }
    }
}

pub fn response(status: u16, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Bytes(
        format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}").into(),
    )
}

pub fn redirect(status: u16, to: &str) -> Reply {
    response(status, &format!("location: {to}\r\n"), "")
}

pub fn nodes(allow: &str) -> Nodes {
    Nodes::new(Config { http_allow: AllowList::parse(allow).unwrap(), ..Config::default() }).unwrap()
}

/// A request with the secrets that its templates read.
pub struct Asked {
    pub http: HttpTask,
    pub secrets: Vec<UsedSecret>,
}

impl std::ops::Deref for Asked {
    type Target = HttpTask;
    fn deref(&self) -> &HttpTask {
        &self.http
    }
}

impl std::ops::DerefMut for Asked {
    fn deref_mut(&mut self) -> &mut HttpTask {
        &mut self.http
    }
}

pub fn get(url: &str) -> Asked {
    let (method, url) = ("GET".into(), url.into());
    let http = HttpTask { method, url, headers: vec![], query: vec![], body: None, expect: None };
    Asked { http, secrets: vec![] }
}

pub fn copy(task: &Asked) -> Asked {
    let http = HttpTask {
        method: task.method.clone(),
        headers: task.headers.clone(),
        query: task.query.clone(),
        body: task.body.clone(),
        ..get(&task.url).http
    };
    Asked { http, secrets: task.secrets.clone() }
}

/// A secret; without hosts it may be sent anywhere.
pub fn secret(name: &str, value: &str, hosts: &[&str]) -> UsedSecret {
    let hosts = if hosts.is_empty() { &["*"] } else { hosts };
    UsedSecret { name: name.into(), value: value.into(), hosts: hosts.iter().map(|h| (*h).to_owned()).collect() }
}

pub async fn run_for(nodes: &Nodes, asked: Asked, seconds: f64) -> Outcome {
    let Asked { http, secrets } = asked;
    let work = Work::Http(Box::new(http));
    let task = Task {
        owner: "ann".into(),
        idempotency_key: "exec.1.charge.1".into(),
        timeout_seconds: seconds,
        work,
        secrets,
    };
    nodes.run(&task, &|| Time(0)).await.outcome
}

pub async fn run(server: &Server, http: Asked) -> Outcome {
    run_for(&nodes(&format!("127.0.0.1:{}", server.port)), http, 10.0).await
}

pub fn output(outcome: Outcome) -> Value {
    match outcome {
        Outcome::Succeeded { port, output } if port == "success" => output,
        other => panic!("{other:?}"),
    }
}

pub fn failed(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

pub fn unknown(outcome: Outcome) -> Failure {
    match outcome {
        Outcome::Unknown(failure) => failure,
        other => panic!("{other:?}"),
    }
}
