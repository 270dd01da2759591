#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::{
    billing::meter::Meter,
    error::Patience,
    runtime::{step::handle_batch, telemetry::heard},
    store::Parts,
    testing::Recorder,
    tests::scripted::{Script, error},
};
use engine::port::Runner;
use stepwell_core::task::{CodeTask, Work};

const NOW: Time = Time(1_000_000);

/// A runner whose nodes end at once, or never.
struct Nodes {
    ends: bool,
}

#[async_trait]
impl Runner for Nodes {
    async fn run(&self, _: &Task, _: &(dyn Fn() -> Time + Send + Sync)) -> Report {
        if !self.ends {
            std::future::pending::<()>().await;
        }
        let outcome = Outcome::Succeeded { port: "success".into(), output: serde_json::json!(1) };
        Report { outcome, logs: Vec::new() }
    }
}

fn host(runner: Option<Nodes>) -> Aws {
    beside(&Arc::new(Recorder::default()), runner, true)
}

fn beside(recorder: &Arc<Recorder>, runner: Option<Nodes>, behind_message: bool) -> Aws {
    over(&Script::default(), recorder, runner, behind_message)
}

fn over(script: &Script, recorder: &Arc<Recorder>, runner: Option<Nodes>, behind_message: bool) -> Aws {
    let table = Table::new(Parts {
        client: script.clients().dynamodb(),
        name: "t".into(),
        blobs: recorder.clone(),
        clock: Arc::new(|| NOW),
        meter: Arc::new(Meter::default()),
        patience: Patience::default(),
        behind_message,
        parts: 1,
    });
    let runner = runner.map(|nodes| Arc::new(nodes) as Arc<dyn Runner>);
    let (queue, alarms, credentials) = (recorder.clone(), recorder.clone(), recorder.clone());
    let services = Services { queue, alarms, credentials, signer: None, runner };
    Aws::new(Arc::new(table), services, Arc::new(|| NOW))
}

fn task(timeout_seconds: f64) -> Task {
    let work = Work::Code(CodeTask { code: String::new(), names: serde_json::Map::new() });
    Task { owner: "ann".into(), idempotency_key: "k".into(), timeout_seconds, work, secrets: Vec::new() }
}

async fn outcome(host: &Aws, timeout_seconds: f64) -> Outcome {
    host.run(&task(timeout_seconds)).await.outcome
}

#[tokio::test]
async fn a_node_that_would_outlive_the_function_fails_with_its_own_error() {
    let host = host(Some(Nodes { ends: false }));
    host.begins(NOW.after_seconds(limits::MARGIN_SECONDS + 0.02));
    let Outcome::Unknown(failure) = outcome(&host, 60.0).await else { panic!("nobody knows how it ended") };
    assert_eq!((failure.code.as_str(), failure.retryable), ("timeout", true));
    assert!(failure.message.contains("FunctionTimeout"), "{}", failure.message);
}

#[tokio::test]
async fn a_node_is_not_begun_where_no_time_is_left() {
    let host = host(Some(Nodes { ends: false }));
    host.begins(NOW.after_seconds(limits::MARGIN_SECONDS));
    let Outcome::Failed(failure) = outcome(&host, 60.0).await else { panic!("it is certain that nothing happened") };
    assert_eq!((failure.code.as_str(), failure.retryable), ("timeout", true));
}

#[tokio::test]
async fn a_node_with_time_enough_ends_as_it_does() {
    let host = host(Some(Nodes { ends: true }));
    assert!(matches!(outcome(&host, 60.0).await, Outcome::Succeeded { .. }), "nobody said when the function ends");
    for seconds in [6.0, 66.0] {
        host.begins(NOW.after_seconds(seconds));
        assert!(matches!(outcome(&host, 60.0).await, Outcome::Succeeded { .. }), "{seconds} s");
    }
}

#[tokio::test]
async fn only_the_step_function_runs_nodes() {
    let Outcome::Failed(failure) = outcome(&host(None), 1.0).await else { panic!("nothing was run") };
    assert_eq!(failure.code, "no_runner");
}

#[tokio::test]
async fn what_a_request_committed_is_no_error_where_its_effects_are_late() {
    let busy = StoreError::Transient("busy".into());
    let (id, work) = (ExecutionId::from("e1"), stepwell_core::effect::Work::Timeout);
    let message = stepwell_core::effect::Message { execution: id.clone(), work };
    let effects = [stepwell_core::effect::Effect::Send { message, at: None }];
    for (behind_message, told) in [(false, Ok(())), (true, Err(busy.clone()))] {
        let recorder = Arc::new(Recorder::default());
        let host = beside(&recorder, None, behind_message);
        recorder.fail_at(1, busy.clone());
        assert_eq!(host.outbox().deliver_committed(&id, &effects).await, told, "behind messages: {behind_message}");
        recorder.fail_at(1, busy.clone());
        assert_eq!(
            host.outbox().deliver(&id, &effects).await,
            Err(busy.clone()),
            "nothing was committed: it is an error"
        );
    }
}

/// What the log says of a message of `e1` that the table fails with this code, at its delivery of that number.
async fn logged(code: &str, deliveries: u32) -> Vec<serde_json::Value> {
    let script = Script::new((0..limits::TRIES).map(|_| error(400, code)));
    let host = over(&script, &Arc::new(Recorder::default()), None, true);
    let message = stepwell_core::effect::Message { execution: "e1".into(), work: stepwell_core::effect::Work::Timeout };
    let body = engine::envelope::Envelope::new(message).to_json();
    let event = serde_json::json!({"Records": [{"messageId": "m1", "receiptHandle": "r1", "body": body,
        "attributes": {"ApproximateReceiveCount": deliveries.to_string()}}]});
    let (guard, lines) = heard();
    let settled = handle_batch(&host, serde_json::from_value(event).unwrap()).await;
    assert_eq!(settled.response.batch_item_failures.len(), 1);
    drop(guard);
    let lines = lines.lock().unwrap();
    assert!(lines.iter().all(|line| line["execution"] == "e1"), "{lines:?}");
    lines.clone()
}

#[tokio::test]
async fn the_log_says_why_a_message_comes_again_and_that_it_came_again() {
    for code in ["ValidationException", "ThrottlingException"] {
        let lines = logged(code, 1).await;
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0]["message"], "handed out again");
        assert!(lines[0]["why"].as_str().unwrap().contains(code), "{lines:?}");
    }
    let lines = logged("ValidationException", 3).await;
    assert_eq!(lines[0]["message"], "a message comes again", "also where nothing could say why");
    assert_eq!(lines[0]["deliveries"], 3);
}
