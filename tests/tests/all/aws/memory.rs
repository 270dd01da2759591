//! What the function `step` takes in memory while a whole batch brings large values.

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

/// A server of two lists of ones; its port.
async fn server() -> u16 {
    let json = |count| move || async move { ([("content-type", "application/json")], ones(count)) };
    let router = Router::new().route("/large", get(json(LARGE))).route("/too-large", get(json(TOO_LARGE)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move { axum::serve(listener, router).await });
    port
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
    let mut idle = 0;
    while idle < 3 {
        idle = if cloud.step().await == 0 { idle + 1 } else { 0 };
        tokio::time::sleep(Duration::from_millis(if idle > 0 { 100 } else { 0 })).await;
    }
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
