//! Whether an answer fits its question, by one rule for every way in.

use super::*;

/// A world in which an input of this schema is asked, and the path of the question.
async fn asked(schema: Value) -> (World, String) {
    let world = World::local();
    let document = json!({"id": "form", "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "ask", "type": "human", "config": {"kind": "input", "question": "?", "schema": schema}}],
        "edges": [{"from": "start", "to": "ask"}]});
    world.started(document, json!({})).await;
    world.run().await;
    let id = world.get("/v1/interactions").await.of(200)["items"][0]["interaction_id"].as_str().unwrap().to_owned();
    (world, format!("/v1/interactions/{id}"))
}

#[tokio::test]
async fn formats_are_checked_as_forms_check_them() {
    let field = |format: &str| json!({"type": "string", "format": format});
    let schema = json!({"type": "object", "properties": {"day": field("date"), "at": field("date-time"),
        "mail": field("email"), "page": field("uri"), "own": field("of-ours")}});
    let (world, path) = asked(schema).await;
    let bad = json!({"day": "2026-02-30", "at": "tomorrow", "mail": "ann", "page": "not a page", "own": "anything"});
    let problem = world.post(&format!("{path}/respond"), json!({"data": bad})).await.problem(422, "invalid_answer");
    let mut paths: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|one| one["path"].as_str().unwrap()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/data/at", "/data/day", "/data/mail", "/data/page"], "{problem}");
    let good = json!({"day": "2026-02-28", "at": "2026-01-31T09:00:00Z", "mail": "ann@example.com",
        "page": "https://example.com/a", "own": "anything"});
    world.post(&format!("{path}/respond"), json!({"data": good})).await.of(200);
}

#[tokio::test]
async fn null_is_data_where_the_schema_takes_it() {
    let (world, path) = asked(json!({"type": ["null", "string"]})).await;
    world.post(&format!("{path}/respond"), json!({"data": null})).await.of(200);
    let one = world.get(&path).await.of(200);
    assert_eq!((&one["status"], &one["responses"][0]["answer"]), (&json!("answered"), &Value::Null));
    let (world, path) = asked(json!({"type": "string"})).await;
    for none in [json!({"data": null}), json!({})] {
        world.post(&format!("{path}/respond"), none).await.problem(422, "invalid_answer");
    }
    let mut together = json!({"interaction_ids": [path.rsplit('/').next().unwrap()], "data": null});
    let refused = world.post("/v1/interactions/respond", together.clone()).await.of(200);
    assert_eq!(refused["items"][0]["error"]["code"], "invalid_answer");
    together["data"] = json!("text");
    assert_eq!(world.post("/v1/interactions/respond", together).await.of(200)["items"][0]["status"], "answered");
}

#[tokio::test]
async fn null_in_place_of_data_that_nobody_asked_for_means_nothing() {
    let world = World::local();
    let id = world.started(approval(), json!({"amount": 5})).await;
    world.run().await;
    let one = world.get("/v1/interactions").await.of(200)["items"][0]["interaction_id"].as_str().unwrap().to_owned();
    world.post(&format!("/v1/interactions/{one}/respond"), json!({"approved": true, "data": null})).await.of(200);
    world.run().await;
    let said = world.get(&format!("/v1/interactions/{one}")).await.of(200)["responses"][0].clone();
    assert_eq!(said["data"], Value::Null, "{said}");
    assert_eq!(world.get(&format!("/v1/executions/{id}")).await.of(200)["output"], "paid");
}
