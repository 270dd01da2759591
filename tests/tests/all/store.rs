//! The store conformance suite on both hosts, and what only a host with a disk can show.

use serde_json::json;
use shared::{id::ExecutionId, port::Store, time::Time};
use std::{path::PathBuf, sync::Arc, time::Duration};
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
    let input = json!({"text": "x".repeat(shared::limits::INLINE_BYTES + 1)});
    let id: ExecutionId = start(&*host, started(&*host, &workflow, "local", input.clone())).await.id().clone();
    let before = ask(&*host, &id).await;
    host.shutdown(Duration::ZERO).await;
    drop(host);

    let host = open(&path);
    let after = host.load(&id).await.unwrap().expect("it is there");
    assert_eq!(after, before);
    assert_eq!(after.started.input.value(), &input, "offloaded values are fetched");
    host.shutdown(Duration::ZERO).await;
    let _ = std::fs::remove_dir_all(path);
}
