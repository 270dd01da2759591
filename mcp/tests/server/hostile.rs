//! What no well-meaning client sends.

use super::*;

/// A message under headers of the test's own.
async fn raw(world: &World, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
    let mut request = Request::post("/mcp");
    let usual = [("content-type", "application/json"), ("accept", "application/json, text/event-stream")];
    let usual = usual.iter().filter(|(name, _)| headers.iter().all(|(other, _)| other != name));
    for (name, value) in usual.chain(headers) {
        request = request.header(*name, *value);
    }
    world.send(request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn what_is_no_message_is_refused_and_does_no_harm() {
    let world = World::local();
    let twice = format!("[{0}, {0}]", request("ping", json!({})));
    for body in ["", "no json", "[]", r#"{"jsonrpc": "1.0", "id": 1, "method": "ping"}"#, &twice] {
        let answer = raw(&world, &[], body.to_owned()).await;
        assert!(answer.status.is_client_error(), "{body}: {answer:?}");
        let code = if body.is_empty() || body == "no json" { -32700 } else { -32600 };
        assert_eq!(answer.error(), code, "{body}: {answer:?}");
        let id = answer.messages()[0].get("id").cloned();
        assert_eq!(id, body.starts_with('{').then(|| json!(1)), "what has an id is told by it");
    }
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}1{}}}"#,
        "[".repeat(5000),
        "]".repeat(5000)
    );
    assert_eq!(raw(&world, &[], deep).await.status, StatusCode::BAD_REQUEST);
    let large = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":"{}"}}}}"#, "x".repeat(10 << 20));
    assert_eq!(raw(&world, &[], large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let many = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"a":[{}1]}}}}"#, "1,".repeat(2_900_000));
    assert_eq!(raw(&world, &[], many).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let ping = request("ping", json!({})).to_string();
    assert_eq!(raw(&world, &[("content-type", "text/plain")], ping.clone()).await.status.as_u16(), 415);
    assert_eq!(raw(&world, &[("accept", "text/html")], ping.clone()).await.status.as_u16(), 406);
    assert_eq!(raw(&world, &[], ping).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_page_of_another_origin_gets_nothing() {
    let world = World::with(|app| app);
    world.token("t", "acme", &["read"]).await;
    let ping = request("ping", json!({})).to_string();
    let from = async |host: Option<&str>, origin: &str| {
        let mut headers = vec![("authorization", "Bearer t"), ("origin", origin)];
        headers.extend(host.map(|host| ("host", host)));
        raw(&world, &headers, ping.clone()).await.status.as_u16()
    };
    assert_eq!(from(Some("flows.example.com"), "https://flows.example.com").await, 200);
    assert_eq!(from(Some("localhost:8080"), "http://localhost:8080").await, 200);
    for origin in ["https://evil.example", "null", "http://localhost:8081", "https://flows.example.com:8443", ""] {
        assert_eq!(from(Some("localhost:8080"), origin).await, 403, "{origin}");
    }
    assert_eq!(from(None, "https://flows.example.com").await, 403, "behind a gateway that tells no host");
}

#[tokio::test]
async fn unknown_tools_and_arguments_that_do_not_fit_are_told() {
    let world = World::local();
    for name in ["none", "", "../greet", &"x".repeat(100_000)] {
        assert_eq!(world.ask("tools/call", json!({ "name": name, "arguments": {} })).await.error(), -32602);
    }
    for (tool, arguments) in [
        ("list_workflows", json!({ "limit": "all" })),
        ("list_workflows", json!({ "limits": 5 })),
        ("start_workflow", json!({})),
        ("get_execution", json!({ "execution_id": 5 })),
        ("ask_human", json!({ "question": ["a"] })),
        ("request_authorization", json!({ "tool_name": "t", "reason": "r", "security_level": "none" })),
        ("answer", json!({ "interaction_id": "i", "answer_as": "boss@example.com" })),
        ("start_workflow", json!({ "workflow_id": "w", "idempotency_key": "a\nb" })),
    ] {
        let (text, is_error) = said(&world.call(tool, arguments.clone()).await);
        assert!(is_error && text.contains("invalid_arguments"), "{tool} {arguments}: {text}");
    }
    for (tool, arguments) in
        [("list_workflows", json!({ "limit": 100_000 })), ("list_interactions", json!({ "cursor": "x" }))]
    {
        assert!(said(&world.call(tool, arguments).await).1, "the API refuses it");
    }
    assert_eq!(world.ask("tools/list", json!({ "cursor": "made up" })).await.error(), -32602);
    assert_eq!(world.ask("resources/list", json!({})).await.error(), -32601);
    // A request of the protocol with params that are none is known all the same.
    for params in [json!({ "name": 5 }), json!({}), json!({ "name": "list_workflows", "arguments": [] })] {
        assert_eq!(world.ask("tools/call", params.clone()).await.error(), -32602, "{params}");
    }
}

#[tokio::test]
async fn there_is_no_session_to_open_or_to_end() {
    let world = World::local();
    for method in ["GET", "DELETE", "PUT"] {
        let request = Request::builder().method(method).uri("/mcp").body(Body::empty()).unwrap();
        assert_eq!(world.send(request).await.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
    }
}
