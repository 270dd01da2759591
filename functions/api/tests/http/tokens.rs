//! API tokens: made for a subject, listed, revoked, and nobody else's.

use crate::{World, shaped};
use serde_json::{Value, json};

async fn as_(world: &World, token: &str, method: &str, path: &str) -> crate::Answer {
    world.with_headers(method, path, &[("authorization", &format!("Bearer {token}"))], json!({})).await
}

fn local() -> World {
    World::with(|app| app.with_local_user("acme", "ann@example.com").of_own_processes())
}

async fn made(world: &World, name: &str, more: Value) -> api::types::NewToken {
    let mut body = json!({"name": name, "subject": format!("{name}@example.com"), "scopes": ["read"]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shaped(&world.post("/v1/tokens", body).await.of(201))
}

#[tokio::test]
async fn a_token_without_a_subject_is_refused() {
    let world = local();
    for subject in [json!(null), json!(""), json!("  ")] {
        let body = json!({"name": "ci", "subject": subject, "scopes": ["read"]});
        let refused = world.post("/v1/tokens", body).await.problem(422, "invalid_field");
        assert_eq!(refused["errors"][0]["path"], "/subject");
    }
    let refused =
        world.post("/v1/tokens", json!({"name": "ci", "scopes": ["read"]})).await.problem(422, "invalid_field");
    assert!(refused["errors"][0]["hint"].as_str().unwrap().contains("e-mail"), "{refused}");
}

#[tokio::test]
async fn tokens_are_listed_with_their_ends_and_revoked() {
    let world = local();
    let first = made(&world, "ci", json!({"expires_at": "2999-01-01T00:00:00Z"})).await;
    let second = made(&world, "app", json!({})).await;
    as_(&world, &first.token, "GET", "/v1/executions").await.of(200);

    let listed = world.get("/v1/tokens").await.of(200);
    let items = listed["items"].as_array().unwrap();
    assert_eq!((items.len(), &listed["next_cursor"]), (2, &Value::Null));
    let row = items.iter().find(|one| one["id"] == first.id.as_str()).unwrap();
    assert_eq!(
        (&row["name"], &row["subject"], &row["owner"]),
        (&json!("ci"), &json!("ci@example.com"), &json!("acme"))
    );
    assert_eq!((&row["expires_at"], &row["expired"]), (&json!("2999-01-01T00:00:00.000Z"), &json!(false)));
    assert!(row["created_at"].is_string() && !listed.to_string().contains(&first.token));
    let page = world.get("/v1/tokens?limit=1").await.of(200);
    let next = page["next_cursor"].as_str().unwrap();
    let rest = world.get(&format!("/v1/tokens?limit=1&cursor={next}")).await.of(200);
    assert_ne!(page["items"][0]["id"], rest["items"][0]["id"]);

    let path = format!("/v1/tokens/{}", first.id);
    world.with_headers("DELETE", &path, &[], json!({})).await.of(204);
    as_(&world, &first.token, "GET", "/v1/executions").await.problem(401, "unauthorized");
    as_(&world, &second.token, "GET", "/v1/executions").await.of(200);
    world.with_headers("DELETE", &path, &[], json!({})).await.problem(404, "not_found");
    world.with_headers("DELETE", "/v1/tokens/no", &[], json!({})).await.problem(404, "not_found");
    // Who may only read sees no tokens, and revokes none.
    as_(&world, &second.token, "GET", "/v1/tokens").await.problem(403, "missing_scope");
}

#[tokio::test]
async fn another_tenants_tokens_do_not_exist() {
    let world = local();
    let own = made(&world, "ci", json!({})).await;
    // The local user's own processes act for another tenant where they say so.
    let other = [("stepwell-owner", "other")];
    let body = json!({"name": "o", "subject": "o@example.com", "scopes": ["read", "admin"]});
    let theirs = world.with_headers("POST", "/v1/tokens", &other, body).await.of(201);
    assert_eq!(theirs["owner"], "other");
    let theirs = theirs["token"].as_str().unwrap();
    assert_eq!(as_(&world, theirs, "GET", "/v1/tokens").await.of(200)["items"].as_array().unwrap().len(), 1);
    as_(&world, theirs, "DELETE", &format!("/v1/tokens/{}", own.id)).await.problem(404, "not_found");
    // A name that no tenant may have is refused, and whoever bears a token acts for its owner alone.
    let bad = [("stepwell-owner", "no way")];
    world.with_headers("GET", "/v1/tokens", &bad, json!({})).await.problem(422, "invalid_owner");
    let headers = [("stepwell-owner", "acme"), ("authorization", &*format!("Bearer {theirs}"))];
    let listed = world.with_headers("GET", "/v1/tokens", &headers, json!({})).await.of(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}
