//! The server of the Model Context Protocol on AWS, behind API Gateway: one function starts, shows and answers.

use super::services::eventually;
use serde_json::{Value, json};
use stepwell_tests::cloud::Cloud;

/// Sends a message of the protocol. Returns its answer, which is one piece of JSON.
async fn message(cloud: &mut Cloud, method: &str, params: Value) -> Value {
    let headers = json!({"authorization": "Bearer TOKEN", "content-type": "application/json",
        "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-06-18"});
    let message = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
    let (status, answer) = cloud.send("POST", "/mcp", headers, Some(message.to_string())).await;
    assert_eq!(status, 200, "{answer}");
    serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_else(|_| panic!("{answer}"))
}

/// Calls a tool, which must not fail. Returns what it gives to programs.
async fn called(cloud: &mut Cloud, name: &str, arguments: Value) -> Value {
    let answer = message(cloud, "tools/call", json!({"name": name, "arguments": arguments})).await;
    assert_ne!(answer["result"]["isError"], true, "{answer:#}");
    answer["result"]["structuredContent"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_starts_sees_a_question_and_answers_it() {
    let mut cloud = Cloud::new("agents").await;
    let document = json!({
        "id": "expense", "metadata": {"mcp": true},
        "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay 5?"}},
            {"id": "paid", "type": "transform", "config": {"expression": "'paid'"}}],
        "edges": [{"from": "go", "to": "ask"}, {"from": "ask", "to": "paid", "port": "approved"}],
    });
    let (status, saved) = cloud.request("POST", "/v1/workflows", Some(&document)).await;
    assert_eq!(status, 201, "{saved}");
    let tools = message(&mut cloud, "tools/list", json!({})).await;
    assert!(tools["result"]["tools"].as_array().is_some_and(|all| all.iter().any(|one| one["name"] == "expense")));
    let started = called(&mut cloud, "start_workflow", json!({"workflow_id": "expense", "wait_seconds": 0})).await;
    let id = started["execution_id"].clone();
    let question = eventually("it asks", async || {
        cloud.step().await;
        let listed = called(&mut cloud, "list_interactions", json!({"execution_id": id})).await;
        listed["items"][0]["interaction_id"].as_str().map(str::to_owned)
    })
    .await;
    let answered = called(&mut cloud, "answer", json!({"interaction_id": question, "approved": true})).await;
    assert_eq!(answered["decision"], "approved");
    eventually("it is over", async || {
        cloud.step().await;
        let shown = called(&mut cloud, "get_execution", json!({"execution_id": id})).await;
        (shown["output"] == "paid").then_some(())
    })
    .await;
}
