//! The store conformance suite on both hosts, and what only a host with a disk can show.

use document::time::Time;
use engine::port::Host;
use serde_json::json;
use std::{path::PathBuf, sync::Arc, time::Duration};
use stepwell_core::id::ExecutionId;
use stepwell_tests::store_conformance::{ask, document, kept, run, start, started};

fn scratch(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("stepwell-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    path
}

fn open(path: &PathBuf) -> Arc<local::Local> {
    let nodes = nodes::Nodes::new(nodes::Config::default()).expect("nodes");
    Arc::new(local::Local::open(path, nodes).expect("the folder opens"))
}

#[tokio::test]
async fn memory_conforms() {
    run(Arc::new(memory::Memory::new(Time(1_700_000_000_000)))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn local_conforms() {
    let path = scratch("conforms");
    let host = open(&path);
    run(host.clone()).await;
    host.shutdown(Duration::ZERO).await;
    let _ = std::fs::remove_dir_all(path);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_is_there_after_a_restart() {
    let path = scratch("restart");
    let host = open(&path);
    let workflow = kept(&*host, &document("restart")).await;
    let input = json!({"text": "x".repeat(engine::limits::INLINE_BYTES + 1)});
    let id: ExecutionId = start(&*host, started(&*host, &workflow, "local", input.clone())).await.id().clone();
    let before = ask(&*host, &id).await;
    host.shutdown(Duration::ZERO).await;
    drop(host);

    let host = open(&path);
    let after = host.journal().load(&id).await.unwrap().expect("it is there");
    assert_eq!(after, before);
    assert_eq!(after.started.input.value(), Some(&input), "offloaded values are fetched");
    host.shutdown(Duration::ZERO).await;
    let _ = std::fs::remove_dir_all(path);
}

/// Ten steps in a row, then an end.
fn chain() -> serde_json::Value {
    let step = |n: usize| json!({"id": format!("s{n}"), "type": "transform", "config": {"set": {"n": n}}});
    let nodes = std::iter::once(json!({"id": "go", "type": "manual_trigger"})).chain((1..=10).map(step));
    let name = |n: usize| if n == 0 { "go".to_owned() } else { format!("s{n}") };
    let edges = (0..10).map(|n| json!({"from": name(n), "to": name(n + 1)}));
    json!({"id": "chain", "nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>()})
}

#[tokio::test(flavor = "multi_thread")]
async fn local_runs_what_is_started_and_goes_on_after_a_restart() {
    let path = scratch("chain");
    let host = open(&path);
    let workflow = kept(&*host, &chain()).await;
    let mut ids = Vec::new();
    for round in 0..2 {
        if round == 1 {
            host.work().await.unwrap(); // The first hundred were started before anybody worked.
        }
        for _ in 0..100 {
            ids.push(start(&*host, started(&*host, &workflow, "local", json!({}))).await.id().clone());
        }
    }
    for id in &ids {
        let mut seq = 0;
        loop {
            let state = host.journal().load(id).await.unwrap().unwrap();
            if state.end.is_some() {
                assert_eq!(state.status(), stepwell_core::execution::Status::Completed);
                break;
            }
            host.journal().changed(id, seq.max(state.seq)).await;
            seq = state.seq;
        }
    }
    host.shutdown(Duration::from_secs(5)).await;
    let _ = std::fs::remove_dir_all(path);
}
