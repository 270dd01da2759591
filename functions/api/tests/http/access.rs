//! Who gets in: tokens, scopes, owners, signatures, loopback and the bound on requests.

use super::*;
use axum::middleware::from_fn_with_state;

async fn as_(world: &World, token: &str, method: &str, path: &str, body: Value) -> Answer {
    world.with_headers(method, path, &[("authorization", &format!("Bearer {token}"))], body).await
}

#[tokio::test]
async fn tokens_open_their_owners_records_within_their_scopes() {
    let world = World::with(|app| app);
    world.token("admin", "acme", &["read", "run", "respond", "admin"]).await;
    world.token("reader", "acme", &["read"]).await;
    world.token("other", "rival", &["read", "run", "respond", "admin"]).await;
    let missing = world.get("/v1/executions").await;
    assert!(missing.headers.contains_key("www-authenticate"));
    missing.problem(401, "unauthorized");
    as_(&world, "guess", "GET", "/v1/executions", json!({})).await.problem(401, "unauthorized");
    as_(&world, "admin", "POST", "/v1/workflows", approval()).await.of(201);
    let start = "/v1/workflows/pay/executions";
    as_(&world, "reader", "POST", start, json!({})).await.problem(403, "missing_scope");
    as_(&world, "other", "POST", start, json!({})).await.problem(404, "not_found");
    let started = as_(&world, "admin", "POST", start, json!({"input": {"amount": 1}})).await.of(202);
    let path = format!("/v1/executions/{}", started["execution_id"].as_str().unwrap());
    world.run().await;
    let seen = as_(&world, "reader", "GET", &path, json!({})).await.of(200);
    let asked = format!("/v1/interactions/{}", seen["pending_interactions"][0]["interaction_id"].as_str().unwrap());
    // Another owner learns of none of them.
    for hidden in [path.as_str(), asked.as_str(), "/v1/workflows/pay"] {
        as_(&world, "other", "GET", hidden, json!({})).await.problem(404, "not_found");
    }
    // Only an assignee may answer, and only the user of a local host may enter the answer of another.
    let respond = format!("{asked}/respond");
    let body = json!({"approved": true, "answer_as": "bob@example.com"});
    as_(&world, "admin", "POST", &respond, body).await.problem(403, "answer_as_not_allowed");
    as_(&world, "admin", "POST", &respond, json!({"approved": true})).await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_token_is_made_once_and_a_secret_never_read() {
    let world = World::with(|app| app.with_local_user("acme", "ann@example.com").of_own_processes());
    let made = json!({"name": "ci", "subject": "ci@example.com", "scopes": ["read"]});
    let made = world.post("/v1/tokens", made).await.of(201);
    let made: api::types::NewToken = shaped(&made);
    as_(&world, &made.token, "GET", "/v1/executions", json!({})).await.of(200);
    world
        .post("/v1/tokens", json!({"name": "ci", "subject": "x", "scopes": ["fly"]}))
        .await
        .problem(422, "invalid_field");
    let path = "/v1/secrets/hook";
    world.with_headers("PUT", path, &[], json!({"value": "It's a Secret to Everybody"})).await.of(200);
    world.get(path).await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn a_webhook_with_a_secret_takes_signed_bodies_only() {
    let world = World::with(|mut app| {
        app.rates = Some(api::Rates::new(0.001, 4.0));
        app
    });
    world.token("admin", "acme", &["read", "run", "respond", "admin"]).await;
    let document = json!({"id": "hook", "nodes": [
        {"id": "in", "type": "webhook_trigger", "config": {"path": "push", "secret": "hook"}},
        {"id": "out", "type": "transform", "config": {"expression": "input.body"}}], "edges": [{"from": "in", "to": "out"}]});
    as_(&world, "admin", "POST", "/v1/workflows", document).await.of(201);
    as_(&world, "admin", "PUT", "/v1/secrets/hook", json!({"value": "key"})).await.of(200);
    let path = "/v1/triggers/hook/push?owner=acme";
    // The signature is that of: printf '"hi"' | openssl dgst -sha256 -hmac key
    let signature = "sha256=8cbc0d887bb1fbaf952e81df23eda16c7b96d5ede5d69fa5c6098a713d1342bc";
    world
        .with_headers("POST", path, &[("x-stepwell-signature", signature)], json!("ho"))
        .await
        .problem(401, "invalid_signature");
    world.post(path, json!("hi")).await.problem(401, "invalid_signature");
    world.post("/v1/triggers/none?owner=acme", json!("hi")).await.problem(401, "invalid_signature");
    world.post("/v1/triggers/hook/push", json!("hi")).await.problem(401, "unauthorized");
    // The owner may send four requests. Those without proof were not counted, so two are left.
    for header in ["x-stepwell-signature", "x-hub-signature-256"] {
        world.with_headers("POST", path, &[(header, signature)], json!("hi")).await.of(202);
    }
    world
        .with_headers("POST", path, &[("x-stepwell-signature", signature)], json!("hi"))
        .await
        .problem(429, "rate_limited");
    world.run().await;
    assert!(
        world
            .host
            .all()
            .iter()
            .all(|one| one.output.as_ref().is_some_and(|output| output.value() == Some(&json!("hi"))))
    );
}

#[tokio::test]
async fn pages_of_other_sites_stay_outside() {
    let mut world = World::local();
    world.service = world.service.layer(from_fn_with_state(api::PublicPages::default(), api::loopback_only));
    let request = |host: &str, origin: &str| {
        Request::get("/health").header("host", host).header("origin", origin).body(Body::empty()).unwrap()
    };
    world.send(request("localhost:8080", "http://localhost:8080")).await.of(200);
    world.send(request("evil.example", "http://evil.example")).await.problem(421, "host_not_loopback");
    world.send(request("localhost:8080", "http://evil.example")).await.problem(403, "foreign_origin");
}

#[tokio::test]
async fn too_many_requests_are_told_when_to_come_back() {
    let world = World::with(|mut app| {
        app.rates = Some(api::Rates::new(0.5, 1.0));
        app.with_local_user("acme", "ann@example.com")
    });
    world.get("/v1/executions").await.of(200);
    let refused = world.get("/v1/executions").await;
    assert_eq!(refused.headers["retry-after"], "2");
    refused.problem(429, "rate_limited");
}

#[tokio::test]
async fn names_that_nothing_has_never_reach_the_store() {
    let world = World::local();
    let long = "x".repeat(api::limits::NAME_BYTES + 1);
    for path in ["executions", "executions/ID/history", "workflows", "interactions"] {
        let path = match path.contains("ID") {
            true => path.replace("ID", &long),
            false => format!("{path}/{long}"),
        };
        world.get(&format!("/v1/{path}")).await.problem(404, "not_found");
    }
    let escaped = "%C3%A9".repeat(api::limits::NAME_BYTES / 2 + 1);
    world.get(&format!("/v1/executions/{escaped}")).await.problem(404, "not_found");
    for query in ["workflow_id=LONG", "parent=LONG", "metadata.=x", "metadata.LONGLONG=x", "metadata.a=LONGLONG"] {
        let query = query.replace("LONG", &long);
        world.get(&format!("/v1/executions?{query}")).await.problem(422, "invalid_parameter");
    }
    let many: Vec<String> = (0..11).map(|at| format!("metadata.k{at}=x")).collect();
    world.get(&format!("/v1/executions?{}", many.join("&"))).await.problem(422, "invalid_parameter");
    for query in ["assignee", "execution_id"] {
        world.get(&format!("/v1/interactions?{query}={long}")).await.problem(422, "invalid_parameter");
    }
    let statuses = vec!["failed"; 200].join(",");
    world.get(&format!("/v1/executions?status={statuses}")).await.of(200);
}

#[tokio::test]
async fn whoever_proves_nothing_is_bounded_too() {
    let world = World::with(|app| app);
    let long = "x".repeat(api::limits::OWNER_BYTES + 1);
    world.post(&format!("/v1/triggers/w?owner={long}"), json!({})).await.problem(422, "invalid_parameter");
    world.post("/v1/triggers/w?owner=acme", json!({})).await.problem(401, "invalid_signature");
    let world = World::local();
    let hooked = json!({"id": "w", "nodes": [{"id": "hook", "type": "webhook_trigger"}], "edges": []});
    world.post("/v1/workflows", hooked).await.of(201);
    let nested = |levels: usize| {
        let body = "[".repeat(levels) + &"]".repeat(levels);
        let request = Request::post("/v1/triggers/w").header("content-type", "application/json");
        world.send(request.body(Body::from(body)).unwrap())
    };
    nested(api::limits::NESTING).await.of(202);
    nested(api::limits::NESTING + 1).await.problem(400, "invalid_json");
}

#[tokio::test]
async fn a_webhook_may_have_a_path_of_several_parts() {
    let world = World::local();
    let document = json!({"id": "shop", "nodes": [
        {"id": "in", "type": "webhook_trigger", "config": {"path": "orders/new"}},
        {"id": "out", "type": "transform", "config": {"expression": "input.n"}}], "edges": [{"from": "in", "to": "out"}]});
    world.post("/v1/workflows", document).await.of(201);
    world.post("/v1/triggers/shop/orders/new", json!({"n": 1})).await.of(202);
    for path in ["shop/orders", "shop/orders/old", "shop/orders/new/er", "shop"] {
        world.post(&format!("/v1/triggers/{path}"), json!({})).await.problem(404, "not_found");
    }
    world.get("/v1/triggers/shop/orders/new").await.problem(405, "method_not_allowed");
}

#[tokio::test]
async fn a_route_that_writes_takes_no_parameters() {
    let world = World::local();
    let id = world.started(approval(), json!({"amount": 1})).await;
    world.run().await;
    let execution = format!("/v1/executions/{id}");
    let seen = world.get(&execution).await.of(200);
    let asked = format!("/v1/interactions/{}", seen["pending_interactions"][0]["interaction_id"].as_str().unwrap());
    for (method, path, body) in [
        ("POST", "/v1/workflows", greet()),
        ("POST", "/v1/workflows/validate", greet()),
        ("PUT", "/v1/workflows/pay", approval()),
        ("DELETE", "/v1/workflows/pay", json!({})),
        ("POST", "/v1/tokens", json!({"name": "ci", "scopes": ["read"]})),
        ("PUT", "/v1/secrets/key", json!({"value": "x"})),
        ("POST", &*format!("{execution}/signals/go"), json!({})),
        ("POST", &*format!("{execution}/resume"), json!({"approved": true})),
        ("POST", &*format!("{asked}/respond"), json!({"approved": true})),
        ("DELETE", &*execution, json!({})),
    ] {
        let answer = world.with_headers(method, &format!("{path}?dry_run=true"), &[], body).await;
        assert_eq!(answer.problem(422, "unknown_field")["errors"][0]["path"], "dry_run", "{method} {path}");
    }
    world.get("/v1/workflows/pay").await.of(200);
    assert_eq!(world.get(&execution).await.of(200)["status"], "waiting_human");
}
