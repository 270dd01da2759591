//! Export and import over the API.

use super::*;
use api::types::{ExportPiece, Imported};

const IMPORT: &str = "/v1/executions/import";

async fn as_(world: &World, token: &str, method: &str, path: &str, body: Value) -> Answer {
    world.with_headers(method, path, &[("authorization", &format!("Bearer {token}"))], body).await
}

/// A host on which an execution waits for a person, and its path.
async fn waiting() -> (World, String) {
    let world = World::local();
    let id = world.started(approval(), json!({"amount": 3})).await;
    world.run().await;
    (world, format!("/v1/executions/{id}"))
}

#[tokio::test]
async fn an_execution_travels_in_one_part_or_in_several() {
    let (there, path) = waiting().await;
    let whole = there.get(&format!("{path}/export")).await.of(200);
    let piece: ExportPiece = shaped(&whole);
    assert_eq!((piece.after, piece.of, piece.turns.len() as u64, piece.complete), (0, piece.of, piece.of, false));
    assert_eq!(piece.documents[0]["id"], "pay");
    // Of what came later nothing is in it, and what came before is left out.
    let of = piece.of;
    there.post(&format!("{path}/pause"), json!({})).await.of(200);
    let later = there.get(&format!("{path}/export?after=1&of={of}")).await.of(200);
    assert_eq!(later["turns"].as_array().unwrap()[..], piece.turns[1..]);
    assert_eq!(later["documents"], Value::Null);
    for (query, code) in [("of=99", 422), ("of=0", 422), ("after=9", 422), ("after=x", 422), ("at=1", 422)] {
        there.get(&format!("{path}/export?{query}")).await.of(code);
    }
    // Elsewhere it comes part by part, stands still, and goes on with the last.
    let here = World::local();
    let first = json!({"execution_id": piece.execution_id, "of": of, "after": 0, "documents": piece.documents,
        "turns": [piece.turns[0]]});
    let told = here.post(&format!("{IMPORT}?dry_run=true"), first.clone()).await.of(200);
    assert_eq!((&told["taken"], &told["turns"], &told["status"]), (&json!("added"), &json!(1), &Value::Null));
    here.get(&path).await.problem(404, "not_found");
    let told: Imported = shaped(&here.post(IMPORT, first.clone()).await.of(200));
    assert!(told.arrives && told.turns == 1);
    let shown = here.get(&path).await.of(200);
    assert_eq!(shown["status"], "pending");
    assert!(shown["message"].as_str().unwrap().starts_with("Comes from another host"), "{shown}");
    here.get(&format!("{path}/export")).await.problem(409, "not_imported");
    let refused = here.post(&format!("{path}/pause"), json!({})).await.problem(409, "invalid_status");
    assert!(refused["detail"].as_str().unwrap().contains("import its file again"), "{refused}");
    let end = json!({"execution_id": piece.execution_id, "of": of, "after": of, "complete": true});
    assert_eq!(here.post(IMPORT, end.clone()).await.problem(409, "out_of_order")["turns"], 1);
    let mut all = whole.clone();
    all["complete"] = json!(true);
    let told = here.post(IMPORT, all.clone()).await.of(200);
    assert_eq!((&told["status"], &told["arrives"]), (&json!("waiting_human"), &json!(false)));
    let told = here.post(IMPORT, all).await.of(200);
    assert_eq!((&told["taken"], &told["turns"]), (&json!("unchanged"), &json!(of + 1)));
    here.meanwhile(here.post(&format!("{path}/resume"), json!({"approved": true}))).await.of(200);
    here.run().await;
    assert_eq!(here.get(&path).await.of(200)["output"], "paid");
}

