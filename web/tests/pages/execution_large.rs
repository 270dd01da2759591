//! The page of an execution that has much: it stays small and quick.

use crate::{browser::text, world::World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Bytes of a page in which everything has its bound.
const PAGE: usize = 700_000;

async fn opens(world: &World, path: &str) -> String {
    let begun = Instant::now();
    let page = world.get(path).await.of(200);
    assert!(begun.elapsed() < Duration::from_secs(1), "{path}: {:?}", begun.elapsed());
    assert!(page.len() < PAGE, "{path}: {} bytes", page.len());
    page
}

/// A chain of loops with bodies: 300 nodes.
fn wide() -> Value {
    let (mut nodes, mut edges) = (vec![json!({"id": "start", "type": "manual_trigger"})], Vec::new());
    let mut before = json!({"from": "start"});
    for group in 0..23 {
        let head = format!("loop{group}");
        nodes.push(json!({"id": head, "type": "loop", "config": {"for_each": "[1, 2]"}}));
        before["to"] = json!(head);
        edges.push(before.clone());
        let mut last = json!({"from": head, "port": "loop"});
        for step in 0..12 {
            let id = format!("step{group}_{step}");
            nodes.push(json!({"id": id, "type": "transform", "config": {"set": {"step": step}}}));
            last["to"] = json!(id);
            edges.push(last);
            last = json!({"from": id});
        }
        last["to"] = json!(head);
        edges.push(last);
        before = json!({"from": head, "port": "done"});
    }
    nodes.push(json!({"id": "end", "type": "succeed"}));
    before["to"] = json!("end");
    edges.push(before);
    json!({"id": "wide", "nodes": nodes, "edges": edges})
}

#[tokio::test]
async fn three_hundred_nodes_are_folded_until_somebody_opens_them() {
    let world = World::new();
    let id = world.start(&wide(), &json!({})).await;
    let page = opens(&world, &format!("/executions/{id}")).await;
    assert_eq!(page.matches("data-node=").count(), 25, "loops, the start and the end");
    assert!(text(&page).contains("Open loop0") && text(&page).contains("2 of 2"), "{}", text(&page));
    let page = opens(&world, &format!("/executions/{id}?fold=loop0")).await;
    assert_eq!(page.matches("data-node=").count(), 37);
    assert!(text(&page).contains("Fold loop0"));
    assert!(text(&page).contains("earlier turns are in the journal"), "the timeline shows its newest part");
}

#[tokio::test]
async fn a_long_journal_comes_in_parts() {
    let world = World::new();
    let document = json!({"id": "long", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "each", "type": "loop", "config": {"while": "loop.iteration < 500", "max_iterations": 500}},
        {"id": "step", "type": "transform", "config": {"set": {"done": true}}}, {"id": "end", "type": "succeed"}],
        "edges": [{"from": "start", "to": "each"}, {"from": "each", "to": "step", "port": "loop"}, {"from": "step", "to": "each"},
            {"from": "each", "to": "end", "port": "done"}]});
    let id = world.start(&document, &json!({})).await;
    let newest = world.state(&id).seq;
    assert!(newest > 500, "{newest}");
    let page = text(&opens(&world, &format!("/executions/{id}")).await);
    assert!(page.contains(&format!("{} to {newest} of {newest}", newest - 49)), "{page}");
    assert!(page.contains("Earlier") && page.contains("Oldest"));
    let oldest = text(&opens(&world, &format!("/executions/{id}?before=51")).await);
    assert!(
        oldest.contains("Workflow long started") && oldest.contains("1 to 50 of") && oldest.contains("Later"),
        "{oldest}"
    );
    opens(&world, &format!("/executions/{id}?at={}", newest / 2)).await;
    opens(&world, &format!("/executions/{id}/live?node=step")).await;
}

#[tokio::test]
async fn an_output_of_megabytes_and_many_questions_make_no_large_page() {
    let world = World::new();
    let document = json!({"id": "data", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "keep", "type": "transform", "config": {"expression": "input"}}, {"id": "end", "type": "succeed"}],
        "edges": [{"from": "start", "to": "keep"}, {"from": "keep", "to": "end"}]});
    let rows: Vec<Value> = (0..50_000).map(|row| json!({"row": row, "text": "x".repeat(60)})).collect();
    let id = world.start(&document, &json!({"rows": rows})).await;
    let page = opens(&world, &format!("/executions/{id}?node=keep")).await;
    assert!(text(&page).contains("The whole value"), "{}", text(&page));

    let mut nodes = vec![json!({"id": "start", "type": "manual_trigger"})];
    let mut edges = Vec::new();
    for number in 0..100 {
        let ask = format!("ask{number}");
        nodes.push(
            json!({"id": ask, "type": "human", "config": {"kind": "ask", "question": format!("What of {number}?")}}),
        );
        edges.push(json!({"from": "start", "to": ask}));
    }
    let id = world.start(&json!({"id": "many", "nodes": nodes, "edges": edges}), &json!({})).await;
    let page = opens(&world, &format!("/executions/{id}")).await;
    assert!(text(&page).contains("The first 20."), "{}", text(&page));
}
