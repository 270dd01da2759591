//! What the API shows of agents, over a model that says what a test wrote.

use crate::{World, shaped};
use api::App;
use document::time::Time;
use memory::{Memory, model_that_says};
use serde_json::{Value, json};

/// An agent with the tool `look`, and the tool `pay`, of which a person must approve what is above 100.
pub fn triage() -> Value {
    json!({"id": "support", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "mind", "type": "model", "config": {"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"}},
        {"id": "triage", "type": "agent", "config": {"system_prompt": "You help {{ input.who }}.", "prompt": "What of {{ input.who }}?"}},
        {"id": "look", "type": "transform", "config": {"expression": "{'found': args.key}"},
            "tool": {"description": "Looks.", "parameters": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}}},
        {"id": "pay", "type": "transform", "config": {"expression": "{'paid': args.amount}"}, "tool": {"require_approval": "args.amount > 100",
            "parameters": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer", "maximum": 900}}}}}],
        "edges": [{"from": "start", "to": "triage"}, {"from": "mind", "to": "triage", "connection": "ai_language_model"},
            {"from": "look", "to": "triage", "connection": "ai_tool"}, {"from": "pay", "to": "triage", "connection": "ai_tool"}]})
}

fn call(id: &str, name: &str, arguments: Value) -> Value {
    json!({"id": id, "name": name, "arguments": arguments})
}

async fn started(answers: Vec<Value>) -> (World, String) {
    started_as(triage(), answers).await
}

async fn started_as(document: Value, answers: Vec<Value>) -> (World, String) {
    let host = Memory::new(Time::parse("2026-01-31T09:00:00Z").unwrap()).with_runner(model_that_says(answers));
    let world = World::over(host, |app: App| app.with_local_user("acme", "ann@example.com"));
    let id = world.started(document, json!({"who": "Ada"})).await;
    world.run().await;
    (world, id)
}

async fn node(world: &World, id: &str, name: &str) -> Value {
    let nodes = world.get(&format!("/v1/executions/{id}/nodes")).await.of(200);
    let _: api::types::Nodes = shaped(&nodes);
    nodes["items"].as_array().unwrap().iter().find(|node| node["node"] == name).unwrap().clone()
}

