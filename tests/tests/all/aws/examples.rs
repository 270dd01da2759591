//! Runs every example on the six functions, wired as a stack wires them, and on the embedded host. Both give the same
//! status, output and history, up to the order of parallel branches, also where a function is killed in the middle of a
//! batch.

use crate::{
    binary::{Dev, Folder},
    docs,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use stepwell_tests::{cloud::Cloud, sim::sample};

/// How long one example may take: the emulators are slow, and after a crash the visibility timeout must pass.
pub(super) const PATIENCE: Duration = Duration::from_secs(180);

/// A host, seen through its API.
pub(super) trait Host {
    async fn request(&mut self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value);
    /// Lets the host work a little.
    async fn go_on(&mut self);
}

impl Host for Dev {
    async fn request(&mut self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.call(method, path, body.unwrap_or(&Value::Null))
    }
    async fn go_on(&mut self) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A stack whose step function is killed once, where `dies_at` names the number of a batch.
pub(super) struct Mortal {
    pub cloud: Cloud,
    pub dies_at: Option<usize>,
    pub batches: usize,
}

impl Host for Mortal {
    async fn request(&mut self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.cloud.request(method, path, body).await
    }
    async fn go_on(&mut self) {
        let dies = self.dies_at == Some(self.batches);
        // After 4 ms the function has begun with the batch and not yet answered it.
        let count =
            if dies { self.cloud.step_and_die(Duration::from_millis(4)).await } else { self.cloud.step().await };
        self.batches += usize::from(count > 0);
        if count == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// How an example ended.
#[derive(Debug, PartialEq)]
struct Fate {
    status: Value,
    output: Value,
    history: Vec<String>,
}

pub(super) async fn ok(host: &mut impl Host, method: &str, path: &str, body: Option<&Value>) -> Value {
    let (status, answer) = host.request(method, path, body).await;
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    answer
}

/// An answer that fits a question.
fn answer(question: &Value) -> Value {
    match question["kind"].as_str().unwrap_or_default() {
        "approval" => json!({"approved": true}),
        "ask" => json!({"text": "a text"}),
        "input" => json!({ "data": sample(&question["schema"]) }),
        _ => json!({ "option": question["options"][0]["id"] }),
    }
}

/// Answers a question. Where the function that asked it was killed, the question can be answered only after the message
/// behind it has come again, so the answer is tried until then.
async fn respond(host: &mut impl Host, question: &Value) {
    let path = format!("/v1/interactions/{}/respond", question["interaction_id"].as_str().unwrap());
    let until = Instant::now() + PATIENCE;
    while host.request("POST", &path, Some(&answer(question))).await.0 != 200 {
        assert!(Instant::now() < until, "nobody may answer {question}");
        host.go_on().await;
    }
}

async fn run(host: &mut impl Host, document: &Value, input: &Value) -> Fate {
    ok(host, "POST", "/v1/workflows", Some(document)).await;
    let path = format!("/v1/workflows/{}/executions", document["id"].as_str().unwrap());
    let started = ok(host, "POST", &path, Some(&json!({ "input": input }))).await;
    let id = started["execution_id"].as_str().unwrap().to_owned();
    let until = Instant::now() + PATIENCE;
    loop {
        host.go_on().await;
        let execution = ok(host, "GET", &format!("/v1/executions/{id}"), None).await;
        let (status, output) = (execution["status"].clone(), without_receipts(&execution["output"]));
        if ["completed", "failed", "cancelled"].iter().any(|end| status == *end) {
            return Fate { status, output, history: history(host, &id).await };
        }
        assert!(Instant::now() < until, "it does not end: {execution}");
        if status == "waiting_human" {
            let open = ok(host, "GET", &format!("/v1/interactions?execution_id={id}&status=pending"), None).await;
            for question in open["items"].as_array().unwrap() {
                respond(host, question).await;
            }
        }
    }
}

/// A value without the receipts in it, which name the interaction and tell its times.
fn without_receipts(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != "receipt");
            Value::Object(kept.map(|(name, value)| (name.clone(), without_receipts(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_receipts).collect()),
        other => other.clone(),
    }
}

/// The sorted events of an execution, without what differs from run to run: times, ids, and the events of children,
/// since the number of ends that make a turn differs.
async fn history(host: &mut impl Host, id: &str) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ok(host, "GET", &format!("/v1/executions/{id}/history?limit=200{cursor}"), None).await;
        for event in page["history"].as_array().unwrap().iter().flat_map(|turn| turn["events"].as_array().unwrap()) {
            let kind = event["type"].as_str().unwrap();
            if !kind.starts_with("child") {
                let told = ["node", "visit", "attempt", "port", "decision", "by"].map(|name| event[name].to_string());
                all.push(format!("{kind} {}", told.join(" ")));
            }
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    all.sort();
    all
}

fn examples() -> Vec<(String, Value, Value)> {
    let paths = docs::files(&docs::root().join("examples"), ".json");
    assert!(paths.len() >= 4, "the examples were not found");
    let read = |path: std::path::PathBuf| {
        let document: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut input = document.get("input_schema").map_or_else(|| json!({}), sample);
        if input.get("rows").is_some() {
            input["rows"] = json!(60);
        }
        // The address of the example's ledger is left out, since no server listens at it.
        input.as_object_mut().map(|input| input.remove("ledger"));
        (path.file_stem().unwrap().to_string_lossy().into_owned(), document, input)
    };
    let mut all: Vec<_> = paths.into_iter().map(read).collect();
    // Its two people answer by links of their own, which `aws::people` does here and `people::example` on the embedded host.
    all.retain(|(name, ..)| name != "two-person-approval");
    // The saga ends well, and at its last step, after which the rest is undone.
    let saga = all.iter_mut().find(|(name, ..)| name == "booking-saga").expect("the saga is an example");
    saga.2 = json!({"traveller": "Ada", "amount": 900});
    let refused = ("booking-saga, refused".into(), saga.1.clone(), json!({"traveller": "Ada", "amount": 5000}));
    all.push(refused);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_ends_as_on_the_embedded_host() {
    let folder = Folder::new("cloud");
    let mut embedded = Dev::start(&folder.data(), &[]);
    let mut stack = Mortal { cloud: Cloud::new("examples").await, dies_at: None, batches: 0 };
    for (name, document, input) in examples() {
        let expected = run(&mut embedded, &document, &input).await;
        let begun = stack.batches;
        let found = run(&mut stack, &document, &input).await;
        assert_eq!(found, expected, "{name}");
        // The next process knows only what the killed one made durable: the first batch, where there are more.
        let at = stack.batches + usize::from(stack.batches > begun + 1);
        stack.dies_at = Some(at);
        let found = run(&mut stack, &document, &input).await;
        assert!(stack.batches > at, "{name}: it was killed too late");
        assert_eq!(found, expected, "{name}, killed in the middle of a batch");
        stack.dies_at = None;
    }
}
