//! The function `status` over the protocol of Lambda's runtime: a stream for its function URL, one piece for API Gateway.
//!
//! The function is this program again, started with the name of one test and a variable that says so: it then keeps its
//! state in memory, and does what it is told on its standard input.

use api::App;
use document::parse;
use engine::{
    drive::submit,
    port::{Clock, Host, Token},
};
use lambda_http::lambda_runtime::{LambdaEvent, run, service_fn};
use memory::Memory;
use serde_json::{Value, json};
use std::{io::Write, sync::Arc, time::Duration};
use stepwell_core::{
    command::{Command, Control},
    event::Started,
    id::ExecutionId,
};
use stepwell_tests::lambda::{Function, Reply};

const IS_FUNCTION: &str = "STEPWELL_TEST_IS_FUNCTION";
const TOKEN: &str = "a-token-that-reads";
const EXECUTION: &str = "01939f0a-7c1e-7d3a-9b52-6f1f0a4c2e11";
/// Between what Lambda needs to know and the body.
const PRELUDE_END: &str = "\0\0\0\0\0\0\0\0";

/// An execution that waits for a signal, and the API over it. A line of the standard input cancels it.
async fn function() {
    let host = Arc::new(Memory::on_the_clock());
    let document = json!({"id": "w", "nodes": [{"id": "go", "type": "manual_trigger"},
            {"id": "w", "type": "wait", "config": {"event": "e", "timeout_seconds": 3600}}],
        "edges": [{"from": "go", "to": "w"}]});
    let workflow = parse(&document).unwrap().workflow;
    host.catalogue().keep_workflow(&workflow).await.unwrap();
    let id = ExecutionId::from(EXECUTION);
    let mut started = Started::new(id.clone(), &workflow, json!({}), host.now());
    started.owner = "acme".into();
    submit(&*host, &id, Command::Start(Box::new(started))).await.unwrap();
    let told = host.clone();
    let runtime = tokio::runtime::Handle::current();
    std::thread::spawn(move || {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            let cancel = Command::Control { control: Control::Cancel, reason: None };
            runtime.block_on(submit(&*told, &id, cancel)).unwrap();
        }
    });
    let token = Token {
        sha256: api::sha256_of_token(TOKEN),
        name: "reader".into(),
        owner: "acme".into(),
        subject: "ada@example.com".into(),
        scopes: api::Scope::parse("read").into_iter().collect(),
        expires_at: None,
        created_at: None,
    };
    host.tokens().add_token(token).await.unwrap();
    let app = App::new(host);
    let service = &api::service(Arc::new(app), api::executions::reads());
    let answer = |event: LambdaEvent<_>| async move { api::lambda::answer(service, event).await };
    run(service_fn(answer)).await.unwrap();
}

/// This program as a function; none where it is that already, and has served.
async fn start(test: &str) -> Option<Function> {
    if std::env::var_os(IS_FUNCTION).is_some() {
        function().await;
        return None;
    }
    let program = std::env::current_exe().unwrap();
    let environment = [(IS_FUNCTION, "1".to_owned())];
    Some(Function::start(&program, &[&format!("lambda::{test}"), "--exact", "--nocapture"], &environment).await)
}

fn event(file: &str, last: Option<&str>) -> String {
    let mut event: Value = serde_json::from_str(&crate::docs::read(file)).unwrap();
    let headers = event["headers"].as_object_mut().unwrap();
    headers.insert("authorization".to_owned(), json!(format!("Bearer {TOKEN}")));
    headers.remove("last-event-id");
    headers.extend(last.map(|last| ("last-event-id".to_owned(), json!(last))));
    event.to_string()
}

/// Reads on until a text has come.
async fn until(reply: &mut Reply, text: &str) -> String {
    let mut all = String::new();
    while !all.contains(text) {
        let part = reply.part().await.unwrap_or_else(|| panic!("it ended before {text:?} came: {all}"));
        all.push_str(std::str::from_utf8(&part).unwrap());
    }
    all
}

fn last_id(events: &str) -> &str {
    events.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_url_streams_events_as_they_come() {
    let Some(mut function) = start("a_function_url_streams_events_as_they_come").await else { return };
    let mut reply = function.invoke(&event("events/status-url-events.json", None)).await;
    assert!(reply.is_answer);
    assert_eq!(reply.headers["lambda-runtime-function-response-mode"], "streaming");
    let kind = reply.headers["content-type"].to_str().unwrap();
    assert_eq!(kind, "application/vnd.awslambda.http-integration-response");
    let begun = until(&mut reply, "event: execution_started").await;
    let (prelude, events) = begun.split_once(PRELUDE_END).unwrap();
    let prelude: Value = serde_json::from_str(prelude).unwrap();
    assert_eq!(
        (&prelude["statusCode"], &prelude["headers"]["content-type"]),
        (&json!(200), &json!("text/event-stream"))
    );
    assert!(events.starts_with("retry: "), "{events}");
    // The answer is not over, and goes on as the execution does.
    writeln!(function.input(), "cancel").unwrap();
    let more = until(&mut reply, "event: end").await;
    assert!(more.contains("execution_cancelled") && reply.part().await.is_none(), "{more}");
    // The process takes the next one.
    let again = function.invoke(&event("events/status-url-events.json", Some(last_id(&more)))).await.rest().await;
    assert!(again.contains("event: end") && !again.contains("id: "), "{again}");
}

/// What API Gateway is answered, in one piece.
async fn whole(function: &mut Function, last: Option<&str>) -> String {
    let reply = function.invoke(&event("events/status-http-events.json", last)).await;
    assert!(reply.is_answer && !reply.headers.contains_key("lambda-runtime-function-response-mode"));
    let answer: Value = serde_json::from_str(&reply.rest().await).unwrap();
    assert_eq!((&answer["statusCode"], &answer["isBase64Encoded"]), (&json!(200), &json!(false)), "{answer}");
    assert_eq!(answer["headers"]["content-type"], "text/event-stream");
    answer["body"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn api_gateway_gets_the_events_so_far_and_comes_again() {
    let Some(mut function) = start("api_gateway_gets_the_events_so_far_and_comes_again").await else { return };
    let first = whole(&mut function, None).await;
    assert!(first.starts_with("retry: ") && first.contains("event: execution_started"), "{first}");
    assert!(!first.contains("event: end"), "the execution goes on: {first}");
    // With nothing new, the answer waits for something: here the end.
    let mut input = function.input();
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        writeln!(input, "cancel").unwrap();
    };
    let (second, ()) = tokio::join!(whole(&mut function, Some(last_id(&first))), cancel);
    assert!(second.contains("event: execution_cancelled") && second.contains("event: end"), "{second}");
    assert!(!second.contains("event: execution_started"), "{second}");
}
