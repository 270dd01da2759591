//! Workflows in YAML.

use crate::World;
use axum::{body::Body, http::Request};
use serde_json::json;

const GREET: &str = "id: greet\nnodes:\n  - {id: start, type: manual_trigger}\n  - {id: t, type: transform, config: {expression: \"'Hello'\"}}\n\
                     edges:\n  - {from: start, to: t}\n";

async fn send(world: &World, method: &str, path: &str, kind: &str, text: &str) -> crate::Answer {
    let request = Request::builder().method(method).uri(path).header("content-type", kind);
    world.send(request.body(Body::from(text.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_workflow_is_saved_replaced_and_checked_as_yaml() {
    let world = World::local();
    let saved = send(&world, "POST", "/v1/workflows", "application/yaml", GREET).await.of(201);
    assert_eq!((&saved["id"], &saved["version"]), (&json!("greet"), &json!(1)));
    let again = send(&world, "POST", "/v1/workflows", "application/yaml; charset=utf-8", GREET).await.of(200);
    assert_eq!(again["version"], 1, "the same content is no new version");
    let other = GREET.replace("Hello", "Hi").replace("id: greet\n", "");
    let replaced = send(&world, "PUT", "/v1/workflows/greet", "application/yaml", &other).await.of(200);
    assert_eq!(replaced["version"], 2);
    let checked =
        send(&world, "POST", "/v1/workflows/validate", "application/yaml", "id: x\nnodes: []\n").await.of(200);
    assert_eq!(checked["valid"], false);
    assert_eq!(world.get("/v1/workflows/greet").await.of(200)["document"]["nodes"][0]["id"], "start");
}

#[tokio::test]
async fn what_is_no_yaml_or_too_much_of_it_is_refused() {
    let world = World::local();
    let level = |ix: usize| format!("a{ix}: &a{ix} [{}]\n", vec![format!("*a{}", ix + 1); 10].join(", "));
    let bomb: String = "a10: &a10 [x]\n".to_owned() + &(0..10).rev().map(level).collect::<String>();
    let deep = "[".repeat(2_000) + &"]".repeat(2_000);
    for text in ["a: [1, 2", &bomb, &deep] {
        let answer = send(&world, "POST", "/v1/workflows", "application/yaml", text).await;
        assert_eq!(answer.status.as_u16(), 400, "{}", answer.text);
    }
    send(&world, "POST", "/v1/workflows", "text/plain", GREET).await.problem(415, "unsupported_media_type");
    // Other bodies are JSON alone.
    send(&world, "POST", "/v1/executions", "application/yaml", GREET).await.problem(415, "unsupported_media_type");
}
