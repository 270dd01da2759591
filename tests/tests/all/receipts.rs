//! Receipts of the real binary: signed by the host, checked offline by the command line and by code that is not ours.

use crate::binary::{Dev, Folder, root, stepwell};
use serde_json::{Value, json};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

fn cli(args: &[&str]) -> Output {
    Command::new(stepwell()).args(args).output().unwrap()
}

/// What a command printed, which must be done.
fn printed(args: &[&str]) -> Vec<u8> {
    let output = cli(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Exit code and the codes of what is wrong.
fn verified(receipt: &Path, keys: &[&Path]) -> (i32, Vec<String>) {
    let mut command = Command::new(stepwell());
    command.args(["receipt", "verify", "--json"]).arg(receipt);
    keys.iter().for_each(|key| {
        command.arg("--key").arg(key);
    });
    let output = command.output().unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let errors = told["error"]["errors"].as_array().into_iter().flatten();
    (output.status.code().unwrap(), errors.map(|error| error["code"].as_str().unwrap().to_owned()).collect())
}

/// Whether node finds the receipt valid.
fn holds_elsewhere(receipt: &Path, keys: &Path) -> bool {
    let script = root().join("tests/receipts/verify.mjs");
    let output = Command::new("node").arg(script).args([receipt, keys]).output().expect("node runs");
    match output.status.code() {
        Some(0) => true,
        Some(1) if output.stderr.is_empty() => false,
        _ => panic!("{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// A host with a folder of files beside its data.
struct Place {
    folder: Folder,
    dev: Dev,
}

impl Place {
    fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let dev = Dev::start(&folder.data(), &[]);
        let document = json!({
            "id": "publish",
            "nodes": [{"id": "start", "type": "manual_trigger"},
                {"id": "ask", "type": "human", "config": {"kind": "review", "question": "Publish {{ input.title }}?",
                    "content": "{{ input }}", "assignees": ["ann@example.com", "bob@example.com"],
                    "approval_threshold": 2}}],
            "edges": [{"from": "start", "to": "ask"}]
        });
        assert_eq!(dev.call("POST", "/v1/workflows", &document).0, 201);
        Self { folder, dev }
    }

    /// The id of a question that two people have decided.
    fn decided(&self) -> String {
        // What is shown has numbers, letters and keys that only the canonical form writes in one way.
        let input =
            json!({"title": "Zażółć 🦆 \"x\"\n", "\u{20ac}": 1e21, "\u{1f600}": 0.1, "big": u64::MAX, "a": -0.0});
        let (status, started) = self.dev.call("POST", "/v1/workflows/publish/executions", &json!({"input": input}));
        assert_eq!(status, 202, "{started}");
        let execution = started["execution_id"].as_str().unwrap();
        let waiting = self.dev.until(execution, &["waiting_human"]);
        let id = waiting["pending_interactions"][0]["interaction_id"].as_str().unwrap().to_owned();
        for by in ["ann@example.com", "bob@example.com"] {
            let answer = json!({"approved": true, "answer_as": by, "comment": "go", "content": {"pages": 2.50}});
            let (status, told) = self.dev.call("POST", &format!("/v1/interactions/{id}/respond"), &answer);
            assert_eq!(status, 200, "{told}");
        }
        id
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes what a command prints into a file.
    fn saved(&self, name: &str, args: &[&str]) -> PathBuf {
        let data = self.folder.data();
        let all: Vec<&str> = args.iter().copied().chain(["--data", data.to_str().unwrap()]).collect();
        self.file(name, printed(&all))
    }
}

#[test]
fn a_receipt_is_checked_offline_and_by_code_of_others() {
    // Given a host on which two people have decided, its receipt and its public key.
    let place = Place::new("receipt");
    let id = place.decided();
    let receipt = place.saved("receipt.json", &["receipt", "get", &id]);
    let keys = place.saved("keys.json", &["receipt", "keys", "--json"]);
    place.dev.kill_now();
    // When the host is gone, then both say that it holds.
    assert_eq!(verified(&receipt, &[&keys]), (0, vec![]));
    assert!(holds_elsewhere(&receipt, &keys));
    // And it holds in other letters, and with the key alone.
    let read: Value = serde_json::from_slice(&fs::read(&receipt).unwrap()).unwrap();
    let pretty = place.file("pretty.json", serde_json::to_string_pretty(&read).unwrap());
    let key: Value = serde_json::from_slice(&fs::read(&keys).unwrap()).unwrap();
    let alone = place.file("key.txt", key["items"][0]["public_key"].as_str().unwrap());
    assert_eq!(verified(&pretty, &[&alone]), (0, vec![]));
    // A question, a vote or an outcome that is another one fails, for both.
    for (pointer, other) in [
        ("/receipt/shown/question", json!("Burn it?")),
        ("/receipt/responses/0/by", json!("eve@example.com")),
        ("/receipt/responses/1/decision", json!("rejected")),
        ("/receipt/responses/1/answer/pages", json!(2)),
        ("/receipt/decision", json!("rejected")),
        ("/receipt/decided_at", json!("2020-01-01T00:00:00.000Z")),
    ] {
        let mut changed = read.clone();
        *changed.pointer_mut(pointer).unwrap() = other;
        let changed = place.file("changed.json", changed.to_string());
        let (code, wrong) = verified(&changed, &[&keys]);
        assert!(code == 1 && wrong.contains(&"wrong_signature".to_owned()), "{pointer}: {wrong:?}");
        assert!(!holds_elsewhere(&changed, &keys), "{pointer}");
    }
    // A key that comes with the receipt proves nothing, and no key at all is an error of whoever asks.
    let mut own = read.clone();
    own["public_key"] = key["items"][0]["public_key"].clone();
    assert_eq!(verified(&place.file("own.json", own.to_string()), &[&keys]), (1, vec!["unexpected_field".into()]));
    let stranger = place.file("stranger.txt", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    assert_eq!(verified(&receipt, &[&stranger]), (1, vec!["unknown_key".into()]));
    assert_eq!(verified(&receipt, &[&place.file("no-key.txt", "hello")]).0, 2);
    assert_eq!(cli(&["receipt", "verify", receipt.to_str().unwrap()]).status.code(), Some(2));
}

#[test]
fn old_receipts_hold_after_a_rotation() {
    let place = Place::new("rotation");
    let (before, keys_before) = {
        let id = place.decided();
        (place.saved("before.json", &["receipt", "get", &id]), place.saved("old.json", &["receipt", "keys", "--json"]))
    };
    place.saved("new-key.txt", &["receipt", "rotate"]);
    let after = place.saved("after.json", &["receipt", "get", &place.decided()]);
    let keys = place.saved("keys.json", &["receipt", "keys", "--json"]);
    for receipt in [&before, &after] {
        assert_eq!(verified(receipt, &[&keys]), (0, vec![]));
        assert!(holds_elsewhere(receipt, &keys));
    }
    assert_eq!(verified(&after, &[&keys_before]), (1, vec!["unknown_key".into()]));
    // The private key before it is nowhere any more, and no file that others may read holds one.
    let listed: Value = serde_json::from_slice(&fs::read(&keys).unwrap()).unwrap();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains("private"));
}

#[test]
fn an_open_question_has_no_receipt() {
    let place = Place::new("open");
    let input = json!({"input": {"title": "x"}});
    let (_, started) = place.dev.call("POST", "/v1/workflows/publish/executions", &input);
    let waiting = place.dev.until(started["execution_id"].as_str().unwrap(), &["waiting_human"]);
    let id = waiting["pending_interactions"][0]["interaction_id"].as_str().unwrap();
    let data = place.folder.data();
    let output = cli(&["receipt", "get", id, "--data", data.to_str().unwrap()]);
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && told.contains("has no receipt"), "{told}");
}
