//! The events in `events/`, handed to the code that handles them. A file is named `FUNCTION-SOURCE-WHAT.json`.

use crate::docs::{files, read, root, service};
use api::triggers::invocation::{Invocation, NotUnderstood, handle, parse};
use axum::body::to_bytes;
use document::time::Time;
use engine::{
    envelope::Envelope,
    port::{Clock, Host, Token},
    scope::Scope,
};
use lambda_http::{Context, request::LambdaRequest};
use memory::Memory;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use stepwell_core::effect::Work;
use tower::ServiceExt;

const OWNER: &str = "acme";

/// What the service answers to a request of the HTTP API in `events/`, read as Lambda's runtime reads it.
async fn answer(host: &Arc<Memory>, event: &str) -> (u16, Value) {
    let request = lambda_http::request::from_str(&read(event)).unwrap();
    let response = service(host.clone()).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

/// A host with the example of the README and with workflows that listen, and a token for the events' `TOKEN`.
async fn host() -> Arc<Memory> {
    let host = Arc::new(Memory::new(Time::parse("2026-11-21T09:00:00Z").unwrap()));
    save(&host, &serde_json::from_str(&read("examples/expense-approval.json")).unwrap()).await;
    save(&host, &listening("on-object", json!({"source": ["aws.s3"], "detail": {"bucket": {"name": ["inbox"]}}})))
        .await;
    save(
        &host,
        &listening("on-order", json!({"$or": [{"source": [{"suffix": ".orders"}]}, {"source": ["orders.sns"]}]})),
    )
    .await;
    save(&host, &listening("on-nightly", json!({"resources": [{"wildcard": "*nightly"}]}))).await;
    let token = Token {
        sha256: api::sha256_of_token("TOKEN"),
        name: "of the events".into(),
        owner: OWNER.into(),
        subject: "ada@example.com".into(),
        scopes: vec![Scope::Read, Scope::Run],
        expires_at: None,
        created_at: None,
    };
    host.tokens().add_token(token).await.unwrap();
    host
}

async fn save(host: &Memory, document: &Value) {
    let workflow = document::parse(document).unwrap().workflow;
    host.catalogue().save(OWNER, &workflow, None, host.now()).await.unwrap();
}

fn listening(id: &str, pattern: Value) -> Value {
    json!({"id": id, "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "on", "type": "event_trigger", "config": {"pattern": pattern}},
            {"id": "note", "type": "transform", "config": {"set": {"of": "{{ input.id }}"}}}],
        "edges": [{"from": "go", "to": "note"}, {"from": "on", "to": "note"}]})
}

/// What the function `trigger` answers to a file.
async fn triggered(host: &Arc<Memory>, event: &str) -> Value {
    try_triggered(host, &read(event)).await.unwrap()
}

async fn try_triggered(host: &Arc<Memory>, json: &str) -> Result<Value, api::triggers::invocation::Failure> {
    invoked(host, json, Context::default()).await
}

async fn invoked(
    host: &Arc<Memory>,
    json: &str,
    context: Context,
) -> Result<Value, api::triggers::invocation::Failure> {
    let answer = handle(&service(host.clone()), &**host, OWNER, json, context).await?;
    Ok(serde_json::from_str(answer.get()).unwrap())
}

/// Workflow, status and who started it, of every execution.
fn all(host: &Memory) -> Vec<(String, String)> {
    let shown = |state: Arc<stepwell_core::execution::Execution>| {
        (state.started.workflow_id.to_string(), state.started.started_by.clone().unwrap_or_default())
    };
    let mut found: Vec<_> = host.all().into_iter().map(shown).collect();
    found.sort();
    found
}

