//! The child processes behind `code`: confined, reused, and never left behind.

use crate::code::{report, task};
use document::time::Time;
use engine::port::Runner;
use serde_json::json;
use std::{
    fs,
    net::TcpListener,
    os::fd::AsRawFd,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use stepwell_core::task::Outcome;
use stepwell_nodes::{Config, JsChild, Nodes};

/// Nodes whose child process bears a mark as its argument, since other tests of this process have child processes as
/// well.
fn marked(mark: &str) -> Nodes {
    let js_child = JsChild { program: env!("CARGO_BIN_EXE_js_child").into(), args: vec![mark.into()] };
    Nodes::new(Config { js_child, js_children: 1, ..Config::default() }).unwrap()
}

/// Ids of the child processes with a mark.
fn children(mark: &str) -> Vec<u32> {
    let pids = fs::read_dir("/proc").unwrap().filter_map(|e| e.unwrap().file_name().to_str()?.parse::<u32>().ok());
    let bears = |pid: &u32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|b| *b == 0).nth(1) == Some(mark.as_bytes())
    };
    pids.filter(bears).collect()
}

/// Waits until none of these processes exists any more.
async fn gone(pids: &[u32]) {
    let deadline = Instant::now() + Duration::from_secs(5);
    for pid in pids {
        // A zombie still has its folder in `/proc`, so this waits until the process is reaped.
        while Path::new(&format!("/proc/{pid}")).exists() {
            assert!(Instant::now() < deadline, "process {pid} is still there");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn is_one(nodes: &Nodes) {
    let output = json!(1);
    assert_eq!(
        report(nodes, "return 1", json!({}), 5.0).await.outcome,
        Outcome::Succeeded { port: "success".into(), output }
    );
}

#[tokio::test]
async fn a_child_has_nothing_of_the_environment_no_files_and_bounded_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let nodes = marked("confined");
    is_one(&nodes).await;
    let pid = children("confined")[0];
    // What it is told is for its allocator, and the same everywhere.
    assert_eq!(fs::read(format!("/proc/{pid}/environ")).unwrap(), b"MIMALLOC_ARENA_RESERVE=0\0");
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).unwrap(), Path::new("/"));
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let limit = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!((limit("Max open files"), limit("Max file size"), limit("Max core file size")), (3, 0, 0));
    assert_eq!(limit("Max processes"), 0);
    assert!(limit("Max address space") < 1 << 30);
    assert!(limit("Max cpu time") < 60);
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let told = |name: &str| -> Vec<String> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!((told("NoNewPrivs:"), told("Seccomp:")), (vec!["1".to_owned()], vec!["2".to_owned()]));
    assert_eq!(told("CapEff:"), ["0000000000000000"]);
    assert_eq!(told("CapPrm:"), ["0000000000000000"]);
    if rustix::process::geteuid().is_root() {
        assert_eq!(told("Uid:"), ["65534"; 4], "root's own child must not be root");
        assert_eq!((told("Gid:"), told("Groups:")), (vec!["65534".to_owned(); 4], Vec::new()));
    }
    let files = |of: String| -> Vec<_> {
        let entries = fs::read_dir(format!("/proc/{of}/fd")).unwrap();
        entries.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok()).collect()
    };
    let socket = fs::read_link(format!("/proc/self/fd/{}", listener.as_raw_fd())).unwrap();
    assert!(files("self".into()).contains(&socket));
    assert!(!files(pid.to_string()).contains(&socket), "a child must not inherit what its host has open");
}

#[tokio::test]
async fn a_child_is_reused_until_a_limit_is_passed() {
    let nodes = marked("reused");
    is_one(&nodes).await;
    let first = children("reused");
    is_one(&nodes).await;
    report(&nodes, "throw new Error('mine')", json!({}), 5.0).await;
    assert_eq!(children("reused"), first);
    report(&nodes, "for (;;);", json!({}), 0.2).await;
    gone(&first).await;
    is_one(&nodes).await;
    assert_eq!(children("reused").len(), 1);
}

#[tokio::test]
async fn a_child_that_died_while_idle_is_replaced() {
    let nodes = marked("idle");
    is_one(&nodes).await;
    let first = children("idle");
    assert!(Command::new("kill").args(["-9", &first[0].to_string()]).status().unwrap().success());
    is_one(&nodes).await;
    assert_ne!(children("idle"), first);
}

#[tokio::test]
async fn a_dropped_run_leaves_no_process_and_no_zombie() {
    let nodes = marked("dropped");
    let task = task("for (;;);", json!({}), 60.0);
    let run = nodes.run(&task, &|| Time(0));
    assert!(tokio::time::timeout(Duration::from_millis(300), run).await.is_err());
    // The process may be gone already; it only must not stay.
    gone(&children("dropped")).await;
}

#[tokio::test]
async fn children_end_with_their_host() {
    let nodes = marked("ended");
    is_one(&nodes).await;
    let pids = children("ended");
    assert_eq!(pids.len(), 1);
    drop(nodes);
    gone(&pids).await;
}

#[tokio::test]
async fn a_child_that_cannot_start_or_dies_is_told() {
    let with = |program: &str| {
        let js_child = JsChild { program: program.into(), args: vec![] };
        Nodes::new(Config { js_child, ..Config::default() }).unwrap()
    };
    match report(&with("/nonexistent"), "return 1", json!({}), 5.0).await.outcome {
        Outcome::Failed(failure) => assert_eq!(failure.code, "code_not_started"),
        other => panic!("{other:?}"),
    }
    match report(&with("/bin/true"), "return 1", json!({}), 5.0).await.outcome {
        Outcome::Unknown(failure) => assert_eq!(failure.code, "code_crashed"),
        other => panic!("{other:?}"),
    }
}
