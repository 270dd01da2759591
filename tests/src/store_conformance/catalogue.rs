//! Saved workflows, credentials and tokens.

use super::{document, page};
use serde_json::json;
use shared::{
    port::{Host, Secret, StoreError, Token},
    workflow::parse,
};

pub(super) async fn versions_count_up(host: &dyn Host) {
    let first = parse(&document("versions")).unwrap().workflow;
    let mut changed = document("versions");
    changed["description"] = json!("changed");
    let second = parse(&changed).unwrap().workflow;
    let now = host.now();
    assert_eq!(host.save("saver", &first, Some(1), now).await, Err(StoreError::Conflict));
    assert_eq!(host.save("saver", &first, None, now).await.unwrap(), (1, true));
    assert_eq!(host.save("saver", &first, None, now).await.unwrap(), (1, false));
    assert_eq!(host.save("saver", &second, Some(7), now).await, Err(StoreError::Conflict));
    assert_eq!(host.save("saver", &second, Some(1), now).await.unwrap(), (2, true));
    let latest = host.saved("saver", "versions", None).await.unwrap().unwrap();
    assert_eq!((latest.version, &latest.hash, &latest.document), (2, &second.hash, &second.document));
    let old = host.saved("saver", "versions", Some(1)).await.unwrap().unwrap();
    assert_eq!((old.version, &old.hash), (1, &first.hash));
    assert!(host.saved("saver", "versions", Some(3)).await.unwrap().is_none());
    assert!(host.saved("other", "versions", None).await.unwrap().is_none());
    assert_eq!(host.workflow(&first.hash).await.unwrap().unwrap().hash, first.hash);
    for id in ["a", "b"] {
        host.save("saver", &parse(&document(id)).unwrap().workflow, None, now).await.unwrap();
    }
    let part = host.list("saver", &page(2, None)).await.unwrap();
    assert_eq!(part.items.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let rest = host.list("saver", &page(2, part.next_cursor)).await.unwrap();
    assert_eq!(rest.items.iter().map(|one| (one.id.as_str(), one.version)).collect::<Vec<_>>(), [("versions", 2)]);
    assert_eq!(rest.next_cursor, None);
    assert!(host.delete_workflow("saver", "versions").await.unwrap());
    assert!(!host.delete_workflow("saver", "versions").await.unwrap());
    assert!(!host.delete_workflow("saver", "none").await.unwrap());
    assert!(host.saved("saver", "versions", None).await.unwrap().unwrap().deleted);
    assert_eq!(host.list("saver", &page(9, None)).await.unwrap().items.len(), 2);
    assert_eq!(host.save("saver", &second, None, now).await.unwrap(), (3, true), "it comes back");
}

pub(super) async fn secrets_and_tokens_are_owned(host: &dyn Host) {
    let secret = |value: &str| Secret { value: value.into(), hosts: vec!["example.com".into()] };
    host.set_secret("keeper", "key", secret("one")).await.unwrap();
    host.set_secret("keeper", "key", secret("two")).await.unwrap();
    assert!(host.secret("keeper", "key").await.unwrap() == Some(secret("two")));
    assert!(host.secret("other", "key").await.unwrap().is_none());
    let sha256 = "ab".repeat(32);
    let token = Token {
        sha256: sha256.clone(),
        name: "ci".into(),
        owner: "keeper".into(),
        subject: "ci@example.com".into(),
        scopes: vec!["read".into()],
        expires_at: Some(host.now()),
    };
    assert_eq!(host.token(&sha256).await.unwrap(), None);
    host.add_token(token.clone()).await.unwrap();
    assert_eq!(host.token(&sha256).await.unwrap(), Some(token));
    assert!(host.has_tokens().await.unwrap());
}
