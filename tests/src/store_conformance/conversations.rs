//! Conversations that agents remember tell whose they are, without that anybody reads what was said.

use engine::port::{Host, Page, Remembered, Window};
use futures::future::join_all;

const OWNER: &str = "conversations";

fn said(host: &dyn Host, id: &str, by: Option<&str>) -> Remembered {
    let now = host.now();
    let by = by.map(str::to_owned);
    Remembered { id: id.into(), at: now, by, messages: Vec::new(), until: now.after_seconds(3_600.0) }
}

async fn says(host: &dyn Host, key: &str, id: &str, by: Option<&str>) {
    host.memories().remember(OWNER, key, &said(host, id, by), host.now()).await.unwrap();
}

async fn whose(host: &dyn Host, key: &str) -> Option<String> {
    host.memories().conversation(OWNER, key, host.now()).await.unwrap().unwrap().by.map(|by| by.to_lowercase())
}

async fn keys(host: &dyn Host, of: Option<&str>) -> Vec<String> {
    let (mut keys, mut window) = (Vec::new(), Window { limit: 2, cursor: None });
    loop {
        let Page { items, next_cursor } = host.memories().conversations(OWNER, of, &window, host.now()).await.unwrap();
        assert!(items.len() == 2 || next_cursor.is_none(), "a page before the last is full");
        keys.extend(items.into_iter().map(|one| one.key));
        window.cursor = next_cursor;
        if window.cursor.is_none() {
            return keys;
        }
    }
}

pub(super) async fn run(host: &dyn Host) {
    assert_eq!(host.memories().conversation(OWNER, "none", host.now()).await.unwrap(), None);
    for (key, by) in [("a", Some("Ada@example.com")), ("b", Some("bo@example.com")), ("c", None)] {
        says(host, key, "1", by).await;
    }
    for key in ["d", "e", "f"] {
        says(host, key, "1", Some("ada@example.com")).await;
    }
    // The same person again, in whatever letters, is still the only one; another, or somebody unknown, is not.
    says(host, "a", "2", Some("ada@EXAMPLE.com")).await;
    says(host, "d", "2", Some("bo@example.com")).await;
    says(host, "d", "3", Some("ada@example.com")).await;
    says(host, "e", "2", None).await;
    assert_eq!(whose(host, "a").await.as_deref(), Some("ada@example.com"));
    assert_eq!((whose(host, "c").await, whose(host, "d").await, whose(host, "e").await), (None, None, None));
    assert_eq!(keys(host, None).await, ["a", "b", "c", "d", "e", "f"]);
    assert_eq!(keys(host, Some("ADA@example.com")).await, ["a", "f"]);
    assert!(keys(host, Some("eve@example.com")).await.is_empty());
    // Of many who speak first at the same time none is taken for the only one.
    let ids: Vec<String> = (0..8).map(|number| number.to_string()).collect();
    let at_once = ids.iter().map(|id| {
        let by = if id == "5" { "bo@example.com" } else { "ada@example.com" };
        says(host, "g", id, Some(by))
    });
    join_all(at_once).await;
    assert_eq!(whose(host, "g").await, None);
    assert_eq!(host.memories().recall(OWNER, "g", 10, host.now()).await.unwrap().len(), 8);
    assert!(host.memories().forget(OWNER, "a").await.unwrap());
    assert_eq!(keys(host, Some("ada@example.com")).await, ["f"]);
}
