//! The page of an execution with an agent: its conversation, its tools, and the questions about them.

use crate::{
    browser::{addresses, attribute, text},
    world::World,
};
use memory::model_that_says;
use serde_json::{Value, json};

/// An agent with the tool `look`, and the tool `pay`, of which a person must approve what is above 100.
fn triage() -> Value {
    json!({"id": "support", "nodes": [
        {"id": "start", "type": "manual_trigger"},
        {"id": "mind", "type": "model", "config": {"provider": "openai_compatible", "name": "m", "base_url": "http://127.0.0.1:1/v1"}},
        {"id": "triage", "name": "Sort it out", "type": "agent", "config": {"system_prompt": "You help <b>{{ input.who }}</b>.", "prompt": "What of {{ input.who }}?"}},
        {"id": "look", "type": "transform", "config": {"expression": "{'found': args.key}"},
            "tool": {"description": "Looks.", "parameters": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}}}}},
        {"id": "pay", "type": "transform", "config": {"expression": "{'paid': args.amount}"}, "tool": {
            "require_approval": {"when": "args.amount > 100", "assignees": ["ann@example.com"]},
            "parameters": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer", "maximum": 900}}}}}],
        "edges": [{"from": "start", "to": "triage"}, {"from": "mind", "to": "triage", "connection": "ai_language_model"},
            {"from": "look", "to": "triage", "connection": "ai_tool"}, {"from": "pay", "to": "triage", "connection": "ai_tool"}]})
}

fn call(id: &str, name: &str, arguments: Value) -> Value {
    json!({"id": id, "name": name, "arguments": arguments})
}

async fn started(answers: Vec<Value>) -> (World, String) {
    let world = World::with_runner(model_that_says(answers));
    let id = world.start(&triage(), &json!({"who": "Ada"})).await;
    (world, id)
}

/// The answers of an agent that looks and pays, whose payment waits for Ann.
fn looks_and_pays() -> Vec<Value> {
    let calls = json!([
        call("1", "look", json!({"key": "<script>"})),
        call("2", "look", json!({})),
        call("3", "pay", json!({"amount": 500}))
    ]);
    vec![json!({"text": "I look <script>.", "tool_calls": calls}), json!({"text": "All done."})]
}

/// The page on which Ann answers the one question that waits.
async fn anns(world: &World) -> String {
    let asked = world.get("/v1/interactions?status=pending").await.json()["items"][0].clone();
    world.link_of(asked["interaction_id"].as_str().unwrap(), crate::world::ANN)
}

#[tokio::test]
async fn a_node_shows_its_conversation_and_leads_to_what_waits() {
    let (world, id) = started(looks_and_pays()).await;
    let page = world.get(&format!("/executions/{id}?node=triage")).await.of(200);
    let words = text(&page);
    for told in [
        "You help <b>Ada</b>.",
        "What of Ada?",
        "I look <script>.",
        "Model stand_in/scripted",
        "Tool look",
        "Waiting for people",
        "Not run",
        "amount: 500",
        "10 tokens read, 5 written",
        "May the agent call pay?",
        "Agent · triage · 1 answer",
        "1 child of node Sort it out waits for people.",
    ] {
        assert!(words.contains(told), "{told}: {words}");
    }
    assert!(!page.contains("<script>.") && !page.contains("<b>Ada"), "what a model wrote is text");
    let question = world.get("/v1/interactions?status=pending").await.json()["items"][0].clone();
    let inbox = format!("../inbox/{}", question["interaction_id"].as_str().unwrap());
    // People know the call of a tool by the nodes that it belongs to, and not by the flow that runs it.
    for path in ["/inbox?whose=all", &inbox[2..]] {
        let words = text(&world.visitor().await.get(path).await.of(200));
        assert!(words.contains("Authorization · support · Sort it out · pay"), "{path}: {words}");
        assert!(!words.contains("tool_approval"), "{path}: {words}");
    }
    let child = format!("../executions/{}", question["execution_id"].as_str().unwrap());
    let leads = addresses(&page);
    assert!(leads.iter().filter(|to| **to == inbox).count() >= 2, "the call and the list of questions: {leads:?}");
    assert!(leads.contains(&child), "{leads:?}");
    assert!(leads.iter().any(|to| to.contains("?at=") && to.contains("node=triage")), "{leads:?}");
    let whole = world.get(&format!("/executions/{id}/value?of=agent&node=triage")).await;
    assert_eq!(whole.json()["turns"][0]["text"], "I look <script>.");
    world.get(&format!("/executions/{id}/value?of=agent&node=start")).await.of(404);
}

