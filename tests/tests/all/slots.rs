//! What runs takes one of few places, of processes and of connections. However an execution ends, its places are free
//! for others at once, whatever its document allows.

use crate::{
    binary::{Dev, Folder, Own, SOON, status},
    hostile::{over, start},
};
use serde_json::{Value, json};
use std::{
    fs,
    io::Read,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

/// Seconds of a day, which every document here allows its attempts.
const DAY: f64 = 86_400.0;
/// Nodes with I/O that one host runs at once.
const PLACES: usize = 64;

fn waits_until(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + SOON;
    while !done() {
        assert!(Instant::now() < deadline, "never: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A document of one node after the trigger.
fn one(node: &Value) -> Value {
    json!({"id": "one", "nodes": [{"id": "start", "type": "manual_trigger"}, node],
        "edges": [{"from": "start", "to": node["id"]}]})
}

fn code(code: &str) -> Value {
    json!({"id": "js", "type": "code", "timeout_seconds": DAY, "config": {"code": code}})
}

fn request(url: &str) -> Value {
    json!({"id": "ask", "type": "http_request", "timeout_seconds": DAY, "config": {"url": url}})
}

/// How many child processes run code at once on this machine.
fn processes() -> usize {
    (2 * thread::available_parallelism().unwrap().get()).max(4)
}

/// The child processes of a host that have used processor time: those in which a loop runs, and none that waits.
fn busy(dev: &Dev) -> Vec<u32> {
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let host = dev.pid().to_string();
    all.filter(|pid| status(*pid, "PPid:").as_deref() == Some(&host) && ticks(*pid) > 5).collect()
}

/// Hundredths of a second of processor time that a process has used.
fn ticks(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_whitespace().nth(11).and_then(|ticks| ticks.parse().ok()).unwrap_or_default()
}

fn is_gone(pid: u32) -> bool {
    status(pid, "State:").is_none_or(|state| state == "Z")
}

fn cancel(dev: &Dev, id: &str) {
    let (code, body) = dev.call("POST", &format!("/v1/executions/{id}/cancel"), &json!({}));
    assert_eq!(code, 200, "{body}");
}

/// A server that takes connections and never answers. It knows how many are open.
struct Silent {
    port: u16,
    open: Arc<AtomicUsize>,
}

impl Silent {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let silent = Self { port: listener.local_addr().unwrap().port(), open: Arc::default() };
        let open = silent.open.clone();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                open.fetch_add(1, SeqCst);
                let open = open.clone();
                thread::spawn(move || {
                    // The request ends it no more than its silence does: only the client's end of the connection.
                    while stream.read(&mut [0; 4096]).is_ok_and(|count| count > 0) {}
                    open.fetch_sub(1, SeqCst);
                });
            }
        });
        silent
    }

    fn open(&self) -> usize {
        self.open.load(SeqCst)
    }
}

#[test]
fn a_cancelled_loop_is_killed_and_its_process_is_free_for_others() {
    // Given as much endless code as there are processes for code.
    let folder = Folder::new("slots-code");
    let dev = Dev::start(&folder.data(), &[]);
    let endless: Vec<String> = (0..processes()).map(|_| start(&dev, &one(&code("for(;;);")))).collect();
    waits_until("all loops run", || busy(&dev).len() == processes());
    let processes = busy(&dev);
    // When they are cancelled,
    endless.iter().for_each(|id| cancel(&dev, id));
    // then their processes are gone, and others' code runs.
    waits_until("the processes are gone", || processes.iter().all(|pid| is_gone(*pid)));
    assert_eq!(over(&dev, &start(&dev, &one(&code("return 5"))))["output"], 5);
    for id in endless {
        assert_eq!(over(&dev, &id)["status"], "cancelled");
    }
}

#[test]
fn cancelled_requests_close_their_connections_and_their_places_are_free_for_others() {
    // Given as many requests as there are places, to a server that never answers. How many of them one caller's may
    // take is another matter.
    let (folder, silent, polite) = (Folder::new("slots-http"), Silent::start(), Own::start());
    let allowed = format!("127.0.0.1:{},{}", silent.port, polite.allowed());
    let dev = Dev::start(&folder.data(), &["--http-allow", &allowed]);
    let url = format!("http://127.0.0.1:{}/", silent.port);
    let asking: Vec<String> = (0..PLACES).map(|_| start(&dev, &one(&request(&url)))).collect();
    waits_until("the server is asked by many", || silent.open() >= PLACES / 2);
    // When they are cancelled, the server sees it, and others' requests go through.
    asking.iter().for_each(|id| cancel(&dev, id));
    waits_until("the connections are closed", || silent.open() == 0);
    assert_eq!(over(&dev, &start(&dev, &one(&request(&polite.url("/status/200")))))["status"], "completed");
}

