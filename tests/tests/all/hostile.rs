//! Servers that `http_request` should not trust: each ends its node with a clear error, and nothing else.

use crate::binary::{Dev, Folder, Own};
use serde_json::{Value, json};
use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// KiB that a process may have at its worst: a response of 32 MiB in a few copies.
pub const PEAK: u64 = 300 * 1024;

/// A server that answers each path as badly as its name says, for as long as the client listens.
struct Wild {
    port: u16,
}

impl Wild {
    fn start(inside: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wild = Self { port: listener.local_addr().unwrap().port() };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // The client goes when it has had enough.
                thread::spawn(move || drop(misbehave(stream, inside)));
            }
        });
        wild
    }
}

/// Reads a request's head, which has no body here; its path.
fn asked(stream: &mut TcpStream) -> io::Result<String> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    Ok(String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned())
}

fn for_ever(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    loop {
        stream.write_all(bytes)?;
    }
}

fn dripping(stream: &mut TcpStream, byte: &[u8]) -> io::Result<()> {
    loop {
        stream.write_all(byte)?;
        thread::sleep(Duration::from_secs(1));
    }
}

fn misbehave(mut stream: TcpStream, inside: u16) -> io::Result<()> {
    const OK: &str = "HTTP/1.1 200 OK\r\n";
    let path = asked(&mut stream)?;
    let mut say = |text: &str| stream.write_all(text.as_bytes());
    let redirect =
        |to: String| format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    match path.trim_start_matches('/') {
        "endless-chunks" => {
            say(&format!("{OK}transfer-encoding: chunked\r\n\r\n"))?;
            for_ever(&mut stream, &[b"10000\r\n", &[b'x'; 0x10000][..], b"\r\n"].concat())
        }
        "endless-body" => {
            say(&format!("{OK}\r\n"))?;
            for_ever(&mut stream, &[b'x'; 0x10000])
        }
        "huge-length" => {
            say(&format!("{OK}content-length: 9999999999999\r\n\r\n"))?;
            for_ever(&mut stream, &[b'x'; 0x10000])
        }
        "impossible-length" => say(&format!("{OK}content-length: 18446744073709551616\r\n\r\nx")),
        "slow-body" => {
            say(&format!("{OK}content-length: 100\r\n\r\n"))?;
            dripping(&mut stream, b"x")
        }
        "slow-head" => dripping(&mut stream, b"H"),
        "silence" => stream.read_exact(&mut [0]),
        "garbage" => say("\0\u{1}\u{2}what is this?\r\n\r\n"),
        "other-protocol" => say("SSH-2.0-OpenSSH_9.2\r\n"),
        "endless-head" => {
            say(OK)?;
            for_ever(&mut stream, &[&b"x: "[..], &[b'y'; 1_000], b"\r\n"].concat())
        }
        "endless-line" => for_ever(&mut stream, &[b'H'; 0x1000]),
        "cut" => say(&format!("{OK}content-length: 100\r\n\r\nhalf")),
        "cut-chunk" => say(&format!("{OK}transfer-encoding: chunked\r\n\r\n64\r\nhalf")),
        "no-chunk" => say(&format!("{OK}transfer-encoding: chunked\r\n\r\nzz\r\nnothing\r\n0\r\n\r\n")),
        "huge-chunk" => say(&format!("{OK}transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nx")),
        "two-lengths" => say(&format!("{OK}content-length: 1\r\ncontent-length: 2\r\n\r\nxy")),
        "interim" => for_ever(&mut stream, b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"),
        "circle" => say(&redirect("/circle".into())),
        "inside" => say(&redirect(format!("http://127.0.0.1:{inside}/"))),
        "inside-by-name" => say(&redirect(format!("http://localhost:{inside}/"))),
        "metadata" => say(&redirect("http://169.254.169.254/latest/meta-data/".into())),
        "file" => say(&redirect("file:///etc/passwd".into())),
        _ => say("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
    }
}

/// What each of them must end with.
const ENDS: [(&str, &str); 22] = [
    ("endless-chunks", "response_too_large"),
    ("endless-body", "response_too_large"),
    ("huge-length", "response_too_large"),
    ("slow-body", "timeout"),
    ("slow-head", "timeout"),
    ("silence", "timeout"),
    ("garbage", "connection_broken"),
    ("other-protocol", "connection_broken"),
    ("endless-head", "connection_broken"),
    ("endless-line", "connection_broken"),
    ("cut", "connection_broken"),
    ("cut-chunk", "connection_broken"),
    ("no-chunk", "connection_broken"),
    ("huge-chunk", "connection_broken"),
    ("two-lengths", "connection_broken"),
    ("impossible-length", "connection_broken"),
    ("interim", "timeout"),
    ("circle", "too_many_redirects"),
    ("inside", "address_not_allowed"),
    ("inside-by-name", "address_not_allowed"),
    ("metadata", "address_not_allowed"),
    ("file", "invalid_url"),
];

fn asking(url: &str) -> Value {
    json!({"id": "ask", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "get", "type": "http_request", "config": {"url": url}, "retry": {"max_attempts": 1}, "timeout_seconds": 3}],
        "edges": [{"from": "start", "to": "get"}]})
}

