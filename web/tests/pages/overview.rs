//! The first page.

use crate::{
    browser::text,
    visitor::main,
    world::{ANN, World},
};
use serde_json::json;
use std::time::Duration;
use stepwell_core::{
    execution::Status,
    task::{Failure, Outcome, Report},
};

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
        "Waiting for you May it go out? pay · answer within 1 hour",
        "Failed in the last 24 hours fetch-prices",
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
    assert!(page.find("May it go out?") < page.find("Running or waiting now"));
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

#[tokio::test]
async fn a_failure_after_which_the_workflow_goes_on_is_counted_too() {
    let world = World::with_runner(|_| Report {
        outcome: Outcome::Failed(Failure::new("http_status", "402")),
        logs: Vec::new(),
    });
    let document = json!({"id": "goes-on", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "look", "type": "http_request", "on_error": "continue", "config": {"url": "https://example.com"}},
        {"id": "end", "type": "transform", "config": {"set": {"a": 1}}}],
        "edges": [{"from": "start", "to": "look"}, {"from": "look", "to": "end"}]});
    let id = world.start(&document, &json!({})).await;
    assert_eq!(world.state(&id).status(), Status::Completed);
    let page = text(&world.visitor().await.get("/").await.of(200));
    let failing = page.split("Nodes that failed most").nth(1).unwrap_or_else(|| panic!("{page}"));
    assert!(failing.contains("look") && failing.contains("1 of 1"), "{page}");
}

#[tokio::test]
async fn the_time_before_a_rollback_is_none_of_the_node_that_runs_again() {
    let world = World::new();
    let id = world.start(&crate::execution::booking(), &json!({})).await;
    world.pass(Duration::from_secs(3_600));
    let done = world.click(&format!("/executions/{id}/rollback?to=1"), &[]).await;
    assert_eq!(done.status, 303, "{}", text(&done.text));
    world.run().await;
    let nodes = world.get(&format!("/v1/executions/{id}/nodes")).await.json();
    let reserve = nodes["items"].as_array().unwrap().iter().find(|node| node["node"] == "reserve").unwrap();
    assert_eq!((&reserve["status"], &reserve["duration_ms"]), (&json!("completed"), &json!(0)), "{reserve}");
    let page = text(&world.visitor().await.get("/").await.of(200));
    let slowest = page.split("Slowest nodes").nth(1).unwrap_or_default().split("Nodes that failed").next().unwrap();
    assert!(!slowest.contains("Reserve the seat"), "{slowest}");
}

#[tokio::test]
async fn a_name_of_any_length_leaves_the_rest_of_the_tables_in_sight() {
    let world = World::with_runner(|_| Report {
        outcome: Outcome::Failed(Failure::new("http_status", "402")),
        logs: Vec::new(),
    });
    let long = "long ".repeat(60);
    let document = json!({"id": "long", "name": long, "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "look", "name": long, "type": "http_request", "config": {"url": "https://example.com"}}],
        "edges": [{"from": "start", "to": "look"}]});
    world.start(&document, &json!({})).await;
    let page = text(&world.visitor().await.get("/").await.of(200));
    let failing = page.split("Nodes that failed most").nth(1).unwrap_or_else(|| panic!("{page}"));
    assert!(failing.contains("long long") && !failing.contains(&"long ".repeat(20)), "{failing}");
}

#[tokio::test]
async fn nobody_is_waited_for_who_may_not_answer() {
    let world = World::new();
    world.question(json!({"kind": "approval"})).await;
    let reader = world.bearer("acme", ANN, &[api::Scope::Read]).await;
    let page = text(&reader.get("/").await.of(200));
    assert!(page.contains("Waiting for somebody") && !page.contains("Waiting for you"), "{page}");
    let both = world.bearer("acme", "bob@example.com", api::Scope::ALL).await;
    assert!(text(&both.get("/").await.of(200)).contains("Waiting for you"));
}

#[tokio::test]
async fn why_something_failed_is_told_in_a_whole_sentence_and_its_status_once() {
    let world = World::with_runner(|_| Report {
        outcome: Outcome::Failed(Failure::new(
            "address_not_allowed",
            "127.0.0.1:1 is not on the public internet, and workflows may reach nothing else. If this one is meant, \
             whoever runs Stepwell can allow it",
        )),
        logs: Vec::new(),
    });
    let failed = world.failing("fetch-prices").await;
    let visitor = world.visitor().await;
    let why = "At node fetch: 127.0.0.1:1 is not on the public internet, and workflows may reach nothing else.";
    for path in ["/", "/executions", "/executions/bulk/confirm?action=retry&status=failed"] {
        let page = text(&visitor.get(path).await.of(200));
        assert!(page.contains(why) && !page.contains("If this one"), "{path}: {page}");
        assert!(!page.contains("Failed at node") && !page.contains("…:"), "{path}: {page}");
    }
    let page = text(&visitor.get(&format!("/executions/{failed}")).await.of(200));
    assert!(page.contains("whoever runs Stepwell can allow it"), "its own page has all of it: {page}");
}
