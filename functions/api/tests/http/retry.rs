//! Retry of executions that failed or were cancelled.

use super::{booking::world, *};
use api::types;

#[tokio::test]
async fn a_booking_that_failed_takes_up_what_failed() {
    let (world, service) = world().await;
    service.breaks("POST /hotel");
    let path = world.booked().await;
    assert_eq!(world.get(&path).await.of(200)["error"]["node"], "hotel");
    service.asked();
    let retry = format!("{path}/retry");
    // It fails again, as often as it is asked for.
    let shown: types::Execution = shaped(&world.post(&retry, json!({"reason": "try"})).await.of(200));
    assert_eq!((shown.status.as_str(), shown.error), ("running", None));
    world.run().await;
    assert_eq!(world.get(&path).await.of(200)["status"], "failed");
    service.mends("POST /hotel");
    // To ask twice is no error and retries once.
    for _ in 0..2 {
        assert_eq!(world.post(&retry, json!({"reason": "it works now"})).await.of(200)["status"], "running");
    }
    world.run().await;
    assert_eq!(service.asked(), ["POST /hotel", "POST /hotel", "POST /card"]);
    assert_eq!(world.get(&path).await.of(200)["status"], "completed");
    let journal = world.journal(&path).await;
    assert!(journal.contains("it works now") && journal.contains("ann@example.com"), "{journal}");
}

#[tokio::test]
async fn a_retry_under_one_key_is_one_also_where_it_fails_again() {
    let (world, service) = world().await;
    service.breaks("POST /card");
    let path = world.booked().await;
    let retry = format!("{path}/retry");
    let first = world.worked(&retry, Some("k"), json!({})).await.of(200);
    world.run().await;
    let seen = world.get(&path).await.of(200);
    assert_eq!(seen["status"], "failed");
    service.asked();
    assert_eq!(world.worked(&retry, Some("k"), json!({})).await.of(200), first);
    world.worked(&retry, Some("k"), json!({"reason": "x"})).await.problem(422, "idempotency_key_reused");
    world.run().await;
    assert_eq!(world.get(&path).await.of(200), seen);
    assert!(service.asked().is_empty());
}

#[tokio::test]
async fn a_cancelled_question_is_asked_anew() {
    let world = World::local();
    let id = world.started(approval(), json!({"amount": 5})).await;
    world.run().await;
    let path = format!("/v1/executions/{id}");
    world.post(&format!("{path}/cancel"), json!({})).await.of(200);
    world.post(&format!("{path}/retry"), json!({})).await.of(200);
    world.run().await;
    let shown = world.get(&path).await.of(200);
    assert_eq!((&shown["status"], &shown["completed_at"]), (&json!("waiting_human"), &json!(null)));
    // An answer that came at once with the cancel would not be meant for the question that came after it.
    world.pass(Duration::from_secs(1));
    assert_eq!(
        world.worked(&format!("{path}/resume"), None, json!({"approved": true})).await.of(200)["completed"],
        true
    );
}

#[tokio::test]
async fn what_neither_failed_nor_was_cancelled_is_not_retried() {
    let (world, _) = world().await;
    let path = world.booked().await;
    let retry = format!("{path}/retry");
    let problem = world.post(&retry, json!({})).await.problem(409, "invalid_status");
    assert_eq!(problem["execution_status"], "completed");
    world.post(&retry, json!({"why": 1})).await.problem(422, "unknown_field");
    world.post(&format!("{retry}?x=1"), json!({})).await.problem(422, "unknown_field");
    world.post("/v1/executions/none/retry", json!({})).await.problem(404, "not_found");
    let live = world.started(approval(), json!({"amount": 5})).await;
    world.run().await;
    let problem = world.post(&format!("/v1/executions/{live}/retry"), json!({})).await.problem(409, "invalid_status");
    assert_eq!(problem["execution_status"], "waiting_human");
    assert!(problem["detail"].as_str().unwrap().contains("its question can be answered"), "{problem}");
}
