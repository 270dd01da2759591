//! Groups of people: kept, asked by their names, and counted by the people in them.

use crate::{
    Answer, World,
    issuer::{Key, Server, claims, verifier},
    shaped,
};
use api::types;
use serde_json::{Value, json};
use std::sync::Arc;

async fn as_(world: &World, token: &str, method: &str, path: &str, body: Value) -> Answer {
    world.with_headers(method, path, &[("authorization", &format!("Bearer {token}"))], body).await
}

async fn put(world: &World, name: &str, members: &[&str]) -> Value {
    as_(world, "admin", "PUT", &format!("/v1/groups/{name}"), json!({ "members": members })).await.of(200)
}

fn asks(assignees: Value, more: Value) -> Value {
    let mut config = json!({"kind": "approval", "question": "Pay?", "assignees": assignees, "timeout_seconds": 3600});
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({"id": "pay", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "ask", "type": "human", "config": config}],
        "edges": [{"from": "start", "to": "ask"}]})
}

/// A world with an admin and these people, each with a token of their name that may read, run and respond.
async fn peopled(people: &[&str]) -> World {
    let world = World::with(|app| app);
    world.token("admin", "acme", &["read", "run", "respond", "admin"]).await;
    for person in people {
        world.token(person, "acme", &["read", "run", "respond"]).await;
    }
    world
}

/// Saves and starts a document by this person, and returns the path of its question.
async fn asked(world: &World, by: &str, document: Value) -> String {
    as_(world, "admin", "POST", "/v1/workflows", document).await.of(201);
    let started = as_(world, by, "POST", "/v1/workflows/pay/executions", json!({})).await.of(202);
    world.run().await;
    let path = format!("/v1/executions/{}", started["execution_id"].as_str().unwrap());
    let seen = as_(world, "admin", "GET", &path, json!({})).await.of(200);
    format!("/v1/interactions/{}", seen["pending_interactions"][0]["interaction_id"].as_str().unwrap())
}

async fn say(world: &World, who: &str, question: &str) -> Answer {
    as_(world, who, "POST", &format!("{question}/respond"), json!({"approved": true})).await
}

