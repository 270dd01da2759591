//! Documents whose attempts ask for more time than their host gives one: a call of a model is refused, since it would be cut
//! off again and again, and everything else is warned of.

use crate::{World, agents::triage};
use api::App;
use document::time::Time;
use memory::Memory;
use serde_json::{Value, json};

/// A host that ends attempts after 55 seconds.
fn world() -> World {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_longest_attempt(55.0);
    World::over(host, |app: App| app.with_local_user("acme", "ann@example.com"))
}

/// An agent of which one call may take so long.
fn takes(seconds: f64) -> Value {
    let mut document = triage();
    document["nodes"][2]["timeout_seconds"] = json!(seconds);
    document
}

#[track_caller]
fn names_both(errors: &Value, path: &str) {
    let error = &errors[0];
    assert_eq!((&error["code"], &error["path"]), (&json!("timeout_too_long"), &json!(path)), "{errors}");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("55 s at most") && message.contains("may take 56 s"), "{errors}");
}

#[tokio::test]
async fn a_call_of_a_model_that_would_be_cut_off_is_refused_with_the_figure() {
    let world = world();
    let place = "/nodes/2/timeout_seconds";
    let refused = world.post("/v1/workflows", takes(56.0)).await.problem(422, "invalid_workflow");
    names_both(&refused["errors"], place);
    world.get("/v1/workflows/support").await.problem(404, "not_found");
    let checked = world.post("/v1/workflows/validate", takes(56.0)).await.of(200);
    assert_eq!(checked["valid"], false);
    names_both(&checked["errors"], place);
    let inline = world.post("/v1/executions", json!({"workflow": takes(56.0)})).await;
    names_both(&inline.problem(422, "invalid_workflow")["errors"], &format!("/workflow{place}"));
    // What fits is taken, and so is what does not say: it has what the host gives.
    world.post("/v1/workflows", takes(55.0)).await.of(201);
    let replaced = world.with_headers("PUT", "/v1/workflows/support", &[], takes(56.0)).await;
    names_both(&replaced.problem(422, "invalid_workflow")["errors"], place);
    let saved = world.post("/v1/workflows", triage()).await.of(201);
    assert_eq!(saved["warnings"], json!([]));
    // A patch is held to it as well.
    let ask =
        json!({"id": "ask", "type": "human", "config": {"kind": "approval", "question": "Go?", "timeout_seconds": 60}});
    let mut waits = triage();
    waits["nodes"].as_array_mut().unwrap().push(ask);
    waits["edges"][0] = json!({"from": "start", "to": "ask"});
    waits["edges"].as_array_mut().unwrap().push(json!({"from": "ask", "to": "triage", "port": "approved"}));
    let id = world.started(waits, json!({})).await;
    world.run().await;
    let operations = json!([{"op": "add", "path": place, "value": 56}]);
    let patched = world.post(&format!("/v1/executions/{id}/patch"), json!({"operations": operations})).await;
    names_both(&patched.problem(422, "invalid_workflow")["errors"], place);
}

#[tokio::test]
async fn an_agent_within_a_map_or_a_tool_is_refused_where_it_stands() {
    let world = world();
    let model = json!({"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"});
    let agent =
        json!({"id": "mind", "type": "agent", "timeout_seconds": 56, "config": {"model": model, "prompt": "Hi."}});
    let mut document = json!({"id": "each", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "all", "type": "map", "config": {"items": "[1]", "body": {"nodes": [agent], "edges": []}}}],
        "edges": [{"from": "start", "to": "all"}]});
    let refused = world.post("/v1/workflows", document.clone()).await.problem(422, "invalid_workflow");
    names_both(&refused["errors"], "/nodes/1/config/body/nodes/0/timeout_seconds");
    document = triage();
    document["nodes"].as_array_mut().unwrap().push(agent);
    let tool = json!({"from": "mind", "to": "triage", "connection": "ai_agent"});
    document["nodes"][1]["id"] = json!("lent");
    document["edges"][1]["from"] = json!("lent");
    document["edges"].as_array_mut().unwrap().push(tool);
    let refused = world.post("/v1/workflows", document).await.problem(422, "invalid_workflow");
    names_both(&refused["errors"], "/nodes/5/timeout_seconds");
    assert_eq!(refused["errors"].as_array().unwrap().len(), 1, "it is told once: {refused}");
}

#[tokio::test]
async fn what_fails_by_itself_when_it_is_cut_off_is_taken_with_a_warning() {
    let document = json!({"id": "slow", "nodes": [{"id": "start", "type": "manual_trigger"},
        {"id": "ask", "type": "http_request", "timeout_seconds": 56, "config": {"url": "https://a.example"}}],
        "edges": [{"from": "start", "to": "ask"}]});
    let saved = world().post("/v1/workflows", document.clone()).await.of(201);
    names_both(&saved["warnings"], "/nodes/1/timeout_seconds");
    // A host that ends nothing early says nothing.
    let saved = World::local().post("/v1/workflows", document).await.of(201);
    assert_eq!(saved["warnings"], json!([]));
    World::local().post("/v1/workflows", takes(56.0)).await.of(201);
}