#[test]
fn however_an_execution_ends_or_goes_on_without_a_node_the_node_is_stopped() {
    let folder = Folder::new("slots-ends");
    let dev = Dev::start(&folder.data(), &[]);
    let edges = |pairs: &[(&str, &str)]| -> Value {
        let edge = |(from, to): &(&str, &str)| match from.split_once('.') {
            Some((from, port)) => json!({"from": from, "to": to, "port": port}),
            None => json!({"from": from, "to": to}),
        };
        pairs.iter().map(edge).collect()
    };
    let go = json!({"id": "start", "type": "manual_trigger"});
    let (endless, soon) = (code("for(;;);"), json!({"id": "soon", "type": "wait", "config": {"seconds": 1}}));

    // Its own timeout, beside a node that has a day.
    let mut timeout = one(&endless);
    timeout["settings"] = json!({"timeout_seconds": 1});
    // A node that fails for good.
    let fail = json!({"id": "no", "type": "fail", "config": {"code": "no", "message": "no"}});
    let failing = json!({"id": "failing", "nodes": [go, endless, soon, fail],
        "edges": edges(&[("start", "js"), ("start", "soon"), ("soon", "no")])});
    // The end of the loop around it, after which the execution lives on.
    let (around, stop) =
        (json!({"id": "l", "type": "loop", "config": {"while": "true"}}), json!({"id": "stop", "type": "break"}));
    let after = json!({"id": "after", "type": "wait", "config": {"event": "never"}});
    let broken = json!({"id": "broken", "nodes": [go, around, endless, soon, stop, after],
        "edges": edges(&[("start", "l"), ("l.loop", "js"), ("l.loop", "soon"), ("soon", "stop"), ("js", "l"), ("l.done", "after")])});
    for (document, ends) in [(timeout, "failed"), (failing, "failed"), (broken, "waiting")] {
        let id = start(&dev, &document);
        waits_until("the loop runs", || busy(&dev).len() == 1);
        let processes = busy(&dev);
        dev.until(&id, &[ends]);
        waits_until("the process is gone", || is_gone(processes[0]));
    }

    // A parent that is cancelled and deleted at once, before its children may have heard of it.
    let body = json!({"nodes": [code("for(;;);")], "edges": []});
    let parent = one(&json!({"id": "all", "type": "map", "config": {"items": "[1, 2]", "body": body}}));
    let id = start(&dev, &parent);
    waits_until("both loops run", || busy(&dev).len() == 2);
    let processes = busy(&dev);
    cancel(&dev, &id);
    let (code, body) = dev.call("DELETE", &format!("/v1/executions/{id}"), &Value::Null);
    assert_eq!(code, 204, "{body}");
    waits_until("the processes are gone", || processes.iter().all(|pid| is_gone(*pid)));
}

#[test]
fn a_pause_stops_nothing_that_runs() {
    let folder = Folder::new("slots-pause");
    let dev = Dev::start(&folder.data(), &[]);
    let id = start(&dev, &one(&code("const from = Date.now(); while (Date.now() - from < 3000); return 7")));
    waits_until("it runs", || busy(&dev).len() == 1);
    let (code, body) = dev.call("POST", &format!("/v1/executions/{id}/pause"), &json!({}));
    assert_eq!(code, 200, "{body}");
    let is_recorded = || dev.get(&format!("/v1/executions/{id}/nodes")).to_string().contains("\"output\":7");
    waits_until("its outcome is recorded", is_recorded);
    assert_eq!(dev.get(&format!("/v1/executions/{id}"))["status"], "paused");
    dev.call("POST", &format!("/v1/executions/{id}/resume"), &json!({}));
    assert_eq!(over(&dev, &id)["output"], 7);
}

#[test]
fn no_document_gets_more_time_for_an_attempt_than_the_operator_allows() {
    // Given a host whose operator allows a second.
    let (folder, silent) = (Folder::new("slots-ceiling"), Silent::start());
    let allowed = format!("127.0.0.1:{}", silent.port);
    let options = ["--http-allow", &allowed, "--max-code-seconds", "1", "--max-http-seconds", "1"];
    let dev = Dev::start(&folder.data(), &options);
    let url = format!("http://127.0.0.1:{}/", silent.port);
    for (mut node, variable) in
        [(code("for(;;);"), "STEPWELL_MAX_CODE_SECONDS"), (request(&url), "STEPWELL_MAX_HTTP_SECONDS")]
    {
        // When a document asks for a year,
        node["timeout_seconds"] = json!(31_536_000);
        node["retry"] = json!({"max_attempts": 1});
        let document = one(&node);
        let (code, checked) = dev.call("POST", "/v1/workflows/validate", &document);
        assert_eq!(code, 200, "{checked}");
        assert_eq!(checked["warnings"][0]["code"], "timeout_too_long", "{checked}");
        // then its attempt is stopped after the second, and the error says who can allow more.
        let error = over(&dev, &start(&dev, &document))["error"].clone();
        assert_eq!(error["code"], "timeout", "{error}");
        assert!(error["message"].as_str().unwrap().contains(variable), "{error}");
    }
}
