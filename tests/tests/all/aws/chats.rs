//! Conversations on AWS, behind API Gateway: one function starts, shows and answers, and tells what happens in one piece.

use super::services::eventually;
use serde_json::{Value, json};
use stepwell_tests::cloud::Cloud;

/// The events of a stream that came in one piece, by their names.
fn names(answer: &Value) -> Vec<String> {
    let text = answer["body"].as_str().unwrap_or_default();
    text.lines().filter_map(|line| line.strip_prefix("event: ").map(str::to_owned)).collect()
}

/// A conversation that asks before it repeats what was said.
fn parrot(settings: Value) -> Value {
    json!({"id": "help", "settings": settings, "nodes": [{"id": "said", "type": "chat_trigger"},
            {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Say {{ output.message }}?"}},
            {"id": "reply", "type": "transform", "config": {"expression": "'You said ' + input.message"}}],
        "edges": [{"from": "said", "to": "ask"}, {"from": "ask", "to": "reply", "port": "approved"}]})
}

/// Sends a message or an answer, and does not wait for what it leads to. Returns the status, and the end of the stream.
async fn sends(cloud: &mut Cloud, path: &str, body: Value) -> (u16, Value) {
    let headers =
        json!({"authorization": "Bearer TOKEN", "content-type": "application/json", "accept": "text/event-stream"});
    let (status, told) = cloud.send("POST", path, headers, Some(body.to_string())).await;
    let text = told["body"].as_str().unwrap_or_default();
    let end = text.lines().rev().find_map(|line| line.strip_prefix("data: ")).unwrap_or("null");
    (status, serde_json::from_str(end).unwrap())
}

/// What was said in the session, each with its status.
async fn statuses(cloud: &mut Cloud) -> Vec<(String, String)> {
    let (status, shown) = cloud.request("GET", "/v1/chat/help/s", None).await;
    assert_eq!(status, 200, "{shown}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    shown["items"].as_array().unwrap().iter().map(|one| (text(&one["message"]), text(&one["status"]))).collect()
}

/// Waits until the session has come to this.
async fn until(cloud: &mut Cloud, expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(said, status)| ((*said).to_owned(), (*status).to_owned())).collect();
    eventually(&format!("{expected:?}"), async || {
        cloud.step().await;
        (statuses(cloud).await == expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_session_wait_for_their_turn() {
    let mut cloud = Cloud::new("chat-lines").await;
    let document = parrot(json!({"overlap": "queue"}));
    let (status, saved) = cloud.request("POST", "/v1/workflows", Some(&document)).await;
    assert_eq!(status, 201, "{saved}");
    let say = |text: &str| json!({"message": text, "session_id": "s"});
    assert_eq!(sends(&mut cloud, "/v1/chat/help", say("one")).await.0, 200);
    until(&mut cloud, &[("one", "waiting_human")]).await;
    for text in ["two", "three"] {
        let (status, end) = sends(&mut cloud, "/v1/chat/help", say(text)).await;
        assert_eq!((status, &end["status"]), (200, &json!("pending")), "{end}");
    }
    for _ in 0..3 {
        cloud.step().await;
    }
    until(&mut cloud, &[("one", "waiting_human"), ("two", "pending"), ("three", "pending")]).await;
    let yes = json!({"session_id": "s", "value": "yes"});
    for expected in [
        [("one", "completed"), ("two", "waiting_human"), ("three", "pending")],
        [("one", "completed"), ("two", "completed"), ("three", "waiting_human")],
        [("one", "completed"), ("two", "completed"), ("three", "completed")],
    ] {
        assert_eq!(sends(&mut cloud, "/v1/chat/help/resume", yes.clone()).await.0, 200);
        until(&mut cloud, &expected).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_started_asked_and_answered() {
    let mut cloud = Cloud::new("chats").await;
    let document = parrot(json!({}));
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
