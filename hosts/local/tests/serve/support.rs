//! A server in this process, with bounds that a test can wait for, and clients that do as they like.

use serde_json::Value;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};
use stepwell_local::{
    Local,
    server::{self, Callers, Limits, Stop, Stopper, socket::Socket},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream, UnixStream},
    task::JoinHandle,
    time::timeout,
};

/// Patience with what must happen.
pub const SOON: Duration = Duration::from_secs(30);
/// How long a client of these tests may read nothing.
pub const STALL: Duration = Duration::from_millis(500);

/// Bounds as they are, but for the time of those who do not read.
pub fn limits() -> Limits {
    Limits { stall: STALL, ..Limits::of_process() }
}

/// A running host, with its port and the socket of its folder.
pub struct Serving {
    pub host: Arc<Local>,
    pub port: u16,
    pub folder: PathBuf,
    stopper: Stopper,
    tasks: Vec<JoinHandle<()>>,
}

impl Serving {
    pub async fn start(callers: Callers, limits: Limits) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Relaxed);
        let folder = std::env::temp_dir().join(format!("stepwell-serve-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let host = server::open(&folder, nodes::AllowList::default()).unwrap();
        server::start(&host).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stopper, stop) = Stop::pair();
        let socket = Socket::listen(host.folder()).unwrap();
        let (router, own) = (server::router(&host, callers, &stop), server::router(&host, Callers::Own, &stop));
        let at_the_port = stop.clone();
        let tasks = vec![
            tokio::spawn(async move { server::serve(listener, router, at_the_port.stopped(), limits).await }),
            tokio::spawn(async move { server::serve_socket(socket, own, stop.stopped(), limits).await }),
        ];
        Self { host, port, folder, stopper, tasks }
    }

    /// Tells the server to stop, and waits until it has.
    pub async fn stop(self) {
        self.stopper.stop();
        for task in self.tasks {
            timeout(SOON, task).await.expect("it stops").unwrap();
        }
        self.host.shutdown(SOON).await;
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    /// A connection over which nothing was sent.
    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.port)).await.unwrap()
    }

    /// A connection whose client's kernel keeps little of what the client does not read.
    pub async fn narrow(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4 * 1024).unwrap();
        socket.connect(([127, 0, 0, 1], self.port).into()).await.unwrap()
    }

    /// Sends text over a connection of its own, and returns all that comes back until that is closed.
    pub async fn say(&self, text: &str) -> String {
        let mut stream = self.connect().await;
        // Whoever refuses may close before all of it is sent.
        let _ = stream.write_all(text.as_bytes()).await;
        rest(&mut stream).await
    }

    /// One request with these headers (`name: value`), and a JSON body where there is one. Returns status and body.
    pub async fn call(&self, line: &str, headers: &[&str], body: &Value) -> (u16, Value) {
        answered(&self.say(&request(line, headers, body)).await)
    }

    /// The same over the folder's socket.
    pub async fn call_own(&self, line: &str, headers: &[&str], body: &Value) -> (u16, Value) {
        let mut stream = UnixStream::connect(self.folder.join("socket")).await.unwrap();
        stream.write_all(request(line, headers, body).as_bytes()).await.unwrap();
        answered(&rest(&mut stream).await)
    }

    /// Starts a document, and returns the execution's id.
    pub async fn started(&self, document: &Value) -> String {
        let body = serde_json::json!({"workflow": document});
        let (status, started) = self.call_own("POST /v1/executions?wait=20", &[], &body).await;
        assert!(status == 200 || status == 202, "{status}: {}", started["detail"]);
        started["execution_id"].as_str().unwrap().to_owned()
    }
}

fn request(line: &str, headers: &[&str], body: &Value) -> String {
    let host =
        if headers.iter().any(|one| one.to_lowercase().starts_with("host:")) { "" } else { "host: localhost\r\n" };
    let headers: String = headers.iter().map(|one| format!("{one}\r\n")).collect();
    let kind = if headers.contains("content-type:") { "" } else { "content-type: application/json\r\n" };
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let length = body.len();
    format!("{line} HTTP/1.1\r\n{host}{headers}{kind}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// Status and body of an answer.
pub fn answered(answer: &str) -> (u16, Value) {
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status.unwrap_or_else(|| panic!("no answer: {answer:?}")), serde_json::from_str(body).unwrap_or(Value::Null))
}

/// All that comes until the other side closes or breaks the connection.
pub async fn rest(stream: &mut (impl AsyncReadExt + Unpin)) -> String {
    let mut bytes = Vec::new();
    let _ = timeout(SOON, stream.read_to_end(&mut bytes)).await.expect("it is closed");
    String::from_utf8_lossy(&bytes).into_owned()
}
