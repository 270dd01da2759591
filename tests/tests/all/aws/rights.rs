//! Compares the roles of the template with what the functions do. Each real binary runs behind a recorder of its calls;
//! its role must allow those calls and no others, except the actions that are listed here with their reasons.

use crate::docs::read;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use stepwell_tests::cloud::{Cloud, Recorder};

const FUNCTIONS: [&str; 6] = ["trigger", "step", "callback", "status", "rollback", "supervisor"];

/// Actions that roles allow although no recorded call needs them: the function (empty for all), the action, and what
/// needs it.
const OTHERWISE: [(&str, &str, &str); 40] = [
    ("", "logs:CreateLogStream", "Lambda writes the logs"),
    ("", "logs:PutLogEvents", "Lambda writes the logs"),
    ("", "xray:PutTraceSegments", "Lambda traces"),
    ("", "xray:PutTelemetryRecords", "Lambda traces"),
    ("", "kms:Decrypt", "the services use the stack's key in the function's name"),
    ("", "kms:GenerateDataKey", "the services use the stack's key in the function's name"),
    ("", "kms:DescribeKey", "the services use the stack's key in the function's name"),
    ("", "ec2:CreateNetworkInterface", "Lambda puts functions into a VPC with their roles"),
    ("", "ec2:DescribeNetworkInterfaces", "Lambda puts functions into a VPC with their roles"),
    ("", "ec2:DescribeSubnets", "Lambda puts functions into a VPC with their roles"),
    ("", "ec2:DeleteNetworkInterface", "Lambda puts functions into a VPC with their roles"),
    ("", "ec2:AssignPrivateIpAddresses", "Lambda puts functions into a VPC with their roles"),
    ("", "ec2:UnassignPrivateIpAddresses", "Lambda puts functions into a VPC with their roles"),
    ("", "sqs:ReceiveMessage", "the event source mapping takes messages"),
    ("", "sqs:DeleteMessage", "the event source mapping takes messages"),
    ("", "sqs:GetQueueAttributes", "the event source mapping takes messages"),
    ("", "s3:ListBucket", "without it S3 says of a missing object that access is denied"),
    ("", "s3:PutObject", "a turn of many kilobytes, whoever commits it"),
    ("", "dynamodb:ConditionCheckItem", "a start of a workflow with `overlap` or `max_concurrency`"),
    ("", "states:StartExecution", "a turn that leads to a retry or a wait of more than 15 minutes"),
    ("trigger", "secretsmanager:GetSecretValue", "the key that signs a webhook's requests"),
    (
        "trigger",
        "s3:GetObject",
        "the large output of an execution that ends while its starter waits, or has ended already",
    ),
    ("step", "bedrock:InvokeModel", "a model of Bedrock, which no emulator has"),
    ("step", "sqs:ChangeMessageVisibility", "a message that comes before its time is put off"),
    ("callback", "states:SendTaskFailure", "an answer that fails the execution by its output's expression"),
    ("callback", "states:StopExecution", "the same with another question open"),
    ("rollback", "secretsmanager:GetSecretValue", "whether a caller without `admin` may have a patch name a secret"),
    ("rollback", "s3:DeleteObject", "large values are removed where there are any"),
    ("status", "secretsmanager:CreateSecret", "the first page of a stack, unless another function showed it"),
    ("step", "secretsmanager:CreateSecret", "the first question of a stack that is over was over by its deadline"),
    ("step", "ses:SendEmail", "SES asks for this action or for that of mails which are handed over as they travel"),
    ("rollback", "secretsmanager:CreateSecret", "the first answer of a stack comes with `resume`"),
    ("supervisor", "secretsmanager:CreateSecret", "the first question that is over was over while it was looked after"),
    ("supervisor", "secretsmanager:GetSecretValue", "the same, later"),
    ("supervisor", "dynamodb:BatchWriteItem", "executions are removed after their retention, a day at least"),
    ("supervisor", "s3:DeleteObject", "the same"),
    ("supervisor", "s3:GetObject", "large values of whatever it looks after"),
    ("supervisor", "secretsmanager:ListSecrets", "an owner is erased"),
    ("supervisor", "secretsmanager:DeleteSecret", "the same"),
    ("supervisor", "states:SendTaskSuccess", "what a function that died has not told"),
];

