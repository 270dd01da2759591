#![allow(clippy::unwrap_used)]
use super::*;
use crate::tests::scripted::{Script, error, impatient, json};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

fn vault(script: &Script, clock: fn() -> Time) -> SecretsManager {
    let client = script.clients().secrets();
    let client = Client::from_conf(client.config().to_builder().retry_config(impatient()).build());
    SecretsManager::new(client, "stepwell/s/".into(), clock)
}

fn kept(value: &str) -> Value {
    json!({ "Name": "n", "SecretString": json!({ "value": value, "hosts": ["api.example"] }).to_string() })
}

#[tokio::test]
async fn a_credential_is_read_once_a_minute() {
    static NOW: AtomicI64 = AtomicI64::new(0);
    let script = Script::new([json(200, kept("old")), json(200, kept("new"))]);
    let vault = vault(&script, || Time(NOW.load(Relaxed)));
    for (at, value) in [(0, "old"), (59_999, "old"), (60_000, "new"), (61_000, "new")] {
        NOW.store(at, Relaxed);
        let secret = vault.secret("acme", "key").await.unwrap().unwrap();
        assert_eq!((secret.value.as_str(), &secret.hosts[..]), (value, &["api.example".to_owned()][..]), "at {at}");
    }
    assert_eq!(script.asked()[0].json()["SecretId"], "stepwell/s/acme/key");
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn one_that_does_not_exist_is_looked_for_each_time() {
    let script = Script::new([error(400, "ResourceNotFoundException"), json(200, kept("new"))]);
    let vault = vault(&script, || Time(0));
    assert!(vault.secret("acme", "key").await.unwrap().is_none());
    assert_eq!(vault.secret("acme", "key").await.unwrap().unwrap().value, "new");
}

#[tokio::test]
async fn storing_makes_one_or_another_version_of_it() {
    let secret = Secret { value: "s3cret".into(), hosts: Vec::new(), for_inline: false };
    let made = || json(200, json!({"ARN": "a", "Name": "n", "VersionId": "1"}));
    let script = Script::new([made(), error(400, "ResourceExistsException"), made()]);
    let vault = vault(&script, || Time(0));
    vault.set_secret("acme", "key", secret.clone()).await.unwrap();
    vault.set_secret("acme", "key", secret.clone()).await.unwrap();
    assert_eq!(script.operations(), ["CreateSecret", "CreateSecret", "PutSecretValue"]);
    assert_eq!(script.asked()[2].json()["SecretString"], r#"{"value":"s3cret","hosts":[],"exact":true}"#);
    assert_eq!(vault.secret("acme", "key").await.unwrap().unwrap().value, "s3cret", "known, and not asked for");
}

#[tokio::test]
async fn no_error_repeats_a_credential() {
    let told = json!({"__type": "InvalidRequestException", "message": "s3cret is no secret"});
    let script = Script::new([json(400, told)]);
    let secret = Secret { value: "s3cret".into(), hosts: Vec::new(), for_inline: false };
    let failed = vault(&script, || Time(0)).set_secret("acme", "key", secret.clone()).await.unwrap_err();
    assert!(matches!(&failed, StoreError::Permanent(why) if why.contains("InvalidRequest")), "{failed}");
    assert!(!failed.to_string().contains("s3cret"), "{failed}");
    let script = Script::new([json(200, json!({"Name": "n", "SecretString": "s3cret"}))]);
    let failed = vault(&script, || Time(0)).secret("acme", "key").await.err().unwrap().to_string();
    assert!(failed.contains("store it anew") && !failed.contains("s3cret"), "{failed}");
}

#[test]
fn no_name_reaches_into_another_owners() {
    let script = Script::default();
    let vault = vault(&script, || Time(0));
    let names = [("a", "b/c"), ("a/b", "c"), ("a", "b=2fc"), ("a b", "c"), ("é", "c")]
        .map(|(owner, name)| vault.name(owner, name));
    assert_eq!(names[0], "stepwell/s/a/b=2fc");
    let distinct: std::collections::BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
    assert!(names.iter().all(|name| name.matches('/').count() == 3 && name.is_ascii()), "{names:?}");
}

#[tokio::test]
async fn no_hosts_are_none_and_those_of_the_first_release_any() {
    for (text, hosts) in [
        (r#"{"value": "s3cret"}"#, &["*"][..]),
        (r#"{"value": "s3cret", "hosts": []}"#, &["*"]),
        (r#"{"value": "s3cret", "hosts": [], "exact": true}"#, &[]),
        (r#"{"value": "s3cret", "hosts": ["a.example"]}"#, &["a.example"]),
    ] {
        let script = Script::new([json(200, json!({"Name": "n", "SecretString": text}))]);
        assert_eq!(vault(&script, || Time(0)).secret("acme", "key").await.unwrap().unwrap().hosts, hosts, "{text}");
    }
}

#[tokio::test]
async fn the_names_of_an_owners_secrets_are_listed_page_by_page() {
    let listed = |names: &[&str], next: Value| {
        let list: Vec<Value> = names.iter().map(|name| json!({"Name": format!("stepwell/s/{name}")})).collect();
        json(200, json!({"SecretList": list, "NextToken": next}))
    };
    let first = listed(&["acme/KEY", "acme/=e9", "acme-too/KEY", "acme/a/b"], json!("more"));
    let script = Script::new([first, listed(&["acme/LAST"], Value::Null)]);
    let vault = vault(&script, || Time(0));
    let page = vault.secret_names("acme", &Window { limit: 200, cursor: None }).await.unwrap();
    assert_eq!((page.items, page.next_cursor.as_deref()), (vec!["KEY".to_owned()], Some("more")));
    let page = vault.secret_names("acme", &Window { limit: 5, cursor: page.next_cursor }).await.unwrap();
    assert_eq!((page.items, page.next_cursor), (vec!["LAST".to_owned()], None));
    let [first, second] = [script.asked()[0].json(), script.asked()[1].json()];
    assert_eq!(first["Filters"], json!([{"Key": "name", "Values": ["stepwell/s/acme/"]}]));
    assert_eq!(
        (&first["MaxResults"], &second["MaxResults"], &second["NextToken"]),
        (&json!(100), &json!(5), &json!("more"))
    );
}

#[tokio::test]
async fn a_removed_secret_is_gone_at_once_and_known_no_longer() {
    let gone = || error(400, "ResourceNotFoundException");
    let deleted = json(200, json!({"Name": "n"}));
    let script = Script::new([json(200, kept("old")), json(200, kept("old")), deleted, gone(), gone()]);
    let vault = vault(&script, || Time(0));
    assert!(vault.secret("acme", "key").await.unwrap().is_some());
    assert!(vault.remove_secret("acme", "key").await.unwrap());
    assert!(vault.secret("acme", "key").await.unwrap().is_none());
    assert!(!vault.remove_secret("acme", "key").await.unwrap(), "once");
    let operations = ["GetSecretValue", "GetSecretValue", "DeleteSecret", "GetSecretValue", "GetSecretValue"];
    assert_eq!(script.operations(), operations);
    assert_eq!(script.asked()[2].json()["ForceDeleteWithoutRecovery"], true);
}
