//! Values that are too large for the journal's rows.

use crate::world::World;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_large_output_is_whole_wherever_it_is_read_also_after_a_restart() {
    let world = World::new("large").await;
    let text = "0123456789".repeat(30 * 1024);
    let document = json!({"id": "large", "input_schema": {"type": "object"},
        "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "copy", "type": "transform", "config": {"set": {"text": "{{ input.text }}{{ input.text }}"}}},
            {"id": "rest", "type": "wait", "config": {"event": "go_on", "timeout_seconds": 600}},
            {"id": "use", "type": "transform", "config": {"set": {"size": "{{ size(ctx.copy.output.text) }}",
                "text": "{{ ctx.copy.output.text }}"}}}],
        "edges": [{"from": "go", "to": "copy"}, {"from": "copy", "to": "rest"}, {"from": "rest", "to": "use"}]});
    world.save(&document).await;
    let id = world.start("large", json!({ "text": text })).await;
    world.until(&id, "waiting", |state| state.status().as_str() == "waiting").await;
    assert!(world.rows("blobs") >= 2, "the input and the output are offloaded");

    let twice = json!(format!("{text}{text}"));
    let mut world = world.restarted("").await;
    let (status, body) = world.call("POST", &format!("/v1/executions/{id}/signals/go_on"), Some(&json!({}))).await;
    assert!(status.is_success(), "{status} {body}");
    world.ended(&id).await;
    for _ in 0..2 {
        let shown = world.get(&format!("/v1/executions/{id}")).await;
        assert_eq!((&shown["status"], &shown["error"]), (&json!("completed"), &json!(null)));
        assert!(shown["output"]["text"] == twice && shown["output"]["size"] == json!(614_400), "the execution");
        assert!(shown["input"]["text"] == json!(text), "its input");
        let nodes = world.get(&format!("/v1/executions/{id}/nodes")).await;
        let copy = &nodes["items"][1];
        assert!(copy["output"]["text"] == twice && copy["input"]["text"] == json!(text), "its nodes");
        let seq = shown["checkpoint"].as_str().map_or_else(|| "4".to_owned(), str::to_owned);
        let checkpoint = world.get(&format!("/v1/executions/{id}/checkpoints/{seq}")).await;
        assert!(checkpoint["nodes"][1]["output"]["text"] == twice, "a checkpoint");
        assert!(checkpoint["state"]["input"]["text"] == json!(text), "and its input");
        world = world.restarted("").await;
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loop_over_a_large_list_has_its_items_after_a_restart() {
    let world = World::new("large-list").await;
    let document = json!({"id": "list",
        "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "each", "type": "loop", "config": {"for_each": "input.list"}},
            {"id": "rest", "type": "wait", "config": {"event": "go_on", "timeout_seconds": 600}},
            {"id": "look", "type": "transform", "config": {"set": {"n": "{{ item.n }}", "size": "{{ size(item.text) }}"}}}],
        "edges": [{"from": "go", "to": "each"}, {"from": "each", "to": "rest", "port": "loop"},
            {"from": "rest", "to": "look"}, {"from": "look", "to": "each"}]});
    world.save(&document).await;
    let list: Vec<_> = (1..=3).map(|n| json!({ "n": n, "text": "x".repeat(n * 100_000) })).collect();
    let id = world.start("list", json!({ "list": list })).await;
    world.until(&id, "waiting", |state| state.status().as_str() == "waiting").await;
    assert!(world.rows("blobs") >= 1, "the list is offloaded");

    let world = world.restarted("").await;
    for _ in 0..3 {
        let (status, body) = world.call("POST", &format!("/v1/executions/{id}/signals/go_on"), Some(&json!({}))).await;
        assert!(status.is_success(), "{status} {body}");
    }
    world.ended(&id).await;
    let shown = world.get(&format!("/v1/executions/{id}")).await;
    assert_eq!((&shown["status"], &shown["error"]), (&json!("completed"), &json!(null)));
    let expected: Vec<_> = (1..=3).map(|n| json!({ "n": n, "size": n * 100_000 })).collect();
    assert_eq!(shown["output"]["items"], json!(expected));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_the_store_has_lost_hides_no_other() {
    let world = World::new("lost-value").await;
    let document = json!({"id": "lost",
        "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "copy", "type": "transform", "config": {"set": {"text": "{{ input.text }}{{ input.text }}"}}},
            {"id": "use", "type": "transform", "config": {"set": {"size": "{{ size(ctx.copy.output.text) }}"}}}],
        "edges": [{"from": "go", "to": "copy"}, {"from": "copy", "to": "use"}]});
    world.save(&document).await;
    let id = world.start("lost", json!({ "text": "0123456789".repeat(30 * 1024) })).await;
    world.ended(&id).await;
    let world = world.restarted("DELETE FROM blobs WHERE length(body) > 600000").await;
    let shown = world.get(&format!("/v1/executions/{id}")).await;
    assert_eq!(shown["output"], json!({"size": 614_400}));
    let nodes = world.get(&format!("/v1/executions/{id}/nodes")).await;
    let checkpoint =
        world.get(&format!("/v1/executions/{id}/checkpoints/{}", shown["checkpoint"].as_str().unwrap())).await;
    for items in [&nodes["items"], &checkpoint["nodes"]] {
        assert!(items[1]["input"]["text"].is_string(), "what is there is shown: {}", items[1]["node"]);
        assert_eq!(items[2]["output"], json!({"size": 614_400}));
        for lost in [&items[1]["output"], &items[2]["input"]] {
            let (code, message) = (&lost["error"]["code"], lost["error"]["message"].as_str().unwrap());
            assert_eq!(code, "value_lost");
            assert!(message.contains(lost["$blob"].as_str().unwrap()) && message.contains("backup"), "{message}");
        }
    }
    world.end().await;
}
