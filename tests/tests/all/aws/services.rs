//! The adapters and the wait machine over the real protocols of SQS, S3, Secrets Manager and Step Functions, as the
//! emulator MiniStack speaks them. `tests/aws/with.sh` starts it; without it these tests fail and say so.

use aws::{
    S3, SecretsManager, Sqs, StepFunctions, clock,
    services::{
        clients::Clients,
        ports::{Alarms, Blobs, Queue},
    },
};
use document::time::Time;
use engine::{
    envelope::Envelope,
    port::{Secret, Secrets},
};
use serde_json::{Value, json};
use std::time::Duration;
use stepwell_core::effect::{Message, Work};

/// A name that begins with `what` and that no other test has.
pub(super) fn fresh(what: &str) -> String {
    format!("{what}-{}", uuid::Uuid::now_v7().simple())
}

fn endpoint() -> String {
    std::env::var("AWS_ENDPOINT_URL").ok().filter(|address| !address.is_empty()).unwrap_or_else(|| {
        panic!(
            "AWS_ENDPOINT_URL is not set: run `tests/aws/with.sh cargo test -p stepwell-tests --features aws`, \
             which starts MiniStack"
        )
    })
}

pub(super) fn clients() -> Clients {
    endpoint();
    Clients::from_env()
}

/// Looks every 100 ms until `look` finds something, for 30 s at most. `what` names it where it is never found.
pub(super) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..300 {
        if let Some(found) = look().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("never: {what}");
}

pub(super) async fn queue(clients: &Clients) -> String {
    let made = clients.sqs().create_queue().queue_name(fresh("q")).send().await.unwrap();
    made.queue_url.unwrap()
}

/// Waits so many seconds for a message. Returns its body and its receipt handle.
pub(super) async fn receive(clients: &Clients, url: &str, seconds: i32) -> Option<(String, String)> {
    let mut left = seconds;
    loop {
        // The clients give up a request that takes longer than `limits::ATTEMPT`, so a long wait takes several.
        let wait = left.min(4);
        let call = clients.sqs().receive_message().queue_url(url).wait_time_seconds(wait).visibility_timeout(60);
        if let Some(message) = call.send().await.unwrap().messages.and_then(|all| all.into_iter().next()) {
            return Some((message.body.unwrap(), message.receipt_handle.unwrap()));
        }
        left -= wait;
        if left <= 0 {
            return None;
        }
    }
}

fn message(execution: &str) -> Message {
    Message { execution: execution.into(), work: Work::Timeout }
}

#[tokio::test]
async fn messages_are_sent_delayed_hidden_and_kept() {
    let clients = clients();
    let (url, kept) = (queue(&clients).await, queue(&clients).await);
    let sqs = Sqs::new(clients.sqs(), url.clone(), Some(kept.clone()), clock);
    let messages: Vec<_> = (0..12).map(|number| (message(&format!("e{number}")), None)).collect();
    sqs.send(&messages).await.unwrap();
    let mut found = Vec::new();
    for _ in 0..12 {
        let (body, receipt) = receive(&clients, &url, 5).await.expect("twelve messages");
        found.push(Envelope::from_json(&body).unwrap().message.execution.to_string());
        clients.sqs().delete_message().queue_url(&url).receipt_handle(receipt).send().await.unwrap();
    }
    found.sort();
    let mut sent: Vec<_> = messages.iter().map(|(one, _)| one.execution.to_string()).collect();
    sent.sort();
    assert_eq!(found, sent);

    sqs.send(&[(message("late"), Some(clock().after_seconds(2.0)))]).await.unwrap();
    assert!(receive(&clients, &url, 0).await.is_none(), "it is not due");
    let (body, receipt) = receive(&clients, &url, 10).await.expect("it is due");
    assert!(receive(&clients, &url, 0).await.is_none(), "it is handed out");
    sqs.postpone(&[(receipt, 0)]).await.unwrap();
    assert_eq!(receive(&clients, &url, 5).await.expect("it comes again").0, body);
    sqs.keep(std::slice::from_ref(&body)).await.unwrap();
    assert_eq!(receive(&clients, &kept, 5).await.expect("it is kept").0, body);
}

