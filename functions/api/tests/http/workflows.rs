//! Saved workflows, their versions and checks.

use super::*;
use api::types;

#[tokio::test]
async fn saving_makes_versions_and_the_same_content_none() {
    let world = World::local();
    let first = world.post("/v1/workflows", greet()).await.of(201);
    let saved: types::Saved = shaped(&first);
    assert_eq!((saved.id.as_str(), saved.version), ("greet", 1));
    assert_eq!(world.post("/v1/workflows", greet()).await.of(200)["version"], 1);

    let mut changed = greet();
    changed["name"] = json!("Greet somebody");
    assert_eq!(world.post("/v1/workflows", changed).await.of(201)["version"], 2);
    let read: types::Workflow = shaped(&world.get("/v1/workflows/greet?version=1").await.of(200));
    assert_eq!((read.version, read.hash), (1, saved.hash));
    let page: types::Page<types::WorkflowRow> = shaped(&world.get("/v1/workflows").await.of(200));
    assert_eq!((page.items.len(), page.items[0].version), (1, 2));
    world.get("/v1/workflows/greet?version=9").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_replacement_is_guarded_by_if_match() {
    let world = World::local();
    world.post("/v1/workflows", greet()).await.of(201);
    let mut changed = greet();
    changed["name"] = json!("Other");
    let path = "/v1/workflows/greet";
    let put = |version: &'static str, body: Value| {
        let world = &world;
        async move { world.with_headers("PUT", path, &[("if-match", version)], body).await }
    };
    assert_eq!(put("\"1\"", changed.clone()).await.of(200)["version"], 2);
    put("\"1\"", greet()).await.problem(412, "version_mismatch");
    put("nonsense", greet()).await.problem(422, "invalid_if_match");
    world.with_headers("PUT", "/v1/workflows/other", &[], greet()).await.problem(404, "not_found");
}

#[tokio::test]
async fn every_static_check_that_failed_is_told() {
    let world = World::local();
    let bad = json!({"id": "bad", "nodes": [{"id": "a", "type": "transform", "config": {"expression": "1 +"}},
        {"id": "a", "type": "nonsense"}], "edges": [{"from": "a", "to": "b"}]});
    let problem = world.post("/v1/workflows", bad.clone()).await.problem(422, "invalid_workflow");
    let errors = problem["errors"].as_array().unwrap();
    assert!(errors.len() >= 3, "{problem:#}");
    assert!(errors.iter().all(|error| ["code", "path", "message", "hint"].iter().all(|key| error[key].is_string())));
    let checked: types::Checked = shaped(&world.post("/v1/workflows/validate", bad).await.of(200));
    assert!(!checked.valid && checked.errors.len() == errors.len());
    let good: types::Checked = shaped(&world.post("/v1/workflows/validate", greet()).await.of(200));
    assert!(good.valid && good.errors.is_empty());
    world.get("/v1/workflows/bad").await.problem(404, "not_found");
}

#[tokio::test]
async fn a_deleted_workflow_starts_nothing_and_its_executions_live_on() {
    let world = World::local();
    let id = world.started(greet(), json!({"name": "Ada"})).await;
    world.delete("/v1/workflows/greet").await.of(204);
    world.delete("/v1/workflows/nothing").await.problem(404, "not_found");
    world.post("/v1/workflows/greet/executions", json!({})).await.problem(404, "not_found");
    world.run().await;
    assert_eq!(world.get(&format!("/v1/executions/{id}")).await.of(200)["status"], "completed");
}

#[tokio::test]
async fn a_workflow_is_drawn_in_three_formats() {
    let world = World::local();
    world.post("/v1/workflows", greet()).await.of(201);
    for (format, kind) in [("mermaid", "text/plain"), ("dot", "text/vnd.graphviz"), ("svg", "image/svg+xml")] {
        let picture = world.get(&format!("/v1/workflows/greet/graph?format={format}")).await;
        assert!(picture.headers["content-type"].to_str().unwrap().starts_with(kind));
        assert!(picture.text.contains("hello"), "{}", picture.text);
    }
    world.get("/v1/workflows/greet/graph?format=png").await.problem(422, "invalid_parameter");
}

#[tokio::test]
async fn no_workflow_has_an_id_under_which_it_could_not_be_read() {
    let world = World::local();
    for hidden in ["draft", "validate"] {
        let mut document = greet();
        document["id"] = json!(hidden);
        let problem = world.post("/v1/workflows", document).await.problem(422, "invalid_field");
        assert_eq!(problem["errors"][0]["path"], "/id");
    }
    assert_eq!(world.get("/v1/workflows").await.of(200)["items"], json!([]));
}
