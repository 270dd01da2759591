//! Conversations: sessions, questions within them, streams, and who may see what.

use crate::{Answer, World, shaped};
use api::{App, types};
use document::time::Time;
use memory::{Memory, chat_that_pays, model_that_says};
use serde_json::{Value, json};

fn pays(amount: u64) -> Value {
    json!({"text": "I pay.", "tool_calls": [{"id": "1", "name": "pay", "arguments": {"amount": amount}}]})
}

async fn world(document: Value, answers: Vec<Value>) -> World {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_runner(model_that_says(answers));
    let world = World::over(host, |app: App| app.with_local_user("acme", "ann@example.com"));
    world.post("/v1/workflows", document).await.of(201);
    world
}

async fn says(world: &World, body: Value) -> Answer {
    world.meanwhile(world.post("/v1/chat/help", body)).await
}

async fn streams(world: &World, path: &str, body: Value) -> Vec<(String, Value)> {
    let answer = world.meanwhile(world.with_headers("POST", path, &[("accept", "text/event-stream")], body)).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["content-type"]),
        (200, &"text/event-stream".parse().unwrap()),
        "{}",
        answer.text
    );
    let events = answer.text.split("\n\n").filter(|part| part.starts_with("event: "));
    let read = events.map(|part| {
        let (name, data) = part.trim_start_matches("event: ").split_once("\ndata: ").unwrap();
        (name.to_owned(), serde_json::from_str(data).unwrap())
    });
    read.collect()
}

fn names(events: &[(String, Value)]) -> Vec<&str> {
    events.iter().map(|(name, _)| name.as_str()).collect()
}

#[tokio::test]
async fn a_message_is_answered_and_its_session_goes_on() {
    let world = world(chat_that_pays(), vec![json!({"text": "Hello."})]).await;
    let first = says(&world, json!({"message": "Hi"})).await.of(200);
    let _: types::ChatAnswer = shaped(&first);
    assert_eq!(
        (&first["text"], &first["status"], &first["interactions"]),
        (&json!("Hello."), &json!("completed"), &json!([]))
    );
    let session = first["session_id"].clone();
    let second = says(&world, json!({"message": "Again", "session_id": session})).await.of(200);
    assert_eq!(second["session_id"], session);
    assert_ne!(second["execution_id"], first["execution_id"]);
    // The trigger puts out what was said, where and by whom.
    let id = first["execution_id"].as_str().unwrap();
    let nodes = world.get(&format!("/v1/executions/{id}/nodes")).await.of(200);
    let trigger = nodes["items"].as_array().unwrap().iter().find(|node| node["node"] == "said").unwrap();
    assert_eq!(trigger["output"], json!({"message": "Hi", "session_id": session, "user": "ann@example.com"}));
    let execution = world.get(&format!("/v1/executions/{id}")).await.of(200);
    assert_eq!(execution["metadata"]["session_id"], session);
    // The conversation has both, oldest first, and pages lead to what is earlier.
    let path = format!("/v1/chat/help/{}", session.as_str().unwrap());
    let whole = world.get(&path).await.of(200);
    let _: types::Conversation = shaped(&whole);
    let said: Vec<_> =
        whole["items"].as_array().unwrap().iter().map(|one| [&one["message"], &one["text"], &one["user"]]).collect();
    assert_eq!(said, [["Hi", "Hello.", "ann@example.com"], ["Again", "Hello.", "ann@example.com"]]);
    let newest = world.get(&format!("{path}?limit=1")).await.of(200);
    assert_eq!(newest["items"][0]["message"], "Again");
    let cursor = newest["next_cursor"].as_str().unwrap();
    let earlier = world.get(&format!("{path}?limit=1&cursor={cursor}")).await.of(200);
    assert_eq!((earlier["items"].as_array().unwrap().len(), &earlier["items"][0]["message"]), (1, &json!("Hi")));
}