/// Starts a document that is sent along; its execution.
pub fn start(dev: &Dev, document: &Value) -> String {
    let (status, body) = dev.call("POST", "/v1/executions", &json!({"workflow": document, "input": {}}));
    assert_eq!(status, 202, "{body}");
    body["execution_id"].as_str().unwrap().to_owned()
}

/// The execution once it is over.
pub fn over(dev: &Dev, id: &str) -> Value {
    dev.until(id, &["completed", "failed", "stuck", "cancelled"])
}

#[test]
fn no_server_harms_whoever_asks_it() {
    let (folder, inside) = (Folder::new("wild"), Own::start());
    let wild = Wild::start(inside.port);
    let dev = Dev::start(&folder.data(), &["--http-allow", &format!("127.0.0.1:{}", wild.port)]);
    let url = |path: &str| format!("http://127.0.0.1:{}/{path}", wild.port);
    // One after the other where much is sent, so that the peak is that of one node; then all of them at once.
    let (large, others) = ENDS.split_at(3);
    let mut asked: Vec<(&str, &str, Value)> = Vec::new();
    for (path, code) in large {
        asked.push((path, code, over(&dev, &start(&dev, &asking(&url(path))))));
    }
    let started: Vec<_> = others.iter().map(|(path, _)| start(&dev, &asking(&url(path)))).collect();
    asked.extend(others.iter().zip(&started).map(|((path, code), id)| (*path, *code, over(&dev, id))));
    for (path, code, execution) in asked {
        assert_eq!((&execution["status"], &execution["error"]["code"]), (&json!("failed"), &json!(code)), "{path}");
        let message = execution["error"]["message"].as_str().unwrap();
        assert!(!message.is_empty() && message.len() < 500, "{path}: {message}");
    }
    assert_eq!(inside.came().len(), 0, "what is inside was asked");
    assert!(dev.peak() < PEAK, "{} KiB", dev.peak());
    assert_eq!(over(&dev, &start(&dev, &asking(&url("none"))))["error"]["code"], "unexpected_status");
}

/// Answers `/gzip` with what looks compressed, and any other path with lists within lists.
fn pack(mut stream: TcpStream) -> io::Result<()> {
    // The head of a gzip stream is all that it takes to ask for decompression.
    let (headers, body) = match asked(&mut stream)?.as_str() {
        "/gzip" => ("content-encoding: gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff".to_vec()),
        _ => ("content-type: application/json", deep(120).into_bytes()),
    };
    let head = format!("HTTP/1.1 200 OK\r\n{headers}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    stream.write_all(&[head.as_bytes(), &body].concat())
}

#[test]
fn what_is_compressed_stays_so_and_what_is_deep_stays_text() {
    let folder = Folder::new("bombs");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client may open a connection and use another.
            thread::spawn(move || drop(pack(stream)));
        }
    });
    let allow = format!("127.0.0.1:{port}");
    let dev = Dev::start(&folder.data(), &["--http-allow", &allow]);
    let of = |path: &str| start(&dev, &asking(&format!("http://127.0.0.1:{port}/{path}")));
    let (gzip, nested) = (of("gzip"), of("nested"));
    let output = over(&dev, &gzip)["output"].clone();
    assert_eq!((&output["encoding"], &output["body"]), (&json!("base64"), &json!("H4sIAAAAAAAA/w==")));
    assert_eq!(over(&dev, &nested)["output"]["body"], json!(deep(120)));
    dev.kill();
    let dev = Dev::start(&folder.data(), &[]);
    for id in [gzip, nested] {
        assert_eq!(dev.get(&format!("/v1/executions/{id}"))["status"], "completed", "it can be read from the disk");
    }
}

/// JSON of so many lists within each other.
pub fn deep(levels: usize) -> String {
    ["[".repeat(levels), "]".repeat(levels)].concat()
}
