//! Receipts of decided questions, and the keys that sign them.

use super::*;
use api::types;
use async_trait::async_trait;
use engine::port::{PublicKey, Signer, StoreError};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// Signs with bytes that say what was signed, unless it is out of order.
#[derive(Clone, Default)]
struct Pen {
    broken: Arc<AtomicBool>,
}

fn key(key_id: &str, created_at: Time) -> PublicKey {
    PublicKey { key_id: key_id.into(), public_key: "a2V5".into(), created_at, retired_at: None }
}

#[async_trait]
impl Signer for Pen {
    async fn sign(&self, bytes: &[u8]) -> Result<(String, Vec<u8>), StoreError> {
        match self.broken.load(SeqCst) {
            true => Err(StoreError::Transient("the pen is dry".into())),
            false => Ok(("k1".into(), document::id::sha256_hex(bytes).into_bytes())),
        }
    }

    async fn keys(&self) -> Result<Vec<PublicKey>, StoreError> {
        Ok(vec![key("k1", Time(0))])
    }

    async fn rotate(&self) -> Result<PublicKey, StoreError> {
        Ok(key("k2", Time(1_000)))
    }
}

fn signing(pen: Pen) -> World {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_signer(pen);
    World::over(host, |app| app.with_local_user("acme", "ann@example.com"))
}

/// The path of the only open question of an execution that was just started.
async fn asked(world: &World) -> String {
    world.started(approval(), json!({"amount": 5})).await;
    world.run().await;
    let inbox = world.get("/v1/interactions?status=pending").await.of(200);
    format!("/v1/interactions/{}", inbox["items"][0]["interaction_id"].as_str().unwrap())
}

#[tokio::test]
async fn a_decided_question_shows_its_receipt_and_an_open_one_none() {
    let world = signing(Pen::default());
    let path = asked(&world).await;
    assert_eq!(world.get(&path).await.of(200)["receipt"], Value::Null);
    world.post(&format!("{path}/respond"), json!({"approved": true, "comment": "fine"})).await.of(200);
    let one: types::Interaction = shaped(&world.get(&path).await.of(200));
    let receipt = one.receipt.unwrap();
    assert_eq!((receipt.algorithm.as_str(), receipt.key_id.as_deref()), ("Ed25519", Some("k1")));
    assert_eq!(receipt.receipt["responses"][0]["comment"], "fine");
    // The signature is that of the canonical receipt, whose hash the node's output names too.
    let canonical = document::jcs::text(&receipt.receipt);
    assert_eq!(receipt.sha256, document::id::sha256_hex(canonical.as_bytes()));
    use base64::{Engine, prelude::BASE64_STANDARD};
    assert_eq!(receipt.signature.unwrap(), BASE64_STANDARD.encode(&receipt.sha256));
    let node = world.get(&format!("/v1/executions/{}/nodes", one.execution_id)).await.of(200);
    let output = node["items"].as_array().unwrap().iter().find(|node| node["node"] == "approve").unwrap();
    assert_eq!(output["output"]["receipt"]["sha256"], receipt.sha256.as_str(), "{output}");
}

#[tokio::test]
async fn without_a_signature_nothing_is_decided() {
    let pen = Pen::default();
    let world = signing(pen.clone());
    let path = asked(&world).await;
    pen.broken.store(true, SeqCst);
    assert_eq!(world.post(&format!("{path}/respond"), json!({"approved": true})).await.status, 503);
    world.run().await;
    let one = world.get(&path).await.of(200);
    assert_eq!((&one["status"], &one["responses"]), (&json!("pending"), &json!([])));
    pen.broken.store(false, SeqCst);
    world.post(&format!("{path}/respond"), json!({"approved": true})).await.of(200);
    assert_eq!(world.get(&path).await.of(200)["receipt"]["key_id"], "k1");
}

#[tokio::test]
async fn a_decision_that_was_gone_back_behind_keeps_its_receipt_beside_that_of_the_new_one() {
    // Given an execution that ended by somebody's decision,
    let world = signing(Pen::default());
    let path = asked(&world).await;
    world.post(&format!("{path}/respond"), json!({"approved": true})).await.of(200);
    world.run().await;
    let first = world.get(&path).await.of(200);
    let execution = first["execution_id"].as_str().unwrap();
    assert_eq!(world.get(&format!("/v1/executions/{execution}")).await.of(200)["status"], "completed");
    // when it is reopened before that decision, and somebody decides otherwise,
    let rollback = format!("/v1/executions/{execution}/rollback");
    world.meanwhile(world.post(&rollback, json!({"checkpoint_id": 1}))).await.of(200);
    world.run().await;
    let inbox = world.get(&format!("/v1/interactions?status=pending&execution_id={execution}")).await.of(200);
    let anew = format!("/v1/interactions/{}", inbox["items"][0]["interaction_id"].as_str().unwrap());
    assert_ne!(anew, path);
    world.post(&format!("{anew}/respond"), json!({"approved": false})).await.of(200);
    world.run().await;
    // then each decision has a receipt of its own, and that of the first is as it was.
    assert_eq!(world.get(&path).await.of(200)["receipt"], first["receipt"]);
    let second = &world.get(&anew).await.of(200)["receipt"];
    let of = |receipt: &Value| json!([receipt["receipt"]["decision"], receipt["receipt"]["epoch"]]);
    assert_eq!((of(&first["receipt"]), of(second)), (json!(["approved", 0]), json!(["rejected", 1])));
    assert_ne!(second["signature"], first["receipt"]["signature"]);
}

#[tokio::test]
async fn an_imported_decision_keeps_its_signature() {
    let there = signing(Pen::default());
    let path = asked(&there).await;
    there.post(&format!("{path}/respond"), json!({"approved": true})).await.of(200);
    there.run().await;
    let one = there.get(&path).await.of(200);
    let mut piece =
        there.get(&format!("/v1/executions/{}/export", one["execution_id"].as_str().unwrap())).await.of(200);
    piece["complete"] = json!(true);
    let here = World::local();
    here.post("/v1/executions/import", piece).await.of(200);
    assert_eq!(here.get(&path).await.of(200)["receipt"], one["receipt"]);
}

#[tokio::test]
async fn keys_are_listed_and_replaced_and_a_host_without_a_signer_has_none() {
    let world = signing(Pen::default());
    let keys: types::Keys = shaped(&world.get("/v1/keys").await.of(200));
    assert_eq!((keys.items.len(), keys.items[0].key_id.as_str()), (1, "k1"));
    let new: types::Key = shaped(&world.post("/v1/keys", json!({})).await.of(201));
    assert_eq!((new.key_id.as_str(), new.algorithm.as_str(), new.retired_at), ("k2", "Ed25519", None));
    world.post("/v1/keys", json!({"key": "mine"})).await.of(422);
    let world = World::local();
    assert_eq!(world.get("/v1/keys").await.of(200)["items"], json!([]));
    world.post("/v1/keys", json!({})).await.problem(409, "signs_nothing");
    let path = asked(&world).await;
    world.post(&format!("{path}/respond"), json!({"approved": true})).await.of(200);
    let receipt = &world.get(&path).await.of(200)["receipt"];
    assert_eq!((&receipt["signature"], &receipt["receipt"]["decision"]), (&Value::Null, &json!("approved")));
}
