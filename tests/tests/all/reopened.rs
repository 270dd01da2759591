//! Executions that had ended and were reopened, on the embedded host: whatever took their end for final takes it back.

use crate::{
    binary::{Dev, Folder, SOON},
    world::{World, eventually},
};
use engine::{
    drive::submit,
    port::{Host, StoreError},
};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};
use stepwell_core::{
    command::{Command, Control},
    event::Event,
    execution::Status,
    id::ExecutionId,
    payload::Payload,
};

/// Asks a control of an execution. It must be allowed.
pub async fn control(host: &dyn Host, id: &ExecutionId, control: Control) {
    command(host, id, Command::Control { control, reason: None }).await;
}

async fn signal(host: &dyn Host, id: &ExecutionId) {
    command(host, id, Command::Signal { name: "go".into(), data: Payload::new(json!(1)) }).await;
}

async fn command(host: &dyn Host, id: &ExecutionId, command: Command) {
    let done = submit(host, id, command).await.unwrap().unwrap();
    done.replies.into_iter().for_each(|reply| reply.unwrap());
}

/// Waits for the event `go`, and for so many seconds at most.
fn waiting(settings: Value) -> Value {
    json!({"id": "waiting", "settings": settings, "nodes": [{"id": "start", "type": "manual_trigger"},
            {"id": "w", "type": "wait", "config": {"event": "go"}}],
        "edges": [{"from": "start", "to": "w"}]})
}

/// A server that hands out each request with its head, to be answered whenever the test likes.
fn asked() -> (String, Receiver<(TcpStream, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (tell, told) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            if !head.is_empty() && tell.send((stream, head.join("\n").to_lowercase())).is_err() {
                return;
            }
        }
    });
    (address, told)
}

fn answer(mut stream: &TcpStream, status: u16) {
    let head = format!("HTTP/1.1 {status} Said\r\ncontent-type: application/json\r\ncontent-length: 2\r\n");
    write!(stream, "{head}connection: close\r\n\r\n{{}}").unwrap();
}

fn key(head: &str) -> &str {
    head.lines().find_map(|line| line.strip_prefix("idempotency-key: ")).unwrap()
}

fn paying(address: &str) -> Value {
    let pay = json!({"id": "pay", "type": "http_request", "config": {"method": "POST", "url": format!("http://{address}/pay")}});
    let after = json!({"id": "after", "type": "transform", "config": {"expression": "output.status"}});
    json!({"id": "paying", "nodes": [{"id": "start", "type": "manual_trigger"}, pay, after],
        "edges": [{"from": "start", "to": "pay"}, {"from": "pay", "to": "after"}]})
}

