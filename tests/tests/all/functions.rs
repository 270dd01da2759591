//! Every event of `events/`, once against the binary of its function, as Lambda would run it: over the runtime's
//! protocol, with the emulators behind it. `tests/aws/functions.sh` builds the binaries and runs this.
//!
//! What is missing is a failure that says so: nothing is left out quietly.

use crate::docs::{read, root};
use engine::{
    port::{Host, Token},
    scope::Scope,
};
use serde_json::{Value, json};
use stepwell_tests::{aws_world::World, cloud::binary, lambda::Function};

const OWNER: &str = "acme";

/// A variable of the environment that `tests/aws/with.sh` sets.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run tests/aws/functions.sh"))
}

/// The step queue, on the emulator: its URL. Emulators check no signature.
async fn queue() -> String {
    let answer = stepwell_tests::http()
        .post(variable("AWS_ENDPOINT_URL"))
        .header(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0",
        )
        .header("x-amz-target", "AmazonSQS.CreateQueue")
        .header("content-type", "application/x-amz-json-1.0")
        .body(json!({"QueueName": "stepwell-events"}).to_string());
    let text = answer.send().await.expect("the emulator answers").text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    answer["QueueUrl"].as_str().unwrap_or_else(|| panic!("{text}")).to_owned()
}

/// What the template sets on every function.
fn environment(table: &str, queue: String) -> Vec<(&'static str, String)> {
    let set = |name, value: &str| (name, value.to_owned());
    vec![
        ("STEPWELL_QUEUE_URL", queue),
        set("STEPWELL_TABLE", table),
        set("STEPWELL_BUCKET", "stepwell-events"),
        set("STEPWELL_WAIT_MACHINE_ARN", "arn:aws:states:us-east-1:000000000000:stateMachine:stepwell-wait"),
        set("STEPWELL_SECRETS_PREFIX", "stepwell/events/"),
        set("STEPWELL_OWNER", OWNER),
    ]
}

/// The workflows that the events start, and the token that their requests bear.
async fn fill(host: &dyn Host) {
    let listening = json!({"id": "listening", "nodes": [
        {"id": "on", "type": "event_trigger", "config": {"pattern": {"id": [{"exists": true}]}}},
        {"id": "note", "type": "transform", "config": {"set": {}}}], "edges": [{"from": "on", "to": "note"}]});
    let example: Value = serde_json::from_str(&read("examples/expense-approval.json")).unwrap();
    for document in [example, listening] {
        let workflow = document::parse(&document).unwrap().workflow;
        host.catalogue().save(OWNER, &workflow, None, host.now()).await.unwrap();
    }
    let token = Token {
        sha256: api::sha256_of_token("TOKEN"),
        name: "of the events".into(),
        owner: OWNER.into(),
        subject: "ada@example.com".into(),
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
        created_at: None,
    };
    host.tokens().add_token(token).await.unwrap();
}

/// What is wrong with what a function sent back to an event; none where it is as it should be.
fn wrong(name: &str, answer: &Value) -> Option<String> {
    let mut parts = name.split('-');
    let (function, source) = (parts.next().unwrap(), parts.next().unwrap());
    let is_right = match (function, source) {
        (_, "http" | "rest") => answer["statusCode"].as_u64().is_some_and(|status| status < 500),
        ("trigger", "url") => answer["statusCode"] == 202,
        ("trigger", "eventbridge" | "schedule" | "scheduler") => answer["started"][0]["workflow_id"] == "listening",
        ("trigger", "states" | "direct") => answer["execution_id"].is_string() || answer["token"].is_string(),
        ("trigger" | "step", "sqs") => answer["batchItemFailures"] == json!([]),
        ("supervisor", "sqs") => answer["batchItemFailures"].is_array(),
        ("supervisor", _) => answer.is_object(),
        ("callback", _) => answer.is_object(),
        _ => return Some("nothing here knows such events: say in this test what is to come of it".into()),
    };
    (!is_right).then(|| answer.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_handled_by_the_binary_of_its_function() {
    let world = World::new(None).await;
    fill(&world.host(false, 3)).await;
    let environment = environment(world.table(), queue().await);
    let mut failures = Vec::new();
    for path in crate::docs::files(&root().join("events"), ".json") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let function = name.split('-').next().unwrap();
        let mut process = Function::start(&binary(function), &[], &environment).await;
        let reply = process.invoke(&read(&format!("events/{name}"))).await;
        let is_stream = reply.headers.contains_key("lambda-runtime-function-response-mode");
        let (is_answer, text) = (reply.is_answer, reply.rest().await);
        let problem = match serde_json::from_str(&text) {
            _ if !is_answer => Some(text.clone()),
            _ if is_stream => (!text.contains("statusCode")).then(|| text.clone()),
            Ok(answer) => wrong(&name, &answer),
            Err(error) => Some(format!("{error}: {text}")),
        };
        let logs = process.logs_until(|line| line.contains("CloudWatchMetrics")).await;
        failures.extend(problem.map(|problem| format!("{name}: {problem}\n  {}", logs.join("\n  "))));
        // Metrics, and nothing that is no JSON.
        let lines = logs.iter().map(|line| serde_json::from_str::<Value>(line));
        let told: Vec<Value> =
            lines.map(|line| line.unwrap_or_else(|error| panic!("{name}: {error}: {logs:?}"))).collect();
        let counted = told.iter().any(|line| line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Stepwell");
        assert!(counted, "{name}: no metrics in {logs:?}");
        let event = serde_json::from_str::<Value>(&read(&format!("events/{name}"))).unwrap();
        let answer = serde_json::from_str::<Value>(&text).unwrap_or_default();
        for secret in [&event["task_token"], &event["open"]["token"], &answer["token"]] {
            let is_kept = secret.as_str().is_none_or(|secret| !logs.concat().contains(secret));
            assert!(is_kept, "{name}: a token is in the log");
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