#[tokio::test]
async fn another_journal_and_another_owner_are_left_alone() {
    let world = World::with(|app| app);
    world.token("admin", "acme", &["read", "run", "respond", "admin"]).await;
    world.token("runner", "acme", &["read", "run", "respond"]).await;
    world.token("other", "rival", &["read", "run", "respond", "admin"]).await;
    as_(&world, "admin", "POST", "/v1/workflows", approval()).await.of(201);
    let started =
        as_(&world, "admin", "POST", "/v1/workflows/pay/executions", json!({"input": {"amount": 1}})).await.of(202);
    let path = format!("/v1/executions/{}", started["execution_id"].as_str().unwrap());
    world.run().await;
    let export = format!("{path}/export");
    as_(&world, "runner", "GET", &export, json!({})).await.problem(403, "missing_scope");
    as_(&world, "other", "GET", &export, json!({})).await.problem(404, "not_found");
    let piece = as_(&world, "admin", "GET", &export, json!({})).await.of(200);
    as_(&world, "runner", "POST", IMPORT, piece.clone()).await.problem(403, "missing_scope");
    as_(&world, "other", "POST", IMPORT, piece.clone()).await.problem(409, "exists_with_another_journal");
    // To its own owner it is there already; with another past it is another one.
    assert_eq!(as_(&world, "admin", "POST", IMPORT, piece.clone()).await.of(200)["taken"], "unchanged");
    let mut forged = piece.clone();
    forged["turns"][0]["by"] = json!("mallory@example.com");
    as_(&world, "admin", "POST", IMPORT, forged).await.problem(409, "exists_with_another_journal");
    // Elsewhere it belongs to who imports it, whatever the file says.
    let here = World::with(|app| app);
    here.token("other", "rival", &["read", "run", "respond", "admin"]).await;
    here.token("admin", "acme", &["read", "run", "respond", "admin"]).await;
    let mut whole = piece;
    whole["complete"] = json!(true);
    as_(&here, "other", "POST", IMPORT, whole).await.of(200);
    as_(&here, "other", "GET", &path, json!({})).await.of(200);
    as_(&here, "admin", "GET", &path, json!({})).await.problem(404, "not_found");
}

#[tokio::test]
async fn what_is_no_part_of_an_execution_is_refused() {
    let (there, path) = waiting().await;
    let piece = there.get(&format!("{path}/export")).await.of(200);
    let here = World::local();
    let with = |name: &str, value: Value| {
        let mut piece = piece.clone();
        piece[name] = value;
        piece
    };
    for (body, code) in [
        (with("turns", json!([{"seq": 1}])), "invalid_export"),
        (with("execution_id", json!("me")), "invalid_export"),
        (with("documents", json!([])), "invalid_export"),
        (with("values", json!({"00": 1})), "invalid_export"),
        (with("more", json!(1)), "unknown_field"),
        (json!({"execution_id": "x", "of": 1}), "missing_field"),
    ] {
        here.post(IMPORT, body).await.problem(422, code);
    }
    here.post(IMPORT, with("after", json!(1))).await.problem(422, "invalid_export");
    here.post(&format!("{IMPORT}?dry_run=maybe"), piece.clone()).await.problem(422, "invalid_parameter");
    here.post(&format!("{IMPORT}?force=true"), piece).await.problem(422, "unknown_field");
    let none = here.get("/v1/executions").await.of(200);
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn a_child_is_exported_with_the_one_it_belongs_to() {
    let body = json!({"nodes": [{"id": "ask", "type": "human", "config": {"kind": "approval", "question": "?", "timeout_seconds": 60}}],
        "edges": []});
    let document = json!({"id": "all", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "map", "config": {"items": "[1]", "body": body}}], "edges": [{"from": "start", "to": "each"}]});
    let world = World::local();
    let id = world.started(document, json!({})).await;
    world.run().await;
    let children = world.get(&format!("/v1/executions?parent={id}")).await.of(200);
    let child = children["items"][0]["execution_id"].as_str().unwrap();
    let path = format!("/v1/executions/{child}/export");
    assert_eq!(world.get(&path).await.problem(409, "child_of_another")["root"], id.as_str());
    world.get(&format!("{path}?root={child}")).await.problem(409, "child_of_another");
    let piece = world.get(&format!("{path}?root={id}")).await.of(200);
    let here = World::local();
    assert_eq!(here.post(IMPORT, piece).await.problem(409, "child_of_another")["parent"], id.as_str());
}
