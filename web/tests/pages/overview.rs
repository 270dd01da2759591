//! The first page.

use crate::{
    browser::text,
    visitor::main,
    world::{ANN, World},
};
use serde_json::json;
use std::time::Duration;
use stepwell_core::execution::Status;

const STARTER: &str = "zoe@example.com";

#[tokio::test]
async fn a_first_visit_says_what_to_do() {
    let world = World::new();
    let page = world.visitor().await.get("/").await.of(200);
    assert!(main(&page).contains("./new") && text(&page).contains("Nothing has run yet"), "{}", text(&page));
}

#[tokio::test]
async fn what_needs_somebody_comes_first() {
    let world = World::new();
    let asked = json!({"kind": "approval", "question": "May it go out?", "assignees": [STARTER], "timeout_seconds": 3600,
        "allow_requester": true});
    let (mine, others) = (world.question(asked).await, world.question(json!({"kind": "approval"})).await);
    let failed = world.failing("fetch-prices").await;
    let visitor = world.visitor().await;
    let page = visitor.get("/").await.of(200);
    let shown = text(&page);
    for part in [
        "Waiting for you May it go out? pay · to be answered in 1 hour",
        "Failed within 24 hours ✕ Failed fetch-prices",
        "2 ? Waiting for people",
        "1 ✕ Failed",
        "3 started 1 ended",
        "fetch fetch-prices 1 of 1",
        "No node took any time worth telling.",
    ] {
        assert!(shown.contains(part), "{part} is not in: {shown}");
    }
    assert!(page.contains(&format!("./inbox/{}", mine.id)) && !page.contains(&others.id));
    assert!(page.contains(&format!("./executions/{failed}")) && !shown.contains("Stuck"));
    assert!(page.find("May it go out?") < page.find("Alive now"));
    let parts = visitor.get("/overview/parts").await.of(200);
    assert!(
        parts.contains("May it go out?")
            && !parts.contains("<main")
            && parts.contains(&format!("\"./inbox/{}", mine.id))
    );
    // A day later it is no news.
    world.pass(Duration::from_secs(2 * 86_400));
    world.run().await;
    let later = text(&visitor.get("/").await.of(200));
    assert!(later.contains("Nothing needs you") && !later.contains("Waiting for you"), "{later}");
}

#[tokio::test]
async fn figures_are_read_once_for_many_pages_and_are_an_owners_own() {
    let world = World::new();
    let visitor = world.visitor().await;
    world.failing("fetch").await;
    assert!(text(&visitor.get("/").await.of(200)).contains("1 started"));
    world.failing("fetch").await;
    assert!(text(&visitor.get("/").await.of(200)).contains("1 started"), "counted a moment ago");
    world.pass(Duration::from_secs(6));
    assert!(text(&visitor.get("/").await.of(200)).contains("2 started"));
    let stranger = world.bearer("other", ANN, api::Scope::ALL).await;
    assert!(text(&stranger.get("/").await.of(200)).contains("Nothing has run yet"));
    let answerer = world.bearer("acme", ANN, &[api::Scope::Respond]).await;
    assert_eq!(answerer.get("/").await.status, 403);
}

#[tokio::test]
async fn what_a_rollback_left_behind_is_counted_too() {
    let world = World::new();
    let document = json!({"id": "trip", "settings": {"on_error": "rollback"}, "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "reserve", "type": "transform", "config": {"set": {"seat": 12}},
            "compensate": {"type": "transform", "config": {"set": {"freed": "{{ output.seat }}"}}}},
        {"id": "charge", "type": "http_request", "config": {"url": "https://example.com"}}],
        "edges": [{"from": "start", "to": "reserve"}, {"from": "reserve", "to": "charge"}]});
    let id = world.start(&document, &json!({})).await;
    let state = world.state(&id);
    assert_eq!((state.status(), state.epoch), (Status::Failed, 1));
    assert!(!state.nodes.contains_key("charge"), "the state knows nothing of it any more");
    let page = text(&world.visitor().await.get("/").await.of(200));
    let failing = page.split("Nodes that failed most").nth(1).unwrap();
    assert!(failing.contains("charge") && failing.contains("1 of 1"), "{page}");
}
