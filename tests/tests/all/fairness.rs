//! Two owners on one embedded host, of whom one has far more to do than the host can at once.

use document::{Workflow, parse};
use engine::{
    port::Host,
    start::{StartRequest, start},
};
use local::{Local, server, store::limits};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};
use stepwell_core::{
    command::{Asked, Command, Control},
    execution::{Execution, Status},
    id::ExecutionId,
};

/// What nobody waits longer for, however busy the machine is. Without turns Ben would wait for ten minutes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that answers `/ok`, and never anything else. Requests that hang are told, with their connections.
fn server() -> (u16, Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, told) = channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut head, mut byte) = (Vec::new(), [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                head.push(byte[0]);
            }
            if head.starts_with(b"GET /ok") {
                let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n");
            } else if !head.is_empty() && tell.send(stream).is_err() {
                return;
            }
        }
    });
    (port, told)
}

fn workflow(id: &str, node: Value) -> Arc<Workflow> {
    let document = json!({"id": id, "nodes": [{"id": "go", "type": "manual_trigger"}, node],
        "edges": [{"from": "go", "to": "do"}]});
    parse(&document).unwrap().workflow
}

fn asking(id: &str, url: &str) -> Arc<Workflow> {
    workflow(id, json!({"id": "do", "type": "http_request", "timeout_seconds": 600, "config": {"url": url}}))
}

async fn started(host: &Local, owner: &str, workflow: &Arc<Workflow>) -> ExecutionId {
    let request = StartRequest::new(owner, workflow.clone(), json!({}));
    tokio::time::timeout(PATIENCE, start(host, request)).await.expect("a start is quick").unwrap().id().clone()
}

async fn ended(host: &Local, id: &ExecutionId) -> Arc<Execution> {
    let watch = async {
        loop {
            let state = host.journal().load(id).await.unwrap().unwrap();
            if state.end.is_some() {
                return state;
            }
            host.journal().changed(id, state.seq).await;
        }
    };
    tokio::time::timeout(PATIENCE, watch).await.expect("it ends")
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_requests_and_thousands_of_children_of_one_owner_do_not_stop_another() {
    let (port, hanging) = server();
    let path = std::env::temp_dir().join(format!("stepwell-fairness-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    let url = |path: &str| format!("http://127.0.0.1:{port}/{path}");
    let host = server::open(&path, nodes::AllowList::parse(&format!("127.0.0.1:{port}")).unwrap()).unwrap();
    server::start(&host).await.unwrap();

    // Ann's requests take all that she may have at once, and some wait; and she maps thousands of items.
    let hangs = asking("hangs", &url("hang"));
    for _ in 0..limits::IO + 20 {
        started(&host, "ann", &hangs).await;
    }
    let held: Vec<TcpStream> = (0..limits::IO).map(|_| hanging.recv_timeout(PATIENCE).unwrap()).collect();
    let body = json!({"nodes": [{"id": "wait", "type": "wait", "config": {"seconds": 600}}], "edges": []});
    let items = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(a, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map(b, a * b))";
    let inner = json!({"nodes": [{"id": "each", "type": "map", "config": {"items": "item", "body": body,
        "max_concurrency": 10}}], "edges": []});
    let maps = workflow(
        "maps",
        json!({"id": "do", "type": "map", "config": {"items": items, "body": inner, "max_concurrency": 10}}),
    );
    let mut trees = Vec::new();
    for _ in 0..10 {
        trees.push(started(&host, "ann", &maps).await);
    }

    // Ben's first step and his request go on meanwhile.
    let asks = asking("asks", &url("ok"));
    let ben = started(&host, "ben", &asks).await;
    assert_eq!(ended(&host, &ben).await.status(), Status::Completed);
    assert!(hanging.try_recv().is_err(), "Ann has no more than she may have");

    // And a caller's cancel comes before what Ann's trees do.
    let cancel = Asked::from(Command::Control { control: Control::Cancel, reason: None });
    for tree in &trees {
        let cancelled = engine::drive::submit(&*host, tree, cancel.clone());
        tokio::time::timeout(PATIENCE, cancelled).await.expect("a cancel is quick").unwrap();
        assert_eq!(ended(&host, tree).await.status(), Status::Cancelled);
    }
    drop(held);
    host.shutdown(Duration::ZERO).await;
    let _ = std::fs::remove_dir_all(path);
}
