//! Tools that wait: how long, and what they tell meanwhile.

use super::*;
use std::time::Instant;

#[tokio::test]
async fn what_takes_longer_is_given_back_as_an_id() {
    let world = World::local();
    world.save(None, &greet(true)).await;
    let begun = Instant::now();
    // Nothing runs on this host, so the execution stays where it is.
    let result = world.call("greet", json!({ "name": "Ann" })).await;
    assert!(begun.elapsed() >= PATIENCE, "{:?}", begun.elapsed());
    let id = result["structuredContent"]["execution_id"].as_str().unwrap();
    let (text, is_error) = said(&result);
    assert!(!is_error && text.contains(id) && text.contains("get_execution"), "{text}");
    let begun = Instant::now();
    let asked = json!({ "workflow_id": "greet", "input": { "name": "Ann" }, "wait_seconds": 0 });
    let at_once = world.call("start_workflow", asked).await;
    assert!(begun.elapsed() < PATIENCE, "{at_once:#}");
    assert!(at_once["structuredContent"]["execution_id"].is_string());
}

#[tokio::test]
async fn a_question_to_a_person_ends_the_wait() {
    let world = World::local();
    world.save(None, &approval()).await;
    let begun = Instant::now();
    let result = world.meanwhile(world.call("pay", json!({}))).await;
    assert!(begun.elapsed() < PATIENCE);
    let told = &result["structuredContent"];
    assert_eq!(
        (&told["status"], &told["pending_interactions"][0]["question"]),
        (&json!("waiting_human"), &json!("Pay?"))
    );
}

#[tokio::test]
async fn progress_is_told_where_the_client_gave_a_token() {
    let world = World::local();
    world.save(None, &greet(true)).await;
    let mut params = json!({ "name": "greet", "arguments": { "name": "Ann" }, "_meta": { "progressToken": "p1" } });
    let answer = world.meanwhile(world.ask("tools/call", params.clone())).await;
    assert!(answer.headers["content-type"].to_str().unwrap().starts_with("text/event-stream"), "{answer:?}");
    let mut messages = answer.messages();
    assert_eq!(said(&messages.pop().unwrap()["result"]), ("Hello, Ann".into(), false));
    assert!(!messages.is_empty(), "{answer:?}");
    for one in &messages {
        assert_eq!(one["method"], "notifications/progress");
        assert_eq!(one["params"]["progressToken"], "p1");
        assert!(one["params"]["message"].is_string(), "{one:#}");
    }
    let steps: Vec<f64> = messages.iter().map(|one| one["params"]["progress"].as_f64().unwrap()).collect();
    assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{steps:?}");
    params["_meta"] = json!({});
    let quiet = world.meanwhile(world.ask("tools/call", params)).await;
    assert_eq!((&quiet.headers["content-type"], quiet.messages().len()), (&"application/json".parse().unwrap(), 1));
}

#[tokio::test]
async fn progress_that_comes_too_soon_after_the_last_is_told_later() {
    let world = World::local();
    world.save(None, &approval()).await;
    let started = world.call("start_workflow", json!({ "workflow_id": "pay", "wait_seconds": 0 })).await;
    let arguments = json!({ "execution_id": started["structuredContent"]["execution_id"], "wait_seconds": 25 });
    let params = json!({ "name": "get_execution", "arguments": arguments, "_meta": { "progressToken": 2 } });
    let soon = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        world.host.handle_due().await;
    };
    let (answer, ()) = futures::future::join(world.ask("tools/call", params), soon).await;
    let mut told = answer.messages();
    told.retain(|one| one["method"] == "notifications/progress");
    assert_eq!(told.len(), 2, "where it began, and where it waits: {told:#?}");
    assert!(told[1]["params"]["message"].as_str().unwrap().contains("Waits for a person"), "{told:#?}");
}