#[tokio::test]
async fn steps_of_an_agent_are_no_failures() {
    let calls = |id: &str| json!({"text": "I look.", "tool_calls": [call(id, "look", json!({"key": "k"}))]});
    let (world, id) = started(vec![calls("1"), calls("2"), json!({"text": "All done."})]).await;
    assert_eq!(world.state(&id).nodes["triage"].attempts, 4, "three answers, and the end");
    let page = text(&world.visitor().await.get("/").await.of(200));
    assert!(page.contains("No node failed."), "{page}");
    // An agent that fails did so once, however often its model was asked before.
    let mut document = triage();
    document["nodes"][2]["config"]["max_turns"] = json!(2);
    let world = World::with_runner(model_that_says(vec![calls("1"), calls("2")]));
    world.start(&document, &json!({"who": "Ada"})).await;
    let page = text(&world.visitor().await.get("/").await.of(200));
    let failing = page.split("Nodes that failed most").nth(1).unwrap_or_default();
    assert!(failing.contains("Sort it out") && failing.contains("1 of 1"), "{page}");
}

#[tokio::test]
async fn a_node_that_agents_use_says_whose_it_is() {
    let (world, id) = started(looks_and_pays()).await;
    let page = world.get(&format!("/executions/{id}?node=look")).await.of(200);
    let words = text(&page);
    for told in [
        "tool of Sort it out · 1 call, 1 not run",
        "tool of Sort it out · 1 call",
        "model of Sort it out",
        "it never runs by itself",
    ] {
        assert!(words.contains(told), "{told}: {words}");
    }
    assert!(!words.contains("Not reached"), "{words}");
    assert!(page.contains(">model</text>") && page.contains(">tool</text>") && !page.contains(">ai_tool<"), "{words}");
    let taken: Vec<bool> =
        (0..4).map(|edge| page.contains(&format!("id=\"edge-{edge}\" class=\"line typed taken\""))).collect();
    assert_eq!(taken, [false, true, true, true], "the model answered, and both tools were called");
    let idle = vec![json!({"text": "Nothing to do."})];
    let (world, id) = started(idle).await;
    let page = world.get(&format!("/executions/{id}")).await.of(200);
    assert!(
        page.contains("id=\"edge-1\" class=\"line typed taken\"")
            && page.contains("id=\"edge-2\" class=\"line typed\"")
    );
}

