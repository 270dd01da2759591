//! The executions that golden rows are of: through every kind of node, with long and short waits, with large values, and
//! of an agent.

use document::id::sha256_hex;
use engine::start::{StartRequest, start};
use serde_json::{Value, json};
use stepwell_tests::{
    aws_world::{Run, Scenario, World},
    generate::Case,
    store_conformance::kept,
};

/// All stories, by their names.
pub(super) fn stories() -> Vec<Scenario> {
    let every = ("every-node", crate::golden::case());
    let stories = [every, ("waits", waits()), ("large", large()), ("agent", crate::agents::case("You book."))];
    stories.into_iter().map(|(name, case)| Scenario::new(name, case)).collect()
}

/// A story that was started. Behind that of the waits another execution of its workflow is held back.
pub(super) async fn begun<'a>(world: &'a World, story: &Scenario) -> Run<'a> {
    let run = Run::begun(world, story, 0).await.unwrap_or_else(|error| panic!("{}: {error}", story.name));
    if story.name == "waits" {
        let host = world.host(false, 1);
        let workflow = kept(&host, &story.case.document).await;
        let second = start(&host, StartRequest::new("owner-0", workflow, story.case.input.clone())).await;
        assert!(second.unwrap().held, "one is under way");
    }
    run
}

fn chain(nodes: &[&str]) -> Vec<Value> {
    nodes.windows(2).map(|pair| json!({"from": pair[0], "to": pair[1]})).collect()
}

/// Waits of the queue and of the wait machine; children that ask, one that is a saved workflow, lines that code wrote.
fn waits() -> Case {
    let ask = |wait_by: &str| {
        json!({"kind": "approval", "question": "yes?", "wait_by": wait_by, "assignees": ["ada@example.com"],
            "timeout_seconds": 7_200, "timeout_action": "escalate", "escalate_to": ["bo@example.com"]})
    };
    let body = json!({
        "nodes": [{"id": "below", "type": "human", "config": ask("host")},
            {"id": "half", "type": "transform", "config": {"expression": "item + 1"}}],
        "edges": [{"from": "below", "to": "half", "port": "approved"}],
    });
    let saved = json!({"id": "under", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "rest", "type": "wait", "config": {"seconds": 5}}], "edges": [{"from": "go", "to": "rest"}]});
    let flaky = json!({"method": "POST", "url": "https://sim.example/flaky/1", "body": {"v": 3}});
    let nodes = json!([
        {"id": "start", "type": "manual_trigger"},
        {"id": "code", "type": "code", "config": {"code": "return 1"}},
        {"id": "long", "type": "wait", "config": {"seconds": 3_600}},
        {"id": "soon", "type": "http_request", "config": flaky, "retry": {"initial_seconds": 30}},
        {"id": "late", "type": "http_request", "config": flaky, "retry": {"initial_seconds": 2_000, "max_seconds": 2_000}},
        {"id": "other", "type": "workflow", "config": {"workflow_id": "under"}},
        {"id": "all", "type": "map", "config": {"items": "[1, 2, 3]", "body": body}},
        {"id": "ask", "type": "human", "config": ask("states")},
        {"id": "end", "type": "transform", "config": {"expression": "ctx.all.output"}},
    ]);
    let mut edges = chain(&["start", "code", "long", "soon", "late", "other", "all", "ask"]);
    edges.push(json!({"from": "ask", "to": "end", "port": "approved"}));
    let settings = json!({"max_concurrency": 1, "retention_days": 30});
    let document = json!({"id": "waits", "settings": settings, "nodes": nodes, "edges": edges});
    Case { document, saved: vec![saved], input: json!({"a": 1}) }
}

/// Text that deflate shortens by half at best.
fn noise(bytes: usize, seed: u32) -> String {
    let hex = (0u32..).flat_map(|n| sha256_hex(format!("{seed} {n}").as_bytes()).into_bytes());
    hex.take(bytes).map(char::from).collect()
}

/// Values of the bucket; a state that is too large for its row; a document that is.
fn large() -> Case {
    let parts: Vec<String> = (0..5).map(|part| noise(7_000, part)).collect();
    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger", "metadata": {"note": noise(140_000, 9)}})];
    let names: Vec<String> = (0..5).map(|part| format!("part{part}")).collect();
    for (at, name) in names.iter().enumerate() {
        nodes.push(json!({"id": name, "type": "transform", "config": {"expression": format!("input.parts[{at}]")}}));
    }
    nodes.push(json!({"id": "ask", "type": "human", "config": {"kind": "approval", "question": "yes?"}}));
    nodes.push(json!({"id": "end", "type": "transform", "config": {"expression": "ctx.part3.output"}}));
    let named: Vec<&str> = ["start"].into_iter().chain(names.iter().map(String::as_str)).chain(["ask"]).collect();
    let mut edges = chain(&named);
    edges.push(json!({"from": "ask", "to": "end", "port": "approved"}));
    let document = json!({"id": "large", "nodes": nodes, "edges": edges});
    Case { document, saved: Vec::new(), input: json!({"parts": parts}) }
}
