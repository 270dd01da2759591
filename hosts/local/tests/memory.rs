//! What the embedded host takes in memory while it serves what is large. The peaks are those of allocations, so they do
//! not depend on the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../shared/expression/tests/peak/mod.rs"]
mod peak;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use engine::port::Host;
use nodes::{AllowList, Config};
use peak::{Counting, alone, peak};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{Arc, MutexGuard},
    time::Duration,
};
use stepwell_local::{
    Local,
    memory::Memory,
    server::{self, Options},
};
use tokio::runtime::Runtime;
use tower::ServiceExt;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: usize = 1024 * 1024;

/// A running host over a folder, on a runtime of its own.
struct World {
    host: Arc<Local>,
    api: Router,
    path: PathBuf,
    runtime: Runtime,
    /// The test runs alone as long as it has a world.
    alone: MutexGuard<'static, ()>,
}

impl World {
    fn new(name: &str, allow: &str, memory: usize) -> Self {
        let path = std::env::temp_dir().join(format!("stepwell-memory-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self::open(&path, allow, memory, alone())
    }

    fn open(path: &Path, allow: &str, memory: usize, alone: MutexGuard<'static, ()>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let _entered = runtime.enter();
        let nodes = Config { http_allow: AllowList::parse(allow).unwrap(), ..Config::default() };
        let options = Options { nodes, memory: Memory::new(memory), ..Options::default() };
        let host = server::open_with(path, options).unwrap();
        runtime.block_on(server::start(&host)).unwrap();
        Self {
            api: server::router(&host, server::Callers::Own, &server::Stop::never()),
            host,
            path: path.into(),
            runtime,
            alone,
        }
    }

    /// The same folder in a new process, as it were: nothing is in memory.
    fn restarted(self) -> Self {
        let path = self.path.clone();
        let alone = self.stop();
        Self::open(&path, "", usize::MAX / 2, alone)
    }

    fn stop(self) -> MutexGuard<'static, ()> {
        self.runtime.block_on(self.host.shutdown(Duration::from_secs(5)));
        self.alone
    }

    fn end(self) {
        let path = self.path.clone();
        let _alone = self.stop();
        let _ = std::fs::remove_dir_all(path);
    }

    fn call(&self, method: &str, path: &str, body: Option<String>) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let request = request.body(body.map_or_else(Body::empty, Body::from)).unwrap();
        self.runtime.block_on(async {
            let response = self.api.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
            (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
        })
    }

    fn start(&self, document: &Value) -> String {
        let (status, body) = self.call("POST", "/v1/executions", Some(json!({ "workflow": document }).to_string()));
        assert_eq!(status, 202, "{body}");
        body["execution_id"].as_str().unwrap().to_owned()
    }

    /// Waits until an execution has this status, without loading its values.
    fn until(&self, id: &str, wanted: &str) {
        let id = id.into();
        let watch = async {
            loop {
                let state = self.host.journal().load_lean(&id).await.unwrap().unwrap();
                if state.status().as_str() == wanted {
                    return;
                }
                assert!(state.end.is_none(), "it ended as {}: {:?}", state.status(), state.error);
                self.host.journal().changed(&id, state.seq).await;
            }
        };
        self.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(60), watch).await }).expect(wanted);
    }
}

/// Takes 4 MiB as text and 36 MiB as values.
const LARGE: &str = "{{ lists.range(500000) }}";

fn node(id: &str, set: Value) -> Value {
    json!({"id": id, "type": "transform", "config": {"set": set}})
}

/// Nodes one after the other.
fn chain(id: &str, nodes: Vec<Value>) -> Value {
    let mut all = vec![json!({"id": "go", "type": "manual_trigger"})];
    all.extend(nodes);
    let ids: Vec<_> = all.iter().map(|node| node["id"].clone()).collect();
    let edges: Vec<_> = ids.windows(2).map(|pair| json!({"from": pair[0], "to": pair[1]})).collect();
    json!({"id": id, "nodes": all, "edges": edges})
}

#[test]
fn a_page_of_executions_takes_what_it_shows_and_not_what_they_hold() {
    let world = World::new("page", "", usize::MAX / 2);
    let document = chain("large", vec![node("big", json!({ "list": LARGE })), node("small", json!({"ok": true}))]);
    // The outputs are the same value, but each execution that loads it has a copy.
    for _ in 0..50 {
        let id = world.start(&document);
        world.until(&id, "completed");
    }
    let world = world.restarted();
    let (bytes, (status, page)) = peak(|| world.call("GET", "/v1/executions?limit=50", None));
    assert_eq!((status, page["items"].as_array().unwrap().len()), (StatusCode::OK, 50));
    assert_eq!(page["items"][0]["output"], json!({"ok": true}));
    println!("a page of 50: {} KiB", bytes / 1024);
    assert!(bytes < 16 * MIB, "{} MiB for a page of {} bytes", bytes / MIB, page.to_string().len());
    world.end();
}

