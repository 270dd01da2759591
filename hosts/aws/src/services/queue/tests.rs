#![allow(clippy::unwrap_used)]
use super::*;
use crate::tests::scripted::{Answer, Script, error, impatient, json};
use serde_json::{Value, json};
use stepwell_core::effect::Work;
use tracing::Instrument;

fn queue(script: &Script) -> Sqs {
    let client = script.clients().sqs();
    let client = Client::from_conf(client.config().to_builder().retry_config(impatient()).build());
    Sqs::new(client, "https://sqs/step".into(), Some("https://sqs/kept".into()), || Time(1_000))
}

fn message(number: usize) -> (Message, Option<Time>) {
    (Message { execution: format!("e{number}").into(), work: Work::Timeout }, None)
}

fn taken(ids: &[usize]) -> Value {
    let done = ids.iter().map(|id| json!({ "Id": id.to_string(), "MessageId": "m", "MD5OfMessageBody": "" }));
    json!(done.collect::<Vec<_>>())
}

fn refused(ids: &[usize], by_sender: bool) -> Value {
    let failed = ids.iter().map(
        |id| json!({ "Id": id.to_string(), "SenderFault": by_sender, "Code": "InternalError", "Message": "as told" }),
    );
    json!(failed.collect::<Vec<_>>())
}

