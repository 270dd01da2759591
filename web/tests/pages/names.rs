//! People read names: where a workflow or a node has one, lists, sentences and pictures show it, and not the id.

use crate::{browser::text, world::World};
use serde_json::{Value, json};

const STARTER: &str = "zoe@example.com";

fn pays(step: &Value) -> Value {
    json!({"id": "pay-supplier", "name": "Pay a supplier", "nodes": [{"id": "start", "type": "manual_trigger"}, step],
        "edges": [{"from": "start", "to": "x"}]})
}

#[tokio::test]
async fn a_question_is_of_a_workflow_and_a_step_that_have_names() {
    let world = World::new();
    let ask = json!({"id": "x", "name": "Ask the boss", "type": "human", "config": {"kind": "ask", "question": "Which day?",
        "assignees": [STARTER], "allow_requester": true}});
    let id = world.start(&pays(&ask), &json!({})).await;
    let question = world.state(&id).open_interactions().next().unwrap().interaction_id.to_string();
    let visitor = world.visitor().await;
    for path in [
        "/".to_owned(),
        "/executions".into(),
        "/inbox".into(),
        format!("/inbox/{question}"),
        world.link_of(&question, STARTER),
    ] {
        let page = visitor.get(&path).await.of(200);
        assert!(text(&page).contains("Pay a supplier"), "{path}: {}", text(&page));
    }
    assert!(text(&visitor.get("/executions").await.of(200)).contains("Waits for a person at Ask the boss."));
    assert!(
        text(&visitor.get(&format!("/executions/{id}")).await.of(200)).contains("Waits for a person at Ask the boss.")
    );
    assert!(text(&visitor.get(&format!("/inbox/{question}")).await.of(200)).contains("Step Ask the boss"));
}

#[tokio::test]
async fn a_name_that_turns_letters_around_keeps_that_to_itself() {
    let world = World::new();
    let wait = json!({"id": "x", "name": "\u{202e}evil", "type": "wait", "config": {"event": "go"}});
    let id = world.start(&pays(&wait), &json!({})).await;
    let page = world.get(&format!("/executions/{id}")).await.of(200);
    assert!(page.contains("Waits at \u{2068}\u{202e}evil\u{2069}."), "{}", text(&page));
}

#[tokio::test]
async fn what_failed_is_told_by_its_name() {
    let world = World::new();
    let fails = json!({"id": "x", "name": "Charge the card", "type": "fail", "config": {"code": "empty", "message": "no money"}});
    world.start(&pays(&fails), &json!({})).await;
    let visitor = world.visitor().await;
    let page = text(&visitor.get("/").await.of(200));
    assert!(page.contains("At node Charge the card: no money"), "{page}");
    assert!(page.contains("Charge the card Pay a supplier 1 of 1"), "{page}");
}