#[tokio::test]
async fn a_session_answers_one_message_at_a_time_and_its_question_in_between() {
    let world = world(chat_that_pays(), vec![pays(500), json!({"text": "Paid."})]).await;
    let asks = says(&world, json!({"message": "Pay", "session_id": "s"})).await.of(200);
    assert_eq!((&asks["status"], &asks["text"]), (&json!("waiting_human"), &Value::Null));
    assert_eq!(asks["interactions"][0]["authorization"]["arguments"], json!({"amount": 500}));
    // Another message is refused, in this session alone.
    let busy = says(&world, json!({"message": "And?", "session_id": "s"})).await.problem(409, "session_busy");
    assert_eq!(busy["execution_id"], asks["execution_id"]);
    assert_eq!(says(&world, json!({"message": "Pay", "session_id": "t"})).await.of(200)["status"], "waiting_human");
    // What answers nothing is refused, and a yes goes on.
    let resume =
        |value: Value| world.meanwhile(world.post("/v1/chat/help/resume", json!({"session_id": "s", "value": value})));
    resume(json!("perhaps")).await.problem(422, "invalid_answer");
    resume(json!({"aproved": true})).await.problem(422, "invalid_answer");
    let done = resume(json!("Yes.")).await.of(200);
    assert_eq!((&done["text"], &done["execution_id"]), (&json!("Paid."), &asks["execution_id"]));
    resume(json!("Yes")).await.problem(404, "no_open_interaction");
    let whole = world.get("/v1/chat/help/s").await.of(200);
    let call = &whole["items"][0]["tool_calls"][0];
    assert_eq!(
        (&call["name"], &call["status"], &call["result"]),
        (&json!("pay"), &json!("succeeded"), &json!({"paid": 500}))
    );
    // The other session is told the reason of a no.
    let no = json!({"session_id": "t", "value": {"approved": false, "reason": "too much"}});
    let refused = world.meanwhile(world.post("/v1/chat/help/resume", no)).await.of(200);
    assert_eq!(refused["text"], "Paid.");
    let call = world.get("/v1/chat/help/t").await.of(200)["items"][0]["tool_calls"][0].clone();
    assert_eq!(
        (&call["status"], call["error"]["message"].as_str().unwrap().contains("too much")),
        (&json!("rejected"), true),
        "{call}"
    );
}

