//! What agents remember of conversations, listed, shown and forgotten.

use crate::{World, shaped};
use api::{App, types};
use document::time::Time;
use memory::{Memory, model_that_says};
use serde_json::{Value, json};
use std::time::Duration;

/// A world in which an agent has had these conversations.
async fn remembers(keys: &[&str]) -> World {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap())
        .with_runner(model_that_says(vec![json!({"text": "Hello."}), json!({"text": "Hello again."})]));
    let world = World::over(host, |app: App| app.with_local_user("acme", "ann@example.com"));
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"});
    let document = json!({"id": "talk", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "a", "type": "agent", "config": {"model": model, "prompt": "I am {{ input.who }}."}},
            {"id": "m", "type": "memory", "config": {"key": "{{ input.who }}", "ttl_days": 2}}],
        "edges": [{"from": "start", "to": "a"}, {"from": "m", "to": "a", "connection": "ai_memory"}]});
    world.post("/v1/workflows", document).await.of(201);
    for key in keys {
        world.post("/v1/workflows/talk/executions", json!({"input": {"who": key}})).await.of(202);
        world.run().await;
        // What is said in one moment has no order.
        world.pass(Duration::from_secs(1));
    }
    world
}

fn keys(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn conversations_are_listed_shown_and_forgotten() {
    let world = remembers(&["ada", "bob/2", "ada"]).await;
    let page = world.get("/v1/memories").await.of(200);
    let _: types::Page<types::Memory> = shaped(&page);
    let mut all = keys(&page);
    all.sort_unstable();
    assert_eq!(all, ["ada", "bob/2"]);
    let first = world.get("/v1/memories?limit=1").await.of(200);
    let rest = format!("/v1/memories?limit=1&cursor={}", first["next_cursor"].as_str().unwrap());
    let rest = world.get(&rest).await.of(200);
    assert_ne!(keys(&first), keys(&rest));
    let ada = world.get("/v1/memories/ada").await.of(200);
    let _: types::MemoryWithMessages = shaped(&ada);
    let said = |role: &str, text: &str| json!({"role": role, "content": text});
    assert_eq!(ada["messages"].as_array().unwrap().len(), 4, "{ada}");
    assert_eq!(ada["messages"].as_array().unwrap()[..2], [said("user", "I am ada."), said("assistant", "Hello.")]);
    assert_eq!(ada["expires_at"], "2026-02-02T09:00:02.000Z", "two days after what was said last");
    // A key is any text, escaped in the address.
    assert_eq!(world.get("/v1/memories/bob%2F2").await.of(200)["messages"].as_array().unwrap().len(), 2);
    assert_eq!(world.delete("/v1/memories/ada").await.status, 204);
    world.get("/v1/memories/ada").await.problem(404, "not_found");
    world.delete("/v1/memories/ada").await.problem(404, "not_found");
    assert_eq!(keys(&world.get("/v1/memories").await.of(200)), ["bob/2"]);
    // What is forgotten is not told to a model any more.
    world.post("/v1/workflows/talk/executions", json!({"input": {"who": "ada"}})).await.of(202);
    world.run().await;
    assert_eq!(world.get("/v1/memories/ada").await.of(200)["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn people_see_and_forget_their_own_conversations_and_admins_all() {
    let world = remembers(&["ada"]).await;
    world.token("mine", "acme", &["read", "run", "respond"]).await;
    world.token("reads", "acme", &["read"]).await;
    world.token("boss", "acme", &["admin"]).await;
    world.token("theirs", "other", &["read", "run", "respond", "admin"]).await;
    let asks = async |token: &str, method: &str, path: &str, body: Value| {
        let bearer = format!("Bearer {token}");
        world.with_headers(method, path, &[("authorization", &bearer)], body).await
    };
    let says = async |token: &str, key: &str| {
        let input = json!({"input": {"who": key}});
        asks(token, "POST", "/v1/workflows/talk/executions", input).await.of(202);
        world.run().await;
        world.pass(Duration::from_secs(1));
    };
    says("mine", "bob").await;
    let listed = async |token: &str| asks(token, "GET", "/v1/memories", Value::Null).await.of(200);
    assert_eq!(keys(&listed("mine").await), ["bob"]);
    assert_eq!(keys(&listed("boss").await), ["ada", "bob"]);
    assert!(keys(&listed("reads").await).is_empty() && keys(&listed("theirs").await).is_empty());
    for (token, method, key, status) in [
        ("mine", "GET", "bob", 200),
        ("mine", "GET", "ada", 403),
        ("mine", "DELETE", "ada", 403),
        ("reads", "GET", "bob", 403),
        ("reads", "DELETE", "bob", 403),
        ("theirs", "GET", "bob", 404),
        ("theirs", "DELETE", "bob", 404),
        ("boss", "GET", "ada", 200),
    ] {
        let answer = asks(token, method, &format!("/v1/memories/{key}"), Value::Null).await;
        assert_eq!(answer.status, status, "{token} {method} {key}: {answer:?}");
    }
    // A conversation in which another one speaks too is no more one's own.
    world.token("other", "acme", &["run"]).await;
    says("other", "bob").await;
    asks("mine", "GET", "/v1/memories/bob", Value::Null).await.problem(403, "missing_scope");
    says("mine", "eve").await;
    assert_eq!(asks("mine", "DELETE", "/v1/memories/eve", Value::Null).await.status, 204);
    assert_eq!(keys(&listed("boss").await), ["ada", "bob"]);
}