#[test]
fn what_failed_is_retried_and_completes_over_kills() {
    let (folder, (address, requests)) = (Folder::new("retried-kill"), asked());
    let (data, args) = (folder.data(), ["--http-allow", address.as_str()]);
    // Given an execution whose call is refused, so that it fails.
    let dev = Dev::start(&data, &args);
    let (status, started) = dev.call("POST", "/v1/executions", &json!({"workflow": paying(&address), "input": {}}));
    assert_eq!(status, 202, "{started}");
    let id = started["execution_id"].as_str().unwrap().to_owned();
    let (stream, first) = requests.recv_timeout(SOON).unwrap();
    answer(&stream, 403);
    drop(stream);
    dev.until(&id, &["failed"]);
    dev.kill();
    // When it is retried by a host that is gone before anything runs,
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let world = World::open(&data);
        control(&*world.host, &id.as_str().into(), Control::Retry).await;
        world.stop().await;
    });
    // and the next host is killed in the middle of the call,
    let dev = Dev::start(&data, &args);
    let (stream, second) = requests.recv_timeout(SOON).unwrap();
    assert_eq!(dev.get(&format!("/v1/executions/{id}"))["status"], "running");
    dev.kill();
    drop(stream);
    // then the one after that makes the call again, and the execution completes.
    let dev = Dev::start(&data, &args);
    let (stream, third) = requests.recv_timeout(SOON).unwrap();
    answer(&stream, 200);
    drop(stream);
    let ended = dev.until(&id, &["completed", "failed"]);
    assert_eq!((&ended["status"], &ended["output"], &ended["error"]), (&json!("completed"), &json!(200), &Value::Null));
    assert!(key(&first) == key(&second) && key(&second) == key(&third), "one key for all attempts of the visit");
    let history = dev.get(&format!("/v1/executions/{id}/history"));
    let events = history["history"].as_array().unwrap().iter().flat_map(|turn| turn["events"].as_array().unwrap());
    let count = |name: &str| events.clone().filter(|event| event["type"] == name).count();
    assert_eq!((count("execution_failed"), count("execution_retried"), count("execution_completed")), (1, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_a_cancel_ended_comes_again_beside_nothing_else() {
    let (address, requests) = asked();
    let world = World::reaching("retried-attempt", &address).await;
    // Given a call that is under way when the execution is cancelled, and is retried in the same moment.
    let id = world.start_inline(&paying(&address)).await;
    let (first, head) = requests.recv_timeout(SOON).unwrap();
    control(&*world.host, &id, Control::Cancel).await;
    control(&*world.host, &id, Control::Retry).await;
    // Then the call is made again under its key, and its outcome counts.
    let (second, again) = requests.recv_timeout(SOON).unwrap();
    assert_eq!(key(&head), key(&again));
    // The connection of the first was dropped, or is still there and heard by nobody.
    drop(first);
    answer(&second, 200);
    drop(second);
    let state = world.ended(&id).await;
    assert_eq!(
        (state.status(), state.output.as_ref().and_then(Payload::value)),
        (Status::Completed, Some(&json!(200)))
    );
    assert!(requests.recv_timeout(Duration::from_millis(300)).is_err(), "nothing is called a third time");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_an_execution_begins_afresh() {
    let world = World::new("retried-time").await;
    let id = world.start_inline(&waiting(json!({"timeout_seconds": 1}))).await;
    assert_eq!(world.ended(&id).await.error.as_ref().map(|error| error.code.as_str()), Some("timeout"));
    // When it is retried, then it has the whole time once more, also over a restart,
    control(&*world.host, &id, Control::Retry).await;
    let world = world.restarted("").await;
    let state = world.ended(&id).await;
    let retried = retried_at(&world, &id).await;
    let took = state.completed_at.unwrap().since(retried).as_millis();
    assert!(took >= 1_000, "{took} ms");
    // and again; and what it waits for in time completes it.
    control(&*world.host, &id, Control::Retry).await;
    world.until(&id, "waiting", |state| state.status() == Status::Waiting).await;
    signal(&*world.host, &id).await;
    assert_eq!(world.ended(&id).await.status(), Status::Completed);
    world.end().await;
}

/// When an execution was retried last.
async fn retried_at(world: &World, id: &ExecutionId) -> document::time::Time {
    let turns = world.host.journal().turns(id, 0, 1_000).await.unwrap();
    let retries = |event: &Event| matches!(event, Event::ExecutionRetried { .. });
    turns.iter().rev().find(|turn| turn.events.iter().any(retries)).unwrap().at
}

/// The positions and names of a stream's events.
fn streamed(text: &str) -> Vec<(Option<String>, String)> {
    let field = |block: &str, name: &str| {
        block.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned())
    };
    let blocks = text.split("\n\n").filter_map(|block| Some((field(block, "id:"), field(block, "event:")?)));
    blocks.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ended_goes_on_where_its_client_comes_again() {
    let world = World::new("retried-stream").await;
    let id = world.start_inline(&waiting(json!({}))).await;
    world.until(&id, "waiting", |state| state.status() == Status::Waiting).await;
    control(&*world.host, &id, Control::Cancel).await;
    let path = format!("/v1/executions/{id}/events");
    // Given a client that has read the stream to its end.
    let first = streamed(&world.text(&path, &[]).await);
    assert_eq!(first.last().unwrap().1, "end");
    let last = first.iter().rev().find_map(|(at, _)| at.clone()).unwrap();
    // When the execution is reopened, and the client comes again with what it had last,
    control(&*world.host, &id, Control::Retry).await;
    let headers = [("last-event-id", last.as_str())];
    let (text, ()) = tokio::join!(world.text(&path, &headers), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        signal(&*world.host, &id).await;
    });
    // then the stream goes on with the retry, once, to the new end.
    let second = streamed(&text);
    assert_eq!(second.first().unwrap().1, "execution_retried", "{text}");
    assert_eq!(second.last().unwrap().1, "end");
    assert!(text.contains("\"status\":\"completed\""), "{text}");
    let both: Vec<_> = first.iter().chain(&second).filter(|(at, _)| at.is_some()).cloned().collect();
    let whole = streamed(&world.text(&path, &[]).await);
    let whole: Vec<_> = whole.into_iter().filter(|(at, _)| at.is_some()).collect();
    assert_eq!(both, whole, "nothing is left out, and nothing comes twice");
    // And where a client comes again between an end and a retry, it hears of the end once more.
    let none = streamed(&world.text(&path, &[("last-event-id", whole.last().unwrap().0.as_deref().unwrap())]).await);
    assert_eq!(none, [(None, "end".to_owned())]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_forgets_what_is_reopened_and_nothing_is_reopened_that_it_has_begun_to_remove() {
    let world = World::new("retried-retention").await;
    let document = waiting(json!({"retention_days": 1}));
    let mut ids = Vec::new();
    for _ in 0..2 {
        let id = world.start_inline(&document).await;
        world.until(&id, "waiting", |state| state.status() == Status::Waiting).await;
        control(&*world.host, &id, Control::Cancel).await;
        ids.push(id);
    }
    // Given two executions whose time is over, of one of which a part is gone already.
    let sql =
        format!("UPDATE executions SET expires_at = 1; UPDATE executions SET expires_at = 0 WHERE id = '{}'", ids[1]);
    let world = world.reopened(&sql).await;
    control(&*world.host, &ids[0], Control::Retry).await;
    let retry = Command::Control { control: Control::Retry, reason: None };
    assert!(matches!(submit(&*world.host, &ids[1], retry).await, Err(StoreError::Conflict)));
    // Then the one goes on, and the other goes.
    let world = world.restarted("").await;
    eventually("it is removed", async || world.host.journal().load(&ids[1]).await.unwrap().is_none()).await;
    assert_eq!(engine::supervise::remove_expired(&*world.host).await, Ok(0));
    let (status, refused) = world.call("DELETE", &format!("/v1/executions/{}", ids[0]), None).await;
    assert_eq!((status.as_u16(), &refused["code"]), (409, &json!("not_ended")), "{refused}");
    signal(&*world.host, &ids[0]).await;
    assert_eq!(world.ended(&ids[0]).await.status(), Status::Completed);
    let rows = format!("executions WHERE id = '{}' AND expires_at > 1", ids[0]);
    assert_eq!(world.rows(&rows), 1, "its retention begins with its new end");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_looks_for_others_finds_one_that_was_reopened() {
    let world = World::new("retried-overlap").await;
    world.save(&waiting(json!({"overlap": "skip_if_active"}))).await;
    let first = world.start("waiting", json!({})).await;
    control(&*world.host, &first, Control::Cancel).await;
    control(&*world.host, &first, Control::Retry).await;
    let second = world.start("waiting", json!({})).await;
    assert_eq!(world.ended(&second).await.status(), Status::Skipped);
    signal(&*world.host, &first).await;
    assert_eq!(world.ended(&first).await.status(), Status::Completed);
    let third = world.start("waiting", json!({})).await;
    world.until(&third, "waiting", |state| state.status() == Status::Waiting).await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_waits_for_the_end_waits_for_the_new_one() {
    let world = World::new("retried-wait").await;
    world.save(&waiting(json!({}))).await;
    let id = world.start("waiting", json!({})).await;
    control(&*world.host, &id, Control::Cancel).await;
    control(&*world.host, &id, Control::Retry).await;
    let shown = world.get(&format!("/v1/executions/{id}")).await;
    assert_eq!((&shown["completed_at"], &shown["error"]), (&Value::Null, &Value::Null), "{shown}");
    let alive = world.get("/v1/executions?workflow_id=waiting&status=waiting,running").await;
    assert_eq!(alive["items"].as_array().unwrap().len(), 1, "{alive}");
    let over = world.get("/v1/executions?workflow_id=waiting&status=cancelled").await;
    assert_eq!(over["items"], json!([]));
    signal(&*world.host, &id).await;
    assert_eq!(world.ended(&id).await.status(), Status::Completed);
    world.end().await;
}