#[tokio::test]
async fn messages_that_come_at_once_start_one_execution() {
    let world = world(chat_that_pays(), vec![pays(500)]).await;
    let one = || world.post("/v1/chat/help", json!({"message": "Pay", "session_id": "s"}));
    let answers = world.meanwhile(futures::future::join_all((0..8).map(|_| one()))).await;
    let taken = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(taken, 1, "{answers:?}");
    assert!(answers.iter().filter(|answer| answer.status != 200).all(|answer| answer.json()["code"] == "session_busy"));
    assert_eq!(world.get("/v1/executions").await.of(200)["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_may_wait_for_the_one_before_it() {
    let mut document = chat_that_pays();
    document["settings"] = json!({"overlap": "queue"});
    let world = world(document, vec![pays(500), json!({"text": "Paid."})]).await;
    let say = || world.post("/v1/chat/help", json!({"message": "Pay", "session_id": "s"}));
    assert_eq!(world.meanwhile(say()).await.of(200)["status"], "waiting_human");
    let second = say();
    let resume = async {
        tokio::task::yield_now().await;
        world.post("/v1/chat/help/resume", json!({"session_id": "s", "value": true})).await
    };
    let (second, first) = world.meanwhile(async { futures::join!(second, resume) }).await;
    assert_eq!(first.of(200)["text"], "Paid.");
    assert_eq!(second.of(200)["status"], "waiting_human", "it began once the first had ended");
    assert_eq!(world.get("/v1/chat/help/s").await.of(200)["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_message_that_waited_knows_what_was_said_before_it() {
    let mut document = chat_that_pays();
    document["settings"] = json!({"overlap": "queue"});
    let memory = json!({"id": "memory", "type": "memory", "config": {"key": "{{ input.session_id }}"}});
    document["nodes"].as_array_mut().unwrap().push(memory);
    let edge = json!({"from": "memory", "to": "agent", "connection": "ai_memory"});
    document["edges"].as_array_mut().unwrap().push(edge);
    let world = world(document, vec![pays(500), json!({"text": "Paid."})]).await;
    let say = || world.post("/v1/chat/help", json!({"message": "Pay", "session_id": "s"}));
    world.meanwhile(say()).await.of(200);
    let second = say();
    let resume = async {
        tokio::task::yield_now().await;
        world.post("/v1/chat/help/resume", json!({"session_id": "s", "value": true})).await
    };
    let (second, _) = world.meanwhile(async { futures::join!(second, resume) }).await;
    let id = second.of(200)["execution_id"].as_str().unwrap().to_owned();
    let nodes = world.get(&format!("/v1/executions/{id}/nodes")).await.of(200);
    let agent = nodes["items"].as_array().unwrap().iter().find(|node| node["node"] == "agent").unwrap();
    let remembered = agent["agent"]["memory"]["messages"].as_array().map(Vec::len);
    assert_eq!(remembered, Some(2), "{agent}");
}

/// A world whose session `s` asks somebody, with as many messages that wait behind that. Nobody waits for their answers.
async fn queued(texts: &[&str]) -> World {
    let mut document = chat_that_pays();
    document["settings"] = json!({"overlap": "queue"});
    let world = world(document, vec![pays(500), json!({"text": "Paid."})]).await;
    assert_eq!(says(&world, json!({"message": "first", "session_id": "s"})).await.of(200)["status"], "waiting_human");
    for text in texts {
        left(&world, text, &[]).await;
    }
    world
}

/// Says something whose answer does not come at once. Whoever said it goes away.
async fn left(world: &World, text: &str, headers: &[(&str, &str)]) {
    let body = json!({"message": text, "session_id": "s"});
    let mut said = std::pin::pin!(world.with_headers("POST", "/v1/chat/help", headers, body));
    for _ in 0..20 {
        world.run().await;
        assert!(futures::poll!(&mut said).is_pending(), "{text} is answered before its turn");
        tokio::task::yield_now().await;
    }
}

/// What was said in the session, with the statuses of it.
async fn statuses(world: &World) -> Vec<(String, String)> {
    let whole = world.get("/v1/chat/help/s").await.of(200);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    whole["items"].as_array().unwrap().iter().map(|one| (text(&one["message"]), text(&one["status"]))).collect()
}

fn told(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(said, status)| ((*said).to_owned(), (*status).to_owned())).collect()
}

#[tokio::test]
async fn messages_that_wait_are_executions_and_begin_in_their_order() {
    let world = queued(&["second", "third"]).await;
    let waits = [("first", "waiting_human"), ("second", "pending"), ("third", "pending")];
    assert_eq!(statuses(&world).await, told(&waits));
    // The question is that of the message that is under way, whichever was said last.
    let resume = async || {
        let body = json!({"session_id": "s", "value": true});
        world.meanwhile(world.post("/v1/chat/help/resume", body)).await.of(200)
    };
    assert_eq!(resume().await["text"], "Paid.");
    world.run().await;
    let waits = [("first", "completed"), ("second", "waiting_human"), ("third", "pending")];
    assert_eq!(statuses(&world).await, told(&waits));
    resume().await;
    resume().await;
    world.run().await;
    let all = statuses(&world).await;
    assert!(all.iter().all(|(_, status)| status == "completed"), "{all:?}");
}

#[tokio::test]
async fn a_message_that_is_cancelled_while_it_waits_lets_nobody_pass() {
    let world = queued(&["second", "third"]).await;
    let whole = world.get("/v1/chat/help/s").await.of(200);
    let second = whole["items"][1]["execution_id"].as_str().unwrap().to_owned();
    let shown = world.get(&format!("/v1/executions/{second}")).await.of(200);
    assert!(shown["message"].as_str().unwrap().contains("the message before it has not ended"), "{shown}");
    world.post(&format!("/v1/executions/{second}/cancel"), json!({})).await.of(200);
    world.run().await;
    let waits = [("first", "waiting_human"), ("second", "cancelled"), ("third", "pending")];
    assert_eq!(statuses(&world).await, told(&waits));
    left(&world, "fourth", &[]).await;
    world.post(&format!("/v1/executions/{second}/retry"), json!({})).await.of(200);
    let first = whole["items"][0]["execution_id"].as_str().unwrap();
    world.post(&format!("/v1/executions/{first}/cancel"), json!({})).await.of(200);
    world.run().await;
    // Retried, it has its old place.
    let waits = [("first", "cancelled"), ("second", "waiting_human"), ("third", "pending"), ("fourth", "pending")];
    assert_eq!(statuses(&world).await, told(&waits));
}

#[tokio::test]
async fn a_request_that_comes_again_is_the_message_that_waits() {
    let world = queued(&[]).await;
    left(&world, "second", &[("idempotency-key", "one")]).await;
    left(&world, "third", &[]).await;
    left(&world, "second", &[("idempotency-key", "one")]).await;
    let waits = [("first", "waiting_human"), ("second", "pending"), ("third", "pending")];
    assert_eq!(statuses(&world).await, told(&waits));
}

#[tokio::test]
async fn no_more_messages_wait_than_may_and_none_for_one_that_stands_in_no_line() {
    let world = queued(&vec!["more"; 100]).await;
    let refused = says(&world, json!({"message": "one too many", "session_id": "s"})).await;
    let refused = refused.problem(409, "session_busy");
    assert_eq!(refused["execution_status"], "waiting_human", "{refused}");
    says(&world, json!({"message": "first", "session_id": "t"})).await.of(200);
    // A version without the setting takes no message while others wait; the one with it waits for none that came by this one.
    world.post("/v1/workflows", chat_that_pays()).await.of(201);
    says(&world, json!({"message": "more", "session_id": "s"})).await.problem(409, "session_busy");
    says(&world, json!({"message": "first", "session_id": "u"})).await.of(200);
    let mut document = chat_that_pays();
    document["settings"] = json!({"overlap": "queue"});
    world.post("/v1/workflows", document).await.of(201);
    says(&world, json!({"message": "second", "session_id": "u"})).await.problem(409, "session_busy");
}

#[tokio::test]
async fn a_request_that_comes_again_says_nothing_twice() {
    let world = world(chat_that_pays(), vec![json!({"text": "Hello."})]).await;
    let say = |key: &'static str| {
        let body = json!({"message": "Hi", "session_id": "s"});
        let headers = [("idempotency-key", key)];
        let world = &world;
        async move { world.meanwhile(world.with_headers("POST", "/v1/chat/help", &headers, body)).await.of(200) }
    };
    let first = say("one").await;
    assert_eq!(say("one").await, first);
    assert_ne!(say("two").await["execution_id"], first["execution_id"]);
}

#[tokio::test]
async fn a_stream_tells_what_happens_until_the_question_and_from_there_to_the_end() {
    let world = world(chat_that_pays(), vec![pays(500), json!({"text": "Paid."})]).await;
    let events = streams(&world, "/v1/chat/help", json!({"message": "Pay", "session_id": "s"})).await;
    assert_eq!(names(&events), ["start", "delta", "tool_call", "interaction", "end"]);
    assert_eq!((&events[0].1["session_id"], &events[1].1["text"]), (&json!("s"), &json!("I pay.")));
    assert_eq!((&events[2].1["name"], &events[2].1["arguments"]), (&json!("pay"), &json!({"amount": 500})));
    assert_eq!((&events[3].1["kind"], &events[4].1["status"]), (&json!("authorization"), &json!("waiting_human")));
    let body = json!({"session_id": "s", "value": {"approved": true}});
    let events = streams(&world, "/v1/chat/help/resume", body).await;
    assert_eq!(names(&events), ["start", "tool_result", "delta", "message", "end"]);
    let result = &events[1].1;
    assert_eq!(
        (&result["id"], &result["status"], &result["result"], &result["turn"]),
        (&json!("1"), &json!("succeeded"), &json!({"paid": 500}), &json!(1))
    );
    assert_eq!((&events[3].1, &events[4].1["status"]), (&json!({"text": "Paid."}), &json!("completed")));
}

#[tokio::test]
async fn what_was_heard_of_a_model_is_not_told_again() {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap())
        .with_runner(model_that_says(vec![json!({"text": "Hello."})]))
        .heard();
    let world = World::over(host, |app: App| app.with_local_user("acme", "ann@example.com"));
    world.post("/v1/workflows", chat_that_pays()).await.of(201);
    let events = streams(&world, "/v1/chat/help", json!({"message": "Hi"})).await;
    let told: Vec<_> =
        events.iter().filter(|(name, _)| name == "delta").map(|(_, data)| data["text"].as_str().unwrap()).collect();
    assert_eq!(told, ["Hel", "lo."], "the pieces, and not the whole once more");
    assert_eq!(names(&events), ["start", "delta", "delta", "message", "end"]);
    // Nothing of the pieces is in the journal.
    let id = events[0].1["execution_id"].as_str().unwrap();
    let history = world.get(&format!("/v1/executions/{id}/history")).await.of(200).to_string();
    assert!(history.contains("Hello.") && !history.contains("\"Hel\""), "{history}");
}

#[tokio::test]
async fn a_failure_is_told_as_one() {
    let world = world(chat_that_pays(), vec![]).await;
    let answer = says(&world, json!({"message": "Hi"})).await.of(200);
    assert_eq!(
        (&answer["status"], &answer["error"]["code"], &answer["text"]),
        (&json!("failed"), &json!("invalid_request"), &Value::Null)
    );
    let events = streams(&world, "/v1/chat/help", json!({"message": "Hi"})).await;
    assert_eq!(names(&events), ["start", "end"]);
    assert_eq!(events[1].1["error"]["code"], "invalid_request");
}

#[tokio::test]
async fn what_is_no_message_and_no_chat_is_refused() {
    let world = world(chat_that_pays(), vec![json!({"text": "Hello."})]).await;
    world.post("/v1/workflows", crate::greet()).await.of(201);
    world.post("/v1/chat/greet", json!({"message": "Hi"})).await.problem(422, "no_chat");
    world.post("/v1/chat/nothing", json!({"message": "Hi"})).await.problem(404, "not_found");
    world.post("/v1/chat/help", json!({"message": "  "})).await.problem(422, "invalid_field");
    for session in ["", "a b", "a\nb", &"x".repeat(129)] {
        world
            .post("/v1/chat/help", json!({"message": "Hi", "session_id": session}))
            .await
            .problem(422, "invalid_field");
    }
    world.get("/v1/chat/help/nobody").await.problem(404, "not_found");
    world.post("/v1/chat/help/resume", json!({"session_id": "nobody", "value": "x"})).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_session_is_its_owners_and_a_copy_of_its_message_is_none_of_it() {
    let world = world(chat_that_pays(), vec![json!({"text": "Hello."})]).await;
    says(&world, json!({"message": "Hi", "session_id": "s"})).await.of(200);
    // An execution that names the session in its metadata is no message of it.
    let body = json!({"input": {"message": "x"}, "metadata": {"session_id": "s", "session_message": 7}});
    world.post("/v1/workflows/help/executions", body).await.of(202);
    world.run().await;
    assert_eq!(world.get("/v1/chat/help/s").await.of(200)["items"].as_array().unwrap().len(), 1);
    says(&world, json!({"message": "Hi", "session_id": "s"})).await.of(200);
    assert_eq!(world.get("/v1/chat/help/s").await.of(200)["items"].as_array().unwrap().len(), 2);
    // Another owner has a session of the same name, or none.
    world.token("bob", "other", &["read", "run", "respond", "admin"]).await;
    let bob = [("authorization", "Bearer bob")];
    let document = world.with_headers("POST", "/v1/workflows", &bob, chat_that_pays()).await;
    document.of(201);
    world.with_headers("GET", "/v1/chat/help/s", &bob, Value::Null).await.problem(404, "not_found");
    let said = json!({"message": "Hi", "session_id": "s"});
    world.meanwhile(world.with_headers("POST", "/v1/chat/help", &bob, said)).await.of(200);
    let his = world.with_headers("GET", "/v1/chat/help/s", &bob, Value::Null).await.of(200);
    assert_eq!(his["items"].as_array().unwrap().len(), 1);
}
