//! Documents that say something twice.

use super::*;

/// Sends a body that `json!` cannot make: with a key that stands twice.
async fn sent(world: &World, method: &str, path: &str, body: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    world.send(request.body(Body::from(body.to_owned())).unwrap()).await
}

#[tokio::test]
async fn a_key_that_stands_twice_in_a_document_is_refused_with_its_name_and_line() {
    let world = World::local();
    world.post("/v1/workflows", greet()).await.of(201);
    let document =
        "{\"id\": \"greet\", \"nodes\": [\n {\"id\": \"start\", \"type\": \"manual_trigger\",\n  \"type\": \"fail\"}]}";
    let inline = format!("{{\"workflow\": {document}}}");
    for (method, path, body) in [
        ("POST", "/v1/workflows", document),
        ("PUT", "/v1/workflows/greet", document),
        ("POST", "/v1/workflows/validate", document),
        ("POST", "/v1/executions", &inline),
    ] {
        let problem = sent(&world, method, path, body).await.problem(422, "duplicate_key");
        let told = problem["errors"][0].to_string();
        assert!(told.contains("the key `type` stands twice") && told.contains("line 3"), "{path}: {told}");
    }
    assert_eq!(world.get("/v1/workflows/greet").await.of(200)["version"], 1, "nothing was saved");
}

#[tokio::test]
async fn a_key_that_stands_twice_in_what_is_sent_is_refused_and_does_nothing() {
    let world = World::local();
    world.post("/v1/workflows", greet()).await.of(201);
    let twice = r#"{"name": "Ada", "to": {"iban": "DE1", "iban": "DE2"}}"#;
    let inline = format!("{{\"workflow\": {}, \"input\": {twice}}}", greet());
    for (path, body) in [
        ("/v1/workflows/greet/executions", format!("{{\"input\": {twice}}}")),
        ("/v1/workflows/greet/executions", format!("{{\"input\": {{\"name\": \"Ada\"}}, \"metadata\": {twice}}}")),
        ("/v1/executions", inline),
        ("/v1/executions/x/resume", format!("{{\"resume_data\": {twice}}}")),
        ("/v1/executions/x/signals/go", format!("{{\"data\": {twice}}}")),
        ("/v1/interactions/x/respond", format!("{{\"data\": {twice}}}")),
        ("/v1/interactions/x/respond", format!("{{\"approved\": true, \"content\": {twice}}}")),
    ] {
        let problem = sent(&world, "POST", path, &body).await.problem(422, "duplicate_key");
        assert!(problem["detail"].as_str().unwrap().contains("the key `iban` stands twice"), "{path}: {problem}");
    }
    assert_eq!(world.get("/v1/executions").await.of(200)["items"], json!([]), "nothing was started");
    // Null stands for what is absent, as ever.
    let started = sent(&world, "POST", "/v1/workflows/greet/executions", r#"{"input": null, "metadata": null}"#).await;
    assert!(started.status.as_u16() == 202 || started.status.as_u16() == 422, "{}", started.text);
}
