//! What becomes of a message that cannot be handled, from end to end: the execution is stuck and the message is kept;
//! once the message is moved back, the execution goes on as if nothing had happened.

use serde_json::{Value, json};
use std::time::Duration;
use stepwell_tests::cloud::{Cloud, Mapping};

async fn show(cloud: &mut Cloud, id: &str) -> Value {
    let (status, shown) = cloud.request("GET", &format!("/v1/executions/{id}"), None).await;
    assert_eq!(status, 200, "{shown}");
    shown
}

/// Moves buried messages back to the step queue, as `aws sqs start-message-move-task` does, which MiniStack lacks. The
/// tests on LocalStack show that the template's queues allow that command.
async fn move_back(cloud: &Cloud) -> usize {
    let buried = Mapping::new("nobody", cloud.buried.clone());
    let Some(batch) = buried.receive().await else { return 0 };
    for record in batch.event["Records"].as_array().unwrap() {
        let send = json!({ "QueueUrl": cloud.steps.queue, "MessageBody": record["body"] });
        stepwell_tests::cloud::call("sqs", "AmazonSQS.SendMessage", send).await;
    }
    buried.settle(&batch, Ok(json!({ "batchItemFailures": [] }))).await;
    batch.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_that_is_moved_back_brings_its_execution_to_its_end() {
    let mut cloud = Cloud::new("redrive").await;
    let document = json!({
        "id": "two",
        "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "a", "type": "transform", "config": {"expression": "input.n + 1"}},
            {"id": "b", "type": "transform", "config": {"expression": "output * 2"}}],
        "edges": [{"from": "go", "to": "a"}, {"from": "a", "to": "b"}],
    });
    let (status, started) =
        cloud.request("POST", "/v1/executions", Some(&json!({ "workflow": document, "input": {"n": 20} }))).await;
    assert_eq!(status, 202, "{started}");
    let id = started["execution_id"].as_str().unwrap().to_owned();

    // Each process that takes the message dies before it does anything, until the queue gives the message up.
    let mut taken = 0;
    let mut shown = show(&mut cloud, &id).await;
    while shown["status"] != "stuck" {
        assert!(taken <= 5, "the queue hands it out five times: {shown}");
        taken += cloud.steps.receive().await.map_or(0, |batch| batch.len());
        tokio::time::sleep(Duration::from_secs(1)).await;
        cloud.supervise().await;
        shown = show(&mut cloud, &id).await;
    }
    assert_eq!((taken, &shown["error"]["code"]), (5, &json!("dead_letter")), "{shown}");
    assert_eq!(cloud.step().await, 0, "the supervisor sends nothing again");

    assert_eq!(move_back(&cloud).await, 1);
    while cloud.step().await > 0 {}
    shown = show(&mut cloud, &id).await;
    assert_eq!((&shown["status"], &shown["output"]), (&json!("completed"), &json!(42)), "{shown}");
    assert_eq!(shown["error"], Value::Null);
    assert_eq!(move_back(&cloud).await, 0, "nothing is left behind");
}