#[tokio::test]
async fn whoever_allows_a_tool_may_change_its_arguments() {
    let (world, id) = started(looks_and_pays()).await;
    let link = anns(&world).await;
    assert!(text(&world.get(&link).await.of(200)).contains("Change the arguments, or answer in its place"));
    let wrong = world.fill(&link, &[("choice", "approved"), ("arguments", "{\"amount\": 901}")]).await.of(422);
    assert!(text(&wrong).contains("Arguments: amount must be 900 at most."), "{}", text(&wrong));
    assert!(wrong.contains("901") && attribute(&wrong, "arguments", "aria-invalid").is_some(), "what was typed stays");
    world.fill(&link, &[("choice", "approved"), ("arguments", "{")]).await.of(422);
    world.fill(&link, &[("choice", "approved"), ("arguments", "")]).await.of(422);
    let refused = world.fill(&link, &[("choice", "rejected"), ("text", "Tomorrow.")]).await.of(422);
    assert!(text(&refused).contains("takes no `text`"), "{}", text(&refused));
    let page = world.answered(&link, &[("choice", "approved"), ("arguments", "{\"amount\": 300}")]).await;
    for part in
        ["You allowed it with changed arguments amount: 300 instead of 500", "Used with these arguments amount: 300"]
    {
        assert!(text(&page).contains(part), "{part} is not in: {}", text(&page));
    }
    world.run().await;
    let whole = world.get(&format!("/executions/{id}/value?of=agent&node=triage")).await.json();
    assert_eq!(whole["turns"][0]["tool_calls"][2]["result"], json!({"paid": 300}));
    assert_eq!(whole["turns"][0]["tool_calls"][2]["arguments"], json!({"amount": 300}), "as a person changed them");
    let page = text(&world.get(&format!("/executions/{id}?node=triage")).await.of(200));
    assert!(page.contains("All done.") && page.contains("Allowed by ann@example.com"), "{page}");
    assert!(page.contains("Output, as other nodes read it"), "{page}");
    assert!(page.contains("A person changed the arguments. What the model had asked for"), "{page}");
}

#[tokio::test]
async fn arguments_that_nobody_changed_are_not_sent_and_a_text_stands_in_the_tools_place() {
    let (world, id) = started(looks_and_pays()).await;
    world.answered(&anns(&world).await, &[("choice", "approved")]).await;
    world.run().await;
    let whole = world.get(&format!("/executions/{id}/value?of=agent&node=triage")).await.json();
    assert_eq!(whole["turns"][0]["tool_calls"][2]["result"], json!({"paid": 500}));
    let child = whole["turns"][0]["tool_calls"][2]["execution_id"].as_str().unwrap().to_owned();
    let asked = world.get(&format!("/v1/executions/{child}/nodes")).await.json();
    let approval = asked["items"].as_array().unwrap().iter().find(|node| node["node"] == "tool_approval").unwrap();
    assert_eq!(approval["output"].get("arguments"), None, "{approval}");
    let (world, id) = started(looks_and_pays()).await;
    world.answered(&anns(&world).await, &[("choice", "approved"), ("text", "Ask them tomorrow.")]).await;
    world.run().await;
    let page = world.get(&format!("/executions/{id}?node=triage")).await.of(200);
    assert!(
        text(&page).contains("Answered by a person") && text(&page).contains("Ask them tomorrow."),
        "{}",
        text(&page)
    );
}

#[tokio::test]
async fn a_question_that_says_no_arguments_has_no_fields_for_them() {
    let world = World::new();
    let question = world.question(json!({"kind": "authorization", "tool": "look", "arguments": {"a": 1}})).await;
    let page = world.get(&question.ann).await.of(200);
    assert!(!page.contains("name=\"arguments\"") && !page.contains("name=\"text\""));
    assert!(world.fill(&question.ann, &[("choice", "approved")]).await.status == 303);
}

#[tokio::test]
async fn a_long_conversation_makes_no_large_page() {
    let answer = |n: usize| {
        let calls: Vec<Value> =
            (0..9).map(|at| call(&format!("{n}-{at}"), "look", json!({"key": "k".repeat(3_000)}))).collect();
        json!({"text": "t".repeat(5_000), "tool_calls": calls})
    };
    let mut document = triage();
    document["nodes"][2]["config"]["max_turns"] = json!(60);
    document["nodes"][2]["config"]["max_tool_calls"] = json!(1_000);
    let world = World::with_runner(model_that_says((0..60).map(answer).collect()));
    let id = world.start(&document, &json!({"who": "Ada"})).await;
    let page = world.get(&format!("/executions/{id}?node=triage")).await.of(200);
    assert!(text(&page).contains("The first 40 answers are left out here."), "{}", &text(&page)[..3_000]);
    assert!(page.len() < 1_000_000, "{}", page.len());
}
