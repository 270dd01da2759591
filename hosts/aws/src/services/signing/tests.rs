#![allow(clippy::unwrap_used)]
use super::*;
use crate::tests::scripted::{Answer, Script, error, impatient, json};
use serde_json::{Value, json};

fn signer(script: &Script, clock: fn() -> Time) -> SigningKeys {
    let client = script.clients().secrets();
    let client = Client::from_conf(client.config().to_builder().retry_config(impatient()).build());
    SigningKeys::new(client, "stepwell/s/", clock)
}

/// The text of a secret that some other process made.
fn kept() -> Value {
    let (_, text) = signer(&Script::default(), || Time(7)).made(&[]).unwrap();
    json!({ "Name": "n", "SecretString": text })
}

fn made() -> Answer {
    json(200, json!({"ARN": "a", "Name": "n", "VersionId": "1"}))
}

#[tokio::test]
async fn the_first_signature_makes_the_key_and_the_next_needs_no_call() {
    let script = Script::new([error(400, "ResourceNotFoundException"), made()]);
    let signer = signer(&script, || Time(0));
    let (first, signature) = signer.sign(b"yes").await.unwrap();
    assert_eq!(signer.sign(b"yes").await.unwrap(), (first, signature.clone()));
    assert_eq!(script.operations(), ["GetSecretValue", "CreateSecret"]);
    assert_eq!(signature.len(), 64);
    assert_eq!(script.asked()[1].json()["Name"], "stepwell/s/+signing-keys");
}

#[tokio::test]
async fn of_two_processes_that_make_a_key_one_counts() {
    let theirs = kept();
    let none = error(400, "ResourceNotFoundException");
    let script = Script::new([none, error(400, "ResourceExistsException"), json(200, theirs.clone())]);
    let (key_id, _) = signer(&script, || Time(0)).sign(b"yes").await.unwrap();
    let stored: Value = serde_json::from_str(theirs["SecretString"].as_str().unwrap()).unwrap();
    assert_eq!(stored["keys"][0]["key_id"], key_id.as_str());
}

#[tokio::test]
async fn a_rotation_keeps_the_public_key_and_drops_the_private_one_and_only_one_of_two_wins() {
    let old = kept();
    let script =
        Script::new([json(200, old.clone()), made(), json(200, old.clone()), error(400, "ResourceExistsException")]);
    let signer = signer(&script, || Time(9));
    let new = signer.rotate().await.unwrap();
    let (before, after) = (old["SecretString"].as_str().unwrap(), script.asked()[1].json());
    let before: Value = serde_json::from_str(before).unwrap();
    let text = after["SecretString"].as_str().unwrap();
    let stored: Value = serde_json::from_str(text).unwrap();
    assert_eq!((&stored["keys"][0]["key_id"], &stored["keys"][1]["retired_at"]), (&json!(new.key_id), &json!(9)));
    assert_eq!(stored["keys"][1]["public_key"], before["keys"][0]["public_key"]);
    assert!(!text.contains(before["private_key"].as_str().unwrap()));
    assert!(matches!(signer.rotate().await, Err(StoreError::Transient(_))));
    assert_eq!(script.asked()[3].json()["ClientRequestToken"], after["ClientRequestToken"]);
}

#[tokio::test]
async fn no_error_repeats_the_key() {
    let script = Script::new([json(200, json!({"Name": "n", "SecretString": "{\"private_key\": \"s3cret\"}"}))]);
    let failed = signer(&script, || Time(0)).sign(b"yes").await.unwrap_err();
    assert!(matches!(&failed, StoreError::Transient(why) if !why.contains("s3cret")), "{failed}");
}
