//! Whose conversations are whose: what a chat shows of its sessions, and what agents remember of them, by one rule.

use crate::{Answer, World};
use memory::{Memory, chat_that_pays, model_that_says};
use serde_json::{Value, json};

/// A chat whose agent remembers each session by its name.
fn remembers() -> Value {
    let mut document = chat_that_pays();
    let memory = json!({"id": "memory", "type": "memory", "config": {"key": "{{ input.session_id }}"}});
    document["nodes"].as_array_mut().unwrap().push(memory);
    let lent = json!({"from": "memory", "to": "agent", "connection": "ai_memory"});
    document["edges"].as_array_mut().unwrap().push(lent);
    document
}

async fn by(world: &World, token: &str, method: &str, path: &str, body: Value) -> Answer {
    let bearer = format!("Bearer {token}");
    world.meanwhile(world.with_headers(method, path, &[("authorization", &bearer)], body)).await
}

#[tokio::test]
async fn a_session_and_what_is_remembered_of_it_are_shown_to_the_same_people() {
    let start = document::time::Time::parse("2026-01-31T09:00:00Z").unwrap();
    let world =
        World::over(Memory::new(start).with_runner(model_that_says(vec![json!({"text": "Hello."}); 2])), |app| app);
    for (token, owner, scopes) in [
        ("ann", "acme", &["read", "run", "respond"][..]),
        ("bob", "acme", &["read", "run", "respond"]),
        ("reads", "acme", &["read", "respond"]),
        ("boss", "acme", &["read", "run", "admin"]),
        ("theirs", "other", &["read", "run", "respond", "admin"]),
    ] {
        world.token(token, owner, scopes).await;
    }
    by(&world, "boss", "POST", "/v1/workflows", remembers()).await.of(201);
    for (token, session) in [("ann", "hers"), ("bob", "his"), ("ann", "both"), ("bob", "both")] {
        let said = json!({"message": format!("{token} in {session}"), "session_id": session});
        by(&world, token, "POST", "/v1/chat/help", said).await.of(200);
        // What is remembered is added after the answer.
        world.run().await;
    }
    let rows = [
        ("ann", [("hers", 200), ("his", 403), ("both", 403)]),
        ("bob", [("hers", 403), ("his", 200), ("both", 403)]),
        ("reads", [("hers", 403), ("his", 403), ("both", 403)]),
        ("boss", [("hers", 200), ("his", 200), ("both", 200)]),
        ("theirs", [("hers", 404), ("his", 404), ("both", 404)]),
    ];
    for (token, sessions) in rows {
        for (session, status) in sessions {
            for path in [format!("/v1/chat/help/{session}"), format!("/v1/memories/{session}")] {
                let answer = by(&world, token, "GET", &path, Value::Null).await;
                assert_eq!(answer.status, status, "{token} {path}: {}", answer.text);
                assert!(status != 403 || answer.text.contains("`admin`"), "{token} {path}: {}", answer.text);
                let words = ["ann in ", "bob in "].iter().any(|said| answer.text.contains(said));
                assert_eq!(words, status == 200, "{token} {path}: {}", answer.text);
            }
        }
    }
}
