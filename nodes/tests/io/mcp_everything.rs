//! The client against the reference server of the Model Context Protocol, which tests/mcp/run.sh starts.

use crate::mcp::{ask, call, failed, http, output};
use crate::support::nodes;
use document::work::McpAsk;
use serde_json::json;

#[tokio::test]
#[ignore = "tests/mcp/run.sh starts the server"]
async fn the_reference_server_is_understood() {
    let url = std::env::var("STEPWELL_TEST_MCP_SERVER").expect("tests/mcp/run.sh names the server");
    let nodes = nodes("127.0.0.1");
    let asked = async |one: McpAsk| ask(&nodes, http(&url, &[]), one, vec![], 20.0).await;
    let tools = output(asked(McpAsk::ListTools).await);
    let names: Vec<&str> = tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"echo") && names.contains(&"get-sum"), "{names:?}");
    let echo = tools.as_array().unwrap().iter().find(|tool| tool["name"] == "echo").unwrap();
    assert_eq!(echo["parameters"]["properties"]["message"]["type"], "string", "{echo:#}");
    assert_eq!(output(asked(call("echo", json!({ "message": "hello" }))).await), "Echo: hello");
    let structured = output(asked(call("get-structured-content", json!({ "location": "New York" }))).await);
    assert!(structured["temperature"].is_number(), "{structured:#}");
    let wrong = asked(call("get-sum", json!({ "a": "no number" }))).await;
    assert!(!failed(wrong, "tool_failed").message.is_empty());
    failed(asked(call("no-such-tool", json!({}))).await, "tool_failed");
}
