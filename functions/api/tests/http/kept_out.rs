//! `allow_requester: false` as callers see it: no link, no place in the list of what waits, and no question without others.

use super::*;

/// Asks ann, who starts it, and bob; ann may not decide.
fn barred() -> Value {
    let mut document = approval();
    document["nodes"][1]["config"]["allow_requester"] = json!(false);
    document
}

fn world() -> World {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_links("https://flows.example.com");
    World::over(host, |app| app.with_local_user("acme", "ann@example.com"))
}

async fn listed(world: &World, query: &str) -> usize {
    world.get(&format!("/v1/interactions?{query}")).await.of(200)["items"].as_array().unwrap().len()
}

#[tokio::test]
async fn what_somebody_may_not_decide_is_not_in_the_list_of_what_waits_for_them() {
    let world = world();
    world.started(barred(), json!({"amount": 5})).await;
    let mut free = approval();
    free["id"] = json!("free");
    world.started(free, json!({"amount": 6})).await;
    world.run().await;
    assert_eq!(listed(&world, "status=pending").await, 2, "the list of all has both");
    assert_eq!(listed(&world, "status=pending&assignee=me").await, 1);
    assert_eq!(listed(&world, "status=pending&assignee=ANN@example.com").await, 1);
    assert_eq!(listed(&world, "status=pending&assignee=bob@example.com").await, 2);
    let all = world.get("/v1/interactions").await.of(200);
    for one in all["items"].as_array().unwrap() {
        let is_free = one["workflow_id"] == "free";
        assert_eq!(one["link"].is_string(), is_free, "{one}");
        assert_eq!(one["kept_out"], if is_free { Value::Null } else { json!("ann@example.com") });
    }
}

#[tokio::test]
async fn whose_token_may_only_read_gets_no_link() {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_links("https://flows.example.com");
    let world = World::over(host, |app| app);
    world.token("starts", "acme", &["read", "run"]).await;
    world.token("ann", "acme", &["read", "respond"]).await;
    world.token("bob", "acme", &["read", "run", "admin"]).await;
    let call = async |who: &str, method: &str, path: &str, body: Value| {
        world.with_headers(method, path, &[("authorization", &format!("Bearer {who}"))], body).await
    };
    let start = json!({"workflow": approval(), "input": {"amount": 5}});
    call("starts", "POST", "/v1/executions", start).await.of(202);
    world.run().await;
    // Both are asked. Whoever has a link answers by it, whatever their token may do.
    for (who, has_link) in [("ann", true), ("bob", false), ("starts", false)] {
        let all = call(who, "GET", "/v1/interactions", Value::Null).await.of(200);
        let one = &all["items"][0];
        assert_eq!(one["assignees"], json!(["ann@example.com", "bob@example.com"]), "{one}");
        assert_eq!(one["link"].is_string(), has_link, "{who}: {one}");
        let path = format!("/v1/interactions/{}", one["interaction_id"].as_str().unwrap());
        let alone = call(who, "GET", &path, Value::Null).await.of(200);
        assert_eq!(alone["link"].is_string(), has_link, "{who}: {alone}");
    }
}

#[tokio::test]
async fn a_page_of_the_list_is_full_where_there_are_enough() {
    let world = world();
    let mut free = approval();
    free["id"] = json!("free");
    for _ in 0..3 {
        world.started(barred(), json!({"amount": 5})).await;
        world.started(free.clone(), json!({"amount": 6})).await;
    }
    world.run().await;
    let first = world.get("/v1/interactions?assignee=me&limit=2").await.of(200);
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = world.get(&format!("/v1/interactions?assignee=me&limit=2&cursor={cursor}")).await.of(200);
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));
}

#[tokio::test]
async fn a_question_that_only_its_requester_could_decide_is_not_opened() {
    let world = world();
    let mut alone = barred();
    alone["nodes"][1]["config"]["assignees"] = json!(["ann@example.com"]);
    let id = world.started(alone, json!({"amount": 5})).await;
    world.run().await;
    let execution = world.get(&format!("/v1/executions/{id}")).await.of(200);
    assert_eq!((&execution["status"], &execution["error"]["code"]), (&json!("failed"), &json!("too_few_people")));
}