/// Reads a file as its function does. Panics where nothing reads such files.
fn reads(name: &str, text: &str) {
    let mut parts = name.split('-');
    let (function, source) = (parts.next().unwrap(), parts.next().unwrap());
    match (function, source) {
        ("trigger", source) => {
            let invocation = parse(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let is_right = match invocation {
                Invocation::Http(_) => ["http", "rest", "url"].contains(&source),
                Invocation::Batch(_) => source == "sqs",
                Invocation::Tick(_) => ["schedule", "scheduler"].contains(&source),
                Invocation::Event(_) => source == "eventbridge",
                Invocation::Task(..) => source == "states",
                Invocation::Start(_) | Invocation::Token(_) => source == "direct",
            };
            assert!(is_right, "{name} is read as something else");
        }
        ("step" | "status" | "callback" | "rollback", "http" | "rest" | "url") => {
            serde_json::from_str::<LambdaRequest>(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        ("step" | "supervisor", "sqs") => {
            let batch: Value = serde_json::from_str(text).unwrap();
            for record in batch["Records"].as_array().unwrap() {
                Envelope::from_json(record["body"].as_str().unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
        // Which is read by the tests of `aws::runtime::bounce`.
        ("callback", "eventbridge") => assert!(text.contains("\"source\": \"aws.ses\""), "{name}"),
        // What is looked for there; see `aws::runtime::supervise` and `aws::runtime::pause`.
        ("supervisor", "schedule") => {
            assert_eq!(serde_json::from_str::<Value>(text).unwrap()["source"], "aws.events");
        }
        ("supervisor", "retention") => {
            assert_eq!(serde_json::from_str::<Value>(text).unwrap()["source"], "stepwell.retention");
        }
        ("callback", "states") => {
            let open = &serde_json::from_str::<Value>(text).unwrap()["open"];
            assert!(["execution", "interaction", "token"].iter().all(|field| open[field].is_string()), "{name}");
        }
        _ => panic!("nothing here reads {name}: say in this test which code does"),
    }
}

#[test]
fn every_file_is_read_by_the_code_that_will() {
    let listed = read("events/README.md");
    let events = files(&root().join("events"), ".json");
    assert!(events.len() >= 15, "{events:?}");
    for path in events {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        reads(&name, &std::fs::read_to_string(&path).unwrap());
        assert!(listed.contains(&format!("]({name})")), "events/README.md does not list {name}");
    }
}

#[tokio::test]
async fn the_gateways_events_are_requests() {
    let host = host().await;
    for event in ["events/trigger-http-start.json", "events/trigger-url-start.json", "events/trigger-rest-start.json"] {
        let first = triggered(&host, event).await;
        assert_eq!(first["statusCode"], 202, "{event}: {first}");
        let body: Value = serde_json::from_str(first["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["status"], "pending", "{body}");
        assert_eq!(triggered(&host, event).await["body"], first["body"], "{event} has a key");
    }
    assert_eq!(host.all().len(), 2, "the function URL's request has the key of the HTTP API's");
    let (status, body) = answer(&host, "events/status-http-read.json").await;
    assert_eq!((status, &body["code"]), (404, &json!("not_found")), "{body}");
    assert!(body["detail"].as_str().unwrap().contains("01939f0a"), "{body}");
}

#[tokio::test]
async fn the_queues_event_is_a_batch() {
    let host = Memory::new(Time(0));
    let event: Value = serde_json::from_str(&read("events/step-sqs-batch.json")).unwrap();
    let body = event["Records"][0]["body"].as_str().unwrap();
    let envelope = Envelope::from_json(body).unwrap();
    assert!(matches!(envelope.message.work, Work::Step { attempt: 1, io: true, .. }));
    assert_eq!(envelope.to_json(), body);
    let taken = aws::runtime::step::handle_batch(&host, serde_json::from_value(event.clone()).unwrap()).await;
    assert!(taken.response.batch_item_failures.is_empty(), "a message of an execution that is gone is acknowledged");
    let mut broken = event;
    broken["Records"][0]["body"] = "{}".into();
    let returned = aws::runtime::step::handle_batch(&host, serde_json::from_value(broken).unwrap()).await;
    assert_eq!(returned.response.batch_item_failures.len(), 1);
}

#[tokio::test]
async fn an_event_starts_every_workflow_that_listens_and_each_once() {
    let host = host().await;
    for (event, workflow) in [
        ("events/trigger-eventbridge-s3.json", "on-object"),
        ("events/trigger-eventbridge-custom.json", "on-order"),
        ("events/trigger-eventbridge-sns.json", "on-order"),
        ("events/trigger-schedule-tick.json", "on-nightly"),
        ("events/trigger-scheduler-tick.json", "on-nightly"),
    ] {
        let first = triggered(&host, event).await;
        let started = first["started"].as_array().unwrap();
        assert_eq!(
            (started.len(), &started[0]["workflow_id"], &started[0]["node"]),
            (1, &json!(workflow), &json!("on"))
        );
        assert_eq!(triggered(&host, event).await, first, "the same event again");
        let id = started[0]["execution_id"].as_str().unwrap().into();
        let state = host.journal().load(&id).await.unwrap().unwrap();
        let whole: Value = serde_json::from_str(&read(event)).unwrap();
        assert_eq!(state.started.input.value(), Some(&whole), "the input is the whole event");
        assert_eq!(state.started.trigger.as_ref().unwrap().as_str(), "on");
    }
    assert_eq!(host.all().len(), 5);
    assert!(all(&host).iter().all(|(_, by)| by == "eventbridge"));
}

#[tokio::test]
async fn what_one_listener_refuses_keeps_no_other_from_starting() {
    let host = host().await;
    let mut picky = listening("picky", json!({"source": ["aws.s3"]}));
    picky["input_schema"] = json!({"type": "object", "required": ["amount"]});
    save(&host, &picky).await;
    let event = read("events/trigger-eventbridge-s3.json");
    for _ in 0..2 {
        let refused = try_triggered(&host, &event).await.unwrap_err();
        assert_eq!(refused.code, "invalid_input", "{refused:?}");
        assert!(["picky", "amount"].iter().all(|said| refused.message.contains(said)), "{refused:?}");
        assert_eq!(all(&host), [("on-object".to_owned(), "eventbridge".to_owned())], "once, however often it comes");
    }
    let batch = json!({"Records": [{"messageId": "m", "eventSource": "aws:sqs", "body": event}]});
    let answer = try_triggered(&host, &batch.to_string()).await.unwrap();
    assert_eq!(answer["batchItemFailures"], json!([{"itemIdentifier": "m"}]), "it ends as a dead letter");
}

#[tokio::test]
async fn a_tick_starts_what_schedules_ask_for_once() {
    let host = host().await;
    let document = json!({"id": "ticking", "nodes": [
        {"id": "tick", "type": "schedule_trigger", "config": {"every_seconds": 60}},
        {"id": "note", "type": "transform", "config": {"set": {}}}], "edges": [{"from": "tick", "to": "note"}]});
    save(&host, &document).await;
    let tick = || triggered(&host, "events/trigger-schedule-tick.json");
    assert_eq!(tick().await["scheduled"], 0);
    host.advance(host.now().after_seconds(61.0));
    assert_eq!(tick().await["scheduled"], 1);
    assert_eq!(tick().await["scheduled"], 0);
    let found = all(&host);
    assert_eq!(found.iter().filter(|(workflow, by)| workflow == "ticking" && by == "schedule").count(), 1, "{found:?}");
    // As after a crash between a start and its row's moving on.
    let row = host.schedules().due_schedules(host.now().after_seconds(60.0), 1).await.unwrap().remove(0);
    let at = row.next_at;
    host.schedules().advance_schedule(&row, Some(Time(at.0 - 60_000)), None).await.unwrap();
    assert_eq!(tick().await["scheduled"], 1, "it is found to have been started");
    assert_eq!(all(&host), found);
    assert_eq!(host.schedules().due_schedules(at, 9).await.unwrap().len(), 1, "and its row has moved on");
}

#[tokio::test]
async fn messages_start_executions_and_those_that_cannot_come_back() {
    let host = host().await;
    let event = read("events/trigger-sqs-starts.json");
    for _ in 0..2 {
        let answer = try_triggered(&host, &event).await.unwrap();
        assert_eq!(answer, json!({"batchItemFailures": []}));
    }
    let by_queue = ("expense-approval".to_owned(), "sqs".to_owned());
    assert_eq!(all(&host), [by_queue.clone(), by_queue], "a message that comes twice starts once");
    let mut batch: Value = serde_json::from_str(&event).unwrap();
    batch["Records"][0]["body"] = json!({"workflow_id": "no-such-workflow"}).to_string().into();
    batch["Records"][1]["body"] = read("events/trigger-eventbridge-s3.json").into();
    let third = |body: &str| {
        let mut record = batch["Records"][0].clone();
        record["messageId"] = "third".into();
        record["body"] = body.into();
        record
    };
    let broken = third("{\"workflow_id\": 7");
    batch["Records"].as_array_mut().unwrap().push(broken);
    let answer = try_triggered(&host, &batch.to_string()).await.unwrap();
    let failures: Vec<_> =
        answer["batchItemFailures"].as_array().unwrap().iter().map(|one| one["itemIdentifier"].clone()).collect();
    assert_eq!(failures, [batch["Records"][0]["messageId"].clone(), json!("third")]);
    assert_eq!(all(&host).last().unwrap(), &("on-object".to_owned(), "eventbridge".to_owned()));
}

#[tokio::test]
async fn a_task_is_told_of_the_end_whenever_it_came() {
    let host = host().await;
    save(&host, &listening("short", json!({"source": ["nobody"]}))).await;
    let event = |token: &str, input: Value| {
        json!({"task_token": token, "workflow_id": "short", "input": input, "idempotency_key": "k"}).to_string()
    };
    let first = try_triggered(&host, &event("T1", json!({"id": 1}))).await.unwrap();
    let id: stepwell_core::id::ExecutionId = first["execution_id"].as_str().unwrap().into();
    let state = host.journal().load(&id).await.unwrap().unwrap();
    assert!(state.started.awaited);
    let journal = format!("{:?}", host.journal().turns(&id, 0, 100).await.unwrap());
    assert!(!journal.contains("T1"), "the token is in the state: {journal}");
    assert_eq!(host.told(), []);
    let delivery = host.take().unwrap();
    engine::step::handle(&*host, std::slice::from_ref(&delivery)).await;
    assert_eq!(host.told(), [(id.clone(), "T1".to_owned())]);

    // Step Functions tries again with another token: the same execution, which has ended.
    let again = try_triggered(&host, &event("T2", json!({"id": 1}))).await.unwrap();
    assert_eq!(again["execution_id"], first["execution_id"]);
    assert_eq!(host.told()[1..], [(id.clone(), "T2".to_owned())]);
    let other = try_triggered(&host, &event("T3", json!({"id": 2}))).await.unwrap_err();
    assert_eq!(other.code, "idempotency_key_reused");
    assert!(!format!("{other:?}").contains("T3") && host.told().len() == 2, "nobody else's caller is told");
    let file = triggered(&host, "events/trigger-states-task.json").await;
    assert_eq!(file["status"], "pending");
}

#[tokio::test]
async fn tasks_with_the_same_key_are_all_told() {
    let host = host().await;
    save(&host, &listening("short", json!({"source": ["nobody"]}))).await;
    let event = |token: &str| {
        json!({"task_token": token, "workflow_id": "short", "input": {"id": 1}, "idempotency_key": "k"}).to_string()
    };
    let first = try_triggered(&host, &event("T1")).await.unwrap();
    for token in ["T2", "T2"] {
        assert_eq!(try_triggered(&host, &event(token)).await.unwrap(), first);
    }
    assert_eq!(host.told(), []);
    engine::step::handle(&*host, &[host.take().unwrap()]).await;
    let id: stepwell_core::id::ExecutionId = first["execution_id"].as_str().unwrap().into();
    assert_eq!(host.told(), [(id.clone(), "T1".to_owned()), (id, "T2".to_owned())]);
}

#[tokio::test]
async fn a_direct_start_says_what_it_started_or_why_not() {
    let host = host().await;
    let first = triggered(&host, "events/trigger-direct-start.json").await;
    assert_eq!(triggered(&host, "events/trigger-direct-start.json").await, first);
    assert_eq!(first["links"]["self"], format!("/v1/executions/{}", first["execution_id"].as_str().unwrap()));
    let state = host.all().remove(0);
    assert_eq!(state.started.metadata["order"], "4711");
    let deep = (0..api::limits::NESTING).fold(json!(1), |inner, _| json!([inner]));
    for (event, code, said) in [
        (json!({"workflow_id": "none"}), "not_found", "none"),
        (json!({"workflow_id": "expense-approval", "input": {}}), "invalid_input", "payee"),
        (json!({"workflow_id": "expense-approval", "inputs": {}}), "not_understood", "inputs"),
        (json!({"task_token": "secret-token"}), "not_understood", "workflow_id"),
        (json!({"task_token": "", "workflow_id": "expense-approval"}), "not_understood", "task_token"),
        (json!({"task_token": "secret-token".repeat(171), "workflow_id": "x"}), "not_understood", "2048"),
        (json!({"workflow_id": "x".repeat(3_000)}), "not_found", "xxx"),
        (json!({"workflow_id": "expense-approval", "input": deep}), "not_understood", "levels"),
    ] {
        let failure = try_triggered(&host, &event.to_string()).await.unwrap_err();
        assert_eq!(failure.code, code, "{failure:?}");
        assert!(failure.message.contains(said) && !failure.message.contains("secret-token"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_direct_start_without_a_key_has_that_of_its_invocation() {
    let host = host().await;
    let start = json!({"workflow_id": "on-order", "input": {"id": 1}}).to_string();
    let by = async |request: &str| {
        let mut context = Context::default();
        context.request_id = request.into();
        invoked(&host, &start, context).await.unwrap()["execution_id"].clone()
    };
    assert_eq!(by("r1").await, by("r1").await, "Lambda tries it again");
    assert_ne!(by("r1").await, by("r2").await);
    assert_ne!(by("").await, by("").await, "nobody names it");
    assert_eq!(host.all().len(), 4);
}

#[test]
fn what_is_no_event_of_ours_is_refused_by_name() {
    let records = |source: &str| json!({"Records": [{ "eventSource": source }]}).to_string();
    assert!(matches!(parse(&records("aws:s3")), Err(NotUnderstood::Records(of)) if of == "aws:s3"));
    let of_sns = json!({"Records": [{"EventSource": "aws:sns", "Sns": {}}]}).to_string();
    assert!(matches!(parse(&of_sns), Err(NotUnderstood::Records(of)) if of == "aws:sns"));
    assert!(matches!(parse("[]"), Err(NotUnderstood::Json(_))));
    assert!(matches!(parse("{\"hello\": 1}"), Err(NotUnderstood::Unknown)));
    assert!(matches!(parse("{\"requestContext\": {}}"), Err(NotUnderstood::Broken { .. })));
    assert!(matches!(parse("{\"detail-type\": \"x\", \"source\": \"y\"}"), Err(NotUnderstood::Broken { .. })));
    let shapes: BTreeMap<&str, bool> = [("{}", false), ("{\"workflow_id\": \"a\"}", true)].into();
    for (text, good) in shapes {
        assert_eq!(parse(text).is_ok(), good, "{text}");
    }
}
