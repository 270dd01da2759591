//! The stream that tells a page that its execution has moved.

use crate::{browser::text, execution::booking, world::World};
use axum::{
    body::{Body, BodyDataStream},
    http::Request,
};
use futures::StreamExt;
use serde_json::json;
use std::time::Instant;
use tower::ServiceExt;

async fn stream(world: &World, id: &str, after: u64) -> BodyDataStream {
    let request = Request::get(format!("/executions/{id}/events?after={after}")).body(Body::empty()).unwrap();
    world.service.clone().oneshot(request).await.unwrap().into_body().into_data_stream()
}

async fn next(stream: &mut BodyDataStream) -> Option<String> {
    let part = stream.next().await?.unwrap();
    Some(String::from_utf8(part.to_vec()).unwrap())
}

async fn control(world: &World, id: &str, word: &str) {
    assert!(world.ask("POST", &format!("/v1/executions/{id}/{word}"), &json!({})).await.status < 300, "{word}");
    world.run().await;
}

#[tokio::test]
async fn a_stream_says_once_what_happened_many_times_and_leaves_the_page_time() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    let mut stream = stream(&world, &id, 1).await;
    let first = next(&mut stream).await.unwrap();
    let told = Instant::now();
    assert_eq!(first.matches("event: moved").count(), 1, "{first}");
    for word in ["pause", "resume", "pause", "resume"] {
        control(&world, &id, word).await;
    }
    let second = next(&mut stream).await.unwrap();
    assert_eq!(second.matches("event: moved").count(), 1, "{second}");
    assert!(told.elapsed() >= web::limits::MOVES, "{:?}", told.elapsed());
    assert!(!second.contains("execution_"), "what happened is not told: {second}");
    let told: u64 = second.lines().next().unwrap().strip_prefix("id: ").unwrap().parse().unwrap();
    let newest = world.ask("GET", &format!("/v1/executions/{id}"), &json!({})).await.json()["cost"]["turns"].clone();
    assert_eq!(json!(told), newest);
    control(&world, &id, "cancel").await;
    let end = next(&mut stream).await.unwrap();
    assert!(end.contains("event: moved") && end.ends_with("event: end\ndata: {}\n\n"), "{end}");
    assert_eq!(next(&mut stream).await, None);
}

#[tokio::test]
async fn a_page_that_has_seen_the_end_is_told_the_end_alone() {
    let world = World::new();
    let id = world.start(&booking(), &json!({})).await;
    control(&world, &id, "cancel").await;
    let all = world.get(&format!("/executions/{id}/events?after=")).await.of(422);
    assert!(all.contains("after"), "{all}");
    let all = world.get(&format!("/executions/{id}/events")).await.of(200);
    let newest: u64 = all.lines().next().unwrap().strip_prefix("id: ").unwrap().parse().unwrap();
    let rest = world.get(&format!("/executions/{id}/events?after={newest}")).await.of(200);
    assert_eq!(rest, "event: end\ndata: {}\n\n");
    world.get(&format!("/executions/{id}/events?after=x")).await.of(422);
    world.get("/executions/nothing/events").await.of(404);
}

#[tokio::test]
async fn beside_the_input_of_a_visit_stands_no_output_of_another() {
    let world = World::new();
    let document = json!({"id": "greets", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "loop", "config": {"for_each": "input.who"}},
        {"id": "greet", "type": "transform", "config": {"set": {"text": "Hello {{ item }}"}}}],
        "edges": [{"from": "start", "to": "each"}, {"from": "each", "to": "greet", "port": "loop"}, {"from": "greet", "to": "each"}]});
    let id = world.start(&document, &json!({"who": ["Ann", "Ben"]})).await;
    let mut seen = 0;
    for at in 1..=world.state(&id).seq {
        let page = world.get(&format!("/executions/{id}?at={at}&node=greet")).await.of(200);
        let panel = page.split("id=\"node\"").nth(1).and_then(|panel| panel.split("</section>").next());
        let panel = text(panel.unwrap_or_else(|| panic!("{page}")));
        let is_before = panel.contains("Output of the visit before This visit has given none yet.");
        assert_eq!(is_before, panel.contains("2 visits") && panel.contains("Hello Ann"), "{at}: {panel}");
        seen += usize::from(is_before);
    }
    assert!(seen > 0, "the second visit was due at some checkpoint");
}