#[test]
fn controls_load_few_values_and_the_list_of_nodes_shows_as_many_as_fit() {
    let world = World::new("nodes", "", usize::MAX / 2);
    let mut nodes: Vec<_> = (0..12).map(|n| node(&format!("n{n}"), json!({"list": LARGE, "n": n}))).collect();
    nodes.push(json!({"id": "rest", "type": "wait", "config": {"event": "go_on", "timeout_seconds": 600}}));
    let id = world.start(&chain("nodes", nodes));
    world.until(&id, "waiting");
    let world = world.restarted();

    let (bytes, (status, _)) = peak(|| world.call("POST", &format!("/v1/executions/{id}/pause"), Some("{}".into())));
    assert_eq!(status, StatusCode::OK);
    println!("a pause: {} KiB", bytes / 1024);
    // One value of the twelve is read: the input of the node that waits, which its expressions may see.
    assert!(bytes < 80 * MIB, "{} MiB for a pause", bytes / MIB);

    for path in ["nodes", "checkpoints/2", "checkpoints/12"] {
        let (bytes, (status, shown)) = peak(|| world.call("GET", &format!("/v1/executions/{id}/{path}"), None));
        assert_eq!(status, StatusCode::OK);
        println!("{path}: {} MiB", bytes / MIB);
        assert!(bytes < 400 * MIB, "{} MiB for {path}", bytes / MIB);
        let nodes = shown.get("items").or(shown.get("nodes")).unwrap().as_array().unwrap();
        if path != "checkpoints/2" {
            assert!(nodes.iter().any(|node| node["output"]["list"].is_array()), "the first values are shown");
            assert!(nodes.iter().any(|node| node["output"]["$blob"].is_string()), "the others are named");
        }
    }
    world.end();
}

/// Answers every request with a JSON list of so many numbers, on threads of its own. Returns its address.
fn server_of_numbers(count: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let body: Arc<str> = format!("[{}1]", "1,".repeat(count - 1)).into();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, body) = (stream.unwrap(), body.clone());
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n";
                let _ = write!(stream, "{head}content-length: {}\r\n\r\n", body.len());
                let _ = stream.write_all(body.as_bytes());
            });
        }
    });
    address
}

fn fetch(id: &str, address: &str) -> Value {
    json!({"id": id, "type": "http_request", "retry": {"max_attempts": 1},
        "config": {"url": format!("http://{address}/"), "method": "GET"}})
}

#[test]
fn a_response_whose_values_are_too_many_is_refused_before_it_is_parsed() {
    let address = server_of_numbers(15_000_000);
    let world = World::new("response", &address, usize::MAX / 2);
    let (bytes, id) = peak(|| {
        let id = world.start(&chain("fetch", vec![fetch("get", &address)]));
        world.until(&id, "failed");
        id
    });
    let (_, shown) = world.call("GET", &format!("/v1/executions/{id}"), None);
    assert_eq!(shown["error"]["code"], "output_too_large", "{shown}");
    assert!(shown["error"]["message"].as_str().unwrap().contains("as values in memory"), "{shown}");
    println!("a response of 30 MB: {} MiB", bytes / MIB);
    assert!(bytes < 100 * MIB, "{} MiB", bytes / MIB);
    world.end();
}

#[test]
fn large_responses_wait_for_room_in_the_hosts_memory() {
    let address = server_of_numbers(500_000);
    let world = World::new("room", &address, 256 * MIB);
    let document = chain("fetch", vec![fetch("get", &address), node("done", json!({"ok": true}))]);
    let (bytes, ()) = peak(|| {
        let ids: Vec<_> = (0..24).map(|_| world.start(&document)).collect();
        ids.iter().for_each(|id| world.until(id, "completed"));
    });
    println!("24 responses of 36 MiB: {} MiB", bytes / MIB);
    // All at once they would be 864 MiB.
    assert!(bytes < 400 * MIB, "{} MiB", bytes / MIB);
    world.end();
}

#[test]
fn a_large_request_without_room_is_told_to_come_again_and_a_small_one_is_served() {
    let world = World::new("full", "", 256 * MIB);
    let taken = world.runtime.block_on(world.host.memory().take(usize::MAX)).unwrap();
    let document = chain("small", vec![node("done", json!({"ok": true}))]);
    let large = json!({"workflow": document, "input": {"text": "x".repeat(MIB)}}).to_string();
    let (status, problem) = world.call("POST", "/v1/executions", Some(large.clone()));
    assert_eq!((status, &problem["code"]), (StatusCode::SERVICE_UNAVAILABLE, &json!("out_of_memory")), "{problem}");
    let id = world.start(&document);
    world.until(&id, "completed");
    drop(taken);
    assert_eq!(world.call("POST", "/v1/executions", Some(large)).0, StatusCode::ACCEPTED);
    world.end();
}

#[test]
fn a_request_whose_values_are_too_many_is_refused_before_it_is_parsed() {
    let world = World::new("request", "", usize::MAX / 2);
    let body = format!("{{\"input\": [{}1]}}", "1,".repeat(2_900_000));
    let (bytes, (status, problem)) = peak(|| world.call("POST", "/v1/workflows/any/executions", Some(body)));
    assert_eq!((status, &problem["code"]), (StatusCode::PAYLOAD_TOO_LARGE, &json!("too_large")), "{problem}");
    // The text is there some times; its values would take 90 MiB and more.
    assert!(bytes < 48 * MIB, "{} MiB", bytes / MIB);
    world.end();
}
