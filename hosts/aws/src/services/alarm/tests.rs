#![allow(clippy::unwrap_used)]
use super::*;
use crate::tests::scripted::{Answer, Script, error, impatient, json};
use serde_json::json;

fn alarms(script: &Script) -> StepFunctions {
    let client = script.clients().sfn();
    let client = Client::from_conf(client.config().to_builder().retry_config(impatient()).build());
    StepFunctions::new(client, "arn:aws:states:us-east-1:123456789012:stateMachine:s-wait".into())
}

#[tokio::test]
async fn a_clock_is_started_under_its_name_and_once_more_is_once() {
    let script =
        Script::new([json(200, json!({"executionArn": "a", "startDate": 1})), error(400, "ExecutionAlreadyExists")]);
    let alarms = alarms(&script);
    let input = json!({"kind": "pause", "alarms": []});
    alarms.start("q1", &input).await.unwrap();
    alarms.start("q1", &input).await.unwrap();
    let asked = script.asked();
    let body = asked[0].json();
    assert_eq!(body["stateMachineArn"], "arn:aws:states:us-east-1:123456789012:stateMachine:s-wait");
    assert_eq!((body["name"].as_str(), body["input"].as_str()), (Some("q1"), Some(r#"{"kind":"pause","alarms":[]}"#)));
    assert_eq!(asked[1].json()["input"], body["input"], "byte for byte");
}

#[tokio::test]
async fn a_clock_that_is_gone_is_stopped() {
    let script = Script::new([json(200, json!({"stopDate": 1})), error(400, "ExecutionDoesNotExist")]);
    let alarms = alarms(&script);
    alarms.stop("q1").await.unwrap();
    alarms.stop("q1").await.unwrap();
    let arn = "arn:aws:states:us-east-1:123456789012:execution:s-wait:q1";
    assert_eq!(script.asked()[0].json()["executionArn"], arn);
}

#[tokio::test]
async fn a_task_is_told_and_a_token_that_is_gone_is_no_error() {
    let mut answers = vec![json(200, json!({})), json(200, json!({}))];
    answers.extend(GONE.iter().flat_map(|code| [error(400, code), error(400, code)]));
    let script = Script::new(answers);
    let alarms = alarms(&script);
    for _ in 0..4 {
        alarms.complete("TOKEN", Ok(json!({"a": 1}))).await.unwrap();
        alarms.complete("TOKEN", Err(("c".repeat(300), "é".repeat(20_000)))).await.unwrap();
    }
    let asked = script.asked();
    let (success, failure) = (asked[0].json(), asked[1].json());
    assert_eq!((asked[0].operation.as_str(), success["output"].as_str()), ("SendTaskSuccess", Some(r#"{"a":1}"#)));
    assert_eq!((asked[1].operation.as_str(), success["taskToken"].as_str()), ("SendTaskFailure", Some("TOKEN")));
    assert_eq!(failure["error"].as_str().unwrap().len(), 256);
    assert_eq!(failure["cause"].as_str().unwrap().len(), 32_768, "whole characters");
}

#[tokio::test]
async fn outages_pass_and_mistakes_do_not() {
    let script = Script::new([error(400, "ThrottlingException"), Answer::Broken, json(200, json!({}))]);
    alarms(&script).complete("TOKEN", Ok(json!(1))).await.unwrap();
    // As many executions are open as the account may have: some end.
    let script = Script::new((0..3).map(|_| error(400, "ExecutionLimitExceeded")));
    assert!(matches!(alarms(&script).start("q", &json!({})).await, Err(StoreError::Transient(_))));
    let script = Script::new((0..3).map(|_| error(500, "InternalServerError")));
    assert!(matches!(alarms(&script).stop("q").await, Err(StoreError::Transient(_))));
    let script = Script::new([error(400, "StateMachineDoesNotExist")]);
    let failed = alarms(&script).start("q", &json!({})).await.unwrap_err();
    assert!(matches!(&failed, StoreError::Permanent(why) if why.contains("StateMachineDoesNotExist")), "{failed}");
}

#[tokio::test]
async fn no_error_repeats_a_token() {
    let told = json!({"__type": "ValidationException", "message": "Value 'TOKEN' at 'taskToken' is too long"});
    let script = Script::new([json(400, told)]);
    let failed = alarms(&script).complete("TOKEN", Ok(json!(1))).await.unwrap_err().to_string();
    assert!(failed.contains("ValidationException") && !failed.contains("TOKEN"), "{failed}");
}