/// The actions that the role of a function allows.
fn allowed(function: &str) -> BTreeSet<String> {
    let template = read("infra/template.yaml");
    let name = format!("\n  {}{}Role:\n", function[..1].to_uppercase(), &function[1..]);
    let from = template.find(&name).unwrap_or_else(|| panic!("there is no role of {function}")) + name.len();
    let role = template[from..].split("\n  # ----").next().unwrap_or_default();
    let end = role.match_indices("\n  ").find(|(at, _)| role[at + 3..].starts_with(|c: char| c.is_ascii_uppercase()));
    let role = &role[..end.map_or(role.len(), |(at, _)| at)];
    let policies = role.split_once("Policies:").map_or("", |(_, policies)| policies);
    let words = policies.split(|c: char| !(c.is_ascii_alphanumeric() || c == ':' || c == '*'));
    let is_action = |word: &&str| {
        let parts: Vec<&str> = word.split(':').collect();
        matches!(parts[..], [service, call] if service.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
            && service.len() > 1 && call.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    words.filter(is_action).map(str::to_owned).collect()
}

async fn ok(cloud: &mut Cloud, method: &str, path: &str, body: Value) -> Value {
    let body = Some(body).filter(|body| !body.is_null());
    let (status, answer) = cloud.request(method, path, body.as_ref()).await;
    assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
    answer
}

/// Hands out messages until there are none six times in a row, 100 ms apart.
async fn settle(cloud: &mut Cloud) {
    let mut idle = 0;
    while idle < 6 {
        idle = if cloud.step().await == 0 { idle + 1 } else { 0 };
        if idle > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn start(cloud: &mut Cloud, workflow: &str, input: Value) -> String {
    let path = format!("/v1/workflows/{workflow}/executions");
    let started = ok(cloud, "POST", &path, json!({ "input": input })).await;
    settle(cloud).await;
    started["execution_id"].as_str().unwrap().to_owned()
}

async fn question(cloud: &mut Cloud, id: &str) -> String {
    for _ in 0..100 {
        let path = format!("/v1/interactions?execution_id={id}&status=pending");
        let open = ok(cloud, "GET", &path, Value::Null).await;
        if let Some(found) = open["items"][0]["interaction_id"].as_str() {
            return found.to_owned();
        }
        settle(cloud).await;
    }
    panic!("{id} asks nothing")
}

fn workflow(id: &str, nodes: Value, edges: Value) -> Value {
    let mut all = vec![json!({"id": "go", "type": "manual_trigger"})];
    all.extend(nodes.as_array().unwrap().clone());
    json!({ "id": id, "nodes": all, "edges": edges })
}

/// Saves the workflows that [`everything`] starts, and a credential.
async fn prepare(cloud: &mut Cloud) {
    let asking = workflow(
        "asking",
        json!([{"id": "ask", "type": "approval", "config": {"question": "Pay?", "timeout_seconds": 3600, "wait_by": "states"}},
            {"id": "paid", "type": "transform", "config": {"expression": "input"}}]),
        json!([{"from": "go", "to": "ask"}, {"from": "ask", "to": "paid", "port": "approved"}]),
    );
    let failing = workflow(
        "failing",
        json!([{"id": "ask", "type": "approval", "config": {"question": "Pay?", "wait_by": "states"}},
            {"id": "soon", "type": "wait", "config": {"seconds": 1}},
            {"id": "no", "type": "fail", "config": {"message": "no"}}]),
        json!([{"from": "go", "to": "ask"}, {"from": "go", "to": "soon"}, {"from": "soon", "to": "no"}]),
    );
    let late = workflow(
        "late",
        json!([{"id": "late", "type": "wait", "config": {"seconds": 5000}}]),
        json!([{"from": "go", "to": "late"}]),
    );
    let calling = workflow(
        "calling",
        json!([{"id": "call", "type": "http_request",
            "config": {"url": "http://127.0.0.1:9/", "headers": {"authorization": "{{ secrets.KEY }}"}}}]),
        json!([{"from": "go", "to": "call"}]),
    );
    let mut alone = late.clone();
    alone["id"] = "alone".into();
    alone["settings"] = json!({"max_concurrency": 1});
    let mut bounded = asking.clone();
    bounded["id"] = "bounded".into();
    bounded["settings"] = json!({"timeout_seconds": 3});
    let mailed = workflow(
        "mailed",
        json!([{"id": "ask", "type": "approval",
            "config": {"question": "Pay?", "assignees": ["ann@example.com"], "channels": [{"type": "email"}]}}]),
        json!([{"from": "go", "to": "ask"}]),
    );
    for document in [&asking, &failing, &late, &calling, &alone, &bounded, &mailed] {
        ok(cloud, "POST", "/v1/workflows", document.clone()).await;
    }
    for value in ["one", "two"] {
        ok(cloud, "PUT", "/v1/secrets/KEY", json!({ "value": value })).await;
    }
    ok(cloud, "PUT", "/v1/secrets/OLD", json!({ "value": "three" })).await;
    ok(cloud, "GET", "/v1/secrets", Value::Null).await;
    ok(cloud, "DELETE", "/v1/secrets/OLD", Value::Null).await;
    ok(cloud, "PUT", "/v1/groups/finance", json!({"members": ["ann@example.com"]})).await;
    ok(cloud, "GET", "/v1/groups/finance", Value::Null).await;
    ok(cloud, "DELETE", "/v1/groups/finance", Value::Null).await;
    let mut scheduled = late.clone();
    scheduled["id"] = "scheduled".into();
    scheduled["nodes"][0] = json!({"id": "go", "type": "schedule_trigger", "config": {"every_seconds": 3600}});
    ok(cloud, "POST", "/v1/workflows", scheduled).await;
    ok(cloud, "DELETE", "/v1/workflows/scheduled", Value::Null).await;
}

/// Makes every function do everything for which it makes calls of its own.
async fn everything(cloud: &mut Cloud) {
    // The first page of a stack makes the key of its sessions.
    assert_eq!(cloud.send("GET", "/sign-in", json!({}), None).await.0, 200);
    prepare(cloud).await;
    let large = "x".repeat(200_000);
    let id = start(cloud, "asking", json!({ "text": large })).await;
    // A start that is repeated under its key is answered from what is recorded.
    let again = json!({"workflow_id": "asking", "input": {"text": large}, "idempotency_key": "large"});
    for _ in 0..2 {
        cloud.invoke("trigger", &again).await.expect("it starts");
        cloud.restart("trigger");
    }
    let asked = question(cloud, &id).await;
    ok(cloud, "POST", &format!("/v1/interactions/{asked}/respond"), json!({"approved": true})).await;
    ok(cloud, "POST", "/v1/keys", json!({})).await;
    settle(cloud).await;
    let shown = ok(cloud, "GET", &format!("/v1/executions/{id}"), Value::Null).await;
    assert_eq!((&shown["status"], &shown["output"]["text"]), (&json!("completed"), &json!(large)));
    ok(cloud, "DELETE", &format!("/v1/executions/{id}"), Value::Null).await;

    let id = start(cloud, "mailed", json!({})).await;
    let asked = question(cloud, &id).await;
    let mut bounce: Value = serde_json::from_str(&read("events/callback-eventbridge-bounce.json")).unwrap();
    let tags = &mut bounce["detail"]["mail"]["tags"];
    (tags["execution"], tags["interaction"]) = (json!([id]), json!([asked]));
    cloud.invoke("callback", &bounce).await.expect("it is recorded");
    let shown = ok(cloud, "GET", &format!("/v1/interactions/{asked}"), Value::Null).await;
    assert_eq!(shown["deliveries"][0]["status"], "bounced", "{shown}");
    start(cloud, "failing", json!({})).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    settle(cloud).await;
    start(cloud, "calling", json!({})).await;

    start(cloud, "alone", json!({})).await;
    let id = start(cloud, "alone", json!({})).await;
    ok(cloud, "POST", &format!("/v1/executions/{id}/cancel"), json!({})).await;
    let held = ok(cloud, "POST", "/v1/workflows/late/executions", json!({"input": {}})).await;
    let id = held["execution_id"].as_str().unwrap();
    for control in ["pause", "resume", "cancel"] {
        ok(cloud, "POST", &format!("/v1/executions/{id}/{control}"), json!({})).await;
    }
    let id = start(cloud, "late", json!({ "text": large })).await;
    for control in ["pause", "resume", "cancel"] {
        ok(cloud, "POST", &format!("/v1/executions/{id}/{control}"), json!({})).await;
        settle(cloud).await;
    }
    let id = start(cloud, "asking", json!({ "text": large })).await;
    ok(cloud, "POST", &format!("/v1/executions/{id}/signals/hello"), json!({"data": 1})).await;
    question(cloud, &id).await;
    ok(cloud, "POST", &format!("/v1/executions/{id}/cancel"), json!({})).await;
    callers(cloud).await;
    past_its_time(cloud).await;
    buried(cloud).await;
}

/// Starts executions for tasks of Step Functions that wait for the end, and ends them through each function that can
/// end an execution and in each way in which one can end.
async fn callers(cloud: &mut Cloud) {
    let task = |token: &str, workflow: &str, key: &str| {
        let input = json!({"text": "a text"});
        json!({"task_token": token, "workflow_id": workflow, "input": input, "idempotency_key": key})
    };
    for (key, workflow, ends) in [
        ("a", "asking", "answer"),
        ("b", "asking", "reject"),
        ("c", "asking", "cancel"),
        ("d", "late", "cancel"),
        ("e", "failing", ""),
        ("f", "quick", ""),
    ] {
        if workflow == "quick" {
            let quick = self::workflow(
                "quick",
                json!([{"id": "a", "type": "transform", "config": {"set": {}}}]),
                json!([{"from": "go", "to": "a"}]),
            );
            ok(cloud, "POST", "/v1/workflows", quick).await;
        }
        let started = cloud.invoke("trigger", &task(key, workflow, key)).await.expect("it starts");
        let id = started["execution_id"].as_str().unwrap().to_owned();
        settle(cloud).await;
        if ends == "cancel" {
            ok(cloud, "POST", &format!("/v1/executions/{id}/cancel"), json!({})).await;
        } else if !ends.is_empty() {
            let asked = question(cloud, &id).await;
            let answer = json!({"approved": ends == "answer"});
            ok(cloud, "POST", &format!("/v1/interactions/{asked}/respond"), answer).await;
        }
        tokio::time::sleep(Duration::from_secs(u64::from(workflow == "failing") * 2)).await;
        settle(cloud).await;
        // The execution has ended, so `trigger` itself completes the task of a start that is repeated.
        cloud.invoke("trigger", &task(&format!("{key} again"), workflow, key)).await.expect("it is there");
    }
}

/// Has the supervisor end an execution that is past its timeout, with its open question and its caller's task.
async fn past_its_time(cloud: &mut Cloud) {
    let task = json!({"task_token": "late", "workflow_id": "bounded", "idempotency_key": "late"});
    let started = cloud.invoke("trigger", &task).await.expect("it starts");
    let id = started["execution_id"].as_str().unwrap().to_owned();
    settle(cloud).await;
    question(cloud, &id).await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    cloud.supervise().await;
    let shown = ok(cloud, "GET", &format!("/v1/executions/{id}"), Value::Null).await;
    assert_eq!(shown["status"], "failed", "{shown}");
}

/// Sends a message that no function can read, and waits until it is a dead letter and the supervisor keeps it.
async fn buried(cloud: &mut Cloud) {
    let send = json!({"QueueUrl": cloud.steps.queue, "MessageBody": "{\"v\":99}"});
    stepwell_tests::cloud::call("sqs", "AmazonSQS.SendMessage", send).await;
    for _ in 0..7 {
        settle(cloud).await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        cloud.supervise().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_allow_what_functions_do_and_nothing_more() {
    let recorder = Recorder::default();
    let mut cloud = Cloud::recorded("rights", Some(recorder.clone())).await;
    everything(&mut cloud).await;
    let mut wrong = Vec::new();
    for function in FUNCTIONS {
        let (allowed, used) = (allowed(function), recorder.actions(function));
        let explained =
            |action: &String| OTHERWISE.iter().any(|(of, what, _)| *what == action && [function, ""].contains(of));
        let missing: Vec<_> = used.difference(&allowed).collect();
        let idle: Vec<_> = allowed.difference(&used).filter(|action| !explained(action)).collect();
        println!("{function}: {used:?}");
        if !missing.is_empty() || !idle.is_empty() {
            wrong.push(format!(
                "{function} does without being allowed: {missing:?}; is allowed and never does: {idle:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
