//! What functions take in memory: `step` while a whole batch brings large values, `status` while it shows the largest
//! executions. What they answer in one piece fits into what Lambda takes.

use axum::{Router, routing::get};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use stepwell_tests::cloud::Cloud;

/// The memory that the template gives a function, and that the tests tell it, in MB.
const FUNCTION_MB: u64 = 512;
/// Numbers of a list that is large as values and may be kept: 2 MB of text, some 75 MB of memory.
const LARGE: usize = 1_000_000;
/// Numbers of a list that is too large, although its text is not: 16 MB.
const TOO_LARGE: usize = 8_000_000;

fn ones(count: usize) -> String {
    format!("[{}1]", "1,".repeat(count - 1))
}

/// Bytes of one text of the execution that is large in all: six of them are nearly the 32 MiB that an outcome may have.
const TEXT: usize = 5_500_000;
const TEXTS: usize = 6;
/// Bytes of an answer that Lambda takes in one piece.
const ANSWER: usize = 6 * 1024 * 1024;

/// A server of two lists of ones, and of a text; its port.
async fn server() -> u16 {
    let json = |count| move || async move { ([("content-type", "application/json")], ones(count)) };
    let router = Router::new().route("/large", get(json(LARGE))).route("/too-large", get(json(TOO_LARGE)));
    let router = router.route("/text", get(|| async { "x".repeat(TEXT) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
}

/// Handles messages until none comes any more.
async fn run_out(cloud: &mut Cloud) {
    let mut idle = 0;
    while idle < 3 {
        idle = if cloud.step().await == 0 { idle + 1 } else { 0 };
        tokio::time::sleep(Duration::from_millis(if idle > 0 { 100 } else { 0 })).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_large_responses_fits_and_one_that_is_too_large_fails_its_own_node_alone() {
    let port = server().await;
    let mut cloud = Cloud::new("memory").await;
    cloud.set("STEPWELL_HTTP_ALLOW", &format!("127.0.0.1:{port}"));
    // Given ten executions whose next message asks for a list, all of them messages of one batch.
    let mut started = BTreeMap::new();
    for number in 0..10 {
        let list = if number == 0 { "too-large" } else { "large" };
        let workflow = json!({"id": format!("w{number}"), "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "ask", "type": "http_request", "config": {"url": format!("http://127.0.0.1:{port}/{list}")}}],
            "edges": [{"from": "go", "to": "ask"}]});
        let (status, answer) = cloud.request("POST", "/v1/executions", Some(&json!({ "workflow": workflow }))).await;
        assert_eq!(status, 202, "{answer}");
        started.insert(answer["execution_id"].as_str().unwrap().to_owned(), list);
    }
    // When the function handles them,
    run_out(&mut cloud).await;
    // then it stays within its memory,
    let peak = cloud.function("step").await.peak_mb();
    assert!(peak < FUNCTION_MB, "the function took {peak} MB");
    // and only the one whose list is too large has failed.
    for (id, list) in started {
        let (_, shown) = cloud.request("GET", &format!("/v1/executions/{id}"), None).await;
        let expected: Value = if list == "large" { json!("completed") } else { json!("failed") };
        assert_eq!(shown["status"], expected, "{list}: {}", shown["error"]);
        assert_eq!(shown["error"]["code"].as_str(), (list != "large").then_some("output_too_large"), "{list}");
    }
}

/// A chain of requests, and an output that has all that they gave.
fn large_in_all(port: u16) -> Value {
    let mut nodes = vec![json!({"id": "go", "type": "manual_trigger"})];
    let mut edges = Vec::new();
    let mut before = "go".to_owned();
    for number in 0..TEXTS {
        let id = format!("ask{number}");
        let url = format!("http://127.0.0.1:{port}/text");
        nodes.push(json!({"id": id, "type": "http_request", "config": {"url": url}}));
        edges.push(json!({"from": before, "to": id}));
        before = id;
    }
    let all: Vec<String> = (0..TEXTS).map(|number| format!("ctx.ask{number}.output.body")).collect();
    nodes.push(json!({"id": "all", "type": "transform", "config": {"expression": format!("[{}]", all.join(", "))}}));
    edges.push(json!({"from": before, "to": "all"}));
    json!({"id": "large", "nodes": nodes, "edges": edges})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_largest_execution_is_shown_in_what_lambda_takes_and_within_the_memory_of_a_function() {
    let port = server().await;
    let mut cloud = Cloud::new("largest").await;
    cloud.set("STEPWELL_HTTP_ALLOW", &format!("127.0.0.1:{port}"));
    // Given an execution with an output of 33 MB, made of texts that lie in the bucket.
    let start = json!({ "workflow": large_in_all(port) });
    let (status, answer) = cloud.request("POST", "/v1/executions", Some(&start)).await;
    assert_eq!(status, 202, "{answer}");
    let id = answer["execution_id"].as_str().unwrap().to_owned();
    run_out(&mut cloud).await;
    // When it is read in one piece, then every answer fits, and names what has no room.
    let headers = json!({"authorization": "Bearer TOKEN"});
    let paths = ["", "/nodes", "/history?limit=200", "/checkpoints/8", "/logs"]
        .map(|rest| format!("/v1/executions/{id}{rest}"));
    for path in paths.iter().map(String::as_str).chain(["/v1/executions?limit=200"]) {
        let (status, answer) = cloud.send("GET", path, headers.clone(), None).await;
        assert_eq!(status, 200, "{path}: {}", &answer.to_string()[..300.min(answer.to_string().len())]);
        assert!(answer.to_string().len() < ANSWER, "{path}");
    }
    let (_, shown) = cloud.request("GET", &paths[0], None).await;
    assert_eq!(shown["status"], "completed", "{shown}");
    let bytes = shown["output"]["bytes"].as_u64().unwrap_or_else(|| panic!("it is named: {shown}"));
    assert!(bytes > (TEXT * TEXTS) as u64 && shown["output"]["$blob"].is_string());
    // When it is streamed, then all of it is there.
    for path in [&paths[0], &paths[1], &paths[2], &format!("/v1/executions/{id}/export")] {
        let streamed = cloud.stream(path).await;
        println!("{path}: {} bytes, {} MB", streamed.len(), cloud.function("status").await.peak_mb());
        assert!(streamed.contains("\"statusCode\":200"), "{path}: {}", &streamed[..300.min(streamed.len())]);
    }
    assert!(cloud.stream(&paths[0]).await.len() > TEXT * TEXTS);
    // And no function has taken more memory than it has.
    for name in ["status", "step", "trigger"] {
        let peak = cloud.function(name).await.peak_mb();
        println!("{name}: {peak} MB");
        assert!(peak < FUNCTION_MB, "{name} took {peak} MB");
    }
}
