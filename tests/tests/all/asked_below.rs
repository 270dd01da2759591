//! What people are asked in children, as the embedded host shows it by the parent's id.

use crate::world::{World, eventually};
use engine::port::Host;
use serde_json::{Value, json};
use stepwell_core::{execution::Status, id::ExecutionId};

/// Asks about each item of the input, all at once.
fn asking(settings: Value) -> Value {
    let ask = json!({"id": "ok", "type": "human", "config": {"kind": "approval", "question": "Take {{ item }}?"}});
    let config = json!({"items": "input.items", "body": {"nodes": [ask], "edges": []}, "max_concurrency": 10_000});
    json!({"id": "asks", "settings": settings, "output": "size(ctx.all.output)",
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "all", "type": "map", "config": config}],
        "edges": [{"from": "go", "to": "all"}]})
}

async fn asked(world: &World, id: &ExecutionId) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/v1/interactions?status=pending&execution_id={id}&limit=200{cursor}");
        let page = world.get(&path).await;
        all.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

async fn answer(world: &World, question: &Value) {
    let path = format!("/v1/interactions/{}/respond", question["interaction_id"].as_str().unwrap());
    let (status, body) = world.call("POST", &path, Some(&json!({"approved": true}))).await;
    assert_eq!(status, 200, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_waits_for_the_person_that_its_child_asks_also_after_a_restart() {
    let mut world = World::new("asked-below").await;
    world.save(&asking(json!({"overlap": "skip_if_paused"}))).await;
    let path = "/v1/workflows/asks/executions";
    let input = json!({"input": {"items": [1]}});
    let (status, started) = world.call("POST", &format!("{path}?wait=20"), Some(&input)).await;
    assert_eq!((status.as_u16(), &started["status"]), (200, &json!("waiting_human")), "the start returns: {started}");
    let id = ExecutionId::from(started["execution_id"].as_str().unwrap());
    world = world.restarted("").await;
    let shown = world.get(&format!("/v1/executions/{id}")).await;
    assert_eq!(
        (&shown["status"], shown["pending_interactions"].as_array().unwrap().len()),
        (&json!("waiting_human"), 1)
    );
    assert_eq!(asked(&world, &id).await.len(), 1);
    let (_, second) = world.call("POST", path, Some(&input)).await;
    assert_eq!(second["status"], "skipped", "a person is asked in the first");
    let (status, resumed) =
        world.call("POST", &format!("/v1/executions/{id}/resume"), Some(&json!({"approved": true}))).await;
    assert_eq!((status.as_u16(), &resumed["completed"]), (200, &json!(true)), "{resumed}");
    assert_eq!((asked(&world, &id).await.len(), world.ended(&id).await.status()), (0, Status::Completed));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_children_that_ask_cost_their_parent_few_turns() {
    let world = World::new("asked-many").await;
    world.save(&asking(json!({}))).await;
    let id = world.start("asks", json!({"items": (0..1_000).collect::<Vec<u32>>()})).await;
    let told =
        |state: &stepwell_core::execution::Execution| state.children.values().all(|kids| kids.asking.len() == 1_000);
    let state = world.until(&id, "all asking", |state| !state.children.is_empty() && told(state)).await;
    assert!(state.seq < 300, "{} turns for 1000 questions", state.seq);
    assert_eq!(state.status(), Status::WaitingHuman);
    let shown = world.get(&format!("/v1/executions/{id}")).await;
    assert_eq!(shown["pending_interactions"].as_array().unwrap().len(), 50, "a part of them");
    let questions = asked(&world, &id).await;
    assert_eq!(questions.len(), 1_000, "the inbox has all");
    for question in &questions[..999] {
        answer(&world, question).await;
    }
    eventually("one question is left", || async { asked(&world, &id).await.len() == 1 }).await;
    let state =
        world.until(&id, "one asking", |state| state.children.values().all(|kids| kids.asking.len() == 1)).await;
    assert_eq!(state.status(), Status::WaitingHuman);
    answer(&world, &questions[999]).await;
    let ended = world.ended(&id).await;
    assert_eq!(ended.output.as_ref().unwrap().value().unwrap(), &json!(1_000));
    assert!(world.host.journal().load(&id).await.unwrap().is_some());
    world.end().await;
}
