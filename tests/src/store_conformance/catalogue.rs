//! The properties of the catalogue: saved workflows, schedules, listeners, secrets and tokens.

use super::{document, page};
use document::{parse, schedule::Scheduled, time::Time};
use engine::{
    port::{Host, Secret, StoreError, Token, Window},
    scope::Scope,
};
use serde_json::json;

pub(super) async fn versions_count_up(host: &dyn Host) {
    let first = parse(&document("versions")).unwrap().workflow;
    let mut changed = document("versions");
    changed["description"] = json!("changed");
    let second = parse(&changed).unwrap().workflow;
    let now = host.now();
    assert_eq!(host.catalogue().save("saver", &first, Some(1), now).await, Err(StoreError::Conflict));
    assert_eq!(host.catalogue().save("saver", &first, None, now).await.unwrap(), (1, true));
    assert_eq!(host.catalogue().save("saver", &first, None, now).await.unwrap(), (1, false));
    assert_eq!(host.catalogue().save("saver", &second, Some(7), now).await, Err(StoreError::Conflict));
    assert_eq!(host.catalogue().save("saver", &second, Some(1), now).await.unwrap(), (2, true));
    // Old versions stay as they were, and belong to their owner alone.
    let latest = host.catalogue().saved("saver", "versions", None).await.unwrap().unwrap();
    assert_eq!((latest.version, &latest.hash, &latest.document), (2, &second.hash, &second.document));
    let old = host.catalogue().saved("saver", "versions", Some(1)).await.unwrap().unwrap();
    assert_eq!((old.version, &old.hash), (1, &first.hash));
    assert!(host.catalogue().saved("saver", "versions", Some(3)).await.unwrap().is_none());
    assert!(host.catalogue().saved("other", "versions", None).await.unwrap().is_none());
    assert_eq!(host.catalogue().workflow(&first.hash).await.unwrap().unwrap().hash, first.hash);
    // A list shows each workflow once, in its latest version, by id.
    for id in ["a", "b"] {
        host.catalogue().save("saver", &parse(&document(id)).unwrap().workflow, None, now).await.unwrap();
    }
    let part = host.catalogue().list("saver", &page(2, None)).await.unwrap();
    assert_eq!(part.items.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let rest = host.catalogue().list("saver", &page(2, part.next_cursor)).await.unwrap();
    assert_eq!(rest.items.iter().map(|one| (one.id.as_str(), one.version)).collect::<Vec<_>>(), [("versions", 2)]);
    assert_eq!(rest.next_cursor, None);
    // A deleted workflow is not listed, can still be read, and comes back when it is saved again.
    assert!(host.catalogue().delete_workflow("saver", "versions").await.unwrap());
    assert!(!host.catalogue().delete_workflow("saver", "versions").await.unwrap());
    assert!(!host.catalogue().delete_workflow("saver", "none").await.unwrap());
    assert!(host.catalogue().saved("saver", "versions", None).await.unwrap().unwrap().deleted);
    assert_eq!(host.catalogue().list("saver", &page(9, None)).await.unwrap().items.len(), 2);
    assert_eq!(host.catalogue().save("saver", &second, None, now).await.unwrap(), (3, true), "it comes back");
}

pub(super) async fn secrets_and_tokens_are_owned(host: &dyn Host) {
    let secret =
        |value: &str| Secret { value: value.into(), hosts: vec!["example.com".into()], for_inline: value == "two" };
    host.secrets().set_secret("keeper", "key", secret("one")).await.unwrap();
    host.secrets().set_secret("keeper", "key", secret("two")).await.unwrap();
    assert!(host.secrets().secret("keeper", "key").await.unwrap() == Some(secret("two")));
    assert!(host.secrets().secret("other", "key").await.unwrap().is_none());
    host.secrets().set_secret("keeper", "another", secret("three")).await.unwrap();
    host.secrets().set_secret("other", "theirs", secret("four")).await.unwrap();
    let mut names = host.secrets().secret_names("keeper", &Window { limit: 5, cursor: None }).await.unwrap().items;
    names.sort();
    assert_eq!(names, ["another", "key"]);
    assert!(!host.secrets().remove_secret("other", "key").await.unwrap(), "it is another owner's");
    assert!(host.secrets().remove_secret("keeper", "key").await.unwrap());
    assert!(!host.secrets().remove_secret("keeper", "key").await.unwrap(), "once");
    assert!(host.secrets().secret("keeper", "key").await.unwrap().is_none());
    assert!(host.secrets().secret("other", "theirs").await.unwrap() == Some(secret("four")));
    let sha256 = "ab".repeat(32);
    let token = Token {
        sha256: sha256.clone(),
        name: "ci".into(),
        owner: "keeper".into(),
        subject: "ci@example.com".into(),
        scopes: vec![Scope::Read],
        expires_at: Some(host.now()),
        created_at: None,
    };
    assert_eq!(host.tokens().token(&sha256).await.unwrap(), None);
    host.tokens().add_token(token.clone()).await.unwrap();
    assert_eq!(host.tokens().token(&sha256).await.unwrap(), Some(token.clone()));
    assert!(host.tokens().has_tokens().await.unwrap());

    let another = Token { sha256: "cd".repeat(32), owner: "other".into(), ..token.clone() };
    host.tokens().add_token(another.clone()).await.unwrap();
    host.tokens().add_token(Token { sha256: "ac".repeat(32), ..token.clone() }).await.unwrap();
    let window = |limit, cursor| Window { limit, cursor };
    let first = host.tokens().tokens("keeper", &window(1, None)).await.unwrap();
    assert_eq!(first.items, std::slice::from_ref(&token), "by their hashes");
    let rest = host.tokens().tokens("keeper", &window(5, first.next_cursor)).await.unwrap();
    assert_eq!((rest.items.len(), rest.next_cursor), (1, None));
    assert!(!host.tokens().remove_token("keeper", another.id()).await.unwrap(), "it is another owner's");
    assert!(!host.tokens().remove_token("keeper", "").await.unwrap());
    assert!(host.tokens().remove_token("keeper", token.id()).await.unwrap());
    assert!(!host.tokens().remove_token("keeper", token.id()).await.unwrap(), "once");
    assert_eq!(host.tokens().token(&sha256).await.unwrap(), None);
    assert_eq!(host.tokens().tokens("keeper", &window(5, None)).await.unwrap().items.len(), 1);
    assert_eq!(host.tokens().token(&another.sha256).await.unwrap(), Some(another));
}

/// A document with a schedule, a listener, and an `event_trigger` without a pattern, which listens to nothing. `more`
/// is the description, by which two versions differ.
fn triggered(id: &str, seconds: u64, more: &str) -> serde_json::Value {
    json!({"id": id, "description": more, "nodes": [
        {"id": "tick", "type": "schedule_trigger", "config": {"every_seconds": seconds}},
        {"id": "on", "type": "event_trigger", "config": {"pattern": {"source": ["aws.s3"]}}},
        {"id": "bare", "type": "event_trigger", "config": {}},
        {"id": "note", "type": "transform", "config": {"set": {}}}],
        "edges": [{"from": "tick", "to": "note"}, {"from": "on", "to": "note"}, {"from": "bare", "to": "note"}]})
}

/// The schedules of this property's owner that are due.
async fn due(host: &dyn Host, now: Time) -> Vec<Scheduled> {
    let mut due = host.schedules().due_schedules(now, 100).await.unwrap();
    due.retain(|one| one.owner == "planner");
    due
}

pub(super) async fn schedules_are_kept_and_move_on(host: &dyn Host) {
    let save = async |id: &str, seconds: u64, more: &str, now: Time| {
        let workflow = parse(&triggered(id, seconds, more)).unwrap().workflow;
        host.catalogue().save("planner", &workflow, None, now).await.unwrap();
    };
    let t = host.now();
    let at = |seconds: f64| t.after_seconds(seconds);
    save("hourly", 3600, "", t).await;
    save("half", 1800, "", t).await;
    assert_eq!(due(host, at(1799.0)).await, []);
    let found = due(host, at(3600.0)).await;
    let shown: Vec<_> = found.iter().map(|one| (one.workflow.as_str(), one.node.as_str(), one.next_at)).collect();
    assert_eq!(shown, [("half", "tick", at(1800.0)), ("hourly", "tick", at(3600.0))], "soonest first");
    assert_eq!(found[0].schedule.as_ref().unwrap().every_seconds, Some(1800.0));
    assert_eq!(host.schedules().due_schedules(at(3600.0), 1).await.unwrap().len(), 1);

    // Only a process that saw the present time of a schedule moves it on: the other came second.
    let half = &found[0];
    host.schedules().advance_schedule(half, Some(at(3601.0)), Some("why".into())).await.unwrap();
    host.schedules().advance_schedule(half, Some(at(9000.0)), None).await.unwrap();
    let found = due(host, at(3601.0)).await;
    let moved = found.iter().find(|one| one.workflow.as_str() == "half").unwrap();
    assert_eq!((moved.next_at, moved.error.as_deref()), (at(3601.0), Some("why")), "the second came too late");

    // A new version with the same times keeps its place in them; one with other times begins anew.
    save("half", 1800, "the same times", at(100.0)).await;
    assert_eq!(due(host, at(3601.0)).await.len(), 2, "it goes on as it was");
    save("half", 900, "other times", at(200.0)).await;
    let found = due(host, at(1100.0)).await;
    assert_eq!(found.iter().map(|one| one.next_at).collect::<Vec<_>>(), [at(1100.0)]);
    host.schedules().advance_schedule(&found[0], None, None).await.unwrap();
    assert_eq!(due(host, at(3600.0)).await.len(), 1, "what never comes again is gone");
    assert!(host.catalogue().delete_workflow("planner", "hourly").await.unwrap());
    assert_eq!(due(host, at(1e9)).await, []);
}

pub(super) async fn listeners_are_those_of_the_latest_versions(host: &dyn Host) {
    let save = async |id: &str, document: serde_json::Value| {
        assert_eq!(document["id"], id);
        host.catalogue().save("listener", &parse(&document).unwrap().workflow, None, host.now()).await.unwrap();
    };
    assert_eq!(host.catalogue().listeners("listener").await.unwrap(), []);
    save("one", triggered("one", 60, "")).await;
    save("two", triggered("two", 60, "")).await;
    save("plain", document("plain")).await;
    let listening = async || {
        let mut found = host.catalogue().listeners("listener").await.unwrap();
        found.sort_by(|a, b| a.workflow.cmp(&b.workflow));
        found.into_iter().map(|one| (one.workflow.to_string(), one.node.to_string(), one.pattern)).collect::<Vec<_>>()
    };
    let row = |id: &str, source: &str| (id.to_owned(), "on".to_owned(), json!({ "source": [source] }));
    assert_eq!(listening().await, [row("one", "aws.s3"), row("two", "aws.s3")]);
    let mut other = triggered("two", 60, "");
    other["nodes"][1]["config"]["pattern"]["source"] = json!(["aws.sns"]);
    save("two", other).await;
    assert_eq!(listening().await, [row("one", "aws.s3"), row("two", "aws.sns")]);
    save("two", document("two")).await;
    assert!(host.catalogue().delete_workflow("listener", "one").await.unwrap());
    assert_eq!(listening().await, []);
    assert_eq!(host.catalogue().listeners("somebody else").await.unwrap(), []);
}
