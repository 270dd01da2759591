//! What-if: what is replayed, what is told of it, what is refused, and that nothing changes.

use super::*;
use api::types;
use engine::port::Journal;

/// A question from a limit on, then a sum.
fn expenses(limit: u64) -> Value {
    json!({"id": "expenses", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "size", "type": "branch", "config": {"default": "small",
            "rules": [{"when": format!("input.amount >= {limit}"), "port": "large"}]}},
        {"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Pay?"}},
        {"id": "pay", "type": "transform", "join": "any", "config": {"expression": "input.amount"}}],
     "edges": [{"from": "start", "to": "size"}, {"from": "size", "to": "ask", "port": "large"},
        {"from": "size", "to": "pay", "port": "small"}, {"from": "ask", "to": "pay", "port": "approved"}]})
}

async fn world_with(amounts: &[u64]) -> World {
    let world = World::local();
    world.post("/v1/workflows", expenses(100)).await.of(201);
    for amount in amounts {
        let body = json!({"input": {"amount": amount}, "metadata": {"amount": amount.to_string()}});
        let id = world.post("/v1/workflows/expenses/executions", body).await.of(202)["execution_id"].clone();
        world.run().await;
        if *amount >= 100 {
            let path = format!("/v1/executions/{}/resume", id.as_str().unwrap());
            world.meanwhile(world.post(&path, json!({"approved": true}))).await.of(200);
            world.run().await;
        }
    }
    world
}

/// Everything that the host keeps and has to do.
async fn all(world: &World) -> String {
    let mut kept = format!("{:?}\n{:?}\n", world.host.queue(), world.host.timers());
    for state in world.host.all() {
        kept.push_str(&format!("{state:?}\n"));
        let turns = world.host.turns(state.id(), 0, 1_000).await.unwrap();
        kept.push_str(&serde_json::to_string(&turns).unwrap());
    }
    kept
}

const PATH: &str = "/v1/workflows/expenses/whatif";

#[tokio::test]
async fn a_higher_limit_spares_questions_and_changes_nothing_that_is_kept() {
    let world = world_with(&[20, 200, 2_000]).await;
    let before = all(&world).await;
    let told = world.post(PATH, json!({"workflow": expenses(1_000)})).await.of(200);
    assert_eq!(all(&world).await, before, "no journal and no message changed");
    let told: types::WhatIf = serde_json::from_value(told).unwrap();
    let sum = &told.summary;
    assert_eq!((sum.executions, sum.same, sum.changed, sum.unknown), (3, 2, 1, 0), "{told:#?}");
    assert_eq!((sum.interactions_gained, sum.interactions_spared), (0, 1));
    assert_eq!((sum.steps.was, sum.steps.now), (5, 4));
    let item = &told.items[1];
    assert_eq!(item.route_changes[0].was.port.as_deref(), Some("large"));
    assert_eq!(item.route_changes[0].now.to, ["pay"]);
    assert_eq!(item.interactions.spared[0].node, "ask");
    assert_eq!(item.output_changed, Some(false));
    assert_eq!(told.next_cursor, None);
}

#[tokio::test]
async fn a_lower_limit_asks_questions_whose_answers_nobody_knows() {
    let world = world_with(&[20]).await;
    let told = world.post(PATH, json!({"workflow": expenses(10), "filter": {}})).await.of(200);
    let item = &told["items"][0];
    assert_eq!((&item["outcome"], &item["reason"]), (&json!("unknown"), &json!("needs_recordings")), "{told}");
    assert_eq!(item["status"], json!({"was": "completed", "now": null}));
    assert_eq!(item["would_run"], json!([{"node": "ask", "visit": 1}]));
    assert_eq!(told["summary"]["interactions_gained"], 1);
}

#[tokio::test]
async fn an_input_that_the_changed_workflow_refuses_could_not_have_started_it() {
    let world = world_with(&[20]).await;
    let mut document = expenses(100);
    document["input_schema"] = json!({"type": "object", "required": ["team"]});
    let told = world.post(PATH, json!({"workflow": document})).await.of(200);
    assert_eq!(told["items"][0]["reason"], "not_startable", "{told}");
}

#[tokio::test]
async fn a_filter_chooses_executions_and_a_cursor_goes_on() {
    let world = world_with(&[1, 2, 3, 4, 5]).await;
    let asked = |filter: Value| world.post(PATH, json!({"workflow": expenses(3), "filter": filter}));
    let mut filter = json!({"limit": 2});
    let mut seen = Vec::new();
    loop {
        let told = asked(filter.clone()).await.of(200);
        seen.extend(told["items"].as_array().unwrap().iter().map(|item| item["execution_id"].clone()));
        let Some(cursor) = told["next_cursor"].as_str() else { break };
        filter["cursor"] = json!(cursor);
    }
    assert_eq!(seen.len(), 5);
    for one in [json!({"metadata.amount": "4"}), json!({"metadata": {"amount": "4"}})] {
        let told = asked(one).await.of(200);
        assert_eq!(told["summary"]["executions"], 1);
    }
    for (status, count) in [(json!("failed"), 0), (json!(["failed", "completed"]), 5), (json!("failed,completed"), 5)] {
        let told = asked(json!({"status": status})).await.of(200);
        assert_eq!(told["summary"]["executions"], count);
    }
    asked(json!({"status": "gone"})).await.problem(422, "invalid_parameter");
    asked(json!({"limit": 0})).await.problem(422, "invalid_parameter");
    asked(json!({"cursor": "x"})).await.problem(422, "invalid_parameter");
    asked(json!({"colour": "red"})).await.problem(422, "unknown_field");
    asked(json!({"parent": "x"})).await.problem(422, "unknown_field");
    asked(json!({"since": [{}]})).await.problem(422, "invalid_field");
}

#[tokio::test]
async fn the_document_is_checked_as_one_that_is_saved_and_the_workflow_must_be_there() {
    let world = world_with(&[1]).await;
    let mut wrong = expenses(1);
    wrong["edges"][0]["to"] = json!("nowhere");
    let refused = world.post(PATH, json!({"workflow": wrong})).await.problem(422, "invalid_workflow");
    assert!(refused["errors"][0]["path"].as_str().unwrap().starts_with("/workflow/"), "{refused}");
    let mut other = expenses(1);
    other["id"] = json!("other");
    world.post(PATH, json!({"workflow": other})).await.problem(422, "id_mismatch");
    world.post("/v1/workflows/other/whatif", json!({"workflow": other})).await.problem(404, "not_found");
    world.post(PATH, json!({"workflow": expenses(1), "more": 1})).await.of(422);
    let versions = world.get("/v1/workflows/expenses").await.of(200);
    assert_eq!(versions["version"], 1, "nothing is saved");
}

#[tokio::test]
async fn a_dry_run_of_a_fork_tells_what_it_would_come_to_and_does_nothing() {
    let world = world_with(&[200]).await;
    let id = world.host.all()[0].id().to_string();
    let before = all(&world).await;
    let body = json!({"checkpoint_id": 1, "dry_run": true, "input": {"amount": 300}});
    let told = world.post(&format!("/v1/executions/{id}/fork"), body).await.of(200);
    let would: types::WouldFork = serde_json::from_value(told).unwrap();
    let runs: Vec<_> = would.would_run.iter().map(|one| (one.node.as_str(), one.port.as_deref())).collect();
    assert_eq!(runs, [("size", Some("large")), ("ask", Some("approved")), ("pay", Some("success"))]);
    assert_eq!((would.output, would.interactions.len()), (Some(json!(300)), 1));
    assert_eq!(all(&world).await, before);
}
