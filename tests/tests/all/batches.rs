//! Batches of the step queue and of the start queue as Lambda hands them in: which messages come again, and when.

use aws::runtime::step::{Settled, handle_batch};
use document::{parse, time::Time};
use engine::{drive::submit, envelope::Envelope, port::Host};
use memory::Memory;
use serde_json::{Value, json};
use stepwell_core::{
    command::Command,
    effect::{Message, Work},
    event::Started,
    execution::Status,
    task::{self, Failure, Outcome, Report},
};

const NOW: Time = Time(1_000_000);

/// An execution of one `code` node, with a runner that fails it so that it is tried again in two hours.
async fn host() -> Memory {
    let report = || Report { outcome: Outcome::Failed(Failure::new("busy", "not now").retryable()), logs: Vec::new() };
    let host = Memory::new(NOW).with_runner(move |_| report());
    start(&host, "e1").await;
    host
}

async fn start(host: &Memory, id: &str) {
    let document = json!({
        "id": "w",
        "nodes": [{"id": "go", "type": "manual_trigger"}, {"id": "n", "type": "code", "config": {"code": format!("return '{id}'")},
            "retry": {"max_attempts": 3, "initial_seconds": 7200, "max_seconds": 7200, "jitter": false}}],
        "edges": [{"from": "go", "to": "n"}],
    });
    let workflow = parse(&document).unwrap().workflow;
    host.catalogue().keep_workflow(&workflow).await.unwrap();
    let started = Started::new(id.into(), &workflow, json!({}), NOW);
    submit(host, &id.into(), Command::Start(Box::new(started))).await.unwrap();
}

fn sent(host: &Memory) -> Vec<(Time, Message)> {
    host.queue().into_iter().map(|(at, delivery)| (at, delivery.message)).collect()
}

async fn handle(host: &Memory, records: &[(&str, String, u32)]) -> Settled {
    let record = |(id, body, count): &(&str, String, u32)| {
        json!({"messageId": id, "receiptHandle": format!("receipt-{id}"), "body": body,
            "attributes": {"ApproximateReceiveCount": count.to_string()}})
    };
    let event: Value = json!({ "Records": records.iter().map(record).collect::<Vec<_>>() });
    handle_batch(host, serde_json::from_value(event).unwrap()).await
}

fn failed(settled: &Settled) -> Vec<&str> {
    settled.response.batch_item_failures.iter().map(|one| one.item_identifier.as_str()).collect()
}

fn body(message: &Message) -> String {
    Envelope::new(message.clone()).to_json()
}

#[tokio::test]
async fn a_message_of_another_version_is_handed_back_and_the_others_are_handled() {
    let host = host().await;
    let message = host.take().unwrap().message;
    let later = body(&message).replace("\"v\":1", "\"v\":2");
    let settled = handle(&host, &[("a", later, 1), ("b", body(&message), 1), ("c", "{}".into(), 1)]).await;
    assert_eq!(failed(&settled), ["a", "c"]);
    assert!(settled.later.is_empty(), "no release that reads it comes sooner than the queue's own time");
    let state = host.journal().load(&"e1".into()).await.unwrap().unwrap();
    assert_eq!(state.node(&"n".into()).unwrap().attempt, 2, "the second one was run");
}

#[tokio::test]
async fn a_message_that_is_far_too_early_is_sent_anew_for_its_time() {
    let host = host().await;
    let first = host.take().unwrap().message;
    handle(&host, &[("a", body(&first), 1)]).await;
    let (at, second) = sent(&host).pop().unwrap();
    assert_eq!(at, NOW.after_seconds(7_200.0));
    while host.take().is_some() {}
    let before = sent(&host).len();
    let settled = handle(&host, &[("b", body(&second), 1)]).await;
    assert_eq!((failed(&settled).len(), settled.later.len()), (0, 0), "acknowledged");
    assert_eq!(sent(&host).len(), before + 1);
    assert_eq!(sent(&host).pop().unwrap(), (at, second));
}

