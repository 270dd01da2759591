//! Workflows as tools: listed, started, looked at.

use super::*;

#[tokio::test]
async fn a_client_learns_what_the_server_is_and_which_tools_it_has() {
    let world = World::local();
    let hello = json!({ "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": { "name": "test", "version": "1" } });
    let info = world.ask("initialize", hello).await.result();
    assert_eq!((&info["serverInfo"]["name"], &info["protocolVersion"]), (&json!("stepwell"), &json!("2025-06-18")));
    assert!(info["capabilities"].get("tools").is_some(), "{info}");
    let begun = world.message(None, &json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    assert_eq!((begun.status, begun.headers.get("mcp-session-id")), (StatusCode::ACCEPTED, None));
    world.save(None, &greet(true)).await;
    world
        .save(None, &json!({ "id": "hidden", "nodes": [{ "id": "start", "type": "manual_trigger" }], "edges": [] }))
        .await;
    let fixed = [
        "list_workflows",
        "start_workflow",
        "get_execution",
        "list_interactions",
        "answer",
        "ask_human",
        "request_authorization",
    ];
    assert_eq!(world.tools(None).await, [&fixed[..], &["greet"]].concat());
    let listed = world.ask("tools/list", json!({})).await.result();
    let greets = listed["tools"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&greets["description"], &greets["inputSchema"]),
        (&json!("Greets somebody."), &greet(true)["input_schema"])
    );
}

#[tokio::test]
async fn a_workflow_is_called_by_its_id_and_gives_its_output() {
    let world = World::local();
    world.save(None, &greet(true)).await;
    let result = world.meanwhile(world.call("greet", json!({ "name": "Ann" }))).await;
    assert_eq!(said(&result), ("Hello, Ann".into(), false));
    assert_eq!(result["structuredContent"]["status"], "completed", "{result:#}");
    let refused = world.call("greet", json!({ "nam": "Ann" })).await;
    let (text, is_error) = said(&refused);
    assert!(is_error && text.contains("invalid_input") && text.contains("name"), "{text}");
    world.save(None, &greet(false)).await;
    assert_eq!(world.ask("tools/call", json!({ "name": "greet", "arguments": { "name": "x" } })).await.error(), -32602);
}

#[tokio::test]
async fn a_workflow_that_takes_no_object_takes_it_as_input() {
    let world = World::local();
    let mut document = greet(true);
    document["input_schema"] = json!({ "type": "string" });
    document["nodes"][1]["config"]["expression"] = json!("'Hello, ' + input");
    world.save(None, &document).await;
    let listed = world.ask("tools/list", json!({})).await.result();
    let schema = &listed["tools"].as_array().unwrap().last().unwrap()["inputSchema"];
    assert_eq!(
        (&schema["properties"]["input"], &schema["required"]),
        (&json!({ "type": "string" }), &json!(["input"]))
    );
    let result = world.meanwhile(world.call("greet", json!({ "input": "Bob" }))).await;
    assert_eq!(said(&result), ("Hello, Bob".into(), false));
}

#[tokio::test]
async fn a_workflow_that_fails_is_an_error_with_its_reason() {
    let world = World::local();
    let document = json!({ "id": "breaks", "metadata": { "mcp": true },
        "nodes": [{ "id": "start", "type": "manual_trigger" },
            { "id": "stop", "type": "fail", "config": { "code": "no_stock", "message": "nothing left" } }],
        "edges": [{ "from": "start", "to": "stop" }] });
    world.save(None, &document).await;
    let result = world.meanwhile(world.call("breaks", json!({}))).await;
    let (text, is_error) = said(&result);
    assert!(is_error && text.contains("nothing left") && text.contains("no_stock"), "{result:#}");
}

#[tokio::test]
async fn any_saved_workflow_is_listed_started_once_per_key_and_looked_at() {
    let world = World::local();
    world.save(None, &greet(false)).await;
    let listed = world.call("list_workflows", json!({})).await;
    assert_eq!(listed["structuredContent"]["items"][0]["id"], "greet", "{listed:#}");
    let arguments = json!({ "workflow_id": "greet", "input": { "name": "Ann" }, "idempotency_key": "k1" });
    let first = world.meanwhile(world.call("start_workflow", arguments.clone())).await;
    let again = world.meanwhile(world.call("start_workflow", arguments)).await;
    let id = first["structuredContent"]["execution_id"].as_str().unwrap();
    assert_eq!(first["structuredContent"]["output"], "Hello, Ann", "{first:#}");
    assert_eq!(again["structuredContent"]["execution_id"], id);
    let other = json!({ "workflow_id": "greet", "input": { "name": "Bob" }, "idempotency_key": "k1" });
    assert!(said(&world.call("start_workflow", other).await).1, "another body under the same key");
    let shown = world.call("get_execution", json!({ "execution_id": id })).await;
    assert_eq!(shown["structuredContent"]["status"], "completed");
    let (text, is_error) = said(&world.call("get_execution", json!({ "execution_id": "none" })).await);
    assert!(is_error && text.contains("there is no execution none"), "{text}");
    let (text, is_error) = said(&world.call("start_workflow", json!({ "workflow_id": "../executions" })).await);
    assert!(is_error && text.contains("not_found"), "{text}");
}
