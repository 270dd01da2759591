//! The ways out of `stuck`.

use super::{
    booking::{Service, books, world},
    *,
};
use api::types;

/// A booking whose rollback is stuck at the flight, which cannot be cancelled.
async fn stuck() -> (World, Arc<Service>, String) {
    let (world, service) = world().await;
    let path = world.booked().await;
    service.breaks("DELETE /flight/7");
    let told = world.worked(&format!("{path}/rollback"), None, json!({"checkpoint_id": "1"})).await.of(200);
    assert_eq!((&told["success"], &told["status"]), (&json!(false), &json!("stuck")));
    assert_eq!(told["compensated"], json!([{"node": "hotel", "visit": 1}]));
    service.asked();
    (world, service, path)
}

#[tokio::test]
async fn a_stuck_rollback_says_where_and_what_to_do() {
    let (world, _, path) = stuck().await;
    let shown: types::Execution = shaped(&world.get(&path).await.of(200));
    assert_eq!(shown.status.as_str(), "stuck");
    let error = shown.error.unwrap();
    assert_eq!((error.code.as_str(), error.node.as_deref()), ("compensation_failed", Some("flight")));
    for word in ["flight", "http_500", "`retry`", "`skip`", "`mark_done`"] {
        assert!(shown.message.contains(word), "{word} in {}", shown.message);
    }
    world.delete(&path).await.problem(409, "not_ended");
    world.post(&format!("{path}/retry"), json!({})).await.problem(409, "invalid_status");
}

#[tokio::test]
async fn it_is_tried_again_or_left_or_done_by_hand() {
    for (action, asked) in [
        ("retry", &["DELETE /flight/7", "POST /flight", "POST /hotel", "POST /card"][..]),
        ("skip", &["POST /flight", "POST /hotel", "POST /card"]),
        ("mark_done", &["POST /flight", "POST /hotel", "POST /card"]),
    ] {
        let (world, service, path) = stuck().await;
        service.mends("DELETE /flight/7");
        let body = json!({"action": action, "node": "flight", "reason": "by phone"});
        let shown: types::Execution = shaped(&world.post(&format!("{path}/unstick"), body).await.of(200));
        assert_ne!(shown.status.as_str(), "stuck");
        world.run().await;
        assert_eq!(service.asked(), asked, "{action}");
        assert_eq!(world.get(&path).await.of(200)["status"], "completed");
        let journal = world.journal(&path).await;
        assert!(journal.contains("by phone") && journal.contains("ann@example.com"), "{journal}");
        let problem = world.post(&format!("{path}/unstick"), json!({"action": action})).await;
        assert_eq!(problem.problem(409, "invalid_status")["execution_status"], "completed");
    }
}

#[tokio::test]
async fn an_unstick_under_one_key_is_one_also_where_it_is_stuck_again() {
    let (world, service, path) = stuck().await;
    let unstick = format!("{path}/unstick");
    let first = world.worked(&unstick, Some("k"), json!({"action": "retry"})).await.of(200);
    world.run().await;
    assert_eq!(service.asked(), ["DELETE /flight/7"]);
    assert_eq!(world.get(&path).await.of(200)["status"], "stuck");
    assert_eq!(world.worked(&unstick, Some("k"), json!({"action": "retry"})).await.of(200), first);
    world.run().await;
    assert!(service.asked().is_empty());
}

#[tokio::test]
async fn ways_that_lead_nowhere_are_refused_and_change_nothing() {
    let (world, service, path) = stuck().await;
    let seen = world.get(&path).await.of(200);
    let unstick = format!("{path}/unstick");
    let problem = world.post(&unstick, json!({"action": "skip", "node": "hotel"})).await.problem(422, "invalid_node");
    assert_eq!(problem["errors"][0]["path"], "/node");
    world.post(&unstick, json!({"action": "redrive"})).await.problem(409, "invalid_status");
    for body in [json!({"action": "skip", "output": null}), json!({"action": "retry", "output": 1})] {
        world.post(&unstick, body).await.problem(422, "unexpected_output");
    }
    world.post(&unstick, json!({"action": "jump"})).await.problem(422, "invalid_field");
    world.post(&unstick, json!({})).await.problem(422, "missing_field");
    world.post(&unstick, json!({"action": "skip", "why": 1})).await.problem(422, "unknown_field");
    world.post("/v1/executions/none/unstick", json!({"action": "skip"})).await.problem(404, "not_found");
    world.run().await;
    assert_eq!(world.get(&path).await.of(200), seen);
    assert!(service.asked().is_empty());
}

#[tokio::test]
async fn a_node_whose_message_is_a_dead_letter_is_sent_again_or_skipped_with_an_output() {
    for (action, asked, output) in [
        ("redrive", &["POST /flight", "POST /hotel", "POST /card"][..], None),
        ("retry", &["POST /flight", "POST /hotel", "POST /card"], None),
        ("skip", &["POST /hotel", "POST /card"], Some(json!({"body": {"id": 9}}))),
    ] {
        // Given a booking whose first message cannot be processed.
        let (world, service) = world().await;
        let id = world.started(super::booking::booking(), json!({"name": "Ada"})).await;
        let path = format!("/v1/executions/{id}");
        let delivery = world.host.take().unwrap();
        let command = stepwell_core::command::Command::DeadLetter {
            about: "a step of flight".into(),
            at: (Some("flight".into()), None),
            error: "?".into(),
        };
        world.host.bury(delivery.receipt, "?");
        engine::drive::submit(&*world.host, &id.as_str().into(), command).await.unwrap();
        let shown = world.get(&path).await.of(200);
        assert_eq!((&shown["status"], &shown["error"]["code"]), (&json!("stuck"), &json!("dead_letter")));
        assert!(shown["message"].as_str().unwrap().contains("`redrive`"), "{shown}");
        // When a person finds the way out, then it goes on from there.
        let mut body = json!({"action": action});
        if let Some(output) = output {
            body["output"] = output;
        }
        world.post(&format!("{path}/unstick"), body).await.of(200);
        world.run().await;
        assert_eq!(service.asked(), asked, "{action}");
        assert_eq!(world.get(&path).await.of(200)["status"], "completed");
    }
}

#[tokio::test]
async fn a_family_that_was_cancelled_while_it_went_back_is_deleted_once_all_of_it_has_ended() {
    let (world, service) = world().await;
    let body = json!({"nodes": [books("flight")], "edges": []});
    let each = json!({"id": "each", "type": "map", "config": {"items": "['x']", "body": body}});
    let nodes = json!([{"id": "start", "type": "manual_trigger"}, each]);
    let document = json!({"id": "tour", "nodes": nodes, "edges": [{"from": "start", "to": "each"}]});
    let path = format!("/v1/executions/{}", world.started(document, json!({"name": "Ada"})).await);
    world.run().await;
    service.breaks("DELETE /flight/7");
    let told = world.worked(&format!("{path}/rollback"), None, json!({"checkpoint_id": "1"})).await.of(200);
    assert_eq!(told["status"], "stuck");
    assert_eq!(world.post(&format!("{path}/cancel"), json!({})).await.of(200)["status"], "cancelled");
    // The child has not heard of it yet.
    let problem = world.delete(&path).await.problem(409, "not_ended");
    assert!(problem["detail"].as_str().unwrap().contains("is still being undone"), "{problem}");
    world.run().await;
    world.delete(&path).await.of(204);
}
