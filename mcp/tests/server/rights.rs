//! Who may do what is what the API says.

use super::*;

#[tokio::test]
async fn without_a_valid_token_nothing_is_answered() {
    let world = World::with(|app| app);
    for token in [None, Some("wrong")] {
        let answer = world.message(token, &request("tools/list", json!({}))).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert!(answer.headers.contains_key("www-authenticate"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_scope_that_is_missing_is_an_error_of_the_tool() {
    let world = World::with(|app| app);
    world.token("admin", "acme", &["admin", "read"]).await;
    world.token("reads", "acme", &["read"]).await;
    world.token("runs", "acme", &["run"]).await;
    world.save(Some("admin"), &greet(true)).await;
    for (token, tool, arguments, scope) in [
        ("reads", "start_workflow", json!({ "workflow_id": "greet", "input": { "name": "x" } }), "run"),
        ("reads", "greet", json!({ "name": "x" }), "run"),
        ("reads", "ask_human", json!({ "question": "?" }), "run"),
        ("reads", "answer", json!({ "interaction_id": "i", "approved": true }), "respond"),
        ("runs", "list_workflows", json!({}), "read"),
        ("runs", "get_execution", json!({ "execution_id": "e" }), "read"),
    ] {
        let (text, is_error) = said(&world.call_by(token, tool, arguments).await);
        assert!(is_error && text.contains(&format!("scope `{scope}`")), "{tool}: {text}");
    }
    let result = world.meanwhile(world.call_by("runs", "greet", json!({ "name": "Ann" }))).await;
    assert_eq!(said(&result), ("Hello, Ann".into(), false), "whoever starts sees what it comes to");
    assert_eq!(world.tools(Some("runs")).await.len(), 7, "who may not read the list is told of none of it");
}

#[tokio::test]
async fn another_owners_workflows_and_executions_do_not_exist() {
    let world = World::with(|app| app);
    world.token("ours", "acme", &["admin", "read", "run"]).await;
    world.token("theirs", "other", &["admin", "read", "run", "respond"]).await;
    world.save(Some("ours"), &greet(true)).await;
    let started = world.meanwhile(world.call_by("ours", "greet", json!({ "name": "Ann" }))).await;
    let id = started["structuredContent"]["execution_id"].clone();
    assert!(world.tools(Some("ours")).await.contains(&"greet".to_owned()));
    assert!(!world.tools(Some("theirs")).await.contains(&"greet".to_owned()));
    let call = request("tools/call", json!({ "name": "greet", "arguments": { "name": "x" } }));
    assert_eq!(world.message(Some("theirs"), &call).await.error(), -32602);
    for (tool, arguments) in [
        ("start_workflow", json!({ "workflow_id": "greet", "input": { "name": "x" } })),
        ("get_execution", json!({ "execution_id": id, "wait_seconds": 1 })),
    ] {
        let (text, is_error) = said(&world.call_by("theirs", tool, arguments).await);
        assert!(is_error && text.contains("not_found"), "{tool}: {text}");
    }
    let listed = world.call_by("theirs", "list_workflows", json!({})).await;
    assert_eq!(listed["structuredContent"]["items"], json!([]));
}
