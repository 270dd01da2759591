//! Conversations on AWS, behind API Gateway: one function starts, shows and answers, and tells what happens in one piece.

use super::services::eventually;
use serde_json::{Value, json};
use stepwell_tests::cloud::Cloud;

/// The events of a stream that came in one piece, by their names.
fn names(answer: &Value) -> Vec<String> {
    let text = answer["body"].as_str().unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix("event: ").map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_started_asked_and_answered() {
    let mut cloud = Cloud::new("chats").await;
    let document = json!({"id": "help", "nodes": [{"id": "said", "type": "chat_trigger"},
            {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Say {{ output.message }}?"}},
            {"id": "reply", "type": "transform", "config": {"expression": "'You said ' + input.message"}}],
        "edges": [{"from": "said", "to": "ask"}, {"from": "ask", "to": "reply", "port": "approved"}]});
    let (status, saved) = cloud.request("POST", "/v1/workflows", Some(&document)).await;
    assert_eq!(status, 201, "{saved}");
    // Nothing moves while the stream is waited for, so it ends before the execution does, and says so.
    let headers =
        json!({"authorization": "Bearer TOKEN", "content-type": "application/json", "accept": "text/event-stream"});
    let body = json!({"message": "hello", "session_id": "s"}).to_string();
    let (status, told) = cloud.send("POST", "/v1/chat/help", headers.clone(), Some(body)).await;
    assert_eq!((status, names(&told)), (200, vec!["start".to_owned(), "end".to_owned()]), "{told}");
    eventually("it asks", async || {
        cloud.step().await;
        let (_, shown) = cloud.request("GET", "/v1/chat/help/s", None).await;
        (shown["items"][0]["status"] == "waiting_human").then_some(())
    })
    .await;
    let (status, busy) =
        cloud.request("POST", "/v1/chat/help", Some(&json!({"message": "more", "session_id": "s"}))).await;
    assert_eq!((status, &busy["code"]), (409, &json!("session_busy")), "{busy}");
    let body = json!({"session_id": "s", "value": "yes"}).to_string();
    let (status, told) = cloud.send("POST", "/v1/chat/help/resume", headers, Some(body)).await;
    assert_eq!((status, names(&told)), (200, vec!["start".to_owned(), "end".to_owned()]), "{told}");
    eventually("it is answered", async || {
        cloud.step().await;
        let (_, shown) = cloud.request("GET", "/v1/chat/help/s", None).await;
        (shown["items"][0]["text"] == "You said hello").then_some(())
    })
    .await;
}
