//! Everything that once kept others waiting, again and again until it is over.

use crate::binary::Dev;
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, Scope},
    time::Duration,
};

/// Bytes of the JSON that one of the servers answers: a list of ones, which takes many times as much in memory.
const ONES: usize = 30_000_000;
/// Connections that ask and never read.
const DEAF: usize = 64;

/// Two servers on loopback: one takes connections and says nothing, one answers with a list of millions of numbers.
pub struct Servers {
    mute: u16,
    ones: u16,
}

impl Servers {
    pub fn start() -> Self {
        let mute = serve(|stream, kept| kept.push(stream));
        let body = format!("[1{}]", ",1".repeat(ONES / 2));
        let head = format!("content-type: application/json\r\ncontent-length: {}\r\nconnection: close", body.len());
        let answer: Arc<str> = format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\n{body}").into();
        let ones = serve(move |mut stream, _| {
            let answer = answer.clone();
            thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            });
        });
        Self { mute, ones }
    }

    pub fn allowed(&self) -> String {
        format!("127.0.0.1:{},127.0.0.1:{}", self.mute, self.ones)
    }
}

fn serve(mut take: impl FnMut(TcpStream, &mut Vec<TcpStream>) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in listener.incoming().flatten() {
            take(stream, &mut kept);
        }
    });
    port
}

/// Starts what never ends by itself, and threads that go on asking until `over`.
pub fn begin<'s>(threads: &'s Scope<'s, '_>, dev: &'s Dev, token: &'s str, servers: &'s Servers, over: &'s AtomicBool) {
    let rude = Rude { dev, token };
    // Slots that are never given back: JavaScript without an end, requests without an answer.
    for _ in 0..8 {
        rude.starts(&one("code", json!({"code": "for (;;);"}), 86_400.0));
    }
    for _ in 0..80 {
        rude.starts(&one("http_request", json!({"url": format!("http://127.0.0.1:{}/", servers.mute)}), 86_400.0));
    }
    // Trees of a million executions, and of a million millions, of which each that is not a leaf computes for long.
    for document in [tree(2, 3), tree(2, 3), tree(3, 4)] {
        rude.starts(&document);
    }
    for schema in [doubling("allOf"), doubling("oneOf")] {
        threads.spawn(move || {
            let mut document = one("transform", json!({"expression": "1"}), 10.0);
            document["input_schema"] = schema;
            rude.again_and_again(over, "/v1/workflows/validate", &document);
        });
    }
    // Values that take far more memory than their text.
    let large = one("http_request", json!({"url": format!("http://127.0.0.1:{}/", servers.ones)}), 60.0);
    threads
        .spawn(move || rude.again_and_again(over, "/v1/executions?wait=5", &json!({"workflow": large, "input": {}})));
    let grows = one("transform", json!({"expression": doubling_list()}), 10.0);
    threads
        .spawn(move || rude.again_and_again(over, "/v1/executions?wait=5", &json!({"workflow": grows, "input": {}})));
    threads.spawn(move || {
        while !over.load(Ordering::Relaxed) {
            let _ = dev.try_call("GET", "/v1/executions?limit=200", &[("authorization", token)], &Value::Null);
        }
    });
    threads.spawn(move || deaf(dev.port, over));
}

/// Somebody with a token that may read, run and respond.
#[derive(Clone, Copy)]
struct Rude<'a> {
    dev: &'a Dev,
    token: &'a str,
}

impl Rude<'_> {
    /// Starts what never ends by itself, which nothing forbids.
    fn starts(&self, workflow: &Value) {
        let body = json!({"workflow": workflow, "input": {}});
        let answer = self.dev.try_call("POST", "/v1/executions", &[("authorization", self.token)], &body).unwrap();
        assert_eq!(answer.status, 202, "{}", answer.text());
    }

    /// Whatever is answered, also nothing: only the polite owner has a claim here.
    fn ask(&self, path: &str, body: &Value) {
        let _ = self.dev.try_call("POST", path, &[("authorization", self.token)], body);
    }

    fn again_and_again(&self, over: &AtomicBool, path: &str, body: &Value) {
        while !over.load(Ordering::Relaxed) {
            self.ask(path, body);
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A workflow of one node.
fn one(kind: &str, config: Value, seconds: f64) -> Value {
    json!({"id": kind, "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "it", "type": kind, "config": config, "timeout_seconds": seconds}],
        "edges": [{"from": "start", "to": "it"}]})
}

/// Levels of maps, each of ten to the power of `zeros` items, all at once. Each level makes its list anew.
fn tree(levels: usize, zeros: usize) -> Value {
    let ten = "[0,1,2,3,4,5,6,7,8,9]";
    let items = (1..zeros).fold(ten.to_owned(), |list, _| format!("{ten}.map(x, {list}).flatten()"));
    let map = |body: Value| json!({"items": &items, "max_concurrency": 1000, "body": body});
    let leaf = json!({"nodes": [{"id": "leaf", "type": "transform", "config": {"expression": "item"}}], "edges": []});
    let body = (1..levels)
        .fold(leaf, |body, _| json!({"nodes": [{"id": "inner", "type": "map", "config": map(body)}], "edges": []}));
    one("map", map(body), 86_400.0)
}

/// A schema of a few kilobytes that stands for 2^40 when its references are followed.
fn doubling(keyword: &str) -> Value {
    let mut defs = serde_json::Map::new();
    for n in 0..40 {
        let next = json!({"$ref": format!("#/$defs/a{}", n + 1)});
        defs.insert(format!("a{n}"), json!({keyword: [next, next]}));
    }
    defs.insert("a40".into(), json!({"type": "string"}));
    json!({"$defs": defs, "$ref": "#/$defs/a0"})
}

/// A short expression whose value doubles with each step.
fn doubling_list() -> String {
    let mut expression = "[1]".to_owned();
    for _ in 0..24 {
        expression = format!("[{expression}].map(x, x + x)[0]");
    }
    expression
}

/// Connections that send request after request and read no answer, without a token.
fn deaf(port: u16, over: &AtomicBool) {
    let mut streams: Vec<Option<TcpStream>> = (0..DEAF).map(|_| None).collect();
    let request = "GET /openapi.json HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".repeat(50);
    while !over.load(Ordering::Relaxed) {
        for place in &mut streams {
            let sent = place.as_mut().map(|stream| stream.write_all(request.as_bytes()));
            // A full buffer is what they are after. Whoever was cut off comes again.
            let full = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
            if !sent.is_some_and(|sent| sent.as_ref().map_or_else(full, |()| true)) {
                *place = TcpStream::connect(("127.0.0.1", port)).ok();
                place.iter().for_each(|stream| drop(stream.set_nonblocking(true)));
            }
        }
        thread::sleep(Duration::from_millis(200));
    }
}
