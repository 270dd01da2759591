//! Who may name a secret in a document that is sent along.

use super::*;

async fn as_(world: &World, token: &str, method: &str, path: &str, body: Value) -> Answer {
    world.with_headers(method, path, &[("authorization", &format!("Bearer {token}"))], body).await
}

/// A document that sends a secret, as a node itself, in the body of a map, or in a compensation.
fn sends(name: &str, how: &str) -> Value {
    let request = json!({"url": "https://api.example/", "headers": {"authorization": format!("Bearer {{{{ secrets.{name} }}}}")}});
    let node = match how {
        "node" => json!({"id": "n", "type": "http_request", "config": request}),
        "body" => json!({"id": "n", "type": "map", "config": {"items": "[1]", "body": {
            "nodes": [{"id": "m", "type": "http_request", "config": request}], "edges": []}}}),
        _ => json!({"id": "n", "type": "transform", "config": {"expression": "1"},
            "compensate": {"type": "http_request", "config": request}}),
    };
    json!({"workflow": {"id": "sends", "nodes": [{"id": "start", "type": "manual_trigger"}, node],
        "edges": [{"from": "start", "to": "n"}]}})
}

#[tokio::test]
async fn without_admin_a_document_names_only_what_an_admin_allowed() {
    let world = World::with(|app| app);
    world.token("admin", "acme", &["run", "admin"]).await;
    world.token("runner", "acme", &["run"]).await;
    as_(&world, "admin", "PUT", "/v1/secrets/CLOSED", json!({"value": "v4lue", "hosts": ["api.example"]}))
        .await
        .of(200);
    let open = json!({"value": "v4lue", "hosts": ["api.example"], "for_inline": true});
    let stored = as_(&world, "admin", "PUT", "/v1/secrets/OPEN", open).await.of(200);
    assert_eq!(stored, json!({"name": "OPEN", "hosts": ["api.example"], "for_inline": true, "warnings": []}));
    for how in ["node", "body", "compensation"] {
        // A secret that is not stored is told apart from a closed one by nothing.
        for name in ["CLOSED", "ABSENT"] {
            let refused = as_(&world, "runner", "POST", "/v1/executions", sends(name, how)).await;
            let detail = refused.problem(403, "secret_not_allowed")["detail"].as_str().unwrap().replace(name, "NAME");
            assert!(detail.contains("the secret NAME, which only"), "{how}: {detail}");
        }
        as_(&world, "runner", "POST", "/v1/executions", sends("OPEN", how)).await.of(202);
        as_(&world, "admin", "POST", "/v1/executions", sends("CLOSED", how)).await.of(202);
    }
    // What an admin saved, anybody with `run` may start.
    as_(&world, "admin", "POST", "/v1/workflows", sends("CLOSED", "node")["workflow"].clone()).await.of(201);
    as_(&world, "runner", "POST", "/v1/workflows/sends/executions", json!({})).await.of(202);
    // Stored anew without it, the secret is closed again.
    as_(&world, "admin", "PUT", "/v1/secrets/OPEN", json!({"value": "v4lue", "hosts": ["api.example"]})).await.of(200);
    let refused = as_(&world, "runner", "POST", "/v1/executions", sends("OPEN", "node")).await;
    refused.problem(403, "secret_not_allowed");
}

#[tokio::test]
async fn a_secret_without_hosts_is_stored_with_a_warning() {
    let world = World::local();
    let stored = world.with_headers("PUT", "/v1/secrets/KEY", &[], json!({"value": "v4lue"})).await.of(200);
    let stored: api::types::StoredSecret = shaped(&stored);
    let warned: Vec<&str> = stored.warnings.iter().map(|warning| warning.code.as_str()).collect();
    assert_eq!((warned, stored.for_inline), (vec!["secret_without_hosts"], false));
}

#[tokio::test]
async fn secrets_are_listed_without_their_values_and_removed() {
    let world = World::with(|app| app);
    world.token("admin", "acme", &["run", "admin"]).await;
    world.token("reader", "acme", &["read", "run", "respond"]).await;
    world.token("other", "others", &["admin"]).await;
    for (name, body) in [
        ("ONE", json!({"value": "v4lue", "hosts": ["api.example"]})),
        ("TWO", json!({"value": "v4lue", "for_inline": true})),
    ] {
        as_(&world, "admin", "PUT", &format!("/v1/secrets/{name}"), body).await.of(200);
    }
    let listed = as_(&world, "admin", "GET", "/v1/secrets", Value::Null).await.of(200);
    assert!(!listed.to_string().contains("v4lue"), "{listed}");
    let rows: api::types::Page<api::types::SecretRow> = shaped(&listed);
    let rows: Vec<_> = rows.items.into_iter().map(|row| (row.name, row.hosts.unwrap(), row.for_inline)).collect();
    let expected = [("ONE", "api.example", false), ("TWO", "*", true)];
    assert_eq!(rows, expected.map(|(name, host, inline)| (name.to_owned(), vec![host.to_owned()], Some(inline))));
    let page = as_(&world, "admin", "GET", "/v1/secrets?limit=1", Value::Null).await.of(200);
    let next = format!("/v1/secrets?limit=1&cursor={}", page["next_cursor"].as_str().unwrap());
    let page = as_(&world, "admin", "GET", &next, Value::Null).await.of(200);
    assert_eq!((&page["items"][0]["name"], &page["next_cursor"]), (&json!("TWO"), &Value::Null));

    as_(&world, "reader", "GET", "/v1/secrets", Value::Null).await.problem(403, "missing_scope");
    as_(&world, "reader", "DELETE", "/v1/secrets/ONE", Value::Null).await.problem(403, "missing_scope");
    as_(&world, "other", "DELETE", "/v1/secrets/ONE", Value::Null).await.problem(404, "not_found");
    assert_eq!(as_(&world, "other", "GET", "/v1/secrets", Value::Null).await.of(200)["items"], json!([]));

    as_(&world, "admin", "DELETE", "/v1/secrets/ONE", Value::Null).await.of(204);
    as_(&world, "admin", "DELETE", "/v1/secrets/ONE", Value::Null).await.problem(404, "not_found");
    let listed = as_(&world, "admin", "GET", "/v1/secrets", Value::Null).await.of(200);
    assert_eq!((listed["items"].as_array().map(Vec::len), &listed["items"][0]["name"]), (Some(1), &json!("TWO")));
}

#[tokio::test]
async fn what_can_be_no_host_and_what_is_not_masked_is_said_when_a_secret_is_stored() {
    let world = World::local();
    for host in ["https://api.example/", "api.example/v1", "*.example", "", "a b"] {
        let body = json!({"value": "v4lue", "hosts": ["ok.example", host]});
        let refused = world.with_headers("PUT", "/v1/secrets/KEY", &[], body).await.problem(422, "invalid_field");
        assert_eq!(refused["errors"][0]["path"], "/hosts/1", "{host}");
    }
    for (value, codes) in [("abc", vec!["secret_not_masked"]), ("abcd", vec![])] {
        let body = json!({"value": value, "hosts": ["api.example:8443"]});
        let stored: api::types::StoredSecret =
            shaped(&world.with_headers("PUT", "/v1/secrets/KEY", &[], body).await.of(200));
        assert_eq!(stored.warnings.iter().map(|one| one.code.as_str()).collect::<Vec<_>>(), codes, "{value}");
    }
}