#[tokio::test]
async fn a_node_shows_what_its_agent_was_told_said_and_called() {
    let asks = json!({"text": "I look and pay.", "tool_calls": [call("1", "look", json!({"key": "k"})),
        call("2", "look", json!({})), call("3", "pay", json!({"amount": 500}))]});
    let (world, id) = started(vec![asks, json!({"text": "Done."})]).await;
    let agent = node(&world, &id, "triage").await["agent"].clone();
    let first = &agent["turns"][0];
    assert_eq!(
        first["asked"],
        json!({"system": "You help Ada.", "messages": [{"role": "user", "content": "What of Ada?"}]})
    );
    assert_eq!((first["text"].as_str(), first["model"].as_str()), (Some("I look and pay."), Some("stand_in/scripted")));
    let status = |agent: &Value| {
        agent["turns"][0]["tool_calls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|call| call["status"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(status(&agent), ["ended", "refused", "waiting_human"], "nothing is recorded before all calls ended");
    assert!(first["tool_calls"][1]["error"]["message"].as_str().unwrap().contains("key"), "{first}");
    let asked = world.get("/v1/interactions?status=pending").await.of(200)["items"][0].clone();
    assert_eq!(asked["execution_id"], first["tool_calls"][2]["execution_id"], "the call leads to its question");
    // The checkpoint of an answer is the one that recorded it.
    let checkpoint = first["checkpoint"].as_str().unwrap();
    world.get(&format!("/v1/executions/{id}/checkpoints/{checkpoint}")).await.of(200);
    let history = world.get(&format!("/v1/executions/{id}/history")).await.of(200);
    let turn =
        history["history"].as_array().unwrap().iter().find(|turn| turn["checkpoint"] == checkpoint).unwrap().clone();
    assert!(turn["events"].as_array().unwrap().iter().any(|event| event["type"] == "agent_answered"), "{turn}");
    assert_eq!(turn["state_summary"], "The model of agent triage answered and asks for look (2 times) and pay.");
    let question = asked["interaction_id"].as_str().unwrap();
    let path = format!("/v1/interactions/{question}/respond");
    let wrong = world.post(&path, json!({"approved": true, "arguments": {"amount": 901}})).await;
    assert_eq!(wrong.of(422)["errors"][0]["path"], "/arguments/amount");
    world.post(&path, json!({"approved": true, "arguments": {"amount": 300}})).await.of(200);
    world.run().await;
    let triage = node(&world, &id, "triage").await;
    assert_eq!(status(&triage["agent"]), ["succeeded", "refused", "succeeded"]);
    let paid = &triage["agent"]["turns"][0]["tool_calls"][2];
    assert_eq!((&paid["result"], &paid["arguments"]), (&json!({"paid": 300}), &json!({"amount": 300})), "{paid}");
    assert_eq!((&paid["asked_arguments"], &paid["decided_by"]), (&json!({"amount": 500}), &json!(["ann@example.com"])));
    assert_eq!(triage["agent"]["turns"][1]["text"], "Done.");
    assert_eq!(triage["agent"]["turns"][1].get("asked"), None, "it was told nothing new first");
    assert_eq!(
        triage["agent"]["usage"],
        json!({"input_tokens": 20, "output_tokens": 10, "cached_tokens": 0, "usd": null})
    );
    assert_eq!(node(&world, &id, "start").await.get("agent"), None);
}

#[tokio::test]
async fn a_lent_node_tells_whose_it_is_and_how_often_it_was_called() {
    let look = |id: &str| call(id, "look", json!({"key": "k"}));
    let twice = json!({"text": "", "tool_calls": [look("1"), look("2")]});
    let (world, id) =
        started(vec![twice, json!({"text": "", "tool_calls": [look("3")]}), json!({"text": "Done."})]).await;
    assert_eq!(
        node(&world, &id, "look").await["lent_to"],
        json!([{"node": "triage", "connection": "ai_tool", "calls": 3}])
    );
    assert_eq!(node(&world, &id, "pay").await["lent_to"][0]["calls"], 0);
    let mind = node(&world, &id, "mind").await["lent_to"].clone();
    assert_eq!(mind, json!([{"node": "triage", "connection": "ai_language_model", "calls": null}]));
    assert_eq!(node(&world, &id, "triage").await.get("lent_to"), None);
}

#[tokio::test]
async fn a_fork_names_no_checkpoints_of_another_execution() {
    let asks = json!({"text": "", "tool_calls": [call("1", "look", json!({"key": "k"}))]});
    let (world, id) = started(vec![asks, json!({"text": "Done."})]).await;
    let agent = node(&world, &id, "triage").await["agent"].clone();
    let second = agent["turns"][1]["checkpoint"].as_str().unwrap();
    let before = second.parse::<u64>().unwrap() - 1;
    let forked =
        world.post(&format!("/v1/executions/{id}/fork"), json!({"checkpoint_id": before.to_string()})).await.of(202);
    world.run().await;
    let forked = forked["execution_id"].as_str().unwrap().to_owned();
    let agent = node(&world, &forked, "triage").await["agent"].clone();
    assert_eq!(agent["turns"][0].get("checkpoint"), None);
    let own = agent["turns"][1]["checkpoint"].as_str().unwrap();
    let history = world.get(&format!("/v1/executions/{forked}/history")).await.of(200);
    let turn = history["history"].as_array().unwrap().iter().find(|turn| turn["checkpoint"] == own).unwrap().clone();
    assert!(turn["events"].as_array().unwrap().iter().any(|event| event["type"] == "agent_answered"), "{turn}");
}

#[tokio::test]
async fn a_text_stands_in_the_place_of_a_tool() {
    let asks = json!({"text": "", "tool_calls": [call("1", "pay", json!({"amount": 500}))]});
    let (world, id) = started(vec![asks, json!({"text": "Done."})]).await;
    let asked = world.get("/v1/interactions?status=pending").await.of(200)["items"][0].clone();
    let path = format!("/v1/interactions/{}/respond", asked["interaction_id"].as_str().unwrap());
    world.post(&path, json!({"approved": true, "text": "Ask them tomorrow."})).await.of(200);
    world.run().await;
    let call = node(&world, &id, "triage").await["agent"]["turns"][0]["tool_calls"][0].clone();
    assert_eq!((call["status"].as_str(), call["result"].as_str()), (Some("answered"), Some("Ask them tomorrow.")));
}

/// Of what is kept by its hash, no route shows more than that.
#[tokio::test]
async fn what_is_kept_by_its_hash_is_shown_nowhere() {
    let mut document = triage();
    document["settings"] = json!({"redact": ["prompts"]});
    let asks = json!({"text": "I look and try to pay.", "tool_calls": [call("1", "look", json!({"key": "k"})),
        call("2", "pay", json!({"amount": 901}))]});
    let (world, id) = started_as(document, vec![asks, json!({"text": "Done."})]).await;
    let execution = world.get(&format!("/v1/executions/{id}")).await.of(200);
    let output = &execution["output"];
    assert_eq!((execution["status"].as_str(), output["text"].as_str()), (Some("completed"), Some("Done.")));
    let hash = |message: &Value| message["sha256"].as_str().is_some_and(|hash| hash.len() == 64);
    let messages = output["messages"].as_array().unwrap();
    assert!(
        messages.len() == 5 && messages.iter().all(|one| hash(one) && one.as_object().unwrap().len() == 2),
        "{output}"
    );
    let triage = node(&world, &id, "triage").await;
    let turn = &triage["agent"]["turns"][0];
    for sealed in [&turn["asked"], &turn["left_out"]] {
        assert!(sealed["$blob"].is_string() && sealed["sealed"] == true, "{turn}");
    }
    assert_eq!((&turn["text"], &turn["model"]), (&json!(""), &json!("stand_in/scripted")));
    // What was run is the workflow's own, and what was not is known to the model alone.
    assert_eq!(turn["tool_calls"][0]["arguments"], json!({"key": "k"}));
    assert_eq!(
        (&turn["tool_calls"][1]["status"], &turn["tool_calls"][1]["arguments"]),
        (&json!("refused"), &json!(null))
    );
    for path in ["", "/nodes", "/history", "/events", "/checkpoints/2"] {
        let shown = world.get(&format!("/v1/executions/{id}{path}")).await.text;
        assert!(shown.len() > 100, "{path}: {shown}");
        for secret in ["What of Ada", "You help Ada", "try to pay", "901"] {
            assert!(!shown.contains(secret), "{path}: {secret}: {shown}");
        }
    }
}
