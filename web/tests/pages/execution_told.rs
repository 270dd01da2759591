//! What pages of executions say: no two parts of a page contradict each other, and what is said is still so.

use crate::{
    browser::{filled, text},
    execution::booking,
    world::World,
};
use serde_json::{Value, json};

/// The booking, in which each traveller is greeted before the boss is asked.
fn greeting() -> Value {
    let mut document = booking();
    let each = json!({"id": "each", "type": "loop", "config": {"for_each": "input.travellers"}});
    let greet = json!({"id": "greet", "type": "transform", "config": {"set": {"text": "Hello {{ item }}"}}});
    document["nodes"].as_array_mut().unwrap().extend([each, greet]);
    document["edges"][1]["to"] = json!("each");
    document["edges"].as_array_mut().unwrap().extend([
        json!({"from": "each", "to": "greet", "port": "loop"}),
        json!({"from": "greet", "to": "each"}),
        json!({"from": "each", "to": "ask", "port": "done"}),
    ]);
    document
}

/// What the picture says of a node.
fn told(page: &str, node: &str) -> String {
    let at = page.split(&format!("id=\"node-{node}\"")).nth(1).unwrap().split("</title>").next().unwrap();
    at.split("<title>").nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn visits_that_were_rolled_back_are_counted_apart_from_those_that_led_to_now() {
    let world = World::new();
    // Given an execution that went back to its beginning, and then to before its question.
    let id = world.start(&greeting(), &json!({"travellers": ["Ann", "Ben", "Chris"]})).await;
    for control in ["rollback?to=1", "backtrack?node=ask"] {
        let done = world.click(&format!("/executions/{id}/{control}"), &[("act", "confirm")]).await;
        assert_eq!(done.status, 303, "{}", text(&done.text));
        world.run().await;
    }
    // Then the picture counts as the journal and the timeline do, also where a change of the workflow is refused.
    let page = world.get(&format!("/executions/{id}?node=greet")).await.of(200);
    let patch = format!("/executions/{id}/patch");
    let document = filled(&world.get(&patch).await.of(200)).into_iter().find(|(name, _)| name == "document").unwrap().1;
    let without = document.replace("\"reserve\"", "\"book\"").replace("ctx.reserve", "ctx.book");
    let refused = world.click(&patch, &[("document", &without), ("act", "confirm")]).await.of(409);
    for page in [&page, &refused] {
        assert_eq!(told(page, "greet"), "greet (transform): completed, 3 visits, 3 visits rolled back");
        assert_eq!(told(page, "ask"), "Ask the boss (human): waiting for people, 2 visits rolled back");
        assert!(told(page, "reserve").contains("completed, 1 visit rolled back"), "{}", told(page, "reserve"));
    }
    assert!(page.contains("✓ Completed · 3 visits<") && text(&page).contains("3 visits · 3 visits rolled back"));
}

#[tokio::test]
async fn what_is_still_to_come_is_not_said_of_what_is_over() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let path = format!("/executions/{id}");
    let live = text(&world.get(&path).await.of(200));
    assert!(live.contains(" so far. ") && live.contains("as long as the execution lives"), "{live}");
    let then = text(&world.get(&format!("{path}?at=2")).await.of(200));
    assert!(then.contains(" until then. ") && then.contains("That was on 31 January 2026"), "{then}");
    world.click(&format!("{path}/cancel"), &[]).await;
    world.run().await;
    let over = text(&world.get(&path).await.of(200));
    assert!(over.contains(" in all. ") && over.contains("% done"), "{over}");
    assert!(!over.contains("Warnings"), "nobody is waited for any more: {over}");
}

#[tokio::test]
async fn a_value_is_told_in_words() {
    let world = World::new();
    let id = world.start(&booking(), &json!({"travellers": ["Ann", "Ben"], "none": [], "more": {}})).await;
    let page = text(&world.get(&format!("/executions/{id}")).await.of(200));
    for part in ["travellers: 2 items", "none: no items", "more: nothing"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

#[tokio::test]
async fn what_is_undone_is_chosen_above_the_list_of_it() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let page = world.get(&format!("/executions/{id}/rollback?to=1")).await.of(200);
    let at = |part: &str| page.find(part).unwrap_or_else(|| panic!("{part} is not in {page}"));
    assert!(at("What is undone, in this order") < at("name=\"compensate\""));
    assert!(at("name=\"compensate\"") < at("How it is undone") && page.contains("<form id=\"go\""));
    assert!(page.contains("form=\"go\"") && text(&page).contains("What runs then Reserve the seat"), "{page}");
    let newest = text(&world.get(&format!("/executions/{id}/rollback")).await.of(200));
    assert!(newest.contains("as listed below") && newest.contains("All checkpoints"), "{newest}");
}

#[tokio::test]
async fn a_fork_shows_the_input_that_it_would_begin_with() {
    let world = World::new();
    let id = world.start(&booking(), &json!({"who": "Zoe"})).await;
    let path = format!("/executions/{id}/fork?to=2");
    let page = world.get(&path).await.of(200);
    let input = filled(&page).into_iter().find(|(name, _)| name == "input").unwrap().1;
    assert!(input.contains("\"who\": \"Zoe\"") && text(&page).contains("JSON. What the fork begins with"), "{input}");
    // Nobody has edited it: that is no other input, which not everybody may give.
    let done = world.click(&path, &[("act", "confirm")]).await;
    assert_eq!(done.status, 303, "{}", text(&done.text));
}

#[tokio::test]
async fn what_went_wrong_is_told_where_it_is_decided_what_to_do() {
    let world = World::new();
    let fails = json!({"id": "reserve", "name": "Reserve the seat", "type": "fail", "config": {"message": "no seat"}});
    let document = json!({"id": "fails", "nodes": [{"id": "start", "type": "manual_trigger"}, fails],
        "edges": [{"from": "start", "to": "reserve"}]});
    let id = world.start(&document, &json!({})).await;
    let page = text(&world.get(&format!("/executions/{id}/retry")).await.of(200));
    assert!(page.contains("No seat. At “Reserve the seat” · code") && page.contains("What goes on"), "{page}");
    let mut document = booking();
    document["nodes"][1]["compensate"]["config"]["set"]["freed"] = json!("{{ output.seat.of.nobody }}");
    let id = world.start(&document, &json!({})).await;
    world.click(&format!("/executions/{id}/rollback?to=1"), &[]).await;
    world.run().await;
    let page = world.get(&format!("/executions/{id}/unstick")).await.of(200);
    let verdict = page.split("class=\"verdict bad\"").nth(1).unwrap().split("<form").next().unwrap();
    assert!(!verdict.contains("<details") && verdict.contains("seat"), "{verdict}");
    assert!(text(&page).contains("It counts as undone"), "{}", text(&page));
}
