//! Backtrack: to before a node, with the same input or another one.

use super::{booking::world, *};
use api::types;

#[tokio::test]
async fn a_node_runs_again_and_what_came_since_is_undone() {
    let (world, service) = world().await;
    let path = world.booked().await;
    service.asked();
    let backtrack = format!("{path}/backtrack");
    let would = world.post(&backtrack, json!({"node": "hotel", "dry_run": true})).await.of(200);
    let would: types::WouldGoBack = shaped(&would);
    assert_eq!((would.would_run.as_slice(), would.would_compensate.len()), (&["hotel".to_owned()][..], 1));
    let body = json!({"node": "hotel", "reason": "too loud"});
    let told = world.worked(&backtrack, Some("k"), body.clone()).await.of(200);
    let went: types::WentBack = shaped(&told);
    assert!(went.success && went.checkpoint_id == would.checkpoint_id, "{told}");
    assert_eq!(told["compensated"], json!([{"node": "hotel", "visit": 1}]));
    world.run().await;
    assert_eq!(service.asked(), ["DELETE /hotel/7", "POST /hotel", "POST /card"]);
    let seen = world.get(&path).await.of(200);
    assert_eq!(seen["status"], "completed");
    // The same request again does nothing again.
    assert_eq!(world.worked(&backtrack, Some("k"), body).await.of(200), told);
    world.run().await;
    assert_eq!(world.get(&path).await.of(200), seen);
}

#[tokio::test]
async fn a_node_is_given_another_input() {
    let world = World::local();
    let document = json!({"id": "sum", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "human", "config": {"kind": "ask", "question": "How many?", "timeout_seconds": 60}},
        {"id": "told", "type": "transform", "config": {"expression": "output"}}],
        "edges": [{"from": "start", "to": "ask"}, {"from": "ask", "to": "told"}]});
    for input in [json!({"n": 2}), json!(null), json!([1])] {
        let id = world.started(document.clone(), json!({"n": 1})).await;
        let path = format!("/v1/executions/{id}");
        world.run().await;
        world.worked(&format!("{path}/resume"), None, json!({"resume_data": "three"})).await.of(200);
        let body = json!({"node": "told", "input": input});
        let told = world.worked(&format!("{path}/backtrack"), None, body).await.of(200);
        assert_eq!(told["success"], true, "{told}");
        world.run().await;
        let shown = world.get(&path).await.of(200);
        assert_eq!((&shown["status"], &shown["output"]), (&json!("completed"), &input));
    }
}

#[tokio::test]
async fn nodes_that_cannot_be_gone_back_to_are_refused() {
    let (world, service) = world().await;
    service.breaks("POST /flight");
    let path = world.booked().await;
    let seen = world.get(&path).await.of(200);
    let backtrack = format!("{path}/backtrack");
    world.post(&backtrack, json!({"node": "card"})).await.problem(409, "not_visited");
    let problem = world.post(&backtrack, json!({"node": "taxi"})).await.problem(422, "unknown_node");
    assert_eq!(problem["errors"][0]["path"], "/node");
    world.post(&backtrack, json!({})).await.problem(422, "missing_field");
    world.post(&backtrack, json!({"node": 1})).await.problem(422, "invalid_field");
    world.post(&backtrack, json!({"node": "flight", "to": 1})).await.problem(422, "unknown_field");
    world.post(&format!("{backtrack}?dry_run=true"), json!({"node": "flight"})).await.problem(422, "unknown_field");
    world.post("/v1/executions/none/backtrack", json!({"node": "flight"})).await.problem(404, "not_found");
    assert_eq!(world.get(&path).await.of(200), seen);
}

#[tokio::test]
async fn an_input_that_no_node_would_be_given_is_refused() {
    // Given a branch that is decided in the turn that ends the node before it, which the trigger is as well,
    let world = World::local();
    let small = json!({"rules": [{"when": "output.n < 5", "port": "small"}], "default": "large"});
    let document = json!({"id": "sizes", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "n", "type": "transform", "config": {"set": {"n": "{{ input.n }}"}}},
        {"id": "size", "type": "branch", "config": small},
        {"id": "end", "type": "transform", "config": {"set": {"n": "{{ output.n }}"}}}],
        "edges": [{"from": "start", "to": "n"}, {"from": "n", "to": "size"},
            {"from": "size", "to": "end", "port": "small"}]});
    let id = world.started(document, json!({"n": 1})).await;
    world.run().await;
    let path = format!("/v1/executions/{id}");
    let seen = world.get(&path).await.of(200);
    let backtrack = format!("{path}/backtrack");
    // then neither is given another input, which would be lost,
    for node in ["start", "size"] {
        let body = json!({"node": node, "input": {"n": 9}});
        let problem = world.post(&backtrack, body).await.problem(422, "unexpected_input");
        assert_eq!(problem["errors"][0]["path"], "/input", "{problem}");
        assert_eq!(world.get(&path).await.of(200), seen);
        let body = json!({"node": node, "dry_run": true});
        assert_eq!(world.post(&backtrack, body).await.of(200)["would_run"], json!(["n"]), "{node}");
    }
    // and the node behind the branch is.
    world.worked(&backtrack, None, json!({"node": "end", "input": {"n": 9}})).await.of(200);
    world.run().await;
    assert_eq!(world.get(&path).await.of(200)["output"], json!({"n": 9}));
}

#[tokio::test]
async fn a_person_who_is_asked_about_a_failed_node_goes_back() {
    // Given a booking whose hotel fails, and people are asked.
    let (world, service) = world().await;
    service.breaks("POST /hotel");
    let mut document = super::booking::booking();
    document["nodes"][2]["on_error"] = json!({"ask_human": {"assignees": ["ann@example.com"], "timeout_seconds": 60}});
    let id = world.started(document, json!({"name": "Ada"})).await;
    world.run().await;
    let path = format!("/v1/executions/{id}");
    let asked = world.get(&path).await.of(200)["pending_interactions"][0].clone();
    let options: Vec<&str> =
        asked["options"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(options, ["retry", "skip", "rewind", "abort"]);
    let respond = format!("/v1/interactions/{}/respond", asked["interaction_id"].as_str().unwrap());
    let problem = world.post(&respond, json!({"option": "rewind"})).await.problem(422, "invalid_answer");
    assert_eq!(problem["errors"][0]["path"], "/data/node");
    service.asked();
    // When one goes back to the flight, then it is cancelled, and all is booked anew.
    service.mends("POST /hotel");
    let body = json!({"output_port": "rewind", "resume_data": {"node": "flight"}});
    let told = world.worked(&format!("{path}/resume"), None, body).await.of(200);
    assert_eq!(told["completed"], true, "{told}");
    assert_eq!(service.asked(), ["DELETE /flight/7", "POST /flight", "POST /hotel", "POST /card"]);
}