#[tokio::test]
async fn a_message_that_comes_before_its_turn_comes_again_soon_and_ever_later() {
    let host = host().await;
    let message = host.take().unwrap().message;
    let Work::Step { activation, io, .. } = message.work else { panic!("a step") };
    let ahead = Message { execution: message.execution, work: Work::Step { activation, attempt: 2, io } };
    for (count, seconds) in [(1, 2), (2, 8), (3, 32)] {
        let settled = handle(&host, &[("a", body(&ahead), count)]).await;
        assert_eq!(failed(&settled), ["a"]);
        assert_eq!(settled.later, [("receipt-a".into(), seconds)]);
    }
}

#[tokio::test]
async fn an_execution_whose_handling_panics_leaves_the_rest_of_its_batch_alone() {
    let host = host().await.with_runner(|task| match &task.work {
        task::Work::Code(task) if task.code.contains("e1") => panic!("no such luck"),
        _ => Report { outcome: Outcome::Succeeded { port: "success".into(), output: json!(1) }, logs: Vec::new() },
    });
    start(&host, "e2").await;
    let [first, second] = [(); 2].map(|()| host.take().unwrap().message);
    let settled = handle(&host, &[("a", body(&first), 1), ("b", body(&second), 1)]).await;
    assert_eq!(failed(&settled), ["a"]);
    assert_eq!(settled.later, [("receipt-a".into(), 10)]);
    assert_eq!(host.journal().load(&"e2".into()).await.unwrap().unwrap().status(), Status::Completed);
}

#[tokio::test]
async fn a_stuck_execution_goes_on_when_its_dead_letter_is_redriven() {
    let host = host().await;
    let message = host.take().unwrap().message;
    engine::supervise::bury(&host, &message, "it failed each time").await.unwrap();
    engine::supervise::bury(&host, &message, "it failed each time").await.unwrap();
    let state = host.journal().load(&"e1".into()).await.unwrap().unwrap();
    assert_eq!((state.status(), state.seq), (Status::Stuck, 2), "recorded once");
    let host = host.with_runner(|_| Report {
        outcome: Outcome::Succeeded { port: "success".into(), output: json!(1) },
        logs: Vec::new(),
    });
    let settled = handle(&host, &[("a", body(&message), 1)]).await;
    assert!(failed(&settled).is_empty());
    let state = host.journal().load(&"e1".into()).await.unwrap().unwrap();
    assert_eq!(state.status(), Status::Completed);
}

#[tokio::test]
async fn starts_that_there_is_no_time_for_come_again() {
    let host = std::sync::Arc::new(Memory::new(NOW));
    let document = json!({"id": "w", "nodes": [{"id": "go", "type": "manual_trigger"},
        {"id": "note", "type": "transform", "config": {"set": {}}}], "edges": [{"from": "go", "to": "note"}]});
    host.catalogue().save("acme", &parse(&document).unwrap().workflow, None, NOW).await.unwrap();
    let record = |id: &str| json!({"messageId": id, "eventSource": "aws:sqs", "body": "{\"workflow_id\": \"w\"}"});
    let batch = json!({"Records": [record("a"), record("b")]}).to_string();
    // The last is said by an emulator that says it wrongly.
    for (seconds, returned, started) in [(19.0, 2, 0), (25.0, 0, 2), (-1.0, 0, 2)] {
        let mut context = lambda_http::Context::default();
        context.deadline = NOW.after_seconds(seconds).0.unsigned_abs();
        let service = crate::docs::service(host.clone());
        let answer = api::triggers::invocation::handle(&service, &*host, "acme", &batch, context).await.unwrap();
        let answer: Value = serde_json::from_str(answer.get()).unwrap();
        let came_again = answer["batchItemFailures"].as_array().unwrap().len();
        assert_eq!((came_again, host.all().len()), (returned, started), "{seconds} s are left");
    }
}