async fn inbox(world: &World, who: &str, assignee: &str) -> usize {
    let page = as_(world, who, "GET", &format!("/v1/interactions?assignee={assignee}"), json!({})).await.of(200);
    page["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_group_is_made_shown_listed_and_removed() {
    let world = peopled(&["ann"]).await;
    let made = put(&world, "Finance%20EU", &[" Ann@example.com ", "bob@example.com", "ANN@example.com"]).await;
    let made: types::Group = shaped(&made);
    assert_eq!(made.members, ["Ann@example.com", "bob@example.com"], "each once");
    let shown = as_(&world, "ann", "GET", "/v1/groups/finance%20eu", json!({})).await.of(200);
    assert_eq!(shown["name"], "Finance EU");
    put(&world, "legal", &[]).await;
    let page = as_(&world, "ann", "GET", "/v1/groups?limit=1", json!({})).await.of(200);
    assert_eq!(page["items"][0]["name"], "Finance EU");
    let next = format!("/v1/groups?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    let page = as_(&world, "ann", "GET", &next, json!({})).await.of(200);
    assert_eq!((&page["items"][0]["name"], &page["next_cursor"]), (&json!("legal"), &Value::Null));
    as_(&world, "ann", "PUT", "/v1/groups/legal", json!({"members": []})).await.problem(403, "missing_scope");
    as_(&world, "ann", "DELETE", "/v1/groups/legal", json!({})).await.problem(403, "missing_scope");
    as_(&world, "admin", "DELETE", "/v1/groups/LEGAL", json!({})).await.of(204);
    as_(&world, "admin", "DELETE", "/v1/groups/legal", json!({})).await.problem(404, "not_found");
    as_(&world, "admin", "GET", "/v1/groups/legal", json!({})).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_cannot_be_a_group_is_refused_with_its_place() {
    let world = peopled(&[]).await;
    let set = async |name: &str, members: Value| {
        as_(&world, "admin", "PUT", &format!("/v1/groups/{name}"), json!({ "members": members })).await
    };
    for name in ["a%2Cb", "group%3Ax", "%20x", "x%0Ay", &"x".repeat(65)] {
        set(name, json!([])).await.problem(422, "invalid_name");
    }
    for member in ["", " ", "a,b", "group:legal", &"x".repeat(321)] {
        let refused = set("finance", json!(["ann@example.com", member])).await.problem(422, "invalid_field");
        assert_eq!(refused["errors"][0]["path"], "/members/1", "{member}");
    }
    let many: Vec<String> = (0..1_001).map(|n| format!("p{n}@example.com")).collect();
    set("finance", json!(many)).await.problem(422, "too_many_members");
    set("finance", json!(many[..1_000])).await.of(200);
    for n in 1..200 {
        set(&format!("g{n}"), json!([])).await.of(200);
    }
    set("one-more", json!([])).await.problem(409, "too_many_groups");
    set("G7", json!(["ann@example.com"])).await.of(200);
}

#[tokio::test]
async fn a_member_answers_and_nobody_else_does() {
    let world = peopled(&["ann", "bob", "cleo"]).await;
    put(&world, "finance", &["Ann@example.com"]).await;
    let question = asked(&world, "cleo", asks(json!(["group:Finance", "cleo@example.com"]), json!({}))).await;
    let shown = as_(&world, "bob", "GET", &question, json!({})).await.of(200);
    assert_eq!(shown["assignees"], json!(["group:Finance", "cleo@example.com"]), "the group stands for its members");
    for (who, assignee, found) in [
        ("ann", "me", 1),
        ("bob", "me", 0),
        ("bob", "ANN@example.com", 1),
        ("bob", "group:finance", 1),
        ("bob", "group:legal", 0),
    ] {
        assert_eq!(inbox(&world, who, assignee).await, found, "{who} {assignee}");
    }
    say(&world, "bob", &question).await.problem(403, "forbidden");
    // Who joins while the question is open may answer it, and who left may not.
    put(&world, "finance", &["bob@example.com"]).await;
    assert_eq!((inbox(&world, "ann", "me").await, inbox(&world, "bob", "me").await), (0, 1));
    say(&world, "ann", &question).await.problem(403, "forbidden");
    say(&world, "bob", &question).await.of(200);
}

#[tokio::test]
async fn a_name_that_looks_like_a_groups_is_not_the_group() {
    let world = peopled(&[]).await;
    world.token("group:finance", "acme", &["respond"]).await;
    let question = asked(&world, "admin", asks(json!(["group:finance@example.com"]), json!({}))).await;
    say(&world, "group:finance", &question).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_group_counts_by_its_people() {
    let world = peopled(&["ann", "bob"]).await;
    put(&world, "finance", &["ann@example.com", "bob@example.com"]).await;
    let question = asked(&world, "admin", asks(json!(["group:finance"]), json!({"approval_threshold": 2}))).await;
    assert_eq!(say(&world, "ann", &question).await.of(200)["responses_needed"], 1);
    assert_eq!(say(&world, "ann", &question).await.of(200)["responses_needed"], 1, "the same person is one");
    assert_eq!(say(&world, "bob", &question).await.of(200)["decision"], "approved");
}

#[tokio::test]
async fn a_requester_decides_nothing_as_a_member_either() {
    let world = peopled(&["ann", "bob"]).await;
    put(&world, "finance", &["ann@example.com", "bob@example.com"]).await;
    let document = asks(json!(["group:finance"]), json!({"allow_requester": false}));
    let question = asked(&world, "ann", document).await;
    say(&world, "ann", &question).await.problem(403, "forbidden");
    say(&world, "bob", &question).await.of(200);
}

#[tokio::test]
async fn a_group_without_members_is_asked_and_somebody_may_become_one() {
    let world = peopled(&["ann"]).await;
    let question = asked(&world, "admin", asks(json!(["group:nobody-yet"]), json!({}))).await;
    say(&world, "ann", &question).await.problem(403, "forbidden");
    put(&world, "nobody-yet", &["ann@example.com"]).await;
    say(&world, "ann", &question).await.of(200);
}

#[tokio::test]
async fn saving_warns_of_groups_in_which_nobody_is() {
    let world = peopled(&[]).await;
    put(&world, "empty", &[]).await;
    put(&world, "full", &["ann@example.com"]).await;
    let document = asks(
        json!(["group:full", "group:empty", "group:Absent", "{{ input.who }}"]),
        json!({"timeout_action": "escalate", "escalate_to": ["group:absent", "group:later"]}),
    );
    let saved = as_(&world, "admin", "POST", "/v1/workflows", document).await.of(201);
    let warnings = saved["warnings"].as_array().unwrap().iter().filter(|one| one["code"] == "group_without_members");
    let told: Vec<&str> = warnings.map(|one| one["message"].as_str().unwrap()).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    for name in ["absent", "empty", "later"] {
        assert!(told.iter().any(|message| message.contains(&format!("`{name}`"))), "{name}: {told:?}");
    }
}

#[tokio::test]
async fn the_claims_of_a_token_name_groups_too() {
    let (server, key) = (Arc::new(Server::default()), Key::new("one"));
    server.publish(&[key.jwk()]);
    let world = World::with(|app| app.with_jwt(verifier(&server, &[])));
    world.token("admin", "acme", &["read", "run", "respond", "admin"]).await;
    let question = asked(&world, "admin", asks(json!(["group:finance"]), json!({}))).await;
    let mut with = claims("ann");
    with["groups"] = json!(["Finance", "all staff"]);
    let (member, other) = (key.token(&with), key.token(&claims("bob")));
    assert_eq!((inbox(&world, &member, "me").await, inbox(&world, &other, "me").await), (1, 0));
    say(&world, &other, &question).await.problem(403, "forbidden");
    say(&world, &member, &question).await.of(200);
}

#[tokio::test]
async fn the_local_user_answers_for_a_member_and_not_for_a_group() {
    let world = World::with(|app| app.with_local_user("acme", "ann@example.com").of_own_processes());
    world.with_headers("PUT", "/v1/groups/finance", &[], json!({"members": ["bob@example.com"]})).await.of(200);
    let id = world.started(asks(json!(["group:finance"]), json!({})), json!({})).await;
    world.run().await;
    let seen = world.get(&format!("/v1/executions/{id}")).await.of(200);
    let path =
        format!("/v1/interactions/{}/respond", seen["pending_interactions"][0]["interaction_id"].as_str().unwrap());
    let answer = |who: &str| json!({"approved": true, "answer_as": who});
    let refused = world.post(&path, answer("group:finance")).await.problem(422, "invalid_field");
    assert_eq!(refused["errors"][0]["path"], "/answer_as");
    world.post(&path, answer("cleo@example.com")).await.problem(403, "forbidden");
    world.post(&path, answer("bob@example.com")).await.of(200);
}