fn bodies(asked: &Value) -> Vec<String> {
    let entries = asked["Entries"].as_array().unwrap();
    let body = |entry: &Value| serde_json::from_str::<Value>(entry["MessageBody"].as_str().unwrap()).unwrap();
    entries.iter().map(|entry| body(entry)["x"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn ten_messages_are_one_request_and_each_has_its_delay() {
    let all: Vec<usize> = (0..10).collect();
    let script = Script::new([json(200, json!({"Successful": taken(&all), "Failed": []})), {
        json(200, json!({"Successful": taken(&[0]), "Failed": []}))
    }]);
    let mut messages: Vec<_> = (0..11).map(message).collect();
    messages[1].1 = Some(Time(1_001));
    messages[2].1 = Some(Time(500));
    messages[3].1 = Some(Time(901_000));
    messages[4].1 = Some(Time(9_000_000));
    queue(&script).send(&messages).await.unwrap();
    let asked = script.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(bodies(&asked[1].json()), ["e10"]);
    let first = asked[0].json();
    assert_eq!(first["QueueUrl"], "https://sqs/step");
    assert_eq!(first["Entries"][0]["MessageBody"], r#"{"v":1,"x":"e0","w":"timeout"}"#);
    let delays: Vec<_> = first["Entries"].as_array().unwrap().iter().map(|one| one["DelaySeconds"].as_i64()).collect();
    assert_eq!(delays[..6], [None, Some(1), None, Some(900), Some(900), None], "rounded up, and never in the past");
}

#[tokio::test]
async fn a_message_goes_with_the_trace_that_it_was_sent_under() {
    let script = Script::new([json(200, json!({"Successful": taken(&[0]), "Failed": []}))]);
    let _traced = crate::runtime::telemetry::traced();
    let trace = "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01";
    let span = tracing::info_span!("execution", execution = "e0", traceparent = trace);
    queue(&script).send(&[message(0)]).instrument(span).await.unwrap();
    let entry = script.asked()[0].json()["Entries"][0].clone();
    let body = Envelope::from_json(entry["MessageBody"].as_str().unwrap()).unwrap();
    assert_eq!(body.trace.as_deref(), Some(trace));
    let header = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    let attributes = json!({"AWSTraceHeader": {"StringValue": header, "DataType": "String"}});
    assert_eq!(entry["MessageSystemAttributes"], attributes);
}

#[tokio::test]
async fn only_what_was_not_taken_is_sent_again() {
    let script = Script::new([
        json(200, json!({"Successful": taken(&[0, 2]), "Failed": refused(&[1, 3], false)})),
        json(200, json!({"Successful": taken(&[0]), "Failed": refused(&[1], false)})),
        json(200, json!({"Successful": taken(&[0]), "Failed": []})),
    ]);
    queue(&script).send(&(0..4).map(message).collect::<Vec<_>>()).await.unwrap();
    let sent: Vec<_> = script.asked().iter().map(|asked| bodies(&asked.json())).collect();
    assert_eq!(sent, [vec!["e0", "e1", "e2", "e3"], vec!["e1", "e3"], vec!["e3"]]);
}

#[tokio::test]
async fn what_is_never_taken_fails_for_now_and_what_is_refused_for_good() {
    let never = || json(200, json!({"Successful": [], "Failed": refused(&[0], false)}));
    let script = Script::new((0..10).map(|_| never()));
    let failed = queue(&script).send(&[message(0)]).await.unwrap_err();
    assert!(matches!(&failed, StoreError::Transient(why) if why.contains("InternalError")), "{failed}");
    assert_eq!(script.asked().len(), limits::MESSAGES_ROUNDS as usize, "bounded");
    let script = Script::new([json(200, json!({"Successful": [], "Failed": refused(&[0], true)}))]);
    assert!(matches!(queue(&script).send(&[message(0)]).await, Err(StoreError::Permanent(_))));
}

#[tokio::test]
async fn outages_pass_and_mistakes_do_not() {
    let fine = || json(200, json!({"Successful": taken(&[0]), "Failed": []}));
    let passing = [error(503, "ServiceUnavailable"), error(400, "RequestThrottled"), Answer::Broken, Answer::Late];
    for trouble in passing {
        let script = Script::new([trouble, fine()]);
        queue(&script).send(&[message(0)]).await.unwrap();
    }
    let script = Script::new((0..3).map(|_| error(503, "ServiceUnavailable")));
    assert!(matches!(queue(&script).send(&[message(0)]).await, Err(StoreError::Transient(_))));
    let script = Script::new([error(400, "QueueDoesNotExist")]);
    let failed = queue(&script).send(&[message(0)]).await.unwrap_err();
    assert!(matches!(&failed, StoreError::Permanent(why) if why.contains("QueueDoesNotExist")), "{failed}");
}

#[tokio::test]
async fn large_messages_share_no_request() {
    let long = "x".repeat(100_000);
    let work = |index| Work::ChildEnded {
        activation: stepwell_core::id::Activation { epoch: 0, node: "m".into(), visit: 1 },
        attempt: 1,
        index,
        error: Some(long.clone()),
    };
    let messages: Vec<_> = (0..5).map(|index| (Message { execution: "p".into(), work: work(index) }, None)).collect();
    let two = || json(200, json!({"Successful": taken(&[0, 1]), "Failed": []}));
    let script = Script::new([two(), two(), json(200, json!({"Successful": taken(&[0]), "Failed": []}))]);
    queue(&script).send(&messages).await.unwrap();
    assert_eq!(script.asked().iter().map(|asked| bodies(&asked.json()).len()).collect::<Vec<_>>(), [2, 2, 1]);
}

#[tokio::test]
async fn a_message_is_hidden_as_long_as_asked_and_one_that_is_gone_is_no_error() {
    let gone = json!([{ "Id": "1", "SenderFault": true, "Code": "ReceiptHandleIsInvalid" }]);
    let script = Script::new([json(200, json!({"Successful": [{"Id": "0"}], "Failed": gone}))]);
    queue(&script).postpone(&[("r0".into(), 40), ("r1".into(), 1_000_000)]).await.unwrap();
    let asked = script.asked()[0].json();
    let hidden: Vec<_> =
        asked["Entries"].as_array().unwrap().iter().map(|one| one["VisibilityTimeout"].clone()).collect();
    assert_eq!(hidden, [json!(40), json!(43_200)]);
    let busy = json!([{ "Id": "0", "SenderFault": false, "Code": "InternalError" }]);
    let script = Script::new([json(200, json!({"Successful": [], "Failed": busy}))]);
    assert!(matches!(queue(&script).postpone(&[("r".into(), 1)]).await, Err(StoreError::Transient(_))));
}

#[tokio::test]
async fn dead_letters_are_kept_as_they_are_where_there_is_a_queue_for_them() {
    let script = Script::new([json(200, json!({"Successful": taken(&[0]), "Failed": []}))]);
    queue(&script).keep(&["anything".into()]).await.unwrap();
    let asked = script.asked()[0].json();
    assert_eq!((asked["QueueUrl"].as_str(), asked["Entries"][0]["MessageBody"].as_str()), {
        (Some("https://sqs/kept"), Some("anything"))
    });
    let none = Script::default();
    Sqs::new(none.clients().sqs(), "q".into(), None, || Time(0)).keep(&["anything".into()]).await.unwrap();
    assert!(none.asked().is_empty());
}