#[tokio::test]
async fn a_value_goes_with_its_prefix() {
    let clients = clients();
    let bucket = fresh("b");
    clients.s3().create_bucket().bucket(&bucket).send().await.unwrap();
    let s3 = S3::new(clients.s3(), bucket);
    assert_eq!(s3.get("x/1/none").await.unwrap(), None);
    for key in ["x/1/a", "x/1/b", "x/10/a"] {
        s3.put(key, key.into()).await.unwrap();
        s3.put(key, key.into()).await.unwrap();
    }
    assert_eq!(s3.get("x/1/b").await.unwrap().unwrap(), b"x/1/b");
    for _ in 0..2 {
        s3.remove("x/1/").await.unwrap();
    }
    assert_eq!(s3.get("x/1/b").await.unwrap(), None);
    assert_eq!(s3.get("x/10/a").await.unwrap().unwrap(), b"x/10/a");
}

#[tokio::test]
async fn a_credential_has_its_latest_version() {
    let clients = clients();
    let prefix = format!("{}/", fresh("stepwell"));
    let vault = || SecretsManager::new(clients.secrets(), prefix.clone(), clock);
    assert!(vault().secret("acme", "key").await.unwrap().is_none());
    for value in ["one", "two"] {
        vault()
            .set_secret(
                "acme",
                "key",
                Secret { value: value.into(), hosts: vec!["api.example".into()], for_inline: false },
            )
            .await
            .unwrap();
    }
    let found = vault().secret("acme", "key").await.unwrap().unwrap();
    assert_eq!((found.value.as_str(), &found.hosts[..]), ("two", &["api.example".to_owned()][..]));
    assert!(vault().secret("other", "key").await.unwrap().is_none());
}

/// Creates the wait machine of `infra/wait.asl.json` over a step queue and a callback function. Returns its ARN.
pub(super) async fn machine(clients: &Clients, queue: &str, callback: &str) -> String {
    let definition = crate::docs::read("infra/wait.asl.json")
        .replace("${Partition}", "aws")
        .replace("${StepQueueUrl}", queue)
        .replace("${CallbackFunctionArn}", callback);
    let call = clients.sfn().create_state_machine().name(fresh("wait")).definition(definition);
    call.role_arn("arn:aws:iam::000000000000:role/wait").send().await.unwrap().state_machine_arn
}

async fn alarms(clients: &Clients, queue: &str) -> StepFunctions {
    let callback = "arn:aws:lambda:us-east-1:000000000000:function:none";
    StepFunctions::new(clients.sfn(), machine(clients, queue, callback).await)
}

fn timer(at: Time, text: &str) -> Value {
    json!({ "kind": "timer", "at": at.to_string(), "message": text })
}

#[tokio::test]
async fn a_clock_says_what_it_was_told_once() {
    let clients = clients();
    let url = queue(&clients).await;
    let alarms = alarms(&clients, &url).await;
    let input = timer(clock().after_seconds(1.0), &Envelope::new(message("e1")).to_json());
    for _ in 0..2 {
        alarms.start("once", &input).await.unwrap();
    }
    let (body, _) = eventually("the clock goes off", async || receive(&clients, &url, 1).await).await;
    assert_eq!(Envelope::from_json(&body).unwrap().message, message("e1"));
    alarms.start("once", &input).await.unwrap();
    assert!(receive(&clients, &url, 2).await.is_none(), "one that is over is not started again");
}

#[tokio::test]
async fn a_clock_that_is_stopped_says_nothing() {
    let clients = clients();
    let url = queue(&clients).await;
    let alarms = alarms(&clients, &url).await;
    alarms.start("stopped", &timer(clock().after_seconds(2.0), "nothing")).await.unwrap();
    for name in ["stopped", "stopped", "never-started"] {
        alarms.stop(name).await.unwrap();
    }
    assert!(receive(&clients, &url, 4).await.is_none());
}

#[tokio::test]
async fn a_token_that_nobody_knows_is_no_error() {
    let alarms = StepFunctions::new(clients().sfn(), "arn:aws:states:us-east-1:000000000000:stateMachine:none".into());
    alarms.complete("unknown", Ok(json!({}))).await.unwrap();
    alarms.complete("unknown", Err(("code".into(), "message".into()))).await.unwrap();
}
